#include "schedule/impl/schedule_rows.hpp"

namespace gannet::schedule::impl {

Result<Instant> load_now(db::Tx& tx) { return TRY(tx.query_one<Instant>("SELECT gannet_now()")).value(); }

Result<Schedule> lock_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id) {
  const auto sql = fmt::format("SELECT {} FROM schedules WHERE schedule_id = $1 AND organisation_id = $2{}", k_columns,
                               tx.dialect() == db::Dialect::postgres ? " FOR UPDATE" : "");
  auto found = TRY(tx.query_one<Schedule>(sql, id, organisation));
  if (!found) return fail(ErrorKind::not_found, "there is no schedule {}", id.to_string());
  return std::move(*found);
}

Result<Schedule> write_edit(db::Tx& tx, Schedule schedule) {
  const auto& fields = schedule.fields;
  const auto updated = TRY(tx.execute(
      "UPDATE schedules SET domain_config_id = $3, domain = $4, profile_id = $5, scan_type = $6, scan_params = $7, frequency = "
      "$8,"
      " time_config = $9, timezone = $10, enabled = $11, name = $12, description = $13, external_id = $14, domain_given = $15,"
      " start_url = $16, misfire_policy = $17, misfire_grace_seconds = $18, misfire_max = $19, overlap_policy = $20,"
      " instances_max = $21, timeout_seconds = $22, attempts_max = $23, jitter_seconds = $24, priority = $25, blackouts = $26,"
      " next_run = $27, cursor_at = $28, spec_error = $29, paused_at = $30, pause_reason = $31, version = version + 1,"
      " is_stale = false, updated_at = gannet_now() WHERE schedule_id = $1 AND version = $2",
      schedule.schedule_id, schedule.version, fields.domain_config_id, fields.domain, fields.profile_id, fields.scan_type,
      fields.scan_params, fields.frequency, fields.time_config, fields.timezone, fields.enabled, fields.name, fields.description,
      fields.external_id, fields.domain_given, fields.start_url, fields.misfire_policy, fields.misfire_grace_seconds,
      fields.misfire_max, fields.overlap_policy, fields.instances_max, fields.timeout_seconds, fields.attempts_max,
      fields.jitter_seconds, fields.priority, fields.blackouts, schedule.next_run, schedule.cursor_at, schedule.spec_error,
      schedule.paused_at, schedule.pause_reason));
  if (updated != 1)
    return fail(ErrorKind::conflict, "schedule {} was edited meanwhile; read it again", schedule.schedule_id.to_string());
  return load_schedule(tx, schedule.organisation_id, schedule.schedule_id);
}

Result<void> record_skip(db::Tx& tx, const SkippedRange& range) {
  const auto& [schedule, decision, now] = range;
  TRY(tx.execute(
      "INSERT INTO fires (schedule_id, fire_at, kind, state, reason, from_at, schedule_version, organisation_id, created_at)"
      " VALUES ($1, $2, 'cron', 'skipped', $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
      schedule.schedule_id, decision.until.value_or(decision.at), to_string(*decision.skipped),
      decision.until ? std::optional(decision.at) : std::nullopt, schedule.version, schedule.organisation_id, now));
  return {};
}

Result<void> skip_until(db::Tx& tx, Schedule& schedule, const TimeSpec& spec, SkipReason reason, Instant now) {
  if (schedule.cursor_at && *schedule.cursor_at >= now) return {};
  if (schedule.cursor_at)
    if (const auto decision = skip_all(spec, *schedule.cursor_at, now, reason)) TRY(record_skip(tx, {schedule, *decision, now}));
  schedule.cursor_at = now;
  return {};
}

bool can_fire(const Schedule& schedule) { return schedule.fields.enabled && !schedule.paused_at && !schedule.spec_error; }

}  // namespace gannet::schedule::impl
