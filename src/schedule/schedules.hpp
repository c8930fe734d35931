// Schedules as rows: made, read, edited, paused and deleted on the caller's transaction, so that what belongs together commits
// together. Every function is for one organisation. Owner of the table `schedules`.
//
// The version goes up with each edit. What changes when a schedule fires takes effect with the edit's commit: fires that came due
// before it and were not made are recorded as skipped, with the reason, and none is made by the old rule afterwards.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

#include "base/ids.hpp"
#include "base/random.hpp"
#include "db/database.hpp"
#include "schedule/fire_plan.hpp"

namespace gannet::schedule {

/// The numbers 4 to 6.
std::span<const db::Migration> migrations();

/// Makes whole what a backup of only `schedules` and `schedule_executions` does not restore: the triggers and the view
/// job_executions. Returns whether anything was missing. Changes no rows.
Result<bool> restore_schema(db::Tx& tx);

/// What holds where a schedule does not say.
struct Defaults {
  /// SCHEDULER_TIMEZONE.
  std::string timezone = "UTC";
  /// JOB_COALESCE, JOB_MISFIRE_GRACE_TIME, JOB_MAX_INSTANCES.
  FirePolicy policy;
  std::chrono::seconds timeout = std::chrono::hours(1);
  int attempts_max = 3;
};

/// What a user decides.
struct ScheduleFields {
  SiteId domain_config_id = {};
  std::string domain;
  std::optional<ProfileId> profile_id = {};
  std::string scan_type = "quick";
  /// JSON object.
  std::string scan_params = "{}";
  /// These three are TimeSpec's.
  std::string frequency;
  std::string time_config;
  std::optional<std::string> timezone = {};
  bool enabled = true;

  std::optional<std::string> name = {};
  std::optional<std::string> description = {};
  std::optional<std::string> external_id = {};
  std::optional<std::string> domain_given = {};
  std::optional<std::string> start_url = {};

  /// Absent: as Defaults say.
  std::optional<std::string> misfire_policy = {};
  std::optional<std::int64_t> misfire_grace_seconds = {};
  std::optional<std::int64_t> misfire_max = {};
  std::optional<std::string> overlap_policy = {};
  std::optional<std::int64_t> instances_max = {};
  std::optional<std::int64_t> timeout_seconds = {};
  std::optional<std::int64_t> attempts_max = {};
  /// Each fire's job starts later by a part of it that is always the same for this schedule.
  std::int64_t jitter_seconds = 0;
  /// Of the job; the lowest goes first.
  std::int64_t priority = 0;
  /// JSON; see Blackouts.
  std::string blackouts = "[]";

  auto columns() {
    return std::tie(domain_config_id, domain, profile_id, scan_type, scan_params, frequency, time_config, timezone, enabled, name,
                    description, external_id, domain_given, start_url, misfire_policy, misfire_grace_seconds, misfire_max,
                    overlap_policy, instances_max, timeout_seconds, attempts_max, jitter_seconds, priority, blackouts);
  }
};

struct Schedule {
  ScheduleId schedule_id;
  OrganisationId organisation_id;
  ScheduleFields fields;
  std::optional<Instant> next_run = {};
  std::optional<Instant> last_run = {};
  std::optional<std::string> last_status = {};
  std::optional<Instant> created_at = {};
  std::optional<Instant> updated_at = {};
  std::optional<Instant> paused_at = {};
  std::optional<std::string> pause_reason = {};
  std::optional<std::string> created_by = {};
  std::int64_t version = 1;
  std::optional<Instant> cursor_at = {};
  /// Why it cannot fire: a row that was written straight in SQL.
  std::optional<std::string> spec_error = {};

  auto columns() {
    return std::tuple_cat(std::tie(schedule_id, organisation_id), fields.columns(),
                          std::tie(next_run, last_run, last_status, created_at, updated_at, paused_at, pause_reason, created_by,
                                   version, cursor_at, spec_error));
  }
};

struct NewSchedule {
  OrganisationId organisation;
  ScheduleFields fields;
  std::optional<std::string> created_by = {};
  /// Of a schedule that is brought back; absent: a new one.
  std::optional<ScheduleId> id = {};
};

/// Errors: `invalid`, naming the field and what would be right.
Result<Schedule> create_schedule(db::Tx& tx, const NewSchedule& schedule, const Defaults& defaults, const Clock& clock,
                                 Random& random);

Result<std::optional<Schedule>> find_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id);
/// Error `not_found`.
Result<Schedule> load_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id);

struct ScheduleFilter {
  std::optional<bool> enabled = {};
  std::optional<std::string> scan_type = {};
  std::optional<std::string> domain = {};
  std::optional<SiteId> domain_config_id = {};
};
struct PageRequest {
  std::int64_t limit = 20;
  std::int64_t offset = 0;
};
struct SchedulePage {
  /// Newest first.
  std::vector<Schedule> schedules;
  /// Of all pages.
  std::int64_t total = 0;
};
Result<SchedulePage> list_schedules(db::Tx& tx, OrganisationId organisation, const ScheduleFilter& filter, PageRequest page);

/// Of all organisations.
struct ScheduleCounts {
  std::int64_t enabled = 0;
  std::int64_t disabled = 0;
  /// Enabled, but paused.
  std::int64_t paused = 0;
  auto columns() { return std::tie(enabled, disabled, paused); }
};
Result<ScheduleCounts> count_schedules(db::Tx& tx);

struct ScheduleEdit {
  ScheduleId id;
  /// All of them: the row as it was read, merged with what is to change.
  ScheduleFields fields;
  /// Of the row that was merged with: `conflict` where somebody edited it since. Absent: whatever it is.
  std::optional<std::int64_t> version_expected = {};
};
/// Errors: `not_found`, `conflict`, `invalid`.
Result<Schedule> update_schedule(db::Tx& tx, OrganisationId organisation, const ScheduleEdit& edit, const Defaults& defaults);

/// The history of its runs stays; jobs that wait are cancelled, those that run are asked to stop. Error `not_found`.
Result<void> delete_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id);

/// No fire is made once this has committed, until resume; runs that were begun go on. To pause what is paused changes the reason.
Result<Schedule> pause_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id, const std::string& reason,
                                const Defaults& defaults);
Result<Schedule> resume_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id, const Defaults& defaults);

/// All that are not paused, with one reason; returns how many. Those made later are not.
Result<std::int64_t> pause_all(db::Tx& tx, OrganisationId organisation, const std::string& reason);
/// All that are paused; returns how many.
Result<std::int64_t> resume_all(db::Tx& tx, OrganisationId organisation, const Defaults& defaults);

/// What the fields say together, checked. Errors: `invalid`.
struct Rules {
  TimeSpec spec;
  Blackouts blackouts;
  FirePolicy policy;
  std::chrono::seconds timeout;
  int attempts_max;
};
Result<Rules> parse_rules(const ScheduleFields& fields, const Defaults& defaults);

/// Works out what rows that were written straight in SQL say, at most `limit`; returns how many. One that says nothing sensible
/// gets its spec_error and does not fire.
Result<std::int64_t> refresh_stale(db::Tx& tx, const Defaults& defaults, int limit = 500);

struct TzdataRefresh {
  /// Next fires that are at another time now.
  std::int64_t changed = 0;
  bool is_done = true;
};
/// To be called at start until it is done: where the zone files are of another release than those that next fires were worked out
/// by, all are worked out again, at most `limit` at a time. Who is interrupted goes on where it stopped.
Result<TzdataRefresh> refresh_after_tzdata_update(db::Tx& tx, const Defaults& defaults, int limit = 500);

}  // namespace gannet::schedule
