// ScanJobs: runs the jobs of the queue "scans": scans that somebody asked for (kind "scan") and those of fires
// ("scheduled_scan"). The result is accepted in one transaction, which keeps what was seen, ends the job under its token, ends
// the execution and says so in the event log; a worker whose job was taken over by another changes nothing. Owned by the
// composition root; on the loop's thread.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "aio/aio.hpp"
#include "app/judge.hpp"
#include "app/scan_runner.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "coordination/coordination.hpp"
#include "db/database.hpp"
#include "queue/worker.hpp"
#include "schedule/executions.hpp"
#include "store/scan_requests.hpp"
#include "store/store.hpp"

namespace gannet::app {

inline constexpr const char* k_scan_queue = "scans";

/// Since the start of the process, of scheduled scans and of others.
struct ScanCounters {
  std::map<std::string, std::int64_t> ended_by_status;
  double seconds_total = 0;
  /// Cumulative, by upper bound in seconds.
  std::map<double, std::int64_t> ended_within = {{10, 0}, {30, 0}, {60, 0}, {120, 0}, {300, 0}, {600, 0}, {1800, 0}, {3600, 0}};
  std::int64_t lock_failures = 0;
};

class ScanJobs {
 public:
  struct Parts {
    ScanRunner& runner;
    db::Database& database;
    store::Store& store;
    coordination::Coordination& coordination;
    std::shared_ptr<const Judge> judge;
    const Clock& clock;
    Random& random;
    /// LOCK_TIMEOUT.
    std::chrono::milliseconds lock_timeout;
  };

  ScanJobs(aio::Executor executor, Parts parts);

  /// Adds the handlers of both kinds; before the worker starts.
  void add_to(queue::Worker& worker);
  /// After the worker's.
  aio::Task<void> stop();

  const ScanCounters& counters() const { return counters_; }

 private:
  struct Begun;
  struct Reporter;
  aio::Task<Result<queue::HandlerResult>> run(aio::Scope scope, queue::JobRun& run);
  aio::Task<Result<Begun>> begin(aio::Scope scope, queue::Claim claim);
  aio::Task<std::shared_ptr<Seen>> scan(aio::Scope scope, const Begun& begun, queue::JobRun& run);
  aio::Task<bool> is_cancel_requested(queue::Claim claim);
  aio::Task<Result<queue::HandlerResult>> give_back(queue::Claim claim, Begun begun);
  aio::Task<Result<queue::HandlerResult>> accept(queue::Claim claim, Begun begun, std::shared_ptr<Seen> seen);
  aio::Task<void> write_progress(std::shared_ptr<Reporter> reporter);

  aio::Executor executor_;
  Parts parts_;
  ScanCounters counters_;
  /// Writes of progress.
  aio::TaskGroup group_;
};

/// Ends the requests of scans whose job has ended without them: it was given up after its last attempt. Returns how many.
Result<std::int64_t> end_abandoned_scans(db::Tx& tx, int limit = 200);

}  // namespace gannet::app
