// Fires: due times that are decided on, each once. Whoever calls fire_due(), and however many do so at once, a due time gets one
// row in `fires` and, where it is run, one job, in one transaction with the cursor that passes it. Owner of the table `fires`.
//
//   due ─┬─ queued ── running ── ended
//        └─ skipped, with the reason
//
// Three things each keep a due time from being fired twice: the row of the schedule is locked, it is changed only if it is still
// of the version and cursor that were read, and (schedule, due time, kind) is the primary key. Time is the database's.
#pragma once

#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "schedule/schedules.hpp"

namespace gannet::schedule {

/// The queue and the kind of the jobs; their payload is {"schedule_id", "fire_at", "kind"}.
inline constexpr std::string_view k_job_queue = "scans";
inline constexpr std::string_view k_job_kind = "scheduled_scan";

/// How a fire came about.
enum class FireKind { cron, manual, backfill };
std::string_view to_string(FireKind kind);

/// Names one fire.
struct FireRef {
  ScheduleId schedule_id;
  Instant fire_at;
  FireKind kind = FireKind::cron;
  bool operator==(const FireRef&) const = default;
};

/// What the job of a fire carries. Error `invalid` where the payload is none of ours.
Result<FireRef> parse_job_payload(std::string_view payload);

struct FireReport {
  /// Schedules whose due times were decided on.
  std::int64_t schedules = 0;
  std::int64_t fired = 0;
  /// Rows; one may stand for many due times.
  std::int64_t skipped = 0;
  /// Due times that had a row already: of a schedule whose cursor was set back, as by a restored backup.
  std::int64_t repeated = 0;
  /// There may be more that is due.
  bool is_full = false;
};

/// Decides on what is due of at most `limit` schedules. Error `conflict` where a row changed although it was locked: nothing is
/// done, and the caller may repeat. Repeating is always safe, also when nobody knows whether the transaction was committed.
Result<FireReport> fire_due(db::Tx& tx, const Defaults& defaults, Random& random, int limit = 200);

/// When the next schedule is due; nullopt for none.
Result<std::optional<Instant>> find_next_due(db::Tx& tx);

struct ManualFire {
  ScheduleId id;
  /// The same request is carried out once, whenever it is repeated.
  std::string request_key;
  std::optional<std::string> created_by = {};
};
/// Runs the schedule now, whatever its overlap policy says; also where it is paused or disabled. Errors: `not_found`, `invalid`.
Result<FireRef> run_now(db::Tx& tx, OrganisationId organisation, const ManualFire& fire, const Defaults& defaults,
                        Random& random);

struct Backfill {
  ScheduleId id;
  /// Both belong to the range; neither may be in the future.
  Instant from, until;
  std::optional<std::string> created_by = {};
};
inline constexpr int k_backfill_max = 1000;
/// Runs the due times of the range that were not run: one job each, one after another. A due time is backfilled once. Returns how
/// many were queued. Errors: `not_found`, `invalid`, `exhausted` for more than k_backfill_max.
Result<std::int64_t> backfill(db::Tx& tx, OrganisationId organisation, const Backfill& range, const Defaults& defaults,
                              Random& random);

struct Fire {
  ScheduleId schedule_id;
  Instant fire_at;
  std::string kind;
  std::string state;
  std::optional<std::string> reason = {};
  /// Where the row stands for several due times: the first of them.
  std::optional<Instant> from_at = {};
  std::int64_t schedule_version = 0;
  std::optional<JobId> job_id = {};
  std::optional<std::string> created_by = {};
  Instant created_at;
  auto columns() {
    return std::tie(schedule_id, fire_at, kind, state, reason, from_at, schedule_version, job_id, created_by, created_at);
  }
};
/// Newest first: the answer to "why did it not run?".
Result<std::vector<Fire>> list_fires(db::Tx& tx, OrganisationId organisation, ScheduleId id, PageRequest page);

/// Deletes those that ended, or were skipped, and were made before; at most `limit`. Their due times stay decided. Returns how
/// many.
Result<std::int64_t> prune_fires(db::Tx& tx, Instant before, int limit = 1000);

}  // namespace gannet::schedule
