#include "db/file_lock.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.hpp"

namespace gannet::db {

namespace {
int operation_of(LockMode mode) { return mode == LockMode::exclusive ? LOCK_EX : LOCK_SH; }
}  // namespace

Result<std::optional<FileLock>> FileLock::take(const std::filesystem::path& path, int operation) {
  FileLock lock(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (lock.fd_ < 0) return fail_errno(file_error_kind(errno), errno, "cannot lock {}", path.string());
  while (::flock(lock.fd_, operation) != 0) {
    if (errno == EINTR) continue;
    if (errno == EWOULDBLOCK) return std::nullopt;
    return fail_errno(file_error_kind(errno), errno, "cannot lock {}", path.string());
  }
  return lock;
}

Result<FileLock> FileLock::take_blocking(const std::filesystem::path& path, LockMode mode) {
  auto taken = TRY(take(path, operation_of(mode)));
  return std::move(*taken);
}

Result<std::optional<FileLock>> FileLock::try_take(const std::filesystem::path& path, LockMode mode) {
  return take(path, operation_of(mode) | LOCK_NB);
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

bool FileLock::is_at(const std::filesystem::path& path) const {
  struct stat locked{};
  struct stat named{};
  return ::fstat(fd_, &locked) == 0 && ::stat(path.c_str(), &named) == 0 && locked.st_dev == named.st_dev &&
         locked.st_ino == named.st_ino;
}

}  // namespace gannet::db
