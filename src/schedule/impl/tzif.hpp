// Reads the Time Zone Information Format (RFC 9636). Pure; the bytes are not trusted.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace gannet::schedule::impl {

struct Transition {
  std::chrono::sys_seconds at;
  /// Of local time from UTC, from then on.
  std::chrono::seconds offset{};
};

struct Transitions {
  /// Before the first change.
  std::chrono::seconds first_offset{};
  /// In ascending order; neighbours may have equal offsets.
  std::vector<Transition> changes;
};

/// Those that the file lists, and those that its footer (a TZ string of POSIX) makes after them until the end of `year_max`.
/// Error `invalid` where the file is none or damaged.
Result<Transitions> read_tzif(std::string_view bytes, int year_max);

}  // namespace gannet::schedule::impl
