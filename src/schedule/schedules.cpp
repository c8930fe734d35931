#include "schedule/schedules.hpp"

#include <boost/json.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "embedded/migration_004_postgres.hpp"
#include "embedded/migration_004_sqlite.hpp"
#include "embedded/migration_005_postgres.hpp"
#include "embedded/migration_005_sqlite.hpp"
#include "embedded/migration_006_postgres.hpp"
#include "embedded/migration_006_sqlite.hpp"
#include "queue/queue.hpp"
#include "schedule/impl/schedule_rows.hpp"

namespace gannet::schedule {

namespace {

constexpr std::int64_t k_year_seconds = 366 * 86'400;

struct NumberField {
  std::string_view name;
  std::optional<std::int64_t> value;
  std::int64_t min, max;
};

Result<void> check_numbers(const ScheduleFields& fields) {
  const NumberField numbers[] = {{"misfire_grace_seconds", fields.misfire_grace_seconds, 0, k_year_seconds},
                                 {"misfire_max", fields.misfire_max, 1, 1000},
                                 {"instances_max", fields.instances_max, 1, 100},
                                 {"timeout_seconds", fields.timeout_seconds, 1, 7 * 86'400},
                                 {"attempts_max", fields.attempts_max, 1, 20},
                                 {"jitter_seconds", fields.jitter_seconds, 0, 86'400},
                                 {"priority", fields.priority, -100, 100}};
  for (const auto& number : numbers)
    if (number.value && (*number.value < number.min || *number.value > number.max))
      return fail(ErrorKind::invalid, "{} is {}; right would be {} to {}", number.name, *number.value, number.min, number.max);
  return {};
}

Result<void> check_texts(const ScheduleFields& fields) {
  if (fields.domain.empty() || fields.domain.size() > 255)
    return fail(ErrorKind::invalid, "domain has {} characters; right would be 1 to 255", fields.domain.size());
  if (fields.scan_type != "quick" && fields.scan_type != "deep")
    return fail(ErrorKind::invalid, "scan_type is '{}'; right would be quick or deep", printable(fields.scan_type, 60));
  boost::system::error_code error;
  const auto params = boost::json::parse(fields.scan_params, error);
  if (error || !params.is_object())
    return fail(ErrorKind::invalid, "scan_params is '{}'; right would be a JSON object", printable(fields.scan_params, 60));
  return {};
}

/// Puts what the fields say into the form that is stored. Errors: `invalid`.
Result<Rules> normalise(ScheduleFields& fields, const Defaults& defaults) {
  TRY(check_texts(fields));
  auto rules = TRY(parse_rules(fields, defaults));
  fields.frequency = std::string(to_string(rules.spec.frequency()));
  fields.time_config = rules.spec.time_config();
  fields.timezone = rules.spec.zone().name();
  return rules;
}

/// The next fire of a row that may have been written by anybody; what is wrong with it goes into spec_error.
void work_out(Schedule& schedule, const Result<Rules>& rules) {
  schedule.spec_error = rules ? std::nullopt : std::optional(rules.error().describe());
  schedule.next_run =
      rules && impl::can_fire(schedule) && schedule.cursor_at ? rules->spec.next_after(*schedule.cursor_at) : std::nullopt;
}

/// Why what came due since the cursor was not fired.
SkipReason reason_of(const Schedule& schedule) {
  if (!schedule.fields.enabled) return SkipReason::disabled;
  return schedule.paused_at ? SkipReason::paused : SkipReason::edited;
}

/// An edit that begins: what came due until now is decided by the rule as it was.
Result<Instant> close_until_now(db::Tx& tx, Schedule& schedule, const Defaults& defaults) {
  const auto now = TRY(impl::load_now(tx));
  const auto rules = parse_rules(schedule.fields, defaults);
  if (rules) TRY(impl::skip_until(tx, schedule, rules->spec, reason_of(schedule), now));
  if (!schedule.cursor_at || *schedule.cursor_at < now) schedule.cursor_at = now;
  return now;
}

}  // namespace

std::span<const db::Migration> migrations() {
  static const db::Migration all[] = {
      {4, "schedules", embedded::migration_004_sqlite, embedded::migration_004_postgres},
      {5, "schedule_scan_types", embedded::migration_005_sqlite, embedded::migration_005_postgres},
      {6, "schedule_engine", embedded::migration_006_sqlite, embedded::migration_006_postgres}};
  return all;
}

Result<bool> restore_schema(db::Tx& tx) {
  if (tx.dialect() == db::Dialect::sqlite) return false;
  const auto parts =
      TRY(tx.query_one<std::int64_t>("SELECT (SELECT count(*) FROM pg_trigger WHERE tgrelid = to_regclass('schedules') AND "
                                     "tgname IN ('schedules_changed', 'schedules_deleted'))"
                                     " + (SELECT count(*) FROM pg_class WHERE oid = to_regclass('job_executions'))"));
  if (parts == 3) return false;
  for (const auto& migration : migrations()) TRY(tx.execute_script(migration.postgres));
  return true;
}

Result<Rules> parse_rules(const ScheduleFields& fields, const Defaults& defaults) {
  TRY(check_numbers(fields));
  auto spec = TRY(TimeSpec::parse({.frequency = fields.frequency,
                                   .time_config = fields.time_config,
                                   .timezone = fields.timezone ? std::string_view(*fields.timezone) : std::string_view(),
                                   .timezone_default = defaults.timezone}));
  auto policy = defaults.policy;
  if (fields.misfire_policy) policy.misfire = TRY(parse_misfire_policy(*fields.misfire_policy));
  if (fields.overlap_policy) policy.overlap = TRY(parse_overlap_policy(*fields.overlap_policy));
  if (fields.misfire_grace_seconds) policy.misfire_grace = std::chrono::seconds(*fields.misfire_grace_seconds);
  policy.misfire_max = int(fields.misfire_max.value_or(policy.misfire_max));
  policy.instances_max = int(fields.instances_max.value_or(policy.instances_max));
  auto blackouts = TRY(Blackouts::parse(fields.blackouts));
  return Rules{.spec = std::move(spec),
               .blackouts = std::move(blackouts),
               .policy = policy,
               .timeout = fields.timeout_seconds ? std::chrono::seconds(*fields.timeout_seconds) : defaults.timeout,
               .attempts_max = int(fields.attempts_max.value_or(defaults.attempts_max))};
}

Result<Schedule> create_schedule(db::Tx& tx, const NewSchedule& made, const Defaults& defaults, const Clock& clock,
                                 Random& random) {
  Schedule schedule;
  schedule.schedule_id = made.id ? *made.id : ScheduleId::make(clock, random);
  schedule.organisation_id = made.organisation;
  schedule.fields = made.fields;
  schedule.created_by = made.created_by;
  const auto rules = normalise(schedule.fields, defaults);
  if (!rules) return std::unexpected(rules.error());
  schedule.cursor_at = TRY(impl::load_now(tx));
  work_out(schedule, rules);
  // The rest follows as an edit, so that the columns are listed once; the row is not seen before the commit.
  TRY(tx.execute(
      "INSERT INTO schedules (schedule_id, organisation_id, domain_config_id, domain, frequency, time_config, created_by,"
      " created_at, version) VALUES ($1, $2, $3, $4, $5, $6, $7, gannet_now(), 0)",
      schedule.schedule_id, schedule.organisation_id, schedule.fields.domain_config_id, schedule.fields.domain,
      schedule.fields.frequency, schedule.fields.time_config, schedule.created_by));
  schedule.version = 0;
  return impl::write_edit(tx, std::move(schedule));
}

Result<std::optional<Schedule>> find_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id) {
  const auto sql = fmt::format("SELECT {} FROM schedules WHERE schedule_id = $1 AND organisation_id = $2", impl::k_columns);
  return tx.query_one<Schedule>(sql, id, organisation);
}

Result<Schedule> load_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id) {
  auto found = TRY(find_schedule(tx, organisation, id));
  if (!found) return fail(ErrorKind::not_found, "there is no schedule {}", id.to_string());
  return std::move(*found);
}

Result<SchedulePage> list_schedules(db::Tx& tx, OrganisationId organisation, const ScheduleFilter& filter, PageRequest page) {
  // An absent filter is NULL and lets all pass.
  constexpr std::string_view k_where =
      "FROM schedules WHERE organisation_id = $1 AND enabled = coalesce($2, enabled) AND scan_type = coalesce($3, scan_type)"
      " AND domain = coalesce($4, domain) AND domain_config_id = coalesce($5, domain_config_id)";
  const auto total = TRY(tx.query_one<std::int64_t>(fmt::format("SELECT count(*) {}", k_where), organisation, filter.enabled,
                                                    filter.scan_type, filter.domain, filter.domain_config_id));
  auto schedules = TRY(tx.query<Schedule>(
      fmt::format("SELECT {} {} ORDER BY created_at DESC, schedule_id DESC LIMIT $6 OFFSET $7", impl::k_columns, k_where),
      organisation, filter.enabled, filter.scan_type, filter.domain, filter.domain_config_id, page.limit, page.offset));
  return SchedulePage{std::move(schedules), total.value()};
}

Result<Schedule> update_schedule(db::Tx& tx, OrganisationId organisation, const ScheduleEdit& edit, const Defaults& defaults) {
  auto schedule = TRY(impl::lock_schedule(tx, organisation, edit.id));
  if (edit.version_expected && *edit.version_expected != schedule.version)
    return fail(ErrorKind::conflict, "schedule {} has version {} and no longer {}; read it again", edit.id.to_string(),
                schedule.version, *edit.version_expected);
  auto fields = edit.fields;
  const auto rules = normalise(fields, defaults);
  if (!rules) return std::unexpected(rules.error());
  TRY(close_until_now(tx, schedule, defaults));
  schedule.fields = std::move(fields);
  work_out(schedule, rules);
  return impl::write_edit(tx, std::move(schedule));
}

Result<void> delete_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id) {
  TRY(impl::lock_schedule(tx, organisation, id));
  const auto jobs =
      TRY(tx.query<JobId>("SELECT job_id FROM fires WHERE schedule_id = $1 AND state IN ('queued', 'running')", id));
  for (const auto job : jobs) {
    const auto cancelled = queue::cancel(tx, job, "its schedule was deleted");
    if (!cancelled && cancelled.error().kind() != ErrorKind::not_found) return cancelled;
  }
  TRY(tx.execute("UPDATE fires SET state = 'ended', reason = 'deleted' WHERE schedule_id = $1 AND state = 'queued'", id));
  TRY(tx.execute("DELETE FROM schedules WHERE schedule_id = $1", id));
  return {};
}

