// What is to become of the due times of one schedule: which run, and why the others do not. Pure; fire_due() carries it out.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "schedule/blackouts.hpp"
#include "schedule/time_spec.hpp"

namespace gannet::schedule {

/// What of several due times that have come together, as after an outage, is run.
enum class MisfirePolicy {
  latest,    // The latest, if it is not older than the grace.
  earliest,  // The earliest that is not older than the grace.
  skip,      // What is not older than a minute: an outage is not made up for.
  window,    // Each that is not older than the grace.
  all,       // Each, however old.
};

/// What happens to a fire while an earlier one of the same schedule waits or runs.
enum class OverlapPolicy {
  skip,    // It is not run.
  queue,   // It waits for the earlier to end.
  cancel,  // The earlier is cancelled.
  allow,   // They run side by side.
};

/// Why a due time is not run.
enum class SkipReason { missed, coalesced, limit, blackout, overlap, paused, disabled, edited };

std::string_view to_string(MisfirePolicy policy);
std::string_view to_string(OverlapPolicy policy);
std::string_view to_string(SkipReason reason);
/// Error `invalid`, naming what would be right.
Result<MisfirePolicy> parse_misfire_policy(std::string_view text);
Result<OverlapPolicy> parse_overlap_policy(std::string_view text);

struct FirePolicy {
  MisfirePolicy misfire = MisfirePolicy::latest;
  std::chrono::seconds misfire_grace{300};
  /// Fires made up for at once, the newest, under `window`, `all` and `skip`.
  int misfire_max = 100;
  OverlapPolicy overlap = OverlapPolicy::skip;
  /// Runs at once, unless `allow`.
  int instances_max = 1;
};

/// Under `skip` of MisfirePolicy: later is too late. SCHEDULE_CHECK_INTERVAL's default.
constexpr std::chrono::seconds k_skip_tolerance(60);
/// Fires that wait for an earlier one under `queue`; more are skipped.
constexpr int k_waiting_max = 10;

struct Decision {
  Instant at;
  /// Absent where it is run.
  std::optional<SkipReason> skipped;
  /// Of a decision on several due times: the last.
  std::optional<Instant> until;
  bool operator==(const Decision&) const = default;
};

struct FirePlan {
  /// In order, without holes: every due time in (cursor, now] is one, or inside one.
  std::vector<Decision> decisions;
  /// The fires that are active are to be cancelled.
  bool cancels_active = false;
};

struct FireSituation {
  Instant cursor;
  Instant now;
  /// Fires that wait or run.
  int active = 0;
};

FirePlan plan_fires(const TimeSpec& spec, const Blackouts& blackouts, const FirePolicy& policy, const FireSituation& situation);

/// One decision on all due times in (after, until]; nullopt where there is none.
std::optional<Decision> skip_all(const TimeSpec& spec, Instant after, Instant until, SkipReason reason);

}  // namespace gannet::schedule
