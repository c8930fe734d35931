#include "schedule/executions.hpp"

#include "schedule/schedule_fixture_for_test.hpp"

namespace gannet::schedule {
namespace {

class Executions : public ScheduleTest {
 protected:
  /// A schedule whose fire of 09:00 waits.
  Schedule make_due() {
    auto schedule = create(daily());
    set_time("2026-11-28T09:00:00Z");
    fire();
    return schedule;
  }
  Execution find(ExecutionId id) {
    return write([&](db::Tx& tx) { return find_execution(tx, k_organisation, id); }).value().value();
  }
  std::vector<Execution> list(const ExecutionFilter& filter) {
    return write([&](db::Tx& tx) { return list_executions(tx, k_organisation, filter); }).value();
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Executions, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

TEST_P(Executions, tell_when_a_run_began_ended_and_how) {
  const auto schedule = make_due();
  const auto scan = ScanId::make(clock, random);
  const auto id =
      run({.end = RunEnd::partial, .scan_id = scan, .metadata = R"({"pages": 3})"}, std::chrono::milliseconds(45'200));
  const auto execution = find(id);
  EXPECT_EQ(execution.schedule_id, schedule.schedule_id);
  EXPECT_EQ(execution.status, "partial");
  EXPECT_EQ(execution.started_at, parse_instant("2026-11-28T09:00:00Z").value());
  EXPECT_EQ(execution.completed_at, parse_instant("2026-11-28T09:00:45.2Z").value());
  EXPECT_DOUBLE_EQ(execution.duration_seconds.value(), 45.2);
  EXPECT_EQ(execution.scan_id, scan);
  EXPECT_EQ(execution.attempt, 1);
  const auto after = load(schedule.schedule_id);
  EXPECT_EQ(after.last_run, execution.started_at);
  EXPECT_EQ(after.last_status, "partial");
  EXPECT_EQ(after.next_run, parse_instant("2026-11-29T09:00:00Z").value());
  EXPECT_EQ(after.version, 1);
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T09:00 cron ended");
}

TEST_P(Executions, that_failed_say_so_and_are_tried_again) {
  const auto schedule = make_due();
  const auto id =
      run({.end = RunEnd::failed, .error_message = "name does not resolve", .error_details = R"({"host": "example.com"})"});
  EXPECT_EQ(find(id).status, "failed");
  EXPECT_EQ(find(id).error_message, "name does not resolve");
  EXPECT_EQ(load(schedule.schedule_id).last_status, "failed");
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T09:00 cron queued");
  clock.advance(std::chrono::minutes(1));
  const auto second = run();
  EXPECT_EQ(find(second).attempt, 2);
  EXPECT_EQ(load(schedule.schedule_id).last_status, "success");
  EXPECT_EQ(list({.schedule = schedule.schedule_id}).size(), 2U);
}

TEST_P(Executions, that_failed_for_good_are_not) {
  const auto schedule = make_due();
  run({.end = RunEnd::failed_for_good, .error_message = "no such site"});
  clock.advance(std::chrono::hours(2));
  EXPECT_FALSE(claim());
  EXPECT_EQ(fires(schedule.schedule_id), "11-28T09:00 cron ended");
}

TEST_P(Executions, that_an_orderly_stop_interrupts_are_run_again_without_spending_an_attempt) {
  const auto schedule = make_due();
  const auto first = run({.end = RunEnd::interrupted});
  EXPECT_EQ(find(first).status, "cancelled");
  EXPECT_EQ(load(schedule.schedule_id).last_run, std::nullopt);
  const auto again = claim().value();
  EXPECT_EQ(again.attempt, 1);
}

TEST_P(Executions, of_a_dead_worker_do_not_stay_started_and_it_cannot_finish_them) {
  const auto schedule = make_due();
  const auto lost = claim().value();
  const auto started = start(lost);
  clock.advance(std::chrono::minutes(2));  // Its lease is over.
  write([&](db::Tx& tx) { return queue::rescue(tx, random); }).value();
  EXPECT_EQ(write([&](db::Tx& tx) { return reconcile(tx); }).value(), 1);
  EXPECT_EQ(find(started.id).status, "failed");
  EXPECT_EQ(find(started.id).error_message, "the worker that ran it stopped without a word");
  EXPECT_EQ(load(schedule.schedule_id).last_status, "failed");
  // It was only asleep.
  EXPECT_EQ(finish(lost, started.id, {}).error().kind(), ErrorKind::conflict);
  EXPECT_EQ(find(started.id).status, "failed");
  clock.advance(std::chrono::minutes(1));
  const auto second = run();
  EXPECT_EQ(find(second).status, "success");
  EXPECT_EQ(write([&](db::Tx& tx) { return reconcile(tx); }).value(), 0);
}

TEST_P(Executions, whose_job_is_gone_are_closed_however_many_others_wait) {
  create(daily());
  const auto last = create(daily());
  set_time("2026-11-28T09:00:00Z");
  fire();
  const auto job = query<JobId>("SELECT job_id FROM fires WHERE schedule_id = $1", last.schedule_id).front();
  write([&](db::Tx& tx) { return queue::cancel(tx, job, "changed my mind"); }).value();
  EXPECT_EQ(write([&](db::Tx& tx) { return reconcile(tx, 1); }).value(), 1);
  EXPECT_EQ(fires(last.schedule_id).find("queued"), std::string::npos);
}

TEST_P(Executions, of_a_dead_worker_are_closed_by_the_next_attempt_as_well) {
  make_due();
  const auto started = start(claim().value());
  clock.advance(std::chrono::minutes(2));
  write([&](db::Tx& tx) { return queue::rescue(tx, random); }).value();
  clock.advance(std::chrono::minutes(1));
  run();
  EXPECT_EQ(find(started.id).status, "failed");
  EXPECT_EQ(list({.status = "started"}).size(), 0U);
}

TEST_P(Executions, cannot_begin_for_a_schedule_that_was_deleted) {
  const auto schedule = make_due();
  const auto claimed = claim().value();
  write([&](db::Tx& tx) { return delete_schedule(tx, k_organisation, schedule.schedule_id); }).value();
  EXPECT_EQ(write([&](db::Tx& tx) { return start_execution(tx, claimed, clock, random); }).error().kind(), ErrorKind::not_found);
}

TEST_P(Executions, are_found_by_schedule_domain_status_and_time) {
  const auto schedule = make_due();
  run();
  set_time("2026-11-29T09:00:00Z");
  fire();
  run({.end = RunEnd::failed_for_good, .error_message = "no"});
  EXPECT_EQ(list({}).size(), 2U);
  EXPECT_EQ(list({.schedule = schedule.schedule_id}).front().status, "failed");
  EXPECT_EQ(list({.domain = "https://example.com"}).size(), 2U);
  EXPECT_EQ(list({.domain = "https://example.org"}).size(), 0U);
  EXPECT_EQ(list({.status = "success"}).size(), 1U);
  EXPECT_EQ(list({.hours = 1}).size(), 1U);
  EXPECT_EQ(list({.hours = 25}).size(), 2U);
}

TEST_P(Executions, add_up_to_the_statistics_of_guide_002) {
  auto fields = by_cron("* * * * *");
  fields.overlap_policy = "allow";
  const auto schedule = create(fields);
  const RunEnd ends[] = {RunEnd::success, RunEnd::success, RunEnd::partial, RunEnd::failed_for_good, RunEnd::cancelled};
  int seconds = 10;
  for (const auto end : ends) {
    clock.advance(std::chrono::minutes(1));
    fire();
    run({.end = end, .error_message = "so"}, std::chrono::seconds(seconds));
    seconds += 5;
  }
  const auto load_for = [&](const StatisticsRequest& request) {
    return write([&](db::Tx& tx) { return load_statistics(tx, k_organisation, request); }).value();
  };
  const auto statistics = load_for({.days = 7, .schedule = schedule.schedule_id});
  EXPECT_EQ(statistics.total_executions, 5);
  EXPECT_EQ(statistics.successful, 3);
  EXPECT_EQ(statistics.partial, 1);
  EXPECT_EQ(statistics.failed, 1);
  EXPECT_EQ(statistics.cancelled, 1);
  EXPECT_DOUBLE_EQ(statistics.success_rate, 60.0);
  EXPECT_DOUBLE_EQ(statistics.avg_duration.value(), 20.0);
  EXPECT_DOUBLE_EQ(statistics.min_duration.value(), 10.0);
  EXPECT_DOUBLE_EQ(statistics.max_duration.value(), 30.0);
  EXPECT_EQ(load_for({.domain = "https://example.org"}).total_executions, 0);
  EXPECT_EQ(load_for({}).total_executions, 5);
  clock.advance(std::chrono::days(8));
  EXPECT_EQ(load_for({}).total_executions, 0);
  EXPECT_EQ(load_for({}).avg_duration, std::nullopt);
}

TEST_P(Executions, are_cleaned_up_after_so_many_days_and_counted) {
  make_due();
  run();
  set_time("2026-11-29T09:00:00Z");
  fire();
  const auto running = claim().value();
  start(running);
  set_time("2027-02-27T08:00:00Z");  // 91 days after the first, 90 after the second, which still runs.
  const auto other = OrganisationId::make(clock, random);
  EXPECT_EQ(cleanup_executions_blocking(*database, {.organisation = other}).value(), 0) << "another's history stays";
  EXPECT_EQ(cleanup_executions_blocking(*database, {.days = 90}).value(), 1);
  EXPECT_EQ(cleanup_executions_blocking(*database, {.days = 1}).value(), 0);
  EXPECT_EQ(list({}).size(), 1U);
}

TEST_P(Executions, can_be_read_and_written_by_both_guides_names) {
  const auto schedule = make_due();
  run({.end = RunEnd::failed_for_good, .error_message = "refused"});
  EXPECT_EQ(query<std::string>("SELECT se.error FROM schedule_executions se JOIN schedules s ON se.schedule_id = s.schedule_id"
                               " WHERE se.status = 'failed' ORDER BY se.executed_at DESC LIMIT 10")
                .front(),
            "refused");
  EXPECT_EQ(query<std::string>("SELECT error_message FROM job_executions").front(), "refused");
  write([&](db::Tx& tx) {
    return tx.execute(
        "INSERT INTO job_executions (execution_id, schedule_id, job_id, domain, domain_config_id, status, started_at)"
        " VALUES ($1, $2, 'job', 'example.com', $3, 'success', $4)",
        ExecutionId::make(clock, random), schedule.schedule_id, SiteId::make(clock, random), clock.now());
  }).value();
  EXPECT_EQ(list({.domain = "example.com"}).size(), 1U);
  script("UPDATE job_executions SET status = 'failed' WHERE domain = 'example.com'");
  EXPECT_EQ(list({.domain = "example.com"}).front().status, "failed");
  script("DELETE FROM job_executions WHERE domain = 'example.com'");
  EXPECT_EQ(list({}).size(), 1U);
}

}  // namespace
}  // namespace gannet::schedule
