#include "schedule/executions.hpp"

#include "schedule/impl/schedule_rows.hpp"

namespace gannet::schedule {

namespace {

constexpr std::string_view k_columns =
    "execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, completed_at, duration_seconds, scan_id,"
    " error_message, error_details, metadata, created_at, fire_at, fire_kind, attempt";
constexpr std::int64_t k_hour_ms = 3'600'000;
constexpr std::string_view k_worker_is_gone = "the worker that ran it stopped without a word";

struct Ending {
  ExecutionStatus status;
  queue::Outcome outcome;
};

Ending ending_of(const ExecutionEnd& end) {
  const auto error = end.error_message.value_or("");
  switch (end.end) {
    case RunEnd::success: return {ExecutionStatus::success, queue::Succeeded{}};
    case RunEnd::partial: return {ExecutionStatus::partial, queue::Succeeded{}};
    case RunEnd::failed: return {ExecutionStatus::failed, queue::Failed{.error = error}};
    case RunEnd::failed_for_good: return {ExecutionStatus::failed, queue::Failed{.error = error, .is_final = true}};
    case RunEnd::cancelled: return {ExecutionStatus::cancelled, queue::Cancelled{.reason = error}};
    case RunEnd::interrupted: return {ExecutionStatus::cancelled, queue::Released{}};
  }
  return {ExecutionStatus::failed, queue::Failed{}};
}

}  // namespace

std::string_view to_string(ExecutionStatus status) {
  switch (status) {
    case ExecutionStatus::started: return "started";
    case ExecutionStatus::success: return "success";
    case ExecutionStatus::partial: return "partial";
    case ExecutionStatus::failed: return "failed";
    case ExecutionStatus::cancelled: return "cancelled";
  }
  return "";
}

Result<StartedExecution> start_execution(db::Tx& tx, const queue::Claim& claim, const Clock& clock, Random& random) {
  const auto fire = TRY(parse_job_payload(claim.payload));
  const auto organisation = claim.organisation.value_or(OrganisationId());
  auto schedule = TRY(load_schedule(tx, organisation, fire.schedule_id));
  // An earlier attempt whose worker died; it is fenced, so nobody else will close it.
  TRY(
      tx.execute("UPDATE schedule_executions SET status = 'failed', completed_at = gannet_now(), error_message = $4,"
                 " duration_seconds = gannet_elapsed_ms(started_at, gannet_now()) / 1000.0"
                 " WHERE schedule_id = $1 AND fire_at = $2 AND fire_kind = $3 AND status = 'started'",
                 fire.schedule_id, fire.fire_at, to_string(fire.kind), k_worker_is_gone));
  const auto id = ExecutionId::make(clock, random);
  TRY(tx.execute(
      "INSERT INTO schedule_executions (execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at,"
      " created_at, organisation_id, fire_at, fire_kind, attempt)"
      " VALUES ($1, $2, $3, $4, $5, 'started', gannet_now(), gannet_now(), $6, $7, $8, $9)",
      id, fire.schedule_id, claim.job.to_string(), schedule.fields.domain, schedule.fields.domain_config_id, organisation,
      fire.fire_at, to_string(fire.kind), claim.attempt));
  TRY(tx.execute("UPDATE fires SET state = 'running' WHERE schedule_id = $1 AND fire_at = $2 AND kind = $3", fire.schedule_id,
                 fire.fire_at, to_string(fire.kind)));
  return StartedExecution{id, fire, std::move(schedule)};
}

Result<ExecutionStatus> finish_execution(db::Tx& tx, const queue::Claim& claim, ExecutionId id, const ExecutionEnd& end,
                                         Random& random) {
  const auto fire = TRY(parse_job_payload(claim.payload));
  auto [status, outcome] = ending_of(end);
  // First, since it is what tells whether the claim still holds.
  TRY(queue::finish(tx, claim, outcome, random));
  const auto job = TRY(queue::find_job(tx, claim.job));
  const bool is_over = !job || job->state != queue::JobState::available;
  if (job && job->state == queue::JobState::cancelled) status = ExecutionStatus::cancelled;
  TRY(tx.execute(
      "UPDATE schedule_executions SET status = $2, completed_at = gannet_now(), scan_id = $3, error_message = $4, error_details "
      "= $5,"
      " metadata = $6, duration_seconds = gannet_elapsed_ms(started_at, gannet_now()) / 1000.0 WHERE execution_id = $1",
      id, to_string(status), end.scan_id, end.error_message, end.error_details, end.metadata));
  TRY(tx.execute("UPDATE fires SET state = $4 WHERE schedule_id = $1 AND fire_at = $2 AND kind = $3", fire.schedule_id,
                 fire.fire_at, to_string(fire.kind), is_over ? "ended" : "queued"));
  if (end.end != RunEnd::interrupted)
    TRY(tx.execute(
        "UPDATE schedules SET last_run = (SELECT started_at FROM schedule_executions WHERE execution_id = $2), last_status = $3"
        " WHERE schedule_id = $1 AND (last_run IS NULL OR last_run <= (SELECT started_at FROM schedule_executions WHERE"
        " execution_id = $2))",
        fire.schedule_id, id, to_string(status)));
  return status;
}

Result<std::int64_t> reconcile(db::Tx& tx, int limit) {
  struct Open {
    ScheduleId schedule_id;
    Instant fire_at;
    std::string kind, state;
    JobId job;
    auto columns() { return std::tie(schedule_id, fire_at, kind, state, job); }
  };
  // What waits with its job is not in doubt, and may be much; the rest is few. The table of waiting jobs is the queue's: asked
  // here for all fires at once.
  const auto open =
      TRY(tx.query<Open>("SELECT schedule_id, fire_at, kind, state, job_id FROM fires WHERE state = 'running'"
                         " OR (state = 'queued' AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = fires.job_id)) ORDER BY "
                         "schedule_id, fire_at LIMIT $1",
                         limit));
  std::int64_t closed = 0;
  for (const auto& fire : open) {
    const auto job = TRY(queue::find_job(tx, fire.job));
    if (job && job->state == queue::JobState::running) continue;
    const bool is_over = !job || job->state != queue::JobState::available;
    const bool was_cancelled = job && job->state == queue::JobState::cancelled;
    const auto reason = was_cancelled ? std::string(job->error.value_or("cancelled")) : std::string(k_worker_is_gone);
    const auto ended =
        TRY(tx.execute("UPDATE schedule_executions SET status = $4, completed_at = gannet_now(), error_message = $5,"
                       " duration_seconds = gannet_elapsed_ms(started_at, gannet_now()) / 1000.0"
                       " WHERE schedule_id = $1 AND fire_at = $2 AND fire_kind = $3 AND status = 'started'",
                       fire.schedule_id, fire.fire_at, fire.kind, was_cancelled ? "cancelled" : "failed", reason));
    if (ended > 0)
      TRY(
          tx.execute("UPDATE schedules SET last_status = $2, last_run = (SELECT max(started_at) FROM schedule_executions WHERE "
                     "schedule_id = $1)"
                     " WHERE schedule_id = $1",
                     fire.schedule_id, was_cancelled ? "cancelled" : "failed"));
    const std::string_view state = is_over ? "ended" : "queued";
    if (state != fire.state)
      TRY(tx.execute("UPDATE fires SET state = $4, reason = $5 WHERE schedule_id = $1 AND fire_at = $2 AND kind = $3",
                     fire.schedule_id, fire.fire_at, fire.kind, state,
                     is_over ? std::optional(was_cancelled ? "cancelled" : "lost") : std::nullopt));
    closed += ended > 0 || state != fire.state;
  }
  return closed;
}

Result<std::optional<Execution>> find_execution(db::Tx& tx, OrganisationId organisation, ExecutionId id) {
  return tx.query_one<Execution>(
      fmt::format("SELECT {} FROM schedule_executions WHERE execution_id = $1 AND organisation_id = $2", k_columns), id,
      organisation);
}

Result<std::vector<Execution>> list_executions(db::Tx& tx, OrganisationId organisation, const ExecutionFilter& filter,
                                               PageRequest page) {
  const auto since_ms = filter.hours ? std::optional(-*filter.hours * k_hour_ms) : std::nullopt;
  std::string sql =
      fmt::format("SELECT {} FROM schedule_executions WHERE organisation_id = $1 AND status = coalesce($2, status)", k_columns);
  // Conditions are written only where they are asked for, so that each kind of question has its index.
  sql += filter.schedule ? " AND schedule_id = $3" : " AND CAST($3 AS text) IS NULL";
  sql += filter.domain ? " AND domain = $4" : " AND CAST($4 AS text) IS NULL";
  sql += since_ms ? " AND started_at >= gannet_later(gannet_now(), $5)" : " AND CAST($5 AS text) IS NULL";
  sql +=
      filter.after ? " AND (started_at, execution_id) < ($8, $9)" : " AND CAST($8 AS text) IS NULL AND CAST($9 AS text) IS NULL";
  sql += " ORDER BY started_at DESC, execution_id DESC LIMIT $6 OFFSET $7";
  const auto after_at = filter.after ? std::optional(filter.after->first) : std::nullopt;
  const auto after_id = filter.after ? std::optional(filter.after->second) : std::nullopt;
  return tx.query<Execution>(sql, organisation, filter.status, filter.schedule, filter.domain, since_ms, page.limit, page.offset,
                             after_at, after_id);
}

Result<ExecutionStatistics> load_statistics(db::Tx& tx, OrganisationId organisation, const StatisticsRequest& request) {
  struct Row {
    std::int64_t successful, partial, failed, cancelled;
    std::optional<double> average, least, most;
    auto columns() { return std::tie(successful, partial, failed, cancelled, average, least, most); }
  };
  const auto row =
      TRY(tx.query_one<Row>("SELECT count(CASE WHEN status IN ('success', 'partial') THEN 1 END), count(CASE WHEN status = "
                            "'partial' THEN 1 END),"
                            " count(CASE WHEN status = 'failed' THEN 1 END), count(CASE WHEN status = 'cancelled' THEN 1 END),"
                            " avg(duration_seconds), min(duration_seconds), max(duration_seconds) FROM schedule_executions"
                            " WHERE organisation_id = $1 AND status <> 'started' AND started_at >= gannet_later(gannet_now(), $2)"
                            " AND schedule_id IS NOT DISTINCT FROM coalesce($3, schedule_id) AND domain = coalesce($4, domain)",
                            organisation, -request.days * 24 * k_hour_ms, request.schedule, request.domain))
          .value();
  ExecutionStatistics statistics{.total_executions = row.successful + row.failed + row.cancelled,
                                 .successful = row.successful,
                                 .failed = row.failed,
                                 .cancelled = row.cancelled,
                                 .partial = row.partial,
                                 .avg_duration = row.average,
                                 .min_duration = row.least,
                                 .max_duration = row.most};
  if (statistics.total_executions > 0)
    statistics.success_rate = 100.0 * double(row.successful) / double(statistics.total_executions);
  return statistics;
}

Result<std::int64_t> prune_executions(db::Tx& tx, const Retention& retention, int limit) {
  return tx.execute(
      "DELETE FROM schedule_executions WHERE execution_id IN (SELECT execution_id FROM schedule_executions"
      " WHERE started_at < gannet_later(gannet_now(), $1) AND status <> 'started' AND organisation_id = COALESCE($3, "
      "organisation_id)"
      " LIMIT $2)",
      -retention.days * 24 * k_hour_ms, limit, retention.organisation);
}

Result<std::int64_t> cleanup_executions_blocking(db::Database& database, const Retention& retention) {
  std::int64_t deleted = 0;
  while (true) {
    const auto batch = TRY(database.write_blocking([&](db::Tx& tx) { return prune_executions(tx, retention); }));
    if (batch == 0) return deleted;
    deleted += batch;
  }
}

}  // namespace gannet::schedule
