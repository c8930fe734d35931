#include "schedule/fires.hpp"

#include <thread>

#include "schedule/schedule_fixture_for_test.hpp"

namespace gannet::schedule {
namespace {

using Fires = ScheduleTest;
INSTANTIATE_TEST_SUITE_P(Engines, Fires, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

TEST_P(Fires, are_made_once_with_one_job_when_they_are_due) {
  const auto schedule = create(daily());
  EXPECT_EQ(schedule.next_run, parse_instant("2026-11-28T09:00:00Z").value());
  set_time("2026-11-28T08:59:59.999Z");
  EXPECT_EQ(fire().fired, 0);
  set_time("2026-11-28T09:00:00Z");
  EXPECT_EQ(fire().fired, 1);
  EXPECT_EQ(fire().schedules, 0);
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T09:00 cron queued");
  EXPECT_EQ(load(schedule.schedule_id).next_run, parse_instant("2026-11-29T09:00:00Z").value());
  const auto claimed = claim().value();
  EXPECT_EQ(claimed.kind, "scheduled_scan");
  EXPECT_EQ(parse_job_payload(claimed.payload).value(),
            (FireRef{schedule.schedule_id, parse_instant("2026-11-28T09:00:00Z").value(), FireKind::cron}));
  EXPECT_FALSE(claim());
}

TEST_P(Fires, of_two_schedules_of_one_domain_do_not_touch_each_other) {
  const auto one = create(daily()), other = create(daily(R"({"hour": 9, "minute": 5})"));
  set_time("2026-11-28T09:05:00Z");
  EXPECT_EQ(fire().fired, 2);
  write([&](db::Tx& tx) { return delete_schedule(tx, k_organisation, one.schedule_id); }).value();
  set_time("2026-11-29T09:05:00Z");
  EXPECT_EQ(fire().skipped, 1);  // Its first job still waits.
  EXPECT_EQ(fires(other.schedule_id), "11-28T09:05 cron queued, 11-29T09:05 cron skipped overlap");
}

TEST_P(Fires, missed_in_an_outage_are_recorded_with_the_reason) {
  const auto schedule = create(by_cron("*/10 * * * *"));
  set_time("2026-11-28T12:01:00Z");
  const auto report = fire();
  EXPECT_EQ(report.fired, 1);
  EXPECT_EQ(report.skipped, 1);
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T08:10-11-28T11:50 cron skipped missed, 11-28T12:00 cron queued");
}

TEST_P(Fires, are_not_repeated_when_the_cursor_is_set_back) {
  const auto schedule = create(by_cron("*/10 * * * *"));
  set_time("2026-11-28T08:10:00Z");
  EXPECT_EQ(fire().fired, 1);
  // As a restored backup would.
  write([&](db::Tx& tx) {
    return tx.execute("UPDATE schedules SET cursor_at = $2, next_run = $3 WHERE schedule_id = $1", schedule.schedule_id,
                      *schedule.cursor_at, *schedule.next_run);
  }).value();
  const auto report = fire();
  EXPECT_EQ(report.fired, 0);
  EXPECT_EQ(report.repeated, 1);
  EXPECT_TRUE(claim());
  EXPECT_FALSE(claim());
  EXPECT_EQ(load(schedule.schedule_id).next_run, parse_instant("2026-11-28T08:20:00Z").value());
}

TEST_P(Fires, cancel_the_earlier_where_the_schedule_says_so) {
  auto fields = by_cron("*/10 * * * *");
  fields.overlap_policy = "cancel";
  const auto schedule = create(fields);
  set_time("2026-11-28T08:10:00Z");
  fire();
  const auto running = claim().value();
  const auto started = start(running);
  set_time("2026-11-28T08:20:00Z");
  EXPECT_EQ(fire().fired, 1);
  // Its worker would have succeeded, had it not been cancelled first.
  EXPECT_EQ(finish(running, started.id, {}).value(), ExecutionStatus::cancelled);
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T08:10 cron ended, 11-28T08:20 cron queued");
  EXPECT_EQ(load(schedule.schedule_id).last_status, "cancelled");
}

TEST_P(Fires, wait_for_the_earlier_where_the_schedule_says_so) {
  auto fields = by_cron("*/10 * * * *");
  fields.overlap_policy = "queue";
  create(fields);
  set_time("2026-11-28T08:10:00Z");
  fire();
  const auto first = claim().value();
  const auto started = start(first);
  set_time("2026-11-28T08:20:00Z");
  EXPECT_EQ(fire().fired, 1);
  EXPECT_FALSE(claim());
  finish(first, started.id, {}).value();
  EXPECT_TRUE(claim());
}

TEST_P(Fires, are_spread_by_jitter_that_delays_the_job_and_not_the_fire) {
  auto fields = by_cron("0 9 * * *");
  fields.jitter_seconds = 600;
  const auto one = create(fields);
  for (int i = 0; i < 20; ++i) create(fields);
  set_time("2026-11-28T09:00:00Z");
  EXPECT_EQ(fire().fired, 21);
  EXPECT_EQ(fires(one.schedule_id), "11-28T09:00 cron queued");
  const auto delays = query<Instant>("SELECT DISTINCT run_at FROM jobs ORDER BY run_at");
  EXPECT_GT(delays.size(), 15U);
  EXPECT_GE(delays.front(), clock.now());
  EXPECT_LE(delays.back(), clock.now() + std::chrono::minutes(10));
}

TEST_P(Fires, do_not_come_while_a_schedule_is_paused_and_are_recorded_when_it_is_resumed) {
  const auto schedule = create(by_cron("*/10 * * * *"));
  const auto paused =
      write([&](db::Tx& tx) { return pause_schedule(tx, k_organisation, schedule.schedule_id, "relaunch", defaults); }).value();
  EXPECT_EQ(paused.pause_reason, "relaunch");
  EXPECT_EQ(paused.next_run, std::nullopt);
  set_time("2026-11-28T08:25:00Z");
  EXPECT_EQ(fire().fired, 0);
  const auto resumed =
      write([&](db::Tx& tx) { return resume_schedule(tx, k_organisation, schedule.schedule_id, defaults); }).value();
  EXPECT_EQ(resumed.next_run, parse_instant("2026-11-28T08:30:00Z").value());
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T08:10-11-28T08:20 cron skipped paused");
}

TEST_P(Fires, of_all_schedules_of_an_organisation_can_be_stopped_at_once) {
  const auto one = create(by_cron("*/10 * * * *"));
  create(by_cron("*/5 * * * *"));
  EXPECT_EQ(write([&](db::Tx& tx) { return pause_all(tx, k_organisation, "incident"); }).value(), 2);
  set_time("2026-11-28T09:00:00Z");
  EXPECT_EQ(fire().schedules, 0);
  EXPECT_EQ(write([&](db::Tx& tx) { return resume_all(tx, k_organisation, defaults); }).value(), 2);
  EXPECT_EQ(fires(one.schedule_id), "11-28T08:10-11-28T09:00 cron skipped paused");
}

TEST_P(Fires, that_somebody_asks_for_are_made_once_for_each_request) {
  const auto schedule = create(daily());
  const auto ask = [&](const char* key) {
    return write([&](db::Tx& tx) { return run_now(tx, k_organisation, {schedule.schedule_id, key, "ada"}, defaults, random); });
  };
  const auto first = ask("request-1").value();
  clock.advance(std::chrono::seconds(5));
  EXPECT_EQ(ask("request-1").value(), first);
  EXPECT_NE(ask("request-2").value(), first);
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM jobs").front(), 2);
  EXPECT_EQ(ask("").error().kind(), ErrorKind::invalid);
  const auto unknown = write([&](db::Tx& tx) { return run_now(tx, k_organisation, {ScheduleId(), "x", {}}, defaults, random); });
  EXPECT_EQ(unknown.error().kind(), ErrorKind::not_found);
}

TEST_P(Fires, that_were_missed_are_backfilled_once) {
  const auto schedule = create(by_cron("*/10 * * * *"));
  set_time("2026-11-28T09:00:00Z");
  fire();
  const auto fill = [&](const char* from, const char* until) {
    return write([&](db::Tx& tx) {
      return backfill(tx, k_organisation,
                      {schedule.schedule_id, parse_instant(from).value(), parse_instant(until).value(), "ada"}, defaults, random);
    });
  };
  EXPECT_EQ(fill("2026-11-28T08:30:00Z", "2026-11-28T09:00:00Z").value(), 3);  // 09:00 was run.
  EXPECT_EQ(fill("2026-11-28T08:20:00Z", "2026-11-28T09:00:00Z").value(), 1);
  EXPECT_EQ(fill("2026-11-28T08:00:00Z", "2026-11-28T10:00:00Z").error().kind(), ErrorKind::invalid);
  EXPECT_EQ(fill("2026-01-28T08:00:00Z", "2026-11-28T09:00:00Z").error().kind(), ErrorKind::exhausted);
  EXPECT_EQ(load(schedule.schedule_id).next_run, parse_instant("2026-11-28T09:10:00Z").value());
}

TEST_P(Fires, come_by_the_new_rule_from_the_edit_on) {
  const auto schedule = create(by_cron("*/10 * * * *"));
  set_time("2026-11-28T08:15:00Z");
  const auto edited = write([&](db::Tx& tx) {
                        return update_schedule(tx, k_organisation, {schedule.schedule_id, by_cron("7 * * * *"), 1}, defaults);
                      }).value();
  EXPECT_EQ(edited.version, 2);
  EXPECT_EQ(edited.next_run, parse_instant("2026-11-28T09:07:00Z").value());
  set_time("2026-11-28T09:07:00Z");
  EXPECT_EQ(fire().fired, 1);
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T08:10 cron skipped edited, 11-28T09:07 cron queued");
}

TEST_P(Fires, of_rows_written_in_sql_come_after_the_next_check) {
  script(
      "INSERT INTO schedules (schedule_id, domain_config_id, domain, frequency, time_config) VALUES"
      " ('0193f2a0-7e3c-7b1a-9c55-0123456789ab', '550e8400-e29b-41d4-a716-446655440000', 'example.com', 'hourly', '{\"minute\": "
      "30}')");
  const auto id = ScheduleId::parse("0193f2a0-7e3c-7b1a-9c55-0123456789ab").value();
  const auto check = [&] { return write([&](db::Tx& tx) { return refresh_stale(tx, defaults); }).value(); };
  EXPECT_EQ(check(), 1);
  EXPECT_EQ(check(), 0);
  EXPECT_EQ(load(id).next_run, parse_instant("2026-11-28T08:30:00Z").value());
  script("UPDATE schedules SET time_config = '{\"minute\": 45}'");
  EXPECT_EQ(fire().schedules, 0);
  EXPECT_EQ(check(), 1);
  EXPECT_EQ(load(id).next_run, parse_instant("2026-11-28T08:45:00Z").value());
  script("UPDATE schedules SET enabled = false");
  EXPECT_EQ(check(), 1);
  set_time("2026-11-28T10:00:00Z");
  EXPECT_EQ(fire().schedules, 0);
  script("UPDATE schedules SET enabled = true");
  EXPECT_EQ(check(), 1);
  EXPECT_EQ(load(id).next_run, parse_instant("2026-11-28T10:45:00Z").value());
  script("UPDATE schedules SET next_run = NULL");
  EXPECT_EQ(check(), 1);
  EXPECT_EQ(load(id).next_run, parse_instant("2026-11-28T10:45:00Z").value());
  script("DELETE FROM schedules");
  set_time("2026-11-28T11:00:00Z");
  EXPECT_EQ(fire().schedules, 0);
}

TEST_P(Fires, never_come_of_a_row_that_says_nothing_sensible_which_tells_why) {
  const auto schedule = create(daily());
  script("UPDATE schedules SET time_config = '{\"hour\": 99, \"minute\": 0}'");
  write([&](db::Tx& tx) { return refresh_stale(tx, defaults); }).value();
  EXPECT_EQ(load(schedule.schedule_id).spec_error, "time_config.hour is 99; right would be an hour from 0 to 23");
  EXPECT_EQ(load(schedule.schedule_id).next_run, std::nullopt);
  script("UPDATE schedules SET time_config = '{\"hour\": 10, \"minute\": 0}'");
  write([&](db::Tx& tx) { return refresh_stale(tx, defaults); }).value();
  EXPECT_EQ(load(schedule.schedule_id).spec_error, std::nullopt);
  EXPECT_EQ(load(schedule.schedule_id).next_run, parse_instant("2026-11-28T10:00:00Z").value());
}

TEST_P(Fires, are_worked_out_again_when_the_zone_files_are_new) {
  std::vector<Schedule> schedules;
  for (int i = 0; i < 5; ++i) schedules.push_back(create(daily()));
  const auto refresh = [&] { return write([&](db::Tx& tx) { return refresh_after_tzdata_update(tx, defaults, 2); }).value(); };
  EXPECT_TRUE(refresh().is_done) << "all were made by the zone files that are there";
  script("UPDATE schedule_engine SET value = '1999a' WHERE name = 'tzdata'");
  write([&](db::Tx& tx) {
    return tx.execute("UPDATE schedules SET next_run = $1, version = version + 1", parse_instant("2026-11-28T10:00:00Z").value());
  }).value();
  // Two at a time, each once, whoever goes on.
  for (const auto& [changed, is_done] : {std::pair(2, false), std::pair(2, false), std::pair(1, true), std::pair(0, true)}) {
    const auto done = refresh();
    EXPECT_EQ(done.changed, changed);
    EXPECT_EQ(done.is_done, is_done);
  }
  for (const auto& schedule : schedules)
    EXPECT_EQ(load(schedule.schedule_id).next_run, parse_instant("2026-11-28T09:00:00Z").value());
}

TEST_P(Fires, are_made_once_by_several_instances_at_once) {
  std::vector<Schedule> schedules;
  for (int i = 0; i < 30; ++i) {
    auto fields = by_cron("* * * * * *");
    fields.misfire_policy = "all";
    fields.overlap_policy = "allow";
    schedules.push_back(create(fields));
  }
  clock.advance(std::chrono::seconds(20));
  std::vector<std::thread> instances;
  std::atomic<std::int64_t> fired = 0;
  for (int i = 0; i < 4; ++i)
    instances.emplace_back([&, i] {
      SeededRandom own_random(std::uint64_t(1000 + i));
      const auto own = data.open({.readers = 0});
      for (int round = 0; round < 40; ++round) {
        const auto report = own->write_blocking([&](db::Tx& tx) { return fire_due(tx, defaults, own_random, 4); });
        ASSERT_TRUE(report) << report.error().describe();
        fired += report->fired;
      }
    });
  for (auto& instance : instances) instance.join();
  EXPECT_EQ(fired, 30 * 20);
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM fires").front(), 30 * 20);
  EXPECT_EQ(query<std::int64_t>("SELECT count(*) FROM jobs").front(), 30 * 20);
}

TEST_P(Fires, are_pruned_when_they_ended_and_stay_decided) {
  const auto schedule = create(by_cron("*/10 * * * *"));
  set_time("2026-11-28T08:10:00Z");
  fire();
  run();
  set_time("2026-11-28T08:20:00Z");
  fire();
  const auto prune = [&] {
    return write([&](db::Tx& tx) { return prune_fires(tx, clock.now() + std::chrono::hours(1)); }).value();
  };
  EXPECT_EQ(prune(), 1);
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T08:20 cron queued");
  EXPECT_EQ(fire().schedules, 0);
}

TEST(JobPayload, is_refused_where_it_is_none_of_ours) {
  for (const char* payload : {"", "{}", "[]", R"({"schedule_id": 1, "fire_at": 2, "kind": "cron"})",
                              R"({"schedule_id": "0193f2a0-7e3c-7b1a-9c55-0123456789ab", "fire_at": 2, "kind": "daily"})",
                              R"({"schedule_id": "x", "fire_at": 2, "kind": "cron"})"})
    EXPECT_EQ(parse_job_payload(payload).error().kind(), ErrorKind::invalid) << payload;
}

}  // namespace
}  // namespace gannet::schedule
