#include "browser_host/impl/folders.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <tuple>
#include <vector>

#include "base/text.hpp"

namespace gannet::browser_host {
namespace {

constexpr std::string_view k_prefix = "gannet-browser.";
constexpr const char* k_lock = "lock";
/// A folder without a lock is being made right now, unless it is older than this.
constexpr time_t k_unlocked_age_max_s = 60;
/// Below this depth a tree is first moved up, so that no nesting exhausts descriptors or the stack.
constexpr int k_depth_max = 32;
/// Ends the removal of a tree that something still writes to.
constexpr int k_moves_max = 100'000;

std::unexpected<Error> fail_on(std::string_view verb, std::string_view path) {
  const int error = errno;
  return fail_errno(error == ENOSPC || error == EDQUOT ? ErrorKind::exhausted : ErrorKind::unavailable, error, "cannot {} {}",
                    verb, printable(path));
}

/// Opens a folder that we own even when its mode denies that. O_NOFOLLOW: a link is never entered.
Fd open_folder(int parent_fd, const char* name) {
  constexpr int k_flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  Fd fd(::openat(parent_fd, name, k_flags));
  if (!fd && errno == EACCES) {
    const Fd handle(::openat(parent_fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    // fchmod(2) refuses O_PATH descriptors; their /proc link does not (open(2)).
    if (handle && ::chmod(fmt::format("/proc/self/fd/{}", handle.get()).c_str(), 0700) == 0)
      fd.reset(::openat(parent_fd, name, k_flags));
  }
  if (fd) std::ignore = ::fchmod(fd.get(), 0700);
  return fd;
}

std::vector<std::string> list_folder(int folder_fd) {
  std::vector<std::string> names;
  Fd copy(::openat(folder_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!copy) return names;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(copy.get()), &::closedir);
  if (!folder) return names;
  copy.release();
  while (const dirent* entry = ::readdir(folder.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
  }
  return names;
}

/// Removes one tree. What lies too deep is moved up to the tree's root, which is emptied until nothing was moved any more.
class TreeRemoval {
 public:
  Result<void> run(int parent_fd, const std::string& name) {
    if (::unlinkat(parent_fd, name.c_str(), 0) == 0 || errno == ENOENT) return {};
    root_ = open_folder(parent_fd, name.c_str());
    if (!root_) return fail_on("remove", name);
    int moves_before = 0;
    do {
      moves_before = moves_;
      if (auto emptied = empty(root_.get(), 0); !emptied) return emptied;
    } while (moves_ > moves_before);
    return remove_empty(parent_fd, name);
  }

 private:
  Result<void> empty(int folder_fd, int depth) {
    for (const auto& name : list_folder(folder_fd)) {
      if (::unlinkat(folder_fd, name.c_str(), 0) == 0 || errno == ENOENT) continue;
      if (auto removed = depth < k_depth_max ? remove_folder(folder_fd, name, depth + 1) : move_to_root(folder_fd, name);
          !removed)
        return removed;
    }
    return {};
  }

  Result<void> remove_folder(int parent_fd, const std::string& name, int depth) {
    const Fd folder = open_folder(parent_fd, name.c_str());
    if (!folder) return fail_on("remove", name);
    if (auto emptied = empty(folder.get(), depth); !emptied) return emptied;
    return remove_empty(parent_fd, name);
  }

  static Result<void> remove_empty(int parent_fd, const std::string& name) {
    if (::unlinkat(parent_fd, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT) return fail_on("remove", name);
    return {};
  }

  Result<void> move_to_root(int parent_fd, const std::string& name) {
    while (++moves_ < k_moves_max) {
      const std::string target = fmt::format("moved-{}", moves_);
      if (::renameat2(parent_fd, name.c_str(), root_.get(), target.c_str(), RENAME_NOREPLACE) == 0) return {};
      if (errno != EEXIST) return fail_on("move", name);
    }
    return fail(ErrorKind::exhausted, "cannot remove a tree of more than {} deep folders", k_moves_max);
  }

  Fd root_;
  int moves_ = 0;
};

Result<void> write_new_file(int folder_fd, const std::string& path, std::string_view content) {
  if (!is_confined_path(path))
    return fail(ErrorKind::invalid, "file '{}' is not below the user-data folder", printable(path, 200));
  const auto parts = split(path, '/');
  Fd folder(::openat(folder_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
  for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
    const std::string part(parts[i]);
    if (::mkdirat(folder.get(), part.c_str(), 0700) != 0 && errno != EEXIST) return fail_on("make", path);
    Fd next(::openat(folder.get(), part.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!next) return fail_on("open", path);
    folder = std::move(next);
  }
  const std::string name(parts.back());
  const Fd file(::openat(folder.get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return fail_on("write", path);
  while (!content.empty()) {
    const ssize_t size = ::write(file.get(), content.data(), content.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_on("write", path);
    content.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

bool is_own_folder(int fd) {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) && status.st_uid == ::geteuid();
}

/// Whether the host that made this folder is gone. Holds the lock in `lock` when it is.
bool is_abandoned(int folder_fd, Fd& lock) {
  struct stat status{};
  lock.reset(::openat(folder_fd, k_lock, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (lock) return ::flock(lock.get(), LOCK_EX | LOCK_NB) == 0;
  if (::fstat(folder_fd, &status) != 0) return false;
  return ::time(nullptr) - status.st_mtime > k_unlocked_age_max_s;
}

std::string browser_name(BrowserId id) { return fmt::format("b{}", std::to_underlying(id)); }

}  // namespace

bool is_confined_path(std::string_view path) {
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  return std::ranges::none_of(split(path, '/'),
                              [](std::string_view part) { return part.empty() || part == "." || part == ".."; });
}

Result<void> remove_tree(int parent_fd, const std::string& name) { return TreeRemoval().run(parent_fd, name); }

std::size_t sweep_stale_folders(const std::string& parent) {
  const Fd parent_fd(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent_fd) return 0;
  std::size_t removed = 0;
  for (const auto& name : list_folder(parent_fd.get())) {
    if (!name.starts_with(k_prefix)) continue;
    const Fd folder(::openat(parent_fd.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!folder || !is_own_folder(folder.get())) continue;
    Fd lock;
    if (is_abandoned(folder.get(), lock) && remove_tree(parent_fd.get(), name)) ++removed;
  }
  return removed;
}

Result<BaseFolder> BaseFolder::make(const std::string& parent) {
  BaseFolder base;
  std::string path = fmt::format("{}/{}XXXXXX", parent, k_prefix);
  if (!::mkdtemp(path.data())) return fail_on("make a folder in", parent);
  base.path_ = path;
  base.name_ = path.substr(parent.size() + 1);
  base.parent_.reset(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  base.folder_.reset(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!base.parent_ || !base.folder_ || !is_own_folder(base.folder_.get())) return fail_on("open", path);
  base.lock_.reset(::openat(base.folder_.get(), k_lock, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!base.lock_ || ::flock(base.lock_.get(), LOCK_EX | LOCK_NB) != 0) return fail_on("lock", path);
  return base;
}

Result<BrowserFolder> BaseFolder::add_browser(BrowserId id, const SpawnOptions& options) {
  const std::string name = browser_name(id);
  BrowserFolder folder{path_ + "/" + name};
  const auto fill = [&]() -> Result<void> {
    for (const auto& path : {folder.root, folder.home(), folder.user_data(), folder.temporary(), folder.runtime()})
      if (::mkdir(path.c_str(), 0700) != 0) return fail_on("make", path);
    const Fd user_data(::open(folder.user_data().c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    for (const auto& file : options.files)
      if (auto written = write_new_file(user_data.get(), file.path, file.content); !written) return written;
    for (std::size_t i = 0; i < options.ca_certificates.size(); ++i) {
      const std::string path = folder.ca_certificate(i).substr(path_.size() + 1);
      if (auto written = write_new_file(folder_.get(), path, options.ca_certificates[i]); !written) return written;
    }
    return {};
  };
  if (auto filled = fill(); !filled) {
    std::ignore = remove_browser(id);
    return pass(filled);
  }
  return folder;
}

Result<void> BaseFolder::remove_browser(BrowserId id) { return remove_tree(folder_.get(), browser_name(id)); }

Result<void> BaseFolder::remove() { return remove_tree(parent_.get(), name_); }

}  // namespace gannet::browser_host
