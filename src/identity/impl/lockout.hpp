// Lockout: how many tries without success an address has behind it, and whether it may be tried now. Pure; kept as one text.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace gannet::identity::impl {

struct LockoutRules {
  int failures_max = 5;
  std::chrono::microseconds window{std::chrono::minutes(15)};
  std::chrono::microseconds duration{std::chrono::minutes(15)};
};

class Lockout {
 public:
  Lockout(LockoutRules rules, std::string_view kept);

  /// The end of the lock, where there is one now.
  std::optional<Instant> locked_until(Instant now) const;
  /// A try begins, and counts as failed until it is known to be good: so that a hundred at once are not a hundred tries.
  void begin_try(Instant now);
  /// Tries that are left before the lock, within the window.
  int tries_left(Instant now) const;
  std::string to_string() const;

 private:
  LockoutRules rules_;
  /// Oldest first, at most failures_max.
  std::vector<Instant> tries_;
};

}  // namespace gannet::identity::impl