Result<Schedule> pause_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id, const std::string& reason,
                                const Defaults& defaults) {
  auto schedule = TRY(impl::lock_schedule(tx, organisation, id));
  schedule.pause_reason = reason;
  if (!schedule.paused_at) {
    schedule.paused_at = TRY(impl::load_now(tx));
    work_out(schedule, parse_rules(schedule.fields, defaults));
  }
  return impl::write_edit(tx, std::move(schedule));
}

Result<Schedule> resume_schedule(db::Tx& tx, OrganisationId organisation, ScheduleId id, const Defaults& defaults) {
  auto schedule = TRY(impl::lock_schedule(tx, organisation, id));
  if (!schedule.paused_at) return schedule;
  TRY(close_until_now(tx, schedule, defaults));
  schedule.paused_at.reset();
  schedule.pause_reason.reset();
  work_out(schedule, parse_rules(schedule.fields, defaults));
  return impl::write_edit(tx, std::move(schedule));
}

Result<std::int64_t> pause_all(db::Tx& tx, OrganisationId organisation, const std::string& reason) {
  return tx.execute(
      "UPDATE schedules SET paused_at = gannet_now(), pause_reason = $2, next_run = NULL, version = version + 1,"
      " updated_at = gannet_now() WHERE organisation_id = $1 AND paused_at IS NULL",
      organisation, reason);
}

