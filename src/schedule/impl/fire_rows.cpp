#include "schedule/impl/fire_rows.hpp"

#include <iterator>
#include <set>

namespace gannet::schedule::impl {

namespace {

/// A PostgreSQL array as text. Elements are ids, numbers and words of ours, so that nothing needs quotes.
class ArrayText {
 public:
  void add(std::string_view element) { text_.append(text_.empty() ? "" : ",").append(element); }
  void add(Instant at) { add(fmt::to_string(at.time_since_epoch().count())); }
  void add_null() { add("NULL"); }
  template <class T>
  void add(const std::optional<T>& element) {
    if (element)
      add(*element);
    else
      add_null();
  }
  std::string take() const { return "{" + text_ + "}"; }

 private:
  std::string text_;
};

constexpr std::string_view k_insert_fire =
    "INSERT INTO fires (schedule_id, fire_at, kind, state, reason, from_at, schedule_version, job_id, organisation_id, "
    "created_at)"
    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (schedule_id, fire_at, kind) DO NOTHING";

constexpr std::string_view k_insert_fires_postgres =
    "INSERT INTO fires (schedule_id, fire_at, kind, state, reason, from_at, schedule_version, job_id, organisation_id, "
    "created_at)"
    " SELECT id, timestamptz 'epoch' + at * interval '1 microsecond', kind, CASE WHEN reason IS NULL THEN 'queued' ELSE "
    "'skipped' END,"
    " reason, timestamptz 'epoch' + from_at * interval '1 microsecond', version, job, organisation, $9"
    " FROM unnest(CAST($1 AS uuid[]), CAST($2 AS bigint[]), CAST($3 AS text[]), CAST($4 AS text[]), CAST($5 AS bigint[]),"
    " CAST($6 AS bigint[]), CAST($7 AS uuid[]), CAST($8 AS uuid[]))"
    " AS given (id, at, kind, reason, from_at, version, job, organisation) ON CONFLICT (schedule_id, fire_at, kind) DO NOTHING";

constexpr std::string_view k_advance =
    "UPDATE schedules SET cursor_at = $3, next_run = $4 WHERE schedule_id = $1 AND version = $2 AND cursor_at IS NOT DISTINCT "
    "FROM $5";

constexpr std::string_view k_advance_all_postgres =
    "UPDATE schedules AS s SET cursor_at = timestamptz 'epoch' + given.cursor * interval '1 microsecond',"
    " next_run = timestamptz 'epoch' + given.next_run * interval '1 microsecond'"
    " FROM unnest(CAST($1 AS uuid[]), CAST($2 AS bigint[]), CAST($3 AS bigint[]), CAST($4 AS bigint[]), CAST($5 AS bigint[]))"
    " AS given (id, version, cursor_before, cursor, next_run)"
    " WHERE s.schedule_id = given.id AND s.version = given.version"
    " AND s.cursor_at IS NOT DISTINCT FROM timestamptz 'epoch' + given.cursor_before * interval '1 microsecond'";

std::optional<JobId> job_of(const NewFire& fire) {
  if (fire.job.uuid().is_nil()) return std::nullopt;
  return fire.job;
}

Result<std::int64_t> insert_all(db::Tx& tx, const std::vector<NewFire>& fires, Instant now) {
  if (tx.dialect() == db::Dialect::sqlite) {
    std::vector<std::vector<db::Value>> rows;
    for (const auto& fire : fires) {
      const auto reason = fire.skipped ? std::optional(to_string(*fire.skipped)) : std::nullopt;
      rows.push_back(db::row(fire.ref.schedule_id, fire.ref.fire_at, to_string(fire.ref.kind), reason ? "skipped" : "queued",
                             reason, fire.from, fire.schedule_version, job_of(fire), fire.organisation, now));
    }
    return tx.execute_batch(k_insert_fire, rows);
  }
  ArrayText ids, times, kinds, reasons, froms, versions, jobs, organisations;
  for (const auto& fire : fires) {
    ids.add(fire.ref.schedule_id.to_string());
    times.add(fire.ref.fire_at);
    kinds.add(to_string(fire.ref.kind));
    reasons.add(fire.skipped ? std::optional(to_string(*fire.skipped)) : std::nullopt);
    froms.add(fire.from);
    versions.add(fmt::to_string(fire.schedule_version));
    const auto job = job_of(fire);
    jobs.add(job ? std::optional(job->to_string()) : std::nullopt);
    organisations.add(fire.organisation.to_string());
  }
  return tx.execute(k_insert_fires_postgres, ids.take(), times.take(), kinds.take(), reasons.take(), froms.take(),
                    versions.take(), jobs.take(), organisations.take(), now);
}

}  // namespace

Result<std::int64_t> insert_fires(db::Tx& tx, std::vector<NewFire>& fires, Instant now) {
  if (fires.empty()) return 0;
  const auto inserted = TRY(insert_all(tx, fires, now));
  if (inserted == std::int64_t(fires.size())) return 0;
  // Some due times had been decided on: which, tell the jobs that were not written.
  std::vector<NewFire> made;
  for (auto& fire : fires) {
    if (fire.skipped) continue;
    const auto is_new = TRY(tx.query_one<std::int64_t>(
        "SELECT count(*) FROM fires WHERE schedule_id = $1 AND fire_at = $2 AND kind = $3 AND job_id = $4", fire.ref.schedule_id,
        fire.ref.fire_at, to_string(fire.ref.kind), fire.job));
    if (is_new == 1) made.push_back(fire);
  }
  const auto repeated = std::int64_t(fires.size()) - inserted;
  fires = std::move(made);
  return repeated;
}

Result<std::int64_t> advance_schedules(db::Tx& tx, const std::vector<Advance>& advances) {
  if (tx.dialect() == db::Dialect::sqlite) {
    std::vector<std::vector<db::Value>> rows;
    for (const auto& advance : advances)
      rows.push_back(db::row(advance.id, advance.version, advance.cursor, advance.next_run, advance.cursor_before));
    return tx.execute_batch(k_advance, rows);
  }
  ArrayText ids, versions, before, cursors, next_runs;
  for (const auto& advance : advances) {
    ids.add(advance.id.to_string());
    versions.add(fmt::to_string(advance.version));
    before.add(advance.cursor_before);
    cursors.add(advance.cursor);
    next_runs.add(advance.next_run);
  }
  return tx.execute(k_advance_all_postgres, ids.take(), versions.take(), before.take(), cursors.take(), next_runs.take());
}

Result<std::vector<ActiveCount>> count_active(db::Tx& tx, const std::vector<ScheduleId>& ids) {
  constexpr db::DialectSql k_count = {.sqlite =
                                          "SELECT schedule_id, count(*) FROM fires WHERE state IN ('queued', 'running')"
                                          " AND schedule_id IN (SELECT value FROM json_each($1)) GROUP BY schedule_id",
                                      .postgres =
                                          "SELECT schedule_id, count(*) FROM fires WHERE state IN ('queued', 'running')"
                                          " AND schedule_id = ANY (CAST($1 AS uuid[])) GROUP BY schedule_id"};
  const bool is_sqlite = tx.dialect() == db::Dialect::sqlite;
  const std::string_view quote = is_sqlite ? "\"" : "";
  std::string list;
  for (const auto id : ids) list += fmt::format("{}{}{}{}", list.empty() ? "" : ",", quote, id.to_string(), quote);
  return tx.query<ActiveCount>(k_count.of(tx.dialect()), is_sqlite ? "[" + list + "]" : "{" + list + "}");
}

}  // namespace gannet::schedule::impl
