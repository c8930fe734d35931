// The processes below this one, from /proc (proc(5)). A snapshot is not atomic: processes come and go while it is read.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/units.hpp"

namespace gannet::browser_host {

struct Process {
  pid_t pid = 0;
  pid_t parent = 0;
  pid_t group = 0;
  /// Its ancestor (or itself) that is a child of this process.
  pid_t top = 0;
  Bytes resident;
};

/// All living descendants of this process, itself and zombies left out.
std::vector<Process> read_descendants();

/// The arguments; separators may be NUL or, where the process renamed itself, spaces. Empty when it is gone.
std::string read_command_line(pid_t pid);
/// "NAME=value\0…" as the program was started. Empty when it is gone or may not be read.
std::string read_environment(pid_t pid);

/// The share of memory that is the process's own doing: the proportional set size where the kernel lets us read it, else what is
/// resident without file pages. Never more than its resident size by much; costs up to milliseconds on a large process.
std::optional<Bytes> measure_memory(pid_t pid);

}  // namespace gannet::browser_host
