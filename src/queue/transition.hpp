// What becomes of a job when a run of it ends. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "base/random.hpp"

namespace gannet::queue {

struct Succeeded {};

/// Tried again later, while attempts are left.
struct Failed {
  std::string error;
  bool is_final = false;
};

/// Not now: to be run again after this time, without spending an attempt.
struct Snoozed {
  std::chrono::milliseconds delay{};
};

/// Given back unfinished, because its worker stops: available at once, without spending an attempt.
struct Released {};

struct Cancelled {
  std::string reason;
};

struct Transition {
  enum class Kind { succeed, fail, cancel, retry };
  Kind kind = Kind::succeed;
  /// Of a retry.
  std::chrono::milliseconds delay{};
  bool spends_attempt = true;
  std::optional<std::string> error = std::nullopt;
};

/// Before attempt n+1: 2^n seconds, at most an hour, less a random part of up to a quarter, so that what failed together does not
/// come back together.
std::chrono::milliseconds backoff(int attempt, Random& random);

/// What a handler says became of its job.
using Outcome = std::variant<Succeeded, Failed, Snoozed, Released, Cancelled>;

struct Attempts {
  /// Of the run that ended, from 1.
  int made = 1;
  int max = 1;
};

Transition decide(const Outcome& outcome, Attempts attempts, Random& random);

}  // namespace gannet::queue
