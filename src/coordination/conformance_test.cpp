// What callers may rely on, in process and through Redis alike: two instances, `one` and `two`, which within one process are the
// same.
#include <gtest/gtest.h>

#include "coordination/fixture_for_test.hpp"

namespace gannet::coordination {
namespace {

using namespace std::chrono_literals;

enum class Kind { in_process, redis };

class Conformance : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override {
    if (GetParam() == Kind::redis) {
      static RedisForTest server;
      ASSERT_EQ(server.command({"FLUSHALL"}), "OK");
      one = &instances.add_redis(server.address(), "web1:1:aaa");
      two = &instances.add_redis(server.address(), "web2:2:bbb");
    } else {
      one = two = &instances.add_in_process();
    }
  }

  Instances instances;
  Coordination* one = nullptr;
  Coordination* two = nullptr;
};

TEST_P(Conformance, a_lock_has_one_holder) {
  auto held = instances.lock(*one, "lock:schedule:x");
  ASSERT_TRUE(held);
  EXPECT_FALSE(instances.lock(*two, "lock:schedule:x"));
  EXPECT_FALSE(instances.lock(*one, "lock:schedule:x")) << "not even for the same instance";
  EXPECT_TRUE(instances.lock(*two, "lock:schedule:y"));
  instances.release(*held);
  EXPECT_TRUE(instances.lock(*two, "lock:schedule:x"));
  EXPECT_EQ(one->state().locks_lost + two->state().locks_lost, 0U);
}

TEST_P(Conformance, a_lock_is_waited_for_as_long_as_was_said) {
  auto held = instances.lock(*one, "k");
  const auto before = std::chrono::steady_clock::now();
  EXPECT_FALSE(instances.lock(*two, "k", {.ttl = 60s, .wait_max = 50ms}));
  EXPECT_GE(std::chrono::steady_clock::now() - before, 50ms);

  auto got =
      instances.run([](Coordination& other, HeldLock& first, aio::Executor executor) -> aio::Task<std::optional<HeldLock>> {
        aio::TaskGroup group(executor);
        group.spawn(
            [](HeldLock& lock, aio::Executor on) -> aio::Task<void> {
              co_await aio::sleep(on, aio::Scope::background(), 20ms);
              co_await lock.release();
            }(first, executor),
            "release");
        auto second = co_await other.lock(aio::Scope::background(), "k", {.ttl = 60s, .wait_max = 10s});
        co_await group.wait_idle(aio::Scope::background());
        co_return second;
      }(*two, *held, instances.context.get_executor()));
  EXPECT_TRUE(got);
}

TEST_P(Conformance, a_lock_outlives_its_time_while_it_is_held_and_not_after) {
  auto held = instances.lock(*one, "k", {.ttl = 90ms, .wait_max = 0ms});
  ASSERT_TRUE(held);
  const auto until = std::chrono::steady_clock::now() + 400ms;
  EXPECT_TRUE(instances.eventually([&] { return std::chrono::steady_clock::now() > until; }));
  EXPECT_FALSE(held->is_lost()) << "it was renewed several times";
  EXPECT_FALSE(instances.lock(*two, "k"));
  held.reset();  // Its holder is gone without a word.
  EXPECT_TRUE(instances.lock(*two, "k", {.ttl = 60s, .wait_max = 10s}));
}

TEST_P(Conformance, locks_are_listed_with_owner_and_time_left) {
  const auto id = ScheduleId::parse("0193f2a0-7e3c-7b1a-9c55-0123456789ab").value();
  EXPECT_EQ(schedule_lock_key(id), "lock:schedule:0193f2a0-7e3c-7b1a-9c55-0123456789ab") << "as the guides print it";
  auto first = instances.lock(*one, schedule_lock_key(id), {.ttl = 60s, .wait_max = 0ms});
  auto second = instances.lock(*one, "lock:schedule:b*[", {.ttl = 60s, .wait_max = 0ms});
  auto other = instances.lock(*one, "lock:other", {.ttl = 60s, .wait_max = 0ms});
  const auto listed = instances.locks(*two, "lock:schedule:");
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].key, schedule_lock_key(id));
  EXPECT_EQ(listed[0].owner, GetParam() == Kind::redis ? "web1:1:aaa" : "here:1:test");
  ASSERT_TRUE(listed[0].left);
  EXPECT_GT(*listed[0].left, 30s);
  EXPECT_LE(*listed[0].left, 60s);
  EXPECT_EQ(instances.locks(*two, "lock:schedule:b*[").size(), 1U) << "a prefix is no pattern";
  EXPECT_EQ(instances.locks(*two, "lock:schedule:*").size(), 0U);
}

TEST_P(Conformance, a_wake_up_reaches_everybody_who_waits_for_its_topic) {
  auto& signal_one = one->wake_signal("schedules");
  auto& signal_two = two->wake_signal("schedules");
  auto& other = two->wake_signal("other");
  int woken = 0;
  int woken_other = 0;
  aio::TaskGroup group(instances.context.get_executor());
  const auto count = [](aio::Signal& signal, aio::Scope scope, int& counter) -> aio::Task<void> {
    if (co_await signal.wait(scope)) ++counter;
  };
  group.spawn(count(signal_one, group.scope(), woken), "one");
  group.spawn(count(signal_two, group.scope(), woken), "two");
  group.spawn(count(other, group.scope(), woken_other), "other");
  instances.context.poll();
  one->wake("schedules");
  one->wake("a topic that nobody waits for");
  EXPECT_TRUE(instances.eventually([&] { return woken == 2; }));
  EXPECT_EQ(woken_other, 0);
  two->wake("other");
  EXPECT_TRUE(instances.eventually([&] { return woken_other == 1; }));
}

