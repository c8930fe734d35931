// The durable queue: jobs that are done at least once, by any instance, whatever dies meanwhile. Plain functions on the caller's
// transaction, so that a job is made, or ended, together with what it is about. worker.hpp runs them.
//
//   available ── claim ──▶ running ── finish ──▶ succeeded | failed (dead letter) | cancelled
//       ▲                     │                                │
//       └── retry, snooze, release, rescue of a dead worker ◀──┴── redrive
//
// Who runs a job holds a Claim. Its token is new with each claim, and every later write names it: when somebody else has rescued
// the job meanwhile, that write changes nothing and is `conflict`, "fenced". What a claim's holder does outside the database must
// bear being done twice. Times are the database's.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "db/database.hpp"
#include "queue/transition.hpp"

namespace gannet::queue {

struct NewJob {
  /// A new one where it is nil. A caller that gives its own can tell from the result of enqueue() whether the job is new.
  JobId id = {};
  std::string queue = {};
  /// Chooses the handler.
  std::string kind = {};
  /// JSON.
  std::string payload = "{}";
  std::optional<OrganisationId> organisation = {};
  /// The lowest goes first.
  int priority = 0;
  /// At once where absent.
  std::optional<Instant> run_at = {};
  /// At most one job of the queue that has not ended has it.
  std::optional<std::string> unique_key = {};
  /// Of the jobs with this key, at most `concurrency_limit` run at once, over all workers.
  std::optional<std::string> concurrency_key = {};
  int concurrency_limit = 1;
  int attempts_max = 5;
  std::chrono::milliseconds timeout = std::chrono::minutes(10);
};

/// The job's id; where the unique key is taken, that of the job which has it, and nothing is made.
Result<JobId> enqueue(db::Tx& tx, const NewJob& job);

/// The same for many, without telling which were new; returns how many were.
Result<std::int64_t> enqueue_all(db::Tx& tx, std::span<const NewJob> jobs);

/// Who claims: one row in the database, with a lease. Made anew with each start of a program, so that none is mistaken for
/// another.
using WorkerId = Id<struct WorkerTag>;

/// Makes the worker known, or its lease longer.
Result<void> renew_worker(db::Tx& tx, WorkerId worker, std::string_view description, std::chrono::milliseconds lease);
/// At an orderly end. What it still holds is for whoever comes next to rescue, at once.
Result<void> retire_worker(db::Tx& tx, WorkerId worker);

/// A place in the order in which the jobs of a queue are taken.
struct Place {
  int priority = 0;
  Instant run_at;
  JobId job;
};

struct Claim {
  JobId job;
  std::int64_t token = 0;
  WorkerId worker;
  std::string queue;
  std::string kind;
  std::string payload;
  std::optional<OrganisationId> organisation;
  /// From 1.
  int attempt = 0;
  int attempts_max = 0;
  std::chrono::milliseconds timeout{};
  std::optional<std::string> concurrency_key;
  Place place;
};

struct ClaimRequest {
  WorkerId worker;
  std::string queue;
  int limit = 1;
  /// Jobs before this place are not looked at. On PostgreSQL, rows of jobs that have ended lie there for as long as any
  /// transaction is open that began before; a claim that begins here need not pass over them. Where fewer come than `limit`, all
  /// are looked at.
  std::optional<Place> from = {};
};

/// Up to `limit` jobs that are due, in the order of priority, time and id; none where the worker's lease has run out. Jobs whose
/// concurrency key is used up are passed over.
Result<std::vector<Claim>> claim(db::Tx& tx, const ClaimRequest& request);

struct Finished {
  Claim claim;
  Outcome outcome;
};

/// What a worker holds by the database's account; of each, only what finish() needs.
Result<std::vector<Claim>> list_claims(db::Tx& tx, WorkerId worker);

/// Ends the claim: the job moves to the history, or is made available again; a job that somebody has cancelled meanwhile ends as
/// cancelled, whatever became of it. Error `conflict`, "fenced", where the claim is no longer
/// the job's.
Result<void> finish(db::Tx& tx, const Claim& claim, const Outcome& outcome, Random& random);
/// The same for many. Those that are fenced change nothing; returns how many they were.
Result<std::int64_t> finish_all(db::Tx& tx, std::span<const Finished> finished, Random& random);

/// JSON, for those who watch. Error `conflict` where fenced.
Result<void> report_progress(db::Tx& tx, const Claim& claim, const std::string& progress);

/// A line of the log of this run, `number` counting from 0. Those from k_log_lines_max on are dropped. Error `conflict` where
/// fenced.
inline constexpr int k_log_lines_max = 500;
struct LogLine {
  int number = 0;
  Instant at;
  std::string line;
};
Result<void> append_log(db::Tx& tx, const Claim& claim, std::span<const LogLine> lines);
/// Of all attempts, in order.
Result<std::vector<std::string>> list_log(db::Tx& tx, JobId job);

enum class JobState { available, running, succeeded, failed, cancelled };
std::string_view to_string(JobState state);

struct Job {
  JobId id;
  std::string queue;
  std::string kind;
  JobState state = JobState::available;
  std::string payload;
  std::optional<OrganisationId> organisation;
  int attempt = 0;
  int attempts_max = 0;
  /// When it is, or was, due; absent for one that has ended.
  std::optional<Instant> run_at;
  std::optional<Instant> started_at;
  std::optional<Instant> finished_at;
  std::optional<std::string> progress;
  std::optional<std::string> error;
};

Result<std::optional<Job>> find_job(db::Tx& tx, JobId job);

/// One that waits is cancelled at once; one that runs is asked to stop, and ends as cancelled even if its handler succeeds later.
/// Error `not_found` where it has ended or never was.
Result<void> cancel(db::Tx& tx, JobId job, const std::string& reason);
/// The jobs of this worker that are asked to stop, with the reason.
struct CancelRequest {
  JobId job;
  std::string reason;
  auto columns() { return std::tie(job, reason); }
};
Result<std::vector<CancelRequest>> list_cancel_requests(db::Tx& tx, WorkerId worker);

/// Takes jobs from workers whose lease has run out: they count as failed attempts. Anybody may call this at any time; returns how
/// many it took.
Result<std::int64_t> rescue(db::Tx& tx, Random& random, int limit = 100);

/// Makes a dead letter available again, with all its attempts. Errors: `not_found`; `conflict` where its unique key is taken.
Result<void> redrive(db::Tx& tx, JobId job);

/// Deletes what ended before, with its log, at most `limit`; dead letters stay for four times as long. Returns how many.
Result<std::int64_t> prune_history(db::Tx& tx, Instant before, int limit = 1000);

struct QueueCounts {
  std::string queue;
  std::int64_t available = 0;
  /// Of the available: not yet due.
  std::int64_t scheduled = 0;
  std::int64_t running = 0;
  std::int64_t dead = 0;
  /// Of the oldest job that is due and not claimed; 0 where there is none.
  std::int64_t lag_ms = 0;
  auto columns() { return std::tie(queue, available, scheduled, running, dead, lag_ms); }
};

Result<std::vector<QueueCounts>> count_jobs(db::Tx& tx);

}  // namespace gannet::queue
