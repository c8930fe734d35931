// A queue on each engine with a manual clock. Test only.
#pragma once

#include <gtest/gtest.h>

#include "db/engines_for_test.hpp"
#include "queue/migrations.hpp"
#include "queue/queue.hpp"

namespace gannet::queue {

struct QueueFixture : testing::TestWithParam<db::EngineForTest> {
  ManualClock clock{parse_instant("2026-11-28T12:00:00Z").value()};
  SeededRandom random{7};
  db::DatabaseForTest data{GetParam(), clock};
  std::unique_ptr<db::Database> database = data.open({.readers = 2, .writers = 4});
  const WorkerId worker = WorkerId::make(clock, random);
  const WorkerId other = WorkerId::make(clock, random);

  QueueFixture() {
    database->migrate_blocking(migrations()).value();
    renew(worker);
    renew(other);
  }

  template <class Work>
  auto write(Work work) {
    return database->write_blocking(work);
  }
  void renew(WorkerId id) {
    write([&](db::Tx& tx) { return renew_worker(tx, id, "test", std::chrono::seconds(30)); }).value();
  }
  JobId add(NewJob job = {}) {
    if (job.queue.empty()) job.queue = "scans";
    if (job.kind.empty()) job.kind = "scan";
    return write([&](db::Tx& tx) { return enqueue(tx, job); }).value();
  }
  std::vector<Claim> claim_as(WorkerId id, int limit = 1) {
    return write([&](db::Tx& tx) { return claim(tx, {.worker = id, .queue = "scans", .limit = limit}); }).value();
  }
  std::vector<Claim> claim_jobs(int limit = 1) { return claim_as(worker, limit); }
  Claim claim_one() {
    auto claims = claim_jobs(1);
    EXPECT_EQ(claims.size(), 1U);
    return claims.empty() ? Claim() : claims.front();
  }
  Result<void> end(const Claim& claim, const Outcome& outcome) {
    return write([&](db::Tx& tx) { return finish(tx, claim, outcome, random); });
  }
  std::optional<Job> look(JobId id) {
    return database->read_blocking([id](db::Tx& tx) { return find_job(tx, id); }).value();
  }
  JobState state(JobId id) { return look(id).value().state; }
};

}  // namespace gannet::queue
