// Blackouts: times in which a schedule does not fire. Pure.
//
// JSON: a list of {"from": "2026-12-24T00:00:00Z", "until": "2027-01-02T00:00:00Z"}, once, or {"days": ["sat", "sun"],
// "from": "22:00", "until": "06:00"}, each week in the schedule's local time; without `days` each day. A weekly one that ends no
// later than it begins goes on into the next day.
#pragma once

#include <chrono>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "schedule/time_zone.hpp"

namespace gannet::schedule {

class Blackouts {
 public:
  /// Error `invalid`, naming the entry and what would be right.
  static Result<Blackouts> parse(std::string_view json);

  bool cover(Instant at, const TimeZone& zone) const;

 private:
  struct Once {
    Instant from, until;
  };
  struct Weekly {
    /// Bit 0 is Sunday; of the day it begins on.
    unsigned days = 0;
    std::chrono::minutes from{}, until{};
  };

  static Result<Once> parse_once(std::string_view from, std::string_view until);
  static Result<Weekly> parse_weekly(std::string_view from, std::string_view until);

  std::vector<Once> once_;
  std::vector<Weekly> weekly_;
};

}  // namespace gannet::schedule
