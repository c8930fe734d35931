// Reading and writing rows of `schedules`, for the files of this module that do so.
#pragma once

#include <string>
#include <string_view>

#include "schedule/schedules.hpp"

namespace gannet::schedule::impl {

/// In the order of Schedule::columns().
inline constexpr std::string_view k_columns =
    "schedule_id, organisation_id, domain_config_id, domain, profile_id, scan_type, scan_params, frequency, time_config, "
    "timezone, enabled,"
    " name, description, external_id, domain_given, start_url, misfire_policy, misfire_grace_seconds, misfire_max, "
    "overlap_policy,"
    " instances_max, timeout_seconds, attempts_max, jitter_seconds, priority, blackouts, next_run, last_run, last_status, "
    "created_at,"
    " updated_at, paused_at, pause_reason, created_by, version, cursor_at, spec_error";

/// The time that decides.
Result<Instant> load_now(db::Tx& tx);

/// With the right to change it until the transaction ends. Error `not_found`.
Result<Schedule> lock_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id);

/// Writes what the engine works out (cursor, next fire, spec_error), what an edit changed, and the next version. Error `conflict`
/// where the row is not of the version that `schedule` has.
Result<Schedule> write_edit(db::Tx& tx, Schedule schedule);

struct SkippedRange {
  const Schedule& schedule;
  const Decision& decision;
  Instant now;
};
/// Records one decision not to run.
Result<void> record_skip(db::Tx& tx, const SkippedRange& range);

/// Moves the cursor to `now`, with a record of what was due until then, by the rule of `spec`.
Result<void> skip_until(db::Tx& tx, Schedule& schedule, const TimeSpec& spec, SkipReason reason, Instant now);

bool can_fire(const Schedule& schedule);

}  // namespace gannet::schedule::impl
