// The folders of one browser host and of its browsers. Everything is done relative to open descriptors and no symbolic link is
// followed, because browsers (hostile once compromised) write below here.
//
//   /tmp/gannet-browser.XXXXXX/   0700, "lock" held by flock(2) while the host lives
//     b7/                         browser 7: home/ data/ tmp/ run/
#pragma once

#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/error.hpp"
#include "browser_host/fd.hpp"
#include "browser_host/protocol.hpp"

namespace gannet::browser_host {

/// Whether `path` stays below the folder it is resolved in: relative, no empty, "." or ".." part, no NUL.
bool is_confined_path(std::string_view path);

/// Removes `name` in `parent_fd` and all below it, whatever its depth and permissions. Ok when it does not exist.
Result<void> remove_tree(int parent_fd, const std::string& name);

/// Removes the base folders of this user in `parent` whose host is dead (nobody holds the lock). Returns how many.
std::size_t sweep_stale_folders(const std::string& parent);

/// Absolute paths of one browser.
struct BrowserFolder {
  std::string root;
  std::string home() const { return root + "/home"; }
  std::string user_data() const { return root + "/data"; }
  std::string temporary() const { return root + "/tmp"; }
  std::string runtime() const { return root + "/run"; }
  std::string ca_certificate(std::size_t index) const { return fmt::format("{}/ca-{}.pem", root, index + 1); }
};

class BaseFolder {
 public:
  /// Makes and locks a folder in `parent` (absolute).
  static Result<BaseFolder> make(const std::string& parent);
  const std::string& path() const { return path_; }

  /// Makes the folders of a browser and writes its files and certificates. Errors: `invalid` for a path that escapes; nothing is
  /// left behind.
  Result<BrowserFolder> add_browser(BrowserId id, const SpawnOptions& options);
  Result<void> remove_browser(BrowserId id);
  /// Removes everything; the object is of no further use.
  Result<void> remove();

 private:
  BaseFolder() = default;
  Fd parent_;
  Fd folder_;
  Fd lock_;
  std::string name_;
  std::string path_;
};

}  // namespace gannet::browser_host
