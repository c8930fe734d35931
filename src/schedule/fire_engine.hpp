// FireEngine: the loop that lets schedules fire. Any number of them may run over one database: each takes what the others do not
// hold. Owned by the composition root; the database must outlive it. All functions belong to the thread of its executor; the
// metrics may be read from any.
//
//   start() → running → stop() → stopped
#pragma once

#include <atomic>
#include <chrono>

#include "aio/aio.hpp"
#include "db/database.hpp"
#include "schedule/executions.hpp"

namespace gannet::schedule {

struct FireEngineOptions {
  Defaults defaults = {};
  /// SCHEDULE_CHECK_INTERVAL: how long rows that were changed straight in SQL, and runs of dead workers, may go unnoticed.
  std::chrono::milliseconds check_interval = std::chrono::seconds(60);
  /// How long a fire may be late when nobody calls wake(): other instances may have made schedules.
  std::chrono::milliseconds poll_interval = std::chrono::seconds(1);
  /// Schedules a transaction.
  int batch = 200;
};

/// Since the start.
struct FireMetrics {
  std::atomic<std::int64_t> fired = 0;
  std::atomic<std::int64_t> skipped = 0;
  std::atomic<std::int64_t> repeated = 0;
  std::atomic<std::int64_t> errors = 0;
  /// Of the oldest due time that has not been decided on, at the last look; 0 where there is none.
  std::atomic<std::int64_t> lag_ms = 0;
  /// By the steady clock, in ms: the last round that went well; 0 before the first.
  std::atomic<std::int64_t> last_round_ms = 0;
};

class FireEngine {
 public:
  FireEngine(aio::Executor executor, db::Database& database, Random& random, FireEngineOptions options);
  FireEngine(const FireEngine&) = delete;
  FireEngine& operator=(const FireEngine&) = delete;

  /// Makes whole what a restored backup lacks, and works out next fires again where the zone files are new. Errors: those of the
  /// database.
  aio::Task<Result<void>> start(aio::Scope scope);
  aio::Task<void> stop();

  /// A schedule was made or edited: look at once.
  void wake();

  /// Called on the executor's thread after a round that made jobs: whoever runs them need not wait for its next poll.
  void on_fired(std::function<void()> call) { on_fired_ = std::move(call); }

  const FireMetrics& metrics() const { return metrics_; }

 private:
  aio::Task<void> run();
  aio::Task<Result<void>> check(aio::Scope scope);
  /// Fires what is due; returns how long nothing will be.
  aio::Task<Result<std::chrono::milliseconds>> run_round(aio::Scope scope);

  db::Database& database_;
  Random& random_;
  const FireEngineOptions options_;
  FireMetrics metrics_;
  std::function<void()> on_fired_;
  bool is_awake_ = false;
  bool is_started_ = false;
  aio::Signal woken_;
  aio::TaskGroup tasks_;
};

}  // namespace gannet::schedule
