#include "queue/queue.hpp"

#include <algorithm>

#include "queue/impl/statements.hpp"

namespace gannet::queue {
namespace {

/// Somebody may end the job that has the key just between our two looks.
constexpr int k_unique_tries = 3;

std::vector<db::Value> insert_row(const NewJob& job, JobId id) {
  return db::row(id, job.queue, job.kind, job.payload, job.organisation, job.priority, job.run_at, job.unique_key,
                 job.concurrency_key, job.concurrency_limit, job.attempts_max, job.timeout.count());
}

JobId id_of(const NewJob& job) {
  if (!job.id.uuid().is_nil()) return job.id;
  // Only a name: what is due, and in which order, is the database's time.
  static const SystemClock clock;
  SystemRandom random;
  return JobId::make(clock, random);
}

struct ClaimedRow {
  JobId job;
  std::int64_t token = 0;
  std::string queue;
  std::string kind;
  std::string payload;
  std::optional<OrganisationId> organisation;
  int priority = 0;
  Instant run_at;
  int attempt = 0;
  int attempts_max = 0;
  std::int64_t timeout_ms = 0;
  std::optional<std::string> concurrency_key;
  auto columns() {
    return std::tie(job, token, queue, kind, payload, organisation, priority, run_at, attempt, attempts_max, timeout_ms,
                    concurrency_key);
  }
};

struct HeldRow {
  JobId job;
  std::int64_t token = 0;
  int attempt = 0;
  int attempts_max = 0;
  auto columns() { return std::tie(job, token, attempt, attempts_max); }
};

std::vector<Claim> to_claims(const std::vector<HeldRow>& rows) {
  std::vector<Claim> claims(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    claims[i].job = rows[i].job;
    claims[i].token = rows[i].token;
    claims[i].attempt = rows[i].attempt;
    claims[i].attempts_max = rows[i].attempts_max;
  }
  return claims;
}

/// Gives back those of `rows` by which a concurrency key has more claims than it may. The statement that claimed them counted
/// what was committed before it began, and not its own.
Result<void> give_back_surplus(db::Tx& tx, std::vector<ClaimedRow>& rows) {
  std::vector<std::vector<db::Value>> surplus;
  std::vector<std::string> keys;
  for (const auto& row : rows)
    if (row.concurrency_key && std::ranges::find(keys, *row.concurrency_key) == keys.end()) keys.push_back(*row.concurrency_key);
  for (const auto& key : keys) {
    for (const auto& job : TRY(tx.query<JobId>(impl::k_list_surplus, key))) {
      // Those of others were within the limit when they were claimed.
      if (std::erase_if(rows, [&job](const ClaimedRow& row) { return row.job == job; }) > 0) surplus.push_back(db::row(job));
    }
  }
  if (!surplus.empty()) TRY(tx.execute_batch(impl::k_unclaim, surplus));
  return {};
}

Result<std::vector<ClaimedRow>> claim_rows(db::Tx& tx, const ClaimRequest& request, int limit, const std::optional<Place>& from) {
  const auto sql = impl::claim_sql(tx.dialect(), from.has_value());
  if (tx.dialect() == db::Dialect::postgres)
    return from ? tx.query<ClaimedRow>(sql, request.queue, request.worker, limit, from->priority, from->run_at, from->job)
                : tx.query<ClaimedRow>(sql, request.queue, request.worker, limit);
  const auto token = TRY(tx.query_one<std::int64_t>("UPDATE job_tokens SET last = last + 1 RETURNING last")).value();
  return from ? tx.query<ClaimedRow>(sql, request.queue, request.worker, limit, from->priority, from->run_at, from->job, token)
              : tx.query<ClaimedRow>(sql, request.queue, request.worker, limit, token);
}

}  // namespace

Result<JobId> enqueue(db::Tx& tx, const NewJob& job) {
  const auto id = id_of(job);
  const std::vector<std::vector<db::Value>> rows = {insert_row(job, id)};
  for (int i = 0; i < k_unique_tries; ++i) {
    if (TRY(tx.execute_batch(impl::k_insert, rows)) == 1) return id;
    const auto taken = TRY(tx.query_one<JobId>(impl::k_find_unique, job.queue, job.unique_key));
    if (taken) return *taken;
  }
  return fail(ErrorKind::conflict, "job {} exists already, or its unique key changes hands all the time", id.to_string());
}

Result<std::int64_t> enqueue_all(db::Tx& tx, std::span<const NewJob> jobs) {
  std::vector<std::vector<db::Value>> rows;
  rows.reserve(jobs.size());
  for (const auto& job : jobs) rows.push_back(insert_row(job, id_of(job)));
  return tx.execute_batch(impl::k_insert, rows);
}

Result<void> renew_worker(db::Tx& tx, WorkerId worker, std::string_view description, std::chrono::milliseconds lease) {
  TRY(tx.execute(impl::k_renew_worker, worker, description, lease.count()));
  return {};
}

Result<void> retire_worker(db::Tx& tx, WorkerId worker) {
  TRY(tx.execute("UPDATE job_workers SET lease_until = gannet_later(gannet_now(), -1) WHERE id = $1", worker));
  return {};
}

Result<std::vector<Claim>> claim(db::Tx& tx, const ClaimRequest& request) {
  if (request.limit <= 0) return {};
  auto rows = TRY(claim_rows(tx, request, request.limit, request.from));
  if (request.from && std::ssize(rows) < request.limit)
    for (auto& row : TRY(claim_rows(tx, request, request.limit - int(rows.size()), std::nullopt))) rows.push_back(std::move(row));
  TRY(give_back_surplus(tx, rows));
  // RETURNING has no order.
  std::ranges::sort(rows, {}, [](const ClaimedRow& row) { return std::tuple(row.priority, row.run_at, row.job); });
  std::vector<Claim> claims;
  claims.reserve(rows.size());
  for (auto& row : rows)
    claims.push_back({.job = row.job,
                      .token = row.token,
                      .worker = request.worker,
                      .queue = std::move(row.queue),
                      .kind = std::move(row.kind),
                      .payload = std::move(row.payload),
                      .organisation = row.organisation,
                      .attempt = row.attempt,
                      .attempts_max = row.attempts_max,
                      .timeout = std::chrono::milliseconds(row.timeout_ms),
                      .concurrency_key = std::move(row.concurrency_key),
                      .place = {row.priority, row.run_at, row.job}});
  return claims;
}

Result<void> finish(db::Tx& tx, const Claim& claim, const Outcome& outcome, Random& random) {
  const Finished finished[] = {{claim, outcome}};
  if (TRY(finish_all(tx, finished, random)) > 0) return impl::fenced(claim);
  return {};
}

Result<std::int64_t> finish_all(db::Tx& tx, std::span<const Finished> finished, Random& random) {
  std::vector<impl::Ended> ended;
  std::vector<impl::Ended> cancelled;
  std::vector<std::vector<db::Value>> retries;
  for (const auto& [claim, outcome] : finished) {
    const auto next = decide(outcome, {claim.attempt, claim.attempts_max}, random);
    switch (next.kind) {
      case Transition::Kind::succeed: ended.push_back({claim.job, claim.token, "succeeded", next.error}); break;
      case Transition::Kind::fail: ended.push_back({claim.job, claim.token, "failed", next.error}); break;
      case Transition::Kind::cancel: ended.push_back({claim.job, claim.token, "cancelled", next.error}); break;
      case Transition::Kind::retry:
        retries.push_back(db::row(claim.job, claim.token, next.delay.count(), next.spends_attempt ? 0 : 1, next.error));
        cancelled.push_back({claim.job, claim.token, "cancelled", next.error});
        break;
    }
  }
  auto done = TRY(impl::move_to_history(tx, impl::k_where_claimed, ended));
  done += TRY(tx.execute_batch(impl::k_retry, retries));
  done += TRY(impl::move_to_history(tx, impl::k_where_claimed_and_cancelled, cancelled));
  return std::int64_t(finished.size()) - done;
}

Result<std::vector<Claim>> list_claims(db::Tx& tx, WorkerId worker) {
  return to_claims(TRY(tx.query<HeldRow>("SELECT id, token, attempt, attempts_max FROM jobs WHERE worker_id = $1", worker)));
}

Result<std::int64_t> rescue(db::Tx& tx, Random& random, int limit) {
  std::vector<Finished> finished;
  for (auto& claim : to_claims(TRY(tx.query<HeldRow>(impl::k_list_stale.of(tx.dialect()), limit))))
    finished.push_back({std::move(claim), Failed{.error = "the worker that ran it is gone: its lease has run out"}});
  const auto fenced = TRY(finish_all(tx, finished, random));
  TRY(tx.execute(impl::k_delete_dead_workers));
  return std::int64_t(finished.size()) - fenced;
}

Result<std::vector<CancelRequest>> list_cancel_requests(db::Tx& tx, WorkerId worker) {
  return tx.query<CancelRequest>("SELECT id, cancel_reason FROM jobs WHERE worker_id = $1 AND cancel_reason IS NOT NULL", worker);
}

Result<void> cancel(db::Tx& tx, JobId job, const std::string& reason) {
  TRY(impl::move_to_history(tx, impl::k_where_available, {{job, std::nullopt, "cancelled", reason}}));
  // One that was claimed between the two is asked, in the next line; one that ended has moved.
  if (TRY(tx.execute("UPDATE jobs SET cancel_reason = $2 WHERE id = $1 AND token IS NOT NULL", job, reason)) > 0) return {};
  const auto state = TRY(tx.query_one<std::string>("SELECT state FROM job_history WHERE id = $1", job));
  if (state == "cancelled") return {};
  return fail(ErrorKind::not_found, "job {} {}", job.to_string(), state ? "has ended already" : "does not exist");
}

Result<void> report_progress(db::Tx& tx, const Claim& claim, const std::string& progress) {
  const auto changed =
      TRY(tx.execute("UPDATE jobs SET progress = $3 WHERE id = $1 AND token = $2", claim.job, claim.token, progress));
  if (changed == 0) return impl::fenced(claim);
  return {};
}

Result<void> append_log(db::Tx& tx, const Claim& claim, std::span<const LogLine> lines) {
  // The lock keeps the claim ours until the lines are in.
  const auto held = TRY(tx.execute("UPDATE jobs SET token = token WHERE id = $1 AND token = $2", claim.job, claim.token));
  if (held == 0) return impl::fenced(claim);
  std::vector<std::vector<db::Value>> rows;
  for (const auto& line : lines)
    if (line.number < k_log_lines_max) rows.push_back(db::row(claim.job, claim.attempt, line.number, line.at, line.line));
  TRY(tx.execute_batch(impl::k_insert_log_lines, rows));
  return {};
}

Result<std::vector<std::string>> list_log(db::Tx& tx, JobId job) {
  return tx.query<std::string>("SELECT line FROM job_logs WHERE job_id = $1 ORDER BY attempt, number", job);
}

std::string_view to_string(JobState state) {
  switch (state) {
    case JobState::available: return "available";
    case JobState::running: return "running";
    case JobState::succeeded: return "succeeded";
    case JobState::failed: return "failed";
    case JobState::cancelled: return "cancelled";
  }
  return "";
}

Result<std::optional<Job>> find_job(db::Tx& tx, JobId job) {
  struct Row {
    Job job;
    std::string state;
    auto columns() {
      return std::tie(job.id, job.queue, job.kind, state, job.payload, job.organisation, job.attempt, job.attempts_max,
                      job.run_at, job.started_at, job.finished_at, job.progress, job.error);
    }
  };
  auto row = TRY(tx.query_one<Row>(impl::k_find_job, job));
  if (!row) return std::nullopt;
  for (const auto state : {JobState::available, JobState::running, JobState::succeeded, JobState::failed, JobState::cancelled})
    if (row->state == to_string(state)) row->job.state = state;
  return std::move(row->job);
}

Result<void> redrive(db::Tx& tx, JobId job) {
  if (TRY(tx.execute(impl::k_redrive_insert, job)) == 0)
    return fail(ErrorKind::not_found, "there is no dead letter {}", job.to_string());
  TRY(tx.execute("DELETE FROM job_history WHERE id = $1", job));
  return {};
}

Result<std::int64_t> prune_history(db::Tx& tx, Instant before, int limit) {
  const auto now = TRY(tx.query_one<Instant>("SELECT gannet_now()")).value();
  const auto ids = TRY(
      tx.query<JobId>("SELECT id FROM job_history WHERE finished_at < $1 AND (state <> 'failed' OR finished_at < $2) LIMIT $3",
                      before, before - 3 * (now - before), limit));
  std::vector<std::vector<db::Value>> rows;
  for (const auto& id : ids) rows.push_back(db::row(id));
  TRY(tx.execute_batch(impl::k_delete_logs, rows));
  return tx.execute_batch(impl::k_delete_history, rows);
}

Result<std::vector<QueueCounts>> count_jobs(db::Tx& tx) { return tx.query<QueueCounts>(impl::k_count_jobs); }

}  // namespace gannet::queue
