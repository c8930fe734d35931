// The browser host: a small process that alone spawns, watches, signals and removes browsers and their folders (architecture.md,
// "Browser host"). main() starts it before any thread exists, because a fork of a threaded program is unsafe and because
// PR_SET_PDEATHSIG follows the parent's thread; HostClient then talks to it.
#pragma once

#include <string>

#include <sys/types.h>

#include "base/error.hpp"
#include "browser_host/fd.hpp"

namespace gannet::browser_host {

struct HostOptions {
  /// Whom the host and its browsers run as when this program is root and that user exists; else they run as the caller.
  std::string user = "gannet-browser";
  /// Where the host makes its folder. Empty: $TMPDIR, or /tmp where that user cannot write there.
  std::string temporary_folder;
};

/// The parent's end. Closing the socket (also by dying) makes the host kill all browsers, remove all folders and exit.
struct HostProcess {
  /// Forks the host and waits until it is ready. Call it while the program has one thread. Errors: `unavailable`, or what the
  /// host met (no writable folder, cannot change to the user).
  static Result<HostProcess> start_before_threads(const HostOptions& options);

  pid_t pid = 0;
  Fd socket;
  /// The name of the user that browsers run as.
  std::string user;
  std::string base_folder;
};

}  // namespace gannet::browser_host
