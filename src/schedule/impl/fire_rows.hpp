// Writes what was decided on many schedules in as few statements as the engine allows.
#pragma once

#include <vector>

#include "schedule/fires.hpp"

namespace gannet::schedule::impl {

struct NewFire {
  FireRef ref;
  std::optional<SkipReason> skipped = {};
  /// Where `ref` is the last of several due times: the first.
  std::optional<Instant> from = {};
  std::int64_t schedule_version = 0;
  /// Nil where it is skipped.
  JobId job;
  OrganisationId organisation;
};

/// How far the row of a schedule has come.
struct Advance {
  ScheduleId id;
  std::int64_t version = 0;
  std::optional<Instant> cursor_before = {};
  Instant cursor;
  std::optional<Instant> next_run = {};
};

/// Inserts those whose due time has no row yet; the others' jobs are removed from `fires`. Returns how many those were.
Result<std::int64_t> insert_fires(db::Tx& tx, std::vector<NewFire>& fires, Instant now);

/// Returns how many rows were still as they had been read, and are advanced now.
Result<std::int64_t> advance_schedules(db::Tx& tx, const std::vector<Advance>& advances);

struct ActiveCount {
  ScheduleId id;
  std::int64_t count = 0;
  auto columns() { return std::tie(id, count); }
};
/// Of those schedules: how many fires wait or run, where any do.
Result<std::vector<ActiveCount>> count_active(db::Tx& tx, const std::vector<ScheduleId>& ids);

}  // namespace gannet::schedule::impl
