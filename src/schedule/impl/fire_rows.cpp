#include "schedule/impl/fire_rows.hpp"

#include <set>

namespace gannet::schedule::impl {

namespace {

constexpr std::string_view k_fire =
    "schedule_id uuid, fire_at timestamptz, kind text, state text, reason text, from_at timestamptz, schedule_version bigint,"
    " job_id uuid, organisation_id uuid, created_at timestamptz";

constexpr db::BatchSql k_insert_fires = {
    .given = k_fire,
    .sql =
        "INSERT INTO fires (schedule_id, fire_at, kind, state, reason, from_at, schedule_version, job_id, organisation_id,"
        " created_at) SELECT schedule_id, fire_at, kind, state, reason, from_at, schedule_version, job_id, organisation_id,"
        " created_at FROM given WHERE true ON CONFLICT (schedule_id, fire_at, kind) DO NOTHING"};

constexpr db::BatchSql k_find_jobs = {
    .given = k_fire,
    .sql =
        "SELECT f.job_id FROM fires AS f JOIN given ON f.schedule_id = given.schedule_id AND f.fire_at = given.fire_at"
        " AND f.kind = given.kind AND f.job_id = given.job_id"};

constexpr db::BatchSql k_advance = {
    .given = "id uuid, version bigint, cursor_before timestamptz, cursor_at timestamptz, next_run timestamptz",
    .sql =
        "UPDATE schedules AS s SET cursor_at = given.cursor_at, next_run = given.next_run FROM given"
        " WHERE s.schedule_id = given.id AND s.version = given.version AND s.cursor_at IS NOT DISTINCT FROM given.cursor_before"};

constexpr db::BatchSql k_count_active = {
    .given = "id uuid",
    .sql =
        "SELECT schedule_id, count(*) FROM fires WHERE state IN ('queued', 'running') AND schedule_id IN (SELECT id FROM given)"
        " GROUP BY schedule_id"};

std::optional<JobId> job_of(const NewFire& fire) {
  if (fire.job.uuid().is_nil()) return std::nullopt;
  return fire.job;
}

}  // namespace

Result<std::int64_t> insert_fires(db::Tx& tx, std::vector<NewFire>& fires, Instant now) {
  if (fires.empty()) return 0;
  std::vector<std::vector<db::Value>> rows;
  for (const auto& fire : fires) {
    const auto reason = fire.skipped ? std::optional(to_string(*fire.skipped)) : std::nullopt;
    rows.push_back(db::row(fire.ref.schedule_id, fire.ref.fire_at, to_string(fire.ref.kind), reason ? "skipped" : "queued",
                           reason, fire.from, fire.schedule_version, job_of(fire), fire.organisation, now));
  }
  const auto inserted = TRY(tx.execute_batch(k_insert_fires, rows));
  if (inserted == std::int64_t(fires.size())) return 0;
  // Some due times had been decided on: which, tell the jobs that were not written.
  const auto written = TRY(tx.query_batch<JobId>(k_find_jobs, rows));
  const std::set<JobId> jobs(written.begin(), written.end());
  std::vector<NewFire> made;
  for (const auto& fire : fires)
    if (jobs.contains(fire.job)) made.push_back(fire);
  const auto repeated = std::int64_t(fires.size()) - inserted;
  fires = std::move(made);
  return repeated;
}

Result<std::int64_t> advance_schedules(db::Tx& tx, const std::vector<Advance>& advances) {
  std::vector<std::vector<db::Value>> rows;
  for (const auto& advance : advances)
    rows.push_back(db::row(advance.id, advance.version, advance.cursor_before, advance.cursor, advance.next_run));
  return tx.execute_batch(k_advance, rows);
}

Result<std::vector<ActiveCount>> count_active(db::Tx& tx, const std::vector<ScheduleId>& ids) {
  std::vector<std::vector<db::Value>> rows;
  for (const auto id : ids) rows.push_back(db::row(id));
  return tx.query_batch<ActiveCount>(k_count_active, rows);
}

}  // namespace gannet::schedule::impl
