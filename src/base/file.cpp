#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

#include "base/random.hpp"

namespace gannet {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close_now(); }
  int get() const { return fd_; }
  int close_now() { return fd_ < 0 ? 0 : ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

/// Makes the names in a folder as durable as the files.
int sync_folder(const std::filesystem::path& folder) {
  const Descriptor fd(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd.get() < 0 ? -1 : ::fsync(fd.get());
}

}  // namespace

ErrorKind file_error_kind(int error_number) {
  switch (error_number) {
    case ENOENT: return ErrorKind::not_found;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorKind::denied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return ErrorKind::exhausted;
    default: return ErrorKind::unavailable;
  }
}

Result<std::string> read_file(const std::filesystem::path& path, Bytes limit) {
  const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return fail_errno(file_error_kind(errno), errno, "cannot read {}", path.string());
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno(file_error_kind(errno), errno, "cannot read {}", path.string());
  if (S_ISDIR(status.st_mode)) return fail(ErrorKind::invalid, "cannot read {}: it is a folder", path.string());
  std::string content;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n == 0) return content;
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(file_error_kind(errno), errno, "cannot read {}", path.string());
    content.append(buffer, size_t(n));
    if (content.size() > limit.count)
      return fail(ErrorKind::exhausted, "{} is larger than {}", path.string(), format_bytes(limit));
  }
}

Result<void> write_file_atomically(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  const std::string temporary = path.string() + ".tmp" + SystemRandom().token(12);
  Descriptor fd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode));
  if (fd.get() < 0) return fail_errno(file_error_kind(errno), errno, "cannot write {}", path.string());
  const auto give_up = [&](int error_number) {
    ::unlink(temporary.c_str());
    return fail_errno(file_error_kind(error_number), error_number, "cannot write {}", path.string());
  };
  while (!content.empty()) {
    const ssize_t n = ::write(fd.get(), content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return give_up(errno);
    content.remove_prefix(size_t(n));
  }
  if (::fsync(fd.get()) != 0 || fd.close_now() != 0) return give_up(errno);
  if (::rename(temporary.c_str(), path.c_str()) != 0) return give_up(errno);
  if (sync_folder(path.parent_path()) != 0) return fail_errno(file_error_kind(errno), errno, "cannot write {}", path.string());
  return {};
}

}  // namespace gannet
