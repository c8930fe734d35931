#include "schedule/doctor.hpp"

#include <algorithm>

#include "schedule/impl/schedule_rows.hpp"

namespace gannet::schedule {

namespace {

/// Of each kind of finding, so many are told.
constexpr int k_findings_max = 20;
/// Due times of one schedule that are looked at, the latest.
constexpr std::size_t k_due_times_max = 200;

struct Check {
  std::string_view invariant;
  /// Yields a schedule and the instant of a fire.
  std::string_view sql;
  std::string_view what;
};

constexpr Check k_checks[] = {
    {"I1", "SELECT schedule_id, fire_at FROM fires GROUP BY schedule_id, fire_at, kind HAVING count(*) > 1 LIMIT $1",
     "has more than one fire of one kind; the table `fires` has lost its primary key"},
    {"I3", "SELECT schedule_id, fire_at FROM fires WHERE kind = 'cron' AND fire_at > created_at LIMIT $1",
     "was fired before it was due; the database's clock was set back"},
    {"I6",
     "SELECT schedule_id, fire_at FROM schedule_executions WHERE status IN ('success', 'partial') AND schedule_id IS NOT NULL "
     "AND fire_at IS"
     " NOT NULL GROUP BY schedule_id, fire_at, fire_kind HAVING count(*) > 1 LIMIT $1",
     "has more than one accepted result"},
    {"I9",
     "SELECT schedule_id, next_run FROM schedules WHERE enabled AND paused_at IS NULL AND NOT is_stale AND"
     " next_run < gannet_later(gannet_now(), -300000) LIMIT $1",
     "has been due for more than five minutes; no instance with the role scheduler seems to run"},
    {"I9",
     "SELECT schedule_id, started_at FROM schedule_executions WHERE status = 'started' AND schedule_id IS NOT NULL AND NOT "
     "EXISTS (SELECT 1"
     " FROM fires WHERE fires.schedule_id = schedule_executions.schedule_id AND fires.fire_at = schedule_executions.fire_at AND"
     " fires.kind = schedule_executions.fire_kind AND fires.state = 'running') AND started_at < gannet_later(gannet_now(), "
     "-300000) LIMIT $1",
     "has a run that is called started although nobody runs it"},
    {"I10",
     "SELECT fires.schedule_id, fires.fire_at FROM fires JOIN schedules ON schedules.schedule_id = fires.schedule_id WHERE "
     "fires.kind = 'cron'"
     " AND fires.state <> 'skipped' AND fires.created_at > schedules.paused_at LIMIT $1",
     "was fired while its schedule was paused"}};

struct Place {
  ScheduleId schedule;
  Instant at;
  auto columns() { return std::tie(schedule, at); }
};

void add(std::vector<Finding>& findings, std::string_view invariant, ScheduleId schedule, std::string_view rest) {
  findings.push_back({std::string(invariant), fmt::format("schedule {}: {}", schedule.to_string(), rest)});
}

struct Decided {
  Instant at;
  std::optional<Instant> from;
  auto columns() { return std::tie(at, from); }
};

/// What is due by the rule as it is now must have been decided on, from the first fire of this version to the cursor.
Result<void> audit_due_times(db::Tx& tx, const Schedule& schedule, const TimeSpec& spec, std::vector<Finding>& findings) {
  const auto decided = TRY(
      tx.query<Decided>("SELECT fire_at, from_at FROM fires WHERE schedule_id = $1 AND kind = 'cron' AND schedule_version = $2"
                        " ORDER BY fire_at DESC LIMIT $3",
                        schedule.schedule_id, schedule.version, k_due_times_max));
  if (decided.empty()) return {};
  const auto first = decided.back().at;
  const auto due = spec.latest_between(first, *schedule.cursor_at, k_due_times_max / 2);
  for (const auto at : due) {
    const bool is_decided = std::ranges::any_of(
        decided, [at](const Decided& row) { return row.at == at || (row.from && *row.from <= at && at <= row.at); });
    if (!is_decided)
      add(findings, "I2", schedule.schedule_id, fmt::format("nobody decided on what was due at {}", format_instant(at)));
  }
  return {};
}

Result<void> audit_schedules(db::Tx& tx, const Defaults& defaults, std::vector<Finding>& findings) {
  constexpr int k_page = 500;
  ScheduleId after;
  while (true) {
    const auto page = TRY(tx.query<Schedule>(fmt::format("SELECT {} FROM schedules WHERE schedule_id > $1 AND NOT is_stale AND "
                                                         "cursor_at IS NOT NULL ORDER BY schedule_id LIMIT $2",
                                                         impl::k_columns),
                                             after, k_page));
    if (page.empty() || findings.size() >= 5 * k_findings_max) return {};
    for (const auto& schedule : page) {
      const auto rules = parse_rules(schedule.fields, defaults);
      if (!rules || !impl::can_fire(schedule)) continue;
      if (schedule.next_run != rules->spec.next_after(*schedule.cursor_at))
        add(findings, "I4", schedule.schedule_id,
            "next_run is not the first due time after the cursor; an edit of the schedule mends it");
      TRY(audit_due_times(tx, schedule, rules->spec, findings));
    }
    after = page.back().schedule_id;
  }
}

Result<void> audit_jobs(db::Tx& tx, std::vector<Finding>& findings) {
  struct Active {
    ScheduleId schedule;
    JobId job;
    auto columns() { return std::tie(schedule, job); }
  };
  // A fire and its job are made at once and end at once, but for what reconcile() has yet to see.
  for (const auto& fire :
       TRY(tx.query<Active>("SELECT schedule_id, job_id FROM fires WHERE state IN ('queued', 'running') AND created_at <"
                            " gannet_later(gannet_now(), -300000) LIMIT 1000"))) {
    const auto job = TRY(queue::find_job(tx, fire.job));
    if (!job || job->finished_at)
      add(findings, "I5", fire.schedule, fmt::format("a fire waits for job {}, which has ended", fire.job.to_string()));
  }
  return {};
}

/// Only what is younger than anything the event log has deleted.
Result<void> audit_events(db::Tx& tx, std::vector<Finding>& findings) {
  const auto missing = TRY(tx.query_one<std::int64_t>(
      "SELECT count(*) FROM fires WHERE state <> 'skipped' AND kind = 'cron' AND created_at > (SELECT min(created_at) FROM "
      "events) AND NOT EXISTS"
      " (SELECT 1 FROM events WHERE events.topic = 'scan.scheduled' AND events.created_at >= fires.created_at AND"
      " events.payload ->> 'job_id' = CAST(fires.job_id AS text))"));
  if (missing.value_or(0) > 0) findings.push_back({"I12", fmt::format("{} fires were not announced in the event log", *missing)});
  return {};
}

}  // namespace

Result<std::vector<Finding>> audit(db::Tx& tx, const Defaults& defaults) {
  std::vector<Finding> findings;
  for (const auto& check : k_checks)
    for (const auto& place : TRY(tx.query<Place>(check.sql, k_findings_max)))
      add(findings, check.invariant, place.schedule, fmt::format("{} {}", format_instant(place.at), check.what));
  TRY(audit_schedules(tx, defaults, findings));
  TRY(audit_jobs(tx, findings));
  TRY(audit_events(tx, findings));
  return findings;
}

}  // namespace gannet::schedule