TEST_P(Conformance, a_thousand_wake_ups_are_a_few_messages) {
  const auto before = one->state().commands;
  int woken = 0;
  aio::TaskGroup group(instances.context.get_executor());
  group.spawn(
      [](aio::Signal& signal, aio::Scope scope, int& counter) -> aio::Task<void> {
        if (co_await signal.wait(scope)) ++counter;
      }(two->wake_signal("jobs"), group.scope(), woken),
      "waiter");
  instances.context.poll();
  for (int i = 0; i < 1000; ++i) one->wake("jobs");
  EXPECT_TRUE(instances.eventually([&] { return woken == 1; }));
  EXPECT_LE(one->state().commands - before, 3U);
}

TEST_P(Conformance, a_rate_limit_holds_over_all_instances) {
  const RateLimit limit{.limit = 10, .window = 1h};
  int allowed = 0;
  for (int i = 0; i < 20; ++i) allowed += instances.take(i % 2 ? *one : *two, "user:jane", limit).allowed ? 1 : 0;
  EXPECT_EQ(allowed, 10);
  const auto refused = instances.take(*one, "user:jane", limit);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.limit, 10);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_GT(refused.retry_after, 5min);
  EXPECT_LE(refused.retry_after, 6min);
  EXPECT_GT(refused.reset_after, 59min);
  EXPECT_LE(refused.reset_after, 1h);
  const auto other = instances.take(*two, "user:joe", limit);
  EXPECT_TRUE(other.allowed);
  EXPECT_EQ(other.remaining, 9);
}

TEST_P(Conformance, at_the_same_moment_no_more_than_the_limit_are_allowed) {
  int allowed = 0;
  aio::TaskGroup group(instances.context.get_executor());
  const auto take = [](Coordination& on, int& counter) -> aio::Task<void> {
    const auto decision = co_await on.take(aio::Scope::background(), "bucket", {.limit = 25, .window = 1h});
    counter += decision.allowed ? 1 : 0;
  };
  for (int i = 0; i < 200; ++i) group.spawn(take(i % 2 ? *one : *two, allowed), "taker");
  EXPECT_TRUE(instances.eventually([&] { return group.size() == 0; }));
  EXPECT_EQ(allowed, 25);
}

TEST_P(Conformance, a_rate_limit_refills) {
  const RateLimit limit{.limit = 2, .window = 60ms};
  while (instances.take(*one, "b", limit).allowed) {
  }
  EXPECT_TRUE(instances.eventually([&] { return instances.take(*two, "b", limit).allowed; }));
}

TEST_P(Conformance, buckets_have_any_name) {
  const RateLimit limit{.limit = 1, .window = 1h};
  const std::string names[] = {"", std::string(5000, 'x'), std::string(5000, 'x') + "y", "with space\r\nSET x 1",
                               std::string("a\0b", 3)};
  for (const auto& name : names) {
    EXPECT_TRUE(instances.take(*one, name, limit).allowed) << name.size();
    EXPECT_FALSE(instances.take(*two, name, limit).allowed) << name.size();
  }
}

TEST_P(Conformance, what_is_cached_is_there_until_its_time_is_over) {
  EXPECT_EQ(instances.cached(*one, "site:1:v7"), std::nullopt);
  const std::string value("binary \0 \r\n $5", 14);
  instances.put_cached(*one, "site:1:v7", value);
  EXPECT_EQ(instances.cached(*two, "site:1:v7"), value);
  EXPECT_EQ(instances.cached(*two, "site:1:v8"), std::nullopt) << "another version is another key";
  instances.put_cached(*two, "short", "x", 20ms);
  EXPECT_TRUE(instances.eventually([&] { return !instances.cached(*one, "short"); }));
  instances.put_cached(*two, "empty", "");
  EXPECT_EQ(instances.cached(*one, "empty"), "");
}

TEST_P(Conformance, large_values_are_not_cached) {
  instances.put_cached(*one, "large", std::string(1024 * 1024 + 1, 'x'));
  EXPECT_EQ(instances.cached(*one, "large"), std::nullopt);
  instances.put_cached(*one, "largest", std::string(1024 * 1024, 'x'));
  EXPECT_EQ(instances.cached(*two, "largest"), std::string(1024 * 1024, 'x'));
}

TEST_P(Conformance, state_says_what_is_used) {
  const auto state = one->state();
  EXPECT_EQ(state.kind, GetParam() == Kind::redis ? "redis" : "in process");
  EXPECT_FALSE(state.is_degraded) << state.reason;
  if (GetParam() == Kind::redis) EXPECT_FALSE(state.server_version.empty());
  auto held = instances.lock(*one, "k");
  EXPECT_FALSE(instances.lock(*one, "k"));
  EXPECT_EQ(one->state().locks_taken, 1U);
  EXPECT_EQ(one->state().locks_refused, 1U);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Conformance, testing::Values(Kind::in_process, Kind::redis),
                         [](const auto& kind) { return kind.param == Kind::redis ? "redis" : "in_process"; });

}  // namespace
}  // namespace gannet::coordination