Result<std::int64_t> resume_all(db::Tx& tx, OrganisationId organisation, const Defaults& defaults) {
  const auto paused = TRY(tx.query<ScheduleId>(
      "SELECT schedule_id FROM schedules WHERE organisation_id = $1 AND paused_at IS NOT NULL ORDER BY schedule_id",
      organisation));
  for (const auto id : paused) TRY(resume_schedule(tx, organisation, id, defaults));
  return std::int64_t(paused.size());
}

Result<std::int64_t> refresh_stale(db::Tx& tx, const Defaults& defaults, int limit) {
  const auto sql = fmt::format("SELECT {} FROM schedules WHERE is_stale ORDER BY schedule_id LIMIT $1{}", impl::k_columns,
                               tx.dialect() == db::Dialect::postgres ? " FOR UPDATE SKIP LOCKED" : "");
  auto stale = TRY(tx.query<Schedule>(sql, limit));
  for (auto& schedule : stale) {
    TRY(close_until_now(tx, schedule, defaults));
    const auto rules = parse_rules(schedule.fields, defaults);
    if (!rules)
      LOG_WARNING("schedule", "schedule {} cannot fire: {}", schedule.schedule_id.to_string(),
                  printable(rules.error().describe()));
    work_out(schedule, rules);
    TRY(impl::write_edit(tx, std::move(schedule)));
  }
  return std::int64_t(stale.size());
}

