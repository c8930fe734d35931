#include "queue/queue.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <thread>

#include <gtest/gtest.h>

#include "queue/queue_fixture_for_test.hpp"

namespace gannet::queue {
namespace {

using namespace std::chrono_literals;
using Queue = QueueFixture;

bool is_fenced(const Result<void>& result) {
  return !result && result.error().kind() == ErrorKind::conflict && result.error().message().starts_with("fenced");
}

TEST_P(Queue, a_job_comes_back_as_it_was_enqueued) {
  const OrganisationId organisation(Uuid::make_v7(clock, random));
  const auto id =
      add({.payload = R"({"url": "https://shop.test/"})", .organisation = organisation, .attempts_max = 3, .timeout = 90s});
  const auto claim = claim_one();
  EXPECT_EQ(claim.job, id);
  EXPECT_EQ(claim.kind, "scan");
  EXPECT_EQ(claim.payload, R"({"url": "https://shop.test/"})");
  EXPECT_EQ(claim.organisation, organisation);
  EXPECT_EQ(claim.attempt, 1);
  EXPECT_EQ(claim.attempts_max, 3);
  EXPECT_EQ(claim.timeout, 90s);
  EXPECT_EQ(state(id), JobState::running);
  ASSERT_TRUE(end(claim, Succeeded{}));
  const auto job = look(id).value();
  EXPECT_EQ(job.state, JobState::succeeded);
  EXPECT_EQ(job.finished_at, clock.now());
  EXPECT_FALSE(job.error);
}

TEST_P(Queue, jobs_go_by_priority_then_time_then_order_of_making) {
  const auto last = add({.priority = 10});
  const auto later = add({.run_at = clock.now() - 1min});
  const auto sooner = add({.run_at = clock.now() - 2min});
  const auto first = add({.priority = -1});
  std::vector<JobId> order;
  for (const auto& claim : claim_jobs(2)) order.push_back(claim.job);
  for (const auto& claim : claim_jobs(10)) order.push_back(claim.job);
  EXPECT_EQ(order, (std::vector{first, sooner, later, last}));
}

TEST_P(Queue, a_job_is_claimed_when_it_is_due_and_only_from_its_queue) {
  add({.run_at = clock.now() + 1min});
  add({.queue = "mail"});
  EXPECT_TRUE(claim_jobs(10).empty());
  clock.advance(1min);
  renew(worker);
  EXPECT_EQ(claim_jobs(10).size(), 1U);
}

TEST_P(Queue, a_job_has_one_claim_at_a_time) {
  add();
  EXPECT_EQ(claim_jobs(10).size(), 1U);
  EXPECT_TRUE(claim_as(other, 10).empty());
}

TEST_P(Queue, a_unique_key_has_one_job_until_it_has_ended) {
  const auto id = add({.unique_key = "shop"});
  EXPECT_EQ(add({.unique_key = "shop"}), id);
  EXPECT_NE(add({.queue = "mail", .unique_key = "shop"}), id);
  const auto claim = claim_one();
  EXPECT_EQ(add({.unique_key = "shop"}), id) << "while it runs";
  ASSERT_TRUE(end(claim, Succeeded{}));
  EXPECT_NE(add({.unique_key = "shop"}), id);
}

TEST_P(Queue, a_caller_that_names_its_job_can_tell_whether_it_is_new) {
  const auto id = JobId::make(clock, random);
  EXPECT_EQ(add({.id = id, .unique_key = "shop"}), id);
  EXPECT_NE(add({.id = JobId::make(clock, random), .unique_key = "shop"}), JobId::make(clock, random));
  const auto again = write([&](db::Tx& tx) { return enqueue(tx, {.id = id, .queue = "scans", .kind = "scan"}); });
  EXPECT_EQ(again.error().kind(), ErrorKind::conflict);
}

TEST_P(Queue, a_concurrency_key_has_as_many_claims_as_it_may) {
  for (int i = 0; i < 5; ++i) add({.concurrency_key = "shop", .concurrency_limit = 2});
  const auto free = add();
  auto claims = claim_jobs(10);
  EXPECT_EQ(claims.size(), 3U) << "two of the key, and the one without";
  EXPECT_EQ(std::ranges::count(claims, free, &Claim::job), 1);
  EXPECT_TRUE(claim_as(other, 10).empty());
  const auto of_key = *std::ranges::find_if(claims, [](const Claim& claim) { return claim.concurrency_key.has_value(); });
  ASSERT_TRUE(end(of_key, Succeeded{}));
  auto next = claim_as(other, 10);
  ASSERT_EQ(next.size(), 1U);
  EXPECT_EQ(next.front().attempt, 1) << "passing over spends no attempt";
}

TEST_P(Queue, a_failed_job_comes_back_after_a_pause_and_at_last_is_a_dead_letter) {
  const auto id = add({.attempts_max = 2});
  ASSERT_TRUE(end(claim_one(), Failed{"no answer"}));
  EXPECT_EQ(state(id), JobState::available);
  EXPECT_EQ(look(id)->error, "no answer");
  EXPECT_TRUE(claim_jobs().empty()) << "not at once";
  clock.advance(2s);
  const auto second = claim_one();
  EXPECT_EQ(second.attempt, 2);
  ASSERT_TRUE(end(second, Failed{"still none"}));
  EXPECT_EQ(state(id), JobState::failed);
  EXPECT_EQ(look(id)->error, "still none");

  ASSERT_TRUE(write([&](db::Tx& tx) { return redrive(tx, id); }));
  EXPECT_EQ(claim_one().attempt, 1);
  EXPECT_EQ(write([&](db::Tx& tx) { return redrive(tx, id); }).error().kind(), ErrorKind::not_found);
}

TEST_P(Queue, a_snoozed_and_a_released_job_spend_no_attempt) {
  const auto id = add({.attempts_max = 1});
  ASSERT_TRUE(end(claim_one(), Snoozed{5min}));
  EXPECT_TRUE(claim_jobs().empty());
  clock.advance(5min);
  renew(worker);
  ASSERT_TRUE(end(claim_one(), Released{}));
  const auto claim = claim_one();
  EXPECT_EQ(claim.job, id);
  EXPECT_EQ(claim.attempt, 1);
}

TEST_P(Queue, what_ended_takes_effect_with_the_rest_of_the_callers_transaction) {
  const auto id = add();
  const auto claim = claim_one();
  const auto undone = write([&](db::Tx& tx) -> Result<void> {
    TRY(finish(tx, claim, Succeeded{}, random));
    return fail(ErrorKind::invalid, "the caller thought better of it");
  });
  EXPECT_FALSE(undone);
  EXPECT_EQ(state(id), JobState::running);
}

TEST_P(Queue, every_write_of_a_claim_that_was_rescued_is_fenced) {
  const auto id = add();
  const auto old = claim_one();
  clock.advance(31s);
  renew(other);
  EXPECT_EQ(write([&](db::Tx& tx) { return rescue(tx, random); }).value(), 1);
  clock.advance(2s);
  const auto current = claim_as(other).at(0);
  EXPECT_EQ(current.job, id);
  EXPECT_EQ(current.attempt, 2) << "the run that was lost counts";
  EXPECT_TRUE(is_fenced(end(old, Succeeded{})));
  EXPECT_TRUE(is_fenced(end(old, Failed{"late"})));
  EXPECT_TRUE(is_fenced(write([&](db::Tx& tx) { return report_progress(tx, old, "{}"); })));
  const LogLine line[] = {{0, clock.now(), "late"}};
  EXPECT_TRUE(is_fenced(write([&](db::Tx& tx) { return append_log(tx, old, line); })));
  EXPECT_EQ(state(id), JobState::running);
  EXPECT_TRUE(end(current, Succeeded{}));
  EXPECT_TRUE(is_fenced(end(current, Succeeded{}))) << "once";
}

TEST_P(Queue, a_worker_whose_lease_has_run_out_claims_nothing) {
  add();
  clock.advance(31s);
  EXPECT_TRUE(claim_jobs().empty());
  renew(worker);
  EXPECT_EQ(claim_jobs().size(), 1U);
  EXPECT_EQ(write([&](db::Tx& tx) { return rescue(tx, random); }).value(), 0) << "its worker is alive";
}

TEST_P(Queue, a_waiting_job_is_cancelled_at_once_and_a_running_one_when_it_ends) {
  const auto waiting = add();
  ASSERT_TRUE(write([&](db::Tx& tx) { return cancel(tx, waiting, "not wanted"); }));
  EXPECT_EQ(state(waiting), JobState::cancelled);
  EXPECT_EQ(look(waiting)->error, "not wanted");
  ASSERT_TRUE(write([&](db::Tx& tx) { return cancel(tx, waiting, "again"); })) << "it is what the caller wants";

  for (const Outcome& outcome : {Outcome(Succeeded{}), Outcome(Failed{"x"}), Outcome(Released{})}) {
    const auto running = add();
    const auto claim = claim_one();
    ASSERT_TRUE(write([&](db::Tx& tx) { return cancel(tx, running, "enough"); }));
    const auto requests = write([&](db::Tx& tx) { return list_cancel_requests(tx, worker); }).value();
    ASSERT_EQ(requests.size(), 1U);
    EXPECT_EQ(requests[0].job, running);
    EXPECT_EQ(requests[0].reason, "enough");
    ASSERT_TRUE(end(claim, outcome));
    EXPECT_EQ(state(running), JobState::cancelled);
    EXPECT_EQ(look(running)->error, "enough");
  }
  const auto unknown = JobId::make(clock, random);
  EXPECT_EQ(write([&](db::Tx& tx) { return cancel(tx, unknown, "x"); }).error().kind(), ErrorKind::not_found);
}

TEST_P(Queue, progress_and_a_bounded_log_are_kept_with_the_job) {
  const auto id = add();
  const auto claim = claim_one();
  ASSERT_TRUE(write([&](db::Tx& tx) { return report_progress(tx, claim, R"({"pages": 3})"); }));
  const LogLine lines[] = {{0, clock.now(), "first"}, {1, clock.now(), "second"}, {k_log_lines_max, clock.now(), "one too many"}};
  ASSERT_TRUE(write([&](db::Tx& tx) { return append_log(tx, claim, lines); }));
  ASSERT_TRUE(end(claim, Succeeded{}));
  EXPECT_EQ(look(id)->progress, R"({"pages": 3})");
  EXPECT_EQ(write([&](db::Tx& tx) { return list_log(tx, id); }).value(), (std::vector<std::string>{"first", "second"}));
}

TEST_P(Queue, the_history_is_pruned_and_dead_letters_stay_for_longer) {
  const auto done = add();
  ASSERT_TRUE(end(claim_one(), Succeeded{}));
  const auto dead = add({.attempts_max = 1});
  ASSERT_TRUE(end(claim_one(), Failed{"x"}));
  clock.advance(24h);
  const auto prune = [&] { return write([&](db::Tx& tx) { return prune_history(tx, clock.now() - 12h); }).value(); };
  EXPECT_EQ(prune(), 1);
  EXPECT_FALSE(look(done));
  EXPECT_TRUE(look(dead));
  clock.advance(48h);
  EXPECT_EQ(prune(), 1);
  EXPECT_FALSE(look(dead));
}

TEST_P(Queue, the_counts_say_what_waits_runs_and_is_dead) {
  add({.run_at = clock.now() - 3s});
  add({.run_at = clock.now() + 1h});
  add({.priority = -2, .attempts_max = 1});
  add({.priority = -1});
  ASSERT_TRUE(end(claim_one(), Failed{"x"}));
  claim_one();
  const auto counts = write([&](db::Tx& tx) { return count_jobs(tx); }).value();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].queue, "scans");
  EXPECT_EQ(counts[0].available, 2);
  EXPECT_EQ(counts[0].scheduled, 1);
  EXPECT_EQ(counts[0].running, 1);
  EXPECT_EQ(counts[0].dead, 1);
  EXPECT_EQ(counts[0].lag_ms, 3000);
}

TEST_P(Queue, many_workers_take_every_job_once_and_keep_within_the_limits_of_keys) {
  // Eight threads claim and finish 400 jobs with four keys of limit 2 as fast as they can. Each job's runs are counted, and each
  // thread checks how many claims of its job's key there are while it holds one.
  std::vector<NewJob> jobs;
  for (int i = 0; i < 400; ++i)
    jobs.push_back({.queue = "scans", .kind = "scan", .concurrency_key = fmt::format("site {}", i % 4), .concurrency_limit = 2});
  ASSERT_EQ(write([&](db::Tx& tx) { return enqueue_all(tx, jobs); }).value(), 400);
  std::map<std::string, std::atomic<int>> held;
  for (int i = 0; i < 4; ++i) held[fmt::format("site {}", i)] = 0;
  std::atomic<int> done = 0;
  std::atomic<int> too_many = 0;
  std::atomic<int> failures = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back([&, seed = std::uint64_t(i)] {
        SeededRandom own(seed);
        const WorkerId& me = seed % 2 == 0 ? worker : other;
        while (done < 400 && failures < 10) {
          auto claims = write([&](db::Tx& tx) { return claim(tx, {.worker = me, .queue = "scans", .limit = 5}); });
          if (!claims) {
            ++failures;
            continue;
          }
          for (const auto& claim : *claims)
            if (++held.at(*claim.concurrency_key) > 2) ++too_many;
          for (const auto& claim : *claims) {
            --held.at(*claim.concurrency_key);
            auto ended = write([&](db::Tx& tx) { return finish(tx, claim, Succeeded{}, own); });
            ended ? ++done : ++failures;
          }
        }
      });
  }
  EXPECT_EQ(done, 400);
  EXPECT_EQ(too_many, 0);
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(write([](db::Tx& tx) { return tx.query_one<int>("SELECT count(*) FROM job_history WHERE attempt = 1"); }).value(),
            400);
}

/// What an old transaction does to a queue on PostgreSQL: rows that it could still see cannot go away, and lie before those to
/// claim.
TEST(QueuePostgres, a_claim_that_goes_on_where_the_last_one_ended_does_not_pass_over_what_an_old_transaction_keeps) {
  ManualClock clock{parse_instant("2026-11-28T12:00:00Z").value()};
  SeededRandom random(7);
  const db::DatabaseForTest data(db::Dialect::postgres, clock);
  const auto database = data.open();
  database->migrate_blocking(migrations()).value();
  const auto worker = WorkerId::make(clock, random);
  const auto old = data.driver()->connect(db::Access::read).value();
  ASSERT_TRUE(old->begin());
  ASSERT_TRUE(old->execute("SELECT 1", {}, nullptr));
  constexpr int k_ended = 2000;
  const std::vector<NewJob> jobs(k_ended, {.queue = "scans", .kind = "scan"});
  const std::vector<NewJob> more(20, {.queue = "scans", .kind = "scan"});
  std::optional<Place> place;
  database
      ->write_blocking([&](db::Tx& tx) -> Result<void> {
        TRY(renew_worker(tx, worker, "test", 30s));
        TRY(enqueue_all(tx, jobs));
        std::vector<Finished> finished;
        for (auto& claim : TRY(claim(tx, {.worker = worker, .queue = "scans", .limit = k_ended}))) {
          place = claim.place;
          finished.push_back({std::move(claim), Succeeded{}});
        }
        TRY(finish_all(tx, finished, random));
        TRY(enqueue_all(tx, more));
        return {};
      })
      .value();
  // How many entries of the index a claim reads. The server counts for the session.
  const auto count_read = [](db::Tx& tx) {
    return tx.query_one<std::int64_t>("SELECT pg_stat_get_xact_tuples_returned(CAST('jobs_ready' AS regclass))");
  };
  const auto cost = [&](const std::optional<Place>& from) {
    return database
        ->write_blocking([&](db::Tx& tx) -> Result<std::int64_t> {
          const auto before = TRY(count_read(tx)).value();
          const auto claims = TRY(claim(tx, {.worker = worker, .queue = "scans", .limit = 10, .from = from}));
          EXPECT_EQ(claims.size(), 10U);
          return TRY(count_read(tx)).value() - before;
        })
        .value();
  };
  EXPECT_LE(cost(place), 20);
  EXPECT_GE(cost(std::nullopt), k_ended) << "otherwise this test shows nothing";
  old->roll_back();
}

INSTANTIATE_TEST_SUITE_P(Engines, Queue, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::queue
