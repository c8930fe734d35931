// Executions: the history of runs. A run is started and finished in the transactions that claim's holder makes; its end, the end
// of its job, the state of its fire and the schedule's last_run and last_status commit together, or not at all. Owner of the
// table `schedule_executions` and the view `job_executions`.
//
//   started ── success | partial | failed | cancelled
//
// A row stays `started` only while its job is claimed: what a dead worker left is closed by the next attempt or by reconcile().
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "queue/queue.hpp"
#include "schedule/fires.hpp"

namespace gannet::schedule {

enum class ExecutionStatus { started, success, partial, failed, cancelled };
std::string_view to_string(ExecutionStatus status);

struct StartedExecution {
  ExecutionId id;
  FireRef fire;
  Schedule schedule;
};

/// Errors: `invalid` for a payload that is none of ours, `not_found` where the schedule was deleted: the job is then to be
/// cancelled.
Result<StartedExecution> start_execution(db::Tx& tx, const queue::Claim& claim, const Clock& clock, Random& random);

/// How a run ended, as its worker sees it.
enum class RunEnd {
  success,
  partial,          // A result with gaps, which counts as success.
  failed,           // May be tried again.
  failed_for_good,  // Another attempt would be no use.
  cancelled,
  interrupted,  // Its worker stops in an orderly way; it is run again without spending an attempt.
};

struct ExecutionEnd {
  RunEnd end = RunEnd::success;
  std::optional<ScanId> scan_id = {};
  std::optional<std::string> error_message = {};
  /// JSON.
  std::optional<std::string> error_details = {};
  /// JSON.
  std::optional<std::string> metadata = {};
};

/// Ends the run and its claim. A run whose job was cancelled meanwhile ends as cancelled, whatever `end` says. Returns the status
/// that was written. Error `conflict`, "fenced", where somebody else has the job by now: nothing is written then.
Result<ExecutionStatus> finish_execution(db::Tx& tx, const queue::Claim& claim, ExecutionId id, const ExecutionEnd& end,
                                         Random& random);

/// Closes runs whose worker died, and fires whose job ended without a run; returns how many of both. For anybody, at any time.
Result<std::int64_t> reconcile(db::Tx& tx, int limit = 200);

struct Execution {
  ExecutionId execution_id;
  /// Absent where the schedule was deleted.
  std::optional<ScheduleId> schedule_id = {};
  std::string job_id;
  std::string domain;
  SiteId domain_config_id;
  std::string status;
  Instant started_at;
  std::optional<Instant> completed_at = {};
  std::optional<double> duration_seconds = {};
  std::optional<ScanId> scan_id = {};
  std::optional<std::string> error_message = {};
  std::optional<std::string> error_details = {};
  std::optional<std::string> metadata = {};
  std::optional<Instant> created_at = {};
  std::optional<Instant> fire_at = {};
  std::optional<std::string> fire_kind = {};
  int attempt = 1;
  auto columns() {
    return std::tie(execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at, completed_at,
                    duration_seconds, scan_id, error_message, error_details, metadata, created_at, fire_at, fire_kind, attempt);
  }
};

Result<std::optional<Execution>> find_execution(db::Tx& tx, OrganisationId organisation, ExecutionId id);

struct ExecutionFilter {
  std::optional<ScheduleId> schedule = {};
  std::optional<std::string> domain = {};
  std::optional<std::string> status = {};
  /// Started within so many hours.
  std::optional<std::int64_t> hours = {};
  /// Only what comes after the run that started then and has this id.
  std::optional<std::pair<Instant, ExecutionId>> after = {};
};
/// Newest first.
Result<std::vector<Execution>> list_executions(db::Tx& tx, OrganisationId organisation, const ExecutionFilter& filter,
                                               PageRequest page = {.limit = 100});

/// Under the names of guide 002. Runs that have not ended do not count.
struct ExecutionStatistics {
  std::int64_t total_executions = 0;
  /// Those that were partial among them.
  std::int64_t successful = 0;
  std::int64_t failed = 0;
  std::int64_t cancelled = 0;
  std::int64_t partial = 0;
  /// Of the total, in percent; 0 where there is none.
  double success_rate = 0;
  /// In seconds; absent where nothing ended.
  std::optional<double> avg_duration, min_duration, max_duration;
};
struct StatisticsRequest {
  std::int64_t days = 7;
  std::optional<ScheduleId> schedule = {};
  std::optional<std::string> domain = {};
};
Result<ExecutionStatistics> load_statistics(db::Tx& tx, OrganisationId organisation, const StatisticsRequest& request);

struct Retention {
  std::int64_t days = 90;
  /// Absent: of all.
  std::optional<OrganisationId> organisation = {};
};
/// Deletes what was started longer ago and has ended; at most `limit`. Returns how many.
Result<std::int64_t> prune_executions(db::Tx& tx, const Retention& retention = {}, int limit = 1000);
/// The same until nothing is left, in short transactions.
Result<std::int64_t> cleanup_executions_blocking(db::Database& database, const Retention& retention = {});

}  // namespace gannet::schedule
