#include "queue/worker.hpp"

#include <csignal>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "queue/queue_fixture_for_test.hpp"

namespace gannet::queue {
namespace {

using namespace std::chrono_literals;

/// Long enough for a machine that does much else; nothing waits for it in vain.
constexpr auto k_patience = 60s;

/// aio::run() wants a value.
aio::Task<bool> to_the_end(aio::Task<void> task) {
  co_await std::move(task);
  co_return true;
}

struct WorkerTest : QueueFixture {
  aio::asio::io_context context{1};
  aio::Signal happened{context.get_executor()};
  std::vector<std::string> events;

  void note(std::string event) {
    events.push_back(std::move(event));
    happened.notify_all();
  }
  std::unique_ptr<Worker> make(WorkerOptions options = {}) {
    options.queue = "scans";
    options.description = "test";
    return std::make_unique<Worker>(context.get_executor(), *database, random, options);
  }
  void start(Worker& of) { ASSERT_TRUE(aio::run(context, of.start(aio::Scope::background().within(k_patience)))); }
  void run_to_the_end(aio::Task<void> task) { aio::run(context, to_the_end(std::move(task))); }
  void stop(Worker& of) { run_to_the_end(of.stop()); }
  /// Runs the loop until there are so many events.
  void wait_for_events(std::size_t count) {
    run_to_the_end([](WorkerTest& test, std::size_t wanted) -> aio::Task<void> {
      const auto scope = aio::Scope::background().within(k_patience);
      while (test.events.size() < wanted)
        if (!co_await test.happened.wait(scope)) break;
    }(*this, count));
    ASSERT_GE(events.size(), count) << "nothing happened for too long";
  }
  /// A handler that notes its start and ends with `outcome`.
  Handler ends_with(Outcome outcome) {
    return [this, outcome](aio::Scope, JobRun& run) -> aio::Task<Result<HandlerResult>> {
      return note_and_end(*this, run.claim(), outcome);
    };
  }
  static aio::Task<Result<HandlerResult>> note_and_end(WorkerTest& test, Claim claim, Outcome outcome) {
    test.note(claim.kind);
    co_return outcome;
  }
  /// A handler that waits until its scope ends.
  Handler waits() {
    return
        [this](aio::Scope scope, JobRun&) -> aio::Task<Result<HandlerResult>> { return note_and_wait(*this, std::move(scope)); };
  }
  static aio::Task<Result<HandlerResult>> note_and_wait(WorkerTest& test, aio::Scope scope) {
    test.note("started");
    auto slept = co_await aio::sleep(test.context.get_executor(), scope, k_patience);
    test.note("ended");
    if (!slept) co_return pass(slept);
    co_return Outcome(Succeeded{});
  }
};

TEST_P(WorkerTest, jobs_run_and_their_ends_are_recorded_before_it_stops) {
  const auto good = add({.kind = "good"});
  const auto bad = add({.kind = "bad", .attempts_max = 1});
  const auto unknown = add({.kind = "unknown"});
  auto of = make();
  of->add_handler("good", ends_with(Succeeded{}));
  of->add_handler("bad", ends_with(Failed{"wrong"}));
  start(*of);
  wait_for_events(2);
  stop(*of);
  EXPECT_EQ(state(good), JobState::succeeded);
  EXPECT_EQ(state(bad), JobState::failed);
  EXPECT_EQ(state(unknown), JobState::failed);
  EXPECT_EQ(look(unknown)->error, "there is no handler for jobs of kind 'unknown'");
  EXPECT_EQ(of->metrics().claimed, 3);
  EXPECT_EQ(of->metrics().succeeded, 1);
  EXPECT_EQ(of->metrics().failed, 2);
  EXPECT_EQ(of->metrics().running, 0);
}

TEST_P(WorkerTest, a_wake_up_starts_a_job_without_waiting_for_the_poll) {
  auto of = make({.poll_interval = 1h});
  of->add_handler("scan", ends_with(Succeeded{}));
  start(*of);
  // Lets the first look at the empty queue pass.
  context.run_for(50ms);
  const auto id = add();
  of->wake();
  wait_for_events(1);
  stop(*of);
  EXPECT_EQ(state(id), JobState::succeeded);
}

TEST_P(WorkerTest, no_more_run_at_once_than_it_may) {
  for (int i = 0; i < 5; ++i) add({.timeout = 1h});
  auto of = make({.concurrency = 2, .grace = 0ms});
  of->add_handler("scan", waits());
  start(*of);
  wait_for_events(2);
  context.run_for(100ms);
  EXPECT_EQ(events.size(), 2U);
  EXPECT_EQ(of->metrics().running, 2);
  stop(*of);
}

TEST_P(WorkerTest, a_run_beyond_its_timeout_is_a_failed_attempt) {
  const auto id = add({.attempts_max = 1, .timeout = 20ms});
  auto of = make();
  of->add_handler("scan", waits());
  start(*of);
  wait_for_events(2);
  stop(*of);
  EXPECT_EQ(state(id), JobState::failed);
}

TEST_P(WorkerTest, a_cancelled_job_is_stopped_by_the_next_sign_of_life) {
  const auto id = add({.timeout = 1h});
  auto of = make({.lease = 300ms});
  of->add_handler("scan", waits());
  start(*of);
  wait_for_events(1);
  write([&](db::Tx& tx) { return cancel(tx, id, "enough"); }).value();
  wait_for_events(2);
  stop(*of);
  EXPECT_EQ(state(id), JobState::cancelled);
  EXPECT_EQ(look(id)->error, "enough");
  EXPECT_EQ(of->metrics().cancelled, 1);
}

TEST_P(WorkerTest, an_orderly_stop_gives_back_what_runs_without_spending_an_attempt) {
  const auto id = add({.attempts_max = 1, .timeout = 1h});
  auto of = make({.grace = 10ms});
  of->add_handler("scan", waits());
  start(*of);
  wait_for_events(1);
  stop(*of);
  const auto job = look(id).value();
  EXPECT_EQ(job.state, JobState::available);
  EXPECT_EQ(job.attempt, 0);
  EXPECT_EQ(of->metrics().released, 1);
}

TEST_P(WorkerTest, what_it_logs_is_kept_while_it_runs) {
  const auto id = add();
  auto of = make();
  of->add_handler("scan", [this](aio::Scope, JobRun& run) -> aio::Task<Result<HandlerResult>> {
    run.log(clock.now(), "looked at the start page");
    return note_and_end(*this, run.claim(), Succeeded{});
  });
  start(*of);
  wait_for_events(1);
  stop(*of);
  EXPECT_EQ(write([&](db::Tx& tx) { return list_log(tx, id); }).value(), std::vector<std::string>{"looked at the start page"});
}

TEST_P(WorkerTest, jobs_of_a_dead_worker_are_taken_over) {
  const auto id = add();
  claim_one();
  clock.advance(31s);
  auto of = make({.lease = 300ms});
  of->add_handler("scan", ends_with(Succeeded{}));
  start(*of);
  // The pause before the second attempt.
  run_to_the_end([](WorkerTest& test, Worker& rescuer) -> aio::Task<void> {
    while (rescuer.metrics().rescued == 0) co_await aio::sleep(test.context.get_executor(), aio::Scope::background(), 10ms);
  }(*this, *of));
  clock.advance(3s);
  renew(of->id());
  of->wake();
  wait_for_events(1);
  stop(*of);
  EXPECT_EQ(state(id), JobState::succeeded);
}

/// Says on `ready` that it has begun, then claims and finishes as fast as it can, until it is killed.
[[noreturn]] void work_forever(const db::DatabaseForTest& data, std::uint64_t seed, int ready) {
  SeededRandom random(seed);
  const SystemClock system;
  const auto database = data.open({.readers = 0, .writers = 1});
  const auto me = WorkerId::make(system, random);
  const auto renewed = database->write_blocking([&](db::Tx& tx) { return renew_worker(tx, me, "to be killed", 30s); });
  if (!renewed || ::write(ready, "r", 1) != 1) ::_exit(2);
  for (;;) {
    const auto claims =
        database->write_blocking([&](db::Tx& tx) { return claim(tx, {.worker = me, .queue = "scans", .limit = 3}); });
    if (!claims) ::_exit(3);
    for (const auto& claim : *claims)
      if (!database->write_blocking([&](db::Tx& tx) { return finish(tx, claim, Succeeded{}, random); })) ::_exit(4);
  }
}

TEST_P(WorkerTest, workers_killed_at_any_moment_lose_no_job_and_end_none_twice) {
  // Processes that work are killed after a random time; what they held comes back when their lease has run out. At the end every
  // job has ended once: its row has moved from one table to the other.
  constexpr int k_jobs = 300;
  std::vector<NewJob> jobs(k_jobs, {.queue = "scans", .kind = "scan", .attempts_max = 1000});
  write([&](db::Tx& tx) { return enqueue_all(tx, jobs); }).value();
  const auto count = [&](const char* table) {
    return write([&](db::Tx& tx) { return tx.query_one<int>(fmt::format("SELECT count(*) FROM {}", table)); }).value().value();
  };
  int kills = 0;
  while (count("jobs") > 0 && kills < 200) {
    int ready[2];
    ASSERT_EQ(::pipe(ready), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) work_forever(data, std::uint64_t(kills), ready[1]);
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    ::close(ready[0]);
    ::close(ready[1]);
    const auto lifetime = std::chrono::milliseconds(random.next() % 60);
    aio::run(context, aio::sleep(context.get_executor(), aio::Scope::background(), lifetime)).value();
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "it ended by itself: " << WEXITSTATUS(status);
    ++kills;
    clock.advance(31s);
    write([&](db::Tx& tx) { return rescue(tx, random); }).value();
    // Beyond the pause of any attempt.
    clock.advance(2h);
  }
  EXPECT_EQ(count("jobs"), 0);
  EXPECT_EQ(count("job_history"), k_jobs);
  EXPECT_EQ(
      write([](db::Tx& tx) { return tx.query_one<int>("SELECT count(*) FROM job_history WHERE state = 'succeeded'"); }).value(),
      k_jobs);
}

INSTANTIATE_TEST_SUITE_P(Engines, WorkerTest, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::queue
