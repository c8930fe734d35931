// A database of either engine with the tables that firing needs, and a clock that tests move.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include "db/engines_for_test.hpp"
#include "events/migrations.hpp"
#include "queue/migrations.hpp"
#include "queue/queue.hpp"
#include "schedule/executions.hpp"

namespace gannet::schedule {

/// Those of this module and of the two that it writes to.
inline std::vector<db::Migration> migrations_for_test() {
  std::vector<db::Migration> all;
  for (const auto& part : {migrations(), queue::migrations(), events::migrations()})
    all.insert(all.end(), part.begin(), part.end());
  std::ranges::sort(all, {}, &db::Migration::number);
  return all;
}

/// Of the default organisation, as migrations write it.
inline const OrganisationId k_organisation = OrganisationId::parse("c383e082-c957-5d44-8307-64f667cb0347").value();

class ScheduleTest : public testing::TestWithParam<db::EngineForTest> {
 protected:
  ScheduleTest() : data(GetParam(), clock), database(data.open({.readers = 1})) {
    database->migrate_blocking(migrations_for_test()).value();
  }

  template <class Work>
  auto write(Work work) {
    return database->write_blocking(std::move(work));
  }
  template <class T, class... Args>
  std::vector<T> query(std::string_view sql, const Args&... args) {
    return write([&](db::Tx& tx) { return tx.query<T>(sql, args...); }).value();
  }
  void script(std::string_view sql) {
    write([&](db::Tx& tx) { return tx.execute_script(sql); }).value();
  }
  void set_time(std::string_view text) {
    clock.advance(std::chrono::duration_cast<Duration>(parse_instant(text).value() - clock.now()));
  }

  static ScheduleFields daily(std::string_view config = R"({"hour": 9, "minute": 0})") {
    return {.domain_config_id = SiteId::parse("550e8400-e29b-41d4-a716-446655440000").value(),
            .domain = "https://example.com",
            .frequency = "daily",
            .time_config = std::string(config)};
  }
  static ScheduleFields by_cron(std::string_view cron) {
    auto fields = daily(fmt::format(R"({{"cron": "{}"}})", cron));
    fields.frequency = "custom";
    return fields;
  }
  Result<Schedule> try_create(const ScheduleFields& fields) {
    return write([&](db::Tx& tx) { return create_schedule(tx, {k_organisation, fields, "test"}, defaults, clock, random); });
  }
  Schedule create(const ScheduleFields& fields) { return try_create(fields).value(); }
  Schedule load(ScheduleId id) {
    return write([&](db::Tx& tx) { return load_schedule(tx, k_organisation, id); }).value();
  }
  FireReport fire() {
    return write([&](db::Tx& tx) { return fire_due(tx, defaults, random); }).value();
  }
  /// "2026-11-28T09:00:00.000Z cron queued" of each fire, oldest first.
  std::string fires(ScheduleId id) {
    std::string text;
    auto rows = write([&](db::Tx& tx) { return list_fires(tx, k_organisation, id, {.limit = 1000}); }).value();
    for (auto row = rows.rbegin(); row != rows.rend(); ++row) {
      text += text.empty() ? "" : ", ";
      text += row->from_at ? format_instant(*row->from_at).substr(5, 11) + "-" : "";
      text += format_instant(row->fire_at).substr(5, 11);
      text += fmt::format(" {} {}{}", row->kind, row->state, row->reason ? " " + *row->reason : "");
    }
    return text;
  }

  /// One job that is due, claimed as by a worker of its own.
  std::optional<queue::Claim> claim() {
    const auto worker = queue::WorkerId::make(clock, random);
    auto claims = write([&](db::Tx& tx) -> Result<std::vector<queue::Claim>> {
                    TRY(queue::renew_worker(tx, worker, "test", std::chrono::seconds(30)));
                    return queue::claim(tx, {.worker = worker, .queue = std::string(k_job_queue), .limit = 1});
                  }).value();
    if (claims.empty()) return std::nullopt;
    return claims.front();
  }
  StartedExecution start(const queue::Claim& claim) {
    return write([&](db::Tx& tx) { return start_execution(tx, claim, clock, random); }).value();
  }
  Result<ExecutionStatus> finish(const queue::Claim& claim, ExecutionId id, const ExecutionEnd& end) {
    return write([&](db::Tx& tx) { return finish_execution(tx, claim, id, end, random); });
  }
  /// Claims, starts, lets `takes` pass, finishes.
  ExecutionId run(const ExecutionEnd& end = {}, Duration takes = std::chrono::seconds(30)) {
    const auto claimed = claim().value();
    const auto started = start(claimed);
    clock.advance(takes);
    finish(claimed, started.id, end).value();
    return started.id;
  }

  ManualClock clock{parse_instant("2026-11-28T08:00:00Z").value()};
  SeededRandom random{20261128};
  Defaults defaults;
  db::DatabaseForTest data;
  std::unique_ptr<db::Database> database;
};

}  // namespace gannet::schedule
