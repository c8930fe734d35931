#include "queue/impl/statements.hpp"

namespace gannet::queue::impl {

namespace {

constexpr std::string_view k_has_free_key =
    "(concurrency_key IS NULL OR concurrency_limit > (SELECT count(*) FROM jobs AS other WHERE other.token IS NOT NULL"
    " AND other.concurrency_key = jobs.concurrency_key)";
constexpr std::string_view k_worker_lives =
    "EXISTS (SELECT 1 FROM job_workers WHERE job_workers.id = $2 AND lease_until > gannet_now())";
constexpr std::string_view k_returning =
    "RETURNING jobs.id, jobs.token, queue, kind, payload, organisation_id, priority, run_at, attempt, attempts_max, timeout_ms,"
    " concurrency_key";

}  // namespace

std::string claim_sql(db::Dialect dialect, bool has_place) {
  const std::string_view is_due =
      has_place ? "queue = $1 AND token IS NULL AND run_at <= gannet_now() AND (priority, run_at, id) >= ($4, $5, $6)"
                : "queue = $1 AND token IS NULL AND run_at <= gannet_now()";
  if (dialect == db::Dialect::sqlite)
    return fmt::format(
        "UPDATE jobs SET token = {}, worker_id = $2, attempt = attempt + 1, started_at = gannet_now() WHERE id IN ("
        "SELECT id FROM jobs WHERE {} AND {}) AND {} ORDER BY priority, run_at, id LIMIT $3) {}",
        has_place ? "$7" : "$4", is_due, k_has_free_key, k_worker_lives, k_returning);
  return fmt::format(
      "WITH picked AS MATERIALIZED ("
      "SELECT id FROM jobs WHERE {} AND {} AND pg_try_advisory_xact_lock(hashtextextended(concurrency_key, 7))) AND {}"
      " ORDER BY priority, run_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED),"
      " next AS MATERIALIZED (SELECT nextval('job_tokens') AS token)"
      " UPDATE jobs SET token = next.token, worker_id = $2, attempt = attempt + 1, started_at = gannet_now()"
      " FROM picked, next WHERE jobs.id = picked.id {}",
      is_due, k_has_free_key, k_worker_lives, k_returning);
}

const std::string_view k_count_jobs =
    "WITH queues AS (SELECT queue FROM jobs UNION SELECT queue FROM job_history WHERE state = 'failed')"
    " SELECT queues.queue, count(CASE WHEN jobs.token IS NULL THEN jobs.id END),"
    " count(CASE WHEN jobs.token IS NULL AND jobs.run_at > gannet_now() THEN 1 END), count(jobs.token),"
    " (SELECT count(*) FROM job_history WHERE job_history.queue = queues.queue AND state = 'failed'),"
    " coalesce(max(CASE WHEN jobs.token IS NULL AND jobs.run_at <= gannet_now()"
    "  THEN gannet_elapsed_ms(jobs.run_at, gannet_now()) END), 0)"
    " FROM queues LEFT JOIN jobs ON jobs.queue = queues.queue GROUP BY queues.queue ORDER BY queues.queue";

std::unexpected<Error> fenced(const Claim& claim) {
  return fail(ErrorKind::conflict, "fenced: job {} is no longer this worker's; what it did is not recorded",
              claim.job.to_string());
}

namespace {

constexpr std::string_view k_kept =
    "queue, kind, payload, organisation_id, priority, created_at, unique_key, concurrency_key, concurrency_limit, attempt,"
    " attempts_max, timeout_ms, started_at, progress";
constexpr std::string_view k_given = "id uuid, token bigint, state text, error text";
/// `{0}` names what the Ended say, `{1}` the job.
constexpr std::string_view k_end =
    "(SELECT gannet_now()), CASE WHEN {1}cancel_reason IS NULL THEN {0}state ELSE 'cancelled' END, CASE WHEN {0}state = "
    "'succeeded'"
    " AND {1}cancel_reason IS NULL THEN NULL ELSE coalesce({1}cancel_reason, {0}error, {1}error) END";

}  // namespace

Result<std::int64_t> move_to_history(db::Tx& tx, std::string_view where, const std::vector<Ended>& ended) {
  std::vector<std::vector<db::Value>> rows;
  for (const auto& one : ended) rows.push_back(db::row(one.job, one.token, one.state, one.error));
  if (tx.dialect() == db::Dialect::postgres) {
    const auto sql = fmt::format(
        ", gone AS (DELETE FROM jobs AS j USING given AS d WHERE j.id = d.id AND {0}"
        " RETURNING j.*, d.state AS end_state, d.error AS end_error)"
        " INSERT INTO job_history (id, {1}, finished_at, state, error) SELECT id, {1}, {2} FROM gone",
        where, k_kept, fmt::format(fmt::runtime(k_end), "end_", ""));
    return tx.execute_batch({.given = k_given, .sql = sql}, rows);
  }
  // One writer: nothing changes between the two.
  const auto insert = fmt::format(
      "INSERT INTO job_history (id, {0}, finished_at, state, error) SELECT j.id, {0}, {1} FROM jobs AS j, given AS d"
      " WHERE j.id = d.id AND {2}",
      k_kept, fmt::format(fmt::runtime(k_end), "d.", "j."), where);
  constexpr std::string_view k_remove =
      "DELETE FROM jobs WHERE id IN (SELECT given.id FROM given JOIN job_history ON job_history.id = given.id)";
  const auto moved = TRY(tx.execute_batch({.given = k_given, .sql = insert}, rows));
  TRY(tx.execute_batch({.given = k_given, .sql = k_remove}, rows));
  return moved;
}

}  // namespace gannet::queue::impl
