// Worker: runs the jobs of one queue on the io_context's thread, several at once. Owned by the composition root; the database
// must outlive it. All functions but wake() belong to the thread of its executor.
//
//   start() → running → stop() → stopped      stop(): claims no more, waits for what runs up to `grace`, then cancels it and
//   gives it
//                                             back without spending an attempt
//
// Its lease is renewed by a thread with a connection of its own, so that neither a busy loop nor a busy pool loses it. When it
// could not be renewed in time the worker stops its runs itself: others have them by then.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "aio/aio.hpp"
#include "db/database.hpp"
#include "queue/queue.hpp"

namespace gannet::queue {

struct WorkerOptions {
  std::string queue = {};
  /// Runs at once.
  int concurrency = 10;
  /// Jobs per claim, and ends per transaction; 1 for jobs so long that each should go to whoever is free first.
  int batch_max = 50;
  /// Transactions at once. More than one is of use where each job is claimed alone.
  int lanes = 1;
  /// How long after the last sign of life others may take the jobs; renewed at a third.
  std::chrono::milliseconds lease = std::chrono::seconds(30);
  /// How long a job that is due may wait when nobody calls wake().
  std::chrono::milliseconds poll_interval = std::chrono::seconds(1);
  std::chrono::milliseconds grace = std::chrono::seconds(30);
  /// For people who look for the worker: host and process.
  std::string description = {};
};

/// Since the start; read from any thread.
struct WorkerMetrics {
  std::atomic<std::int64_t> claimed = 0;
  std::atomic<std::int64_t> succeeded = 0;
  std::atomic<std::int64_t> retried = 0;
  std::atomic<std::int64_t> failed = 0;
  std::atomic<std::int64_t> cancelled = 0;
  std::atomic<std::int64_t> released = 0;
  /// Ends that others had made impossible.
  std::atomic<std::int64_t> fenced = 0;
  /// Jobs of dead workers, taken by this one.
  std::atomic<std::int64_t> rescued = 0;
  std::atomic<std::int64_t> errors = 0;
  std::atomic<std::int64_t> running = 0;
};

/// What a handler gets of its run.
class JobRun {
 public:
  explicit JobRun(const Claim& claim) : claim_(claim) {}
  const Claim& claim() const { return claim_; }
  /// Kept with the job, within a poll interval; bounded.
  void log(Instant at, std::string line);
  /// Those that are not yet kept: for a handler that ends its claim itself, to give to append_log() before.
  std::vector<LogLine> take_lines() { return std::exchange(lines_, {}); }

 private:
  const Claim& claim_;
  std::vector<LogLine> lines_;
  int next_line_ = 0;
};

/// The handler has ended its claim itself, in a transaction of its own.
struct FinishedByHandler {};

using HandlerResult = std::variant<Outcome, FinishedByHandler>;

/// Runs under the job's timeout; its scope ends when the job is cancelled, the worker stops or its lease is lost. An error is a
/// failed attempt: final where its kind is not retryable and not `timeout`, `cancelled` or `internal`. `run` lives until it
/// returns.
using Handler = std::function<aio::Task<Result<HandlerResult>>(aio::Scope scope, JobRun& run)>;

class Worker {
 public:
  Worker(aio::Executor executor, db::Database& database, Random& random, WorkerOptions options);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;
  /// stop() was awaited, or start() never called.
  ~Worker();

  /// Before start().
  void add_handler(std::string kind, Handler handler);

  /// Makes the worker known. Errors: those of the database.
  aio::Task<Result<void>> start(aio::Scope scope);
  aio::Task<void> stop();

  /// There may be a job that is due: from any thread, as often as one likes, while the worker lives.
  void wake();

  WorkerId id() const { return id_; }
  const WorkerMetrics& metrics() const { return metrics_; }

 private:
  struct Active;
  /// What one transaction of a lane does.
  struct Turn;
  struct TurnResult;
  class Heartbeat;

  aio::Task<void> run_lane();
  /// Nothing where there is nothing to do now.
  std::optional<Turn> next_turn();
  static Result<TurnResult> take_turn(db::Tx& tx, Turn& turn);
  void end_turn(Turn turn, Result<TurnResult> result, std::int64_t wakes_before);
  aio::Task<void> run_job(std::shared_ptr<Active> active);
  void count(const Turn& turn, const TurnResult& result);
  aio::Task<void> watch_lease();
  /// Waits until no run is left, or no turn and no end that is not recorded.
  aio::Task<void> wait_until(bool (Worker::*is_over)() const, std::chrono::milliseconds limit);
  bool has_no_run() const { return active_.empty(); }
  bool has_no_turn() const { return turns_ == 0 && ended_.empty(); }

  aio::Executor executor_;
  db::Database& database_;
  Random& random_;
  const WorkerOptions options_;
  const WorkerId id_;
  std::map<std::string, Handler, std::less<>> handlers_;
  WorkerMetrics metrics_;

  std::map<JobId, std::shared_ptr<Active>> active_;
  /// Not yet recorded.
  std::vector<std::shared_ptr<Active>> ended_;
  /// Transactions under way, and the jobs that their claims may bring.
  int turns_ = 0;
  int asked_for_ = 0;
  /// Somebody called wake(): one claim is worth trying.
  bool is_woken_ = true;
  std::int64_t wakes_ = 0;
  /// The last claim brought all it asked for.
  bool is_backlogged_ = false;
  /// While there is a backlog, claims go on where the last one ended; all is looked at again from time to time, for what came
  /// before that place since.
  std::optional<Place> place_;
  std::chrono::steady_clock::time_point looked_at_all_;
  /// A claim may have been committed without our hearing of it.
  bool is_unsure_of_claims_ = false;
  bool is_stopping_ = false;
  bool is_started_ = false;
  /// For wake(), which may be carried out after our end.
  std::shared_ptr<Worker*> self_;
  aio::Signal changed_;
  std::unique_ptr<Heartbeat> heartbeat_;
  /// Runs of jobs; then the lanes that claim and record.
  aio::TaskGroup runs_;
  aio::TaskGroup lanes_;
};

}  // namespace gannet::queue
