// Time as a seam: code that asks what time it is gets a Clock by constructor, so that tests decide.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gannet {

/// Wall-clock time with microseconds, the resolution both databases keep.
using Instant = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
using SteadyInstant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
  virtual SteadyInstant steady_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  Instant now() const override;
  SteadyInstant steady_now() const override;
};

/// Moves only when told to. May be asked and moved from any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Instant start) : microseconds_(start.time_since_epoch().count()) {}
  Instant now() const override { return Instant(std::chrono::microseconds(microseconds_)); }
  SteadyInstant steady_now() const override { return SteadyInstant(std::chrono::microseconds(microseconds_)); }
  void advance(Duration by) { microseconds_ += std::chrono::microseconds(by).count(); }

 private:
  std::atomic<std::int64_t> microseconds_;
};

/// RFC 3339 in UTC with milliseconds: "2026-11-21T22:37:20.123Z".
std::string format_instant(Instant at);

/// Reads what format_instant writes, with or without a fraction. Error `invalid` otherwise.
Result<Instant> parse_instant(std::string_view text);

/// "1.2 s", "350 ms", "3 min 5 s", "400 d": for people.
std::string format_duration(Duration duration);

}  // namespace gannet