Result<TzdataRefresh> refresh_after_tzdata_update(db::Tx& tx, const Defaults& defaults, int limit) {
  const auto find = [&tx](std::string_view name) {
    return tx.query_one<std::string>("SELECT value FROM schedule_engine WHERE name = $1", name);
  };
  const auto remember = [&tx](std::string_view name, std::string_view value) {
    return tx.execute("INSERT INTO schedule_engine (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
                      name, value);
  };
  const auto version = tzdata_version();
  const auto known = TRY(find("tzdata"));
  if (known == version) return TzdataRefresh();
  // How far an update has come: the release, and the last schedule that was worked out by it.
  const auto prefix = fmt::format("{} ", version);
  const auto reached = TRY(find("tzdata_reached"));
  const auto last = reached && reached->starts_with(prefix)
                        ? ScheduleId::parse(reached->substr(prefix.size())).value_or(ScheduleId())
                        : ScheduleId();
  const auto sql = fmt::format(
      "SELECT {} FROM schedules WHERE next_run IS NOT NULL AND NOT is_stale AND schedule_id > $1 ORDER BY schedule_id LIMIT $2{}",
      impl::k_columns, tx.dialect() == db::Dialect::postgres ? " FOR UPDATE" : "");
  // What is worked out for the first time is right.
  auto schedules = known ? TRY(tx.query<Schedule>(sql, last, limit)) : std::vector<Schedule>();
  TzdataRefresh refresh{.is_done = int(schedules.size()) < limit};
  if (refresh.is_done) {
    TRY(remember("tzdata", version));
    TRY(tx.execute("DELETE FROM schedule_engine WHERE name = 'tzdata_reached'"));
  } else {
    TRY(remember("tzdata_reached", prefix + schedules.back().schedule_id.to_string()));
  }
  for (auto& schedule : schedules) {
    const auto before = schedule.next_run;
    work_out(schedule, parse_rules(schedule.fields, defaults));
    if (schedule.next_run == before) continue;
    LOG_INFO("schedule", "schedule {}: tzdata {} instead of {} moves the next run from {} to {}",
             schedule.schedule_id.to_string(), version, *known, format_instant(*before),
             schedule.next_run ? format_instant(*schedule.next_run) : "never");
    TRY(impl::write_edit(tx, std::move(schedule)));
    ++refresh.changed;
  }
  return refresh;
}

Result<ScheduleCounts> count_schedules(db::Tx& tx) {
  const auto counts = TRY(tx.query_one<ScheduleCounts>(
      "SELECT COALESCE(sum(CASE WHEN enabled AND paused_at IS NULL THEN 1 ELSE 0 END), 0),"
      " COALESCE(sum(CASE WHEN enabled THEN 0 ELSE 1 END), 0),"
      " COALESCE(sum(CASE WHEN enabled AND paused_at IS NOT NULL THEN 1 ELSE 0 END), 0) FROM schedules"));
  return counts.value_or(ScheduleCounts());
}

}  // namespace gannet::schedule
