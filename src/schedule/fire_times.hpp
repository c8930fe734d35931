// When a cron expression fires in a time zone, with a rule for the nights on which clocks are changed. Pure.
//
// The default is what Vixie's cron does, and Debian's. A wildcard expression (minute or hour begins with `*`) follows real time:
// it fires at every instant whose local time matches. Any other is about times of the day and fires once for each: a time that
// the clock jumped over fires when the jump is made, together with what is due then anyway; a time that comes twice fires at the
// first. The rules below change that for the expressions that are not wildcards.
#pragma once

#include <optional>

#include "base/clock.hpp"
#include "schedule/cron.hpp"
#include "schedule/time_zone.hpp"

namespace gannet::schedule {

/// For a local time that does not exist: in Berlin 02:30 on the last Sunday of March.
enum class GapRule {
  run_after,  // At the first instant after the gap, 03:00.
  skip,       // Not at all on that day.
  shift,      // As far into the day as if the clock had not been changed, 03:30.
};

/// For a local time that comes twice: in Berlin 02:30 on the last Sunday of October.
enum class OverlapRule { first, second, both };

struct DstRules {
  GapRule gap = GapRule::run_after;
  OverlapRule overlap = OverlapRule::first;
  bool operator==(const DstRules&) const = default;
};

/// How far ahead is searched: `0 0 */28 2 MON` (29 February on a Monday) may take 40 years, over 2100.
constexpr std::chrono::years k_search_limit(50);

/// The first fire later than `after`. nullopt where none comes within k_search_limit.
std::optional<Instant> next_fire(const CronExpression& cron, const TimeZone& zone, DstRules rules, Instant after);

/// A change of the clock that moves, drops or doubles fires.
struct ClockChange {
  Instant at;
  /// Positive where the clock is put forward.
  std::chrono::seconds by{};
  /// The first local time that does not exist or comes twice, and at which the expression would fire.
  std::chrono::local_seconds local_time;
};

/// The first change after `after` and before `until` that touches a time of the expression; none for a wildcard expression.
std::optional<ClockChange> find_clock_change(const CronExpression& cron, const TimeZone& zone, Instant after, Instant until);

}  // namespace gannet::schedule
