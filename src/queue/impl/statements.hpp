// The SQL of the queue that is long, or differs between engines.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "db/database.hpp"
#include "queue/queue.hpp"

namespace gannet::queue::impl {

inline constexpr db::BatchSql k_insert = {
    .given =
        "id uuid, queue text, kind text, payload jsonb, organisation uuid, priority bigint, run_at timestamptz,"
        " unique_key text, concurrency_key text, concurrency_limit bigint, attempts_max bigint, timeout_ms bigint",
    .sql =
        "INSERT INTO jobs (id, queue, kind, payload, organisation_id, priority, run_at, created_at, unique_key, concurrency_key,"
        " concurrency_limit, attempts_max, timeout_ms)"
        " SELECT id, queue, kind, payload, organisation, priority, coalesce(run_at, (SELECT gannet_now())),"
        " (SELECT gannet_now()), unique_key, concurrency_key, concurrency_limit, attempts_max, timeout_ms"
        " FROM given WHERE true ON CONFLICT DO NOTHING"};

inline constexpr std::string_view k_find_unique = "SELECT id FROM jobs WHERE queue = $1 AND unique_key = $2";

inline constexpr std::string_view k_renew_worker =
    "INSERT INTO job_workers (id, description, lease_until) VALUES ($1, $2, gannet_later(gannet_now(), $3))"
    " ON CONFLICT (id) DO UPDATE SET lease_until = excluded.lease_until";

/// $1 queue, $2 worker, $3 limit; $4, $5, $6 the place to begin at, where there is one; then the token on SQLite. A key's claims
/// are counted as they were when the statement began; on PostgreSQL an advisory lock, held to the end of the transaction, keeps
/// others from claiming the same key until ours are visible to them. The caller counts again.
std::string claim_sql(db::Dialect dialect, bool has_place);

/// $1 a key: its claims beyond the limit, by order of claiming.
inline constexpr std::string_view k_list_surplus =
    "SELECT id FROM (SELECT id, concurrency_limit, row_number() OVER (ORDER BY token, id) AS place FROM jobs"
    " WHERE concurrency_key = $1 AND token IS NOT NULL) AS ranked WHERE place > concurrency_limit";
inline constexpr db::BatchSql k_unclaim = {
    .given = "id uuid",
    .sql =
        "UPDATE jobs SET token = NULL, worker_id = NULL, started_at = NULL, attempt = attempt - 1"
        " WHERE id IN (SELECT id FROM given)"};

inline constexpr db::BatchSql k_retry = {
    .given = "id uuid, token bigint, delay_ms bigint, unspent bigint, error text",
    .sql =
        "UPDATE jobs AS j SET token = NULL, worker_id = NULL, started_at = NULL,"
        " run_at = gannet_later(gannet_now(), d.delay_ms), attempt = attempt - d.unspent, error = coalesce(d.error, j.error)"
        " FROM given AS d WHERE j.id = d.id AND j.token = d.token AND j.cancel_reason IS NULL"};

inline constexpr db::BatchSql k_insert_log_lines = {
    .given = "job uuid, attempt bigint, number bigint, at timestamptz, line text",
    .sql =
        "INSERT INTO job_logs (job_id, attempt, number, at, line) SELECT job, attempt, number, at, line FROM given WHERE true"
        " ON CONFLICT (job_id, attempt, number) DO NOTHING"};

inline constexpr db::BatchSql k_delete_logs = {.given = "id uuid",
                                               .sql = "DELETE FROM job_logs WHERE job_id IN (SELECT id FROM given)"};
inline constexpr db::BatchSql k_delete_history = {.given = "id uuid",
                                                  .sql = "DELETE FROM job_history WHERE id IN (SELECT id FROM given)"};

inline constexpr db::DialectSql k_list_stale = {
    .sqlite =
        "SELECT id, token, attempt, attempts_max FROM jobs WHERE worker_id IS NOT NULL AND worker_id NOT IN"
        " (SELECT id FROM job_workers WHERE lease_until >= gannet_now()) LIMIT $1",
    .postgres =
        "SELECT id, token, attempt, attempts_max FROM jobs WHERE worker_id IS NOT NULL AND worker_id NOT IN"
        " (SELECT id FROM job_workers WHERE lease_until >= gannet_now()) LIMIT $1 FOR UPDATE SKIP LOCKED"};
/// Of workers that will hardly come back; one that does makes itself known again.
inline constexpr std::string_view k_delete_dead_workers =
    "DELETE FROM job_workers WHERE lease_until < gannet_later(gannet_now(), -3600000)"
    " AND NOT EXISTS (SELECT 1 FROM jobs WHERE worker_id = job_workers.id)";

inline constexpr std::string_view k_find_job =
    "SELECT id, queue, kind, CASE WHEN token IS NULL THEN 'available' ELSE 'running' END, payload, organisation_id, attempt,"
    " attempts_max, run_at, started_at, CAST(NULL AS timestamptz), progress, error FROM jobs WHERE id = $1"
    " UNION ALL SELECT id, queue, kind, state, payload, organisation_id, attempt, attempts_max, CAST(NULL AS timestamptz),"
    " started_at, finished_at, progress, error FROM job_history WHERE id = $1";

inline constexpr std::string_view k_redrive_insert =
    "INSERT INTO jobs (id, queue, kind, payload, organisation_id, priority, run_at, created_at, unique_key, concurrency_key,"
    " concurrency_limit, attempts_max, timeout_ms, error)"
    " SELECT id, queue, kind, payload, organisation_id, priority, gannet_now(), created_at, unique_key, concurrency_key,"
    " concurrency_limit, attempts_max, timeout_ms, error FROM job_history WHERE id = $1 AND state = 'failed'";

extern const std::string_view k_count_jobs;

std::unexpected<Error> fenced(const Claim& claim);

/// A job that ends.
struct Ended {
  JobId job;
  std::optional<std::int64_t> token;
  std::string_view state;
  std::optional<std::string> error;
};

/// Which rows of jobs may move, beside having the id: `j` is the job, `d` the Ended.
inline constexpr std::string_view k_where_claimed = "j.token = d.token";
inline constexpr std::string_view k_where_claimed_and_cancelled = "j.token = d.token AND j.cancel_reason IS NOT NULL";
inline constexpr std::string_view k_where_available = "j.token IS NULL";

/// Moves jobs to the history, as cancelled those that somebody wanted to stop; returns how many.
Result<std::int64_t> move_to_history(db::Tx& tx, std::string_view where, const std::vector<Ended>& ended);

}  // namespace gannet::queue::impl
