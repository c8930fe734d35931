// ProcessClaim: how another process can tell, after any kind of death, that the one which marked a row as its own is gone. It is
// a file with a random name that its process keeps locked. Unlike a process id it is never used again, and it works between
// containers that share the folder.
#pragma once

#include <filesystem>
#include <set>
#include <string>

#include "base/error.hpp"
#include "base/random.hpp"
#include "db/file_lock.hpp"

namespace gannet::store {

class ProcessClaim {
 public:
  /// Makes the folder where it is missing.
  static Result<ProcessClaim> make(const std::filesystem::path& folder, Random& random);
  ProcessClaim(ProcessClaim&&) = default;
  /// Removes the file.
  ~ProcessClaim();

  const std::string& name() const { return name_; }

  /// The claims of processes that are alive. Removes the others.
  static Result<std::set<std::string>> find_living(const std::filesystem::path& folder);

 private:
  ProcessClaim(std::filesystem::path path, std::string name, db::FileLock lock)
      : path_(std::move(path)), name_(std::move(name)), lock_(std::move(lock)) {}

  std::filesystem::path path_;
  std::string name_;
  db::FileLock lock_;
};

}  // namespace gannet::store
