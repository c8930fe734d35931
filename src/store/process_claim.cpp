#include "store/process_claim.hpp"

#include <unistd.h>

#include "base/file.hpp"

namespace gannet::store {

namespace {
constexpr std::size_t k_name_length = 20;
}

Result<ProcessClaim> ProcessClaim::make(const std::filesystem::path& folder, Random& random) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return fail_errno(file_error_kind(error.value()), error.value(), "cannot make {}", folder.string());
  for (;;) {
    auto name = random.token(k_name_length);
    auto path = folder / name;
    auto written = write_file_atomically(path, "", 0600);
    // find_living() of another process may take the unlocked file, and its temporary form as well, for a dead claim.
    if (!written && written.error().kind() == ErrorKind::not_found && std::filesystem::is_directory(folder, error)) continue;
    if (!written) return pass(written);
    auto lock = db::FileLock::take_blocking(path, db::LockMode::exclusive);
    // Until it was locked, find_living() of another process may have taken it for a dead one.
    if (lock && lock->is_at(path)) return ProcessClaim(std::move(path), std::move(name), std::move(*lock));
    if (!lock && lock.error().kind() != ErrorKind::not_found) return pass(lock);
  }
}

ProcessClaim::~ProcessClaim() {
  if (!name_.empty()) ::unlink(path_.c_str());
}

Result<std::set<std::string>> ProcessClaim::find_living(const std::filesystem::path& folder) {
  std::set<std::string> living;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    auto lock = db::FileLock::try_take(entry->path(), db::LockMode::exclusive);
    if (!lock && lock.error().kind() == ErrorKind::not_found) continue;
    if (!lock) return pass(lock);
    if (*lock) {
      ::unlink(entry->path().c_str());
    } else {
      living.insert(entry->path().filename());
    }
  }
  if (error && error != std::errc::no_such_file_or_directory)
    return fail_errno(file_error_kind(error.value()), error.value(), "cannot list {}", folder.string());
  return living;
}

}  // namespace gannet::store
