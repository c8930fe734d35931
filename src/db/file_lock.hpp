// FileLock: a lock between processes on an existing file or folder (flock(2)), held until it is destroyed or its process dies,
// however that happens. Two locks taken by one process exclude each other as those of two processes do.
#pragma once

#include <filesystem>
#include <optional>
#include <utility>

#include "base/error.hpp"

namespace gannet::db {

enum class LockMode { shared, exclusive };

class FileLock {
 public:
  /// Waits for as long as it takes. Errors: as for opening the file.
  static Result<FileLock> take_blocking(const std::filesystem::path& path, LockMode mode);
  /// nullopt where somebody else holds it.
  static Result<std::optional<FileLock>> try_take(const std::filesystem::path& path, LockMode mode);

  FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

  /// Whether the path still leads to the file that is locked.
  bool is_at(const std::filesystem::path& path) const;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  static Result<std::optional<FileLock>> take(const std::filesystem::path& path, int operation);
  int fd_;
};

}  // namespace gannet::db
