// Starts one browser process. Called by the single-threaded host only: the forked child runs ordinary code before it executes the
// program (imports certificates, reports failures in words).
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/error.hpp"
#include "browser_host/fd.hpp"
#include "browser_host/impl/folders.hpp"
#include "browser_host/protocol.hpp"

namespace gannet::browser_host {

struct Launched {
  pid_t pid = 0;  // Also its process group.
  Fd to_browser;
  Fd from_browser;
  /// Its standard error. Does not block.
  Fd output;
  /// Ends when the program is executed; before that it yields a launch failure (parse_launch_failure). Does not block.
  Fd status;
};

/// Forks the child. Errors: `exhausted` when there are no descriptors or processes left.
Result<Launched> launch(const SpawnOptions& options, const BrowserFolder& folder);

/// What the child wrote to `status`.
Error parse_launch_failure(std::string_view status);

/// The whole environment of a browser: what a program needs, its own folders, then `options.environment`. "NAME=value" each.
std::vector<std::string> make_environment(const SpawnOptions& options, const BrowserFolder& folder);

/// Error `invalid` when something cannot be passed to a program (NUL bytes, a variable without a name).
Result<void> check_spawn_options(const SpawnOptions& options);

}  // namespace gannet::browser_host
