#include "coordination/impl/local_state.hpp"

#include <gtest/gtest.h>

namespace gannet::coordination::impl {
namespace {

using namespace std::chrono_literals;

const SteadyInstant k_start = SteadyInstant(1h);

TEST(Gcra, allows_the_limit_at_once_and_then_one_at_a_time) {
  LocalRates rates(10);
  const RateLimit limit{.limit = 5, .window = 10s};
  for (int i = 0; i < 5; ++i) {
    const auto decision = rates.take("a", limit, k_start);
    EXPECT_TRUE(decision.allowed) << i;
    EXPECT_EQ(decision.remaining, 4 - i);
    EXPECT_EQ(decision.reset_after, 2s * (i + 1));
  }
  const auto refused = rates.take("a", limit, k_start);
  EXPECT_FALSE(refused.allowed);
  EXPECT_EQ(refused.remaining, 0);
  EXPECT_EQ(refused.retry_after, 2s);
  EXPECT_EQ(refused.reset_after, 10s);
  EXPECT_FALSE(rates.take("a", limit, k_start + 1999ms).allowed);
  EXPECT_TRUE(rates.take("a", limit, k_start + 2s).allowed);
  EXPECT_FALSE(rates.take("a", limit, k_start + 2s).allowed) << "one was refilled, not all";
  EXPECT_TRUE(rates.take("b", limit, k_start).allowed) << "buckets do not share";
}

TEST(Gcra, never_allows_more_than_the_limit_and_the_refill_of_any_span) {
  LocalRates rates(10);
  const RateLimit limit{.limit = 7, .window = 1s};
  SeededRandom random(7);
  std::vector<SteadyInstant> allowed;
  auto now = k_start;
  for (int i = 0; i < 20'000; ++i) {
    now += std::chrono::milliseconds(random.next() % 40);
    if (rates.take("a", limit, now).allowed) allowed.push_back(now);
  }
  ASSERT_GT(allowed.size(), 1000U) << "as many as were due, about one in 143 ms";
  // Any eight that follow each other take longer than one refill; any span of a window has at most the burst and one refill of
  // it.
  for (std::size_t i = 14; i < allowed.size(); ++i) EXPECT_GE(allowed[i] - allowed[i - 14], 1s);
}

TEST(Gcra, of_nonsense_limits_still_decides) {
  LocalRates rates(10);
  for (const auto limit : {RateLimit{.limit = 0, .window = 1s}, RateLimit{.limit = -5, .window = 1s},
                           RateLimit{.limit = 2'000'000'000, .window = 1ms}, RateLimit{.limit = 1, .window = 0ms}}) {
    const auto decision = rates.take(std::to_string(limit.limit), limit, k_start);
    EXPECT_TRUE(decision.allowed);
    EXPECT_GE(decision.remaining, 0);
  }
}

TEST(LocalRates, are_bounded_whoever_invents_buckets) {
  LocalRates rates(100);
  const RateLimit limit{.limit = 1, .window = 10s};
  for (int i = 0; i < 10'000; ++i) rates.take(std::to_string(i), limit, k_start + std::chrono::milliseconds(i));
  EXPECT_LE(rates.size(), 100U);
}

TEST(LocalLocks, belong_to_one_token_until_their_time_is_over) {
  LocalLocks locks;
  EXPECT_TRUE(locks.try_lock("k", "one/1", k_start, 10s));
  EXPECT_FALSE(locks.try_lock("k", "two/1", k_start + 9s, 10s));
  EXPECT_FALSE(locks.try_lock("k", "one/1", k_start + 9s, 10s)) << "the same holder is another holder";
  EXPECT_FALSE(locks.unlock("k", "two/1", k_start + 9s));
  EXPECT_TRUE(locks.renew("k", "one/1", k_start + 9s, 10s));
  EXPECT_FALSE(locks.renew("k", "one/1", k_start + 19s, 10s)) << "its time was over";
  EXPECT_TRUE(locks.try_lock("k", "two/1", k_start + 19s, 10s));
  EXPECT_FALSE(locks.unlock("k", "one/1", k_start + 19s)) << "the late holder does not unlock its successor";
  EXPECT_TRUE(locks.unlock("k", "two/1", k_start + 20s));
  EXPECT_TRUE(locks.try_lock("k", "three/1", k_start + 20s, 10s));
}

TEST(LocalLocks, are_listed_by_prefix) {
  LocalLocks locks;
  locks.try_lock("lock:b", "host:1:x/token", k_start, 10s);
  locks.try_lock("lock:a", "host:2:y/token", k_start, 5s);
  locks.try_lock("other", "host:1:x/token", k_start, 10s);
  const auto listed = locks.list("lock:", 10, k_start + 4s);
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].key, "lock:a");
  EXPECT_EQ(listed[0].owner, "host:2:y");
  EXPECT_EQ(listed[0].left, 1s);
  EXPECT_EQ(locks.list("lock:", 1, k_start).size(), 1U);
  EXPECT_EQ(locks.list("lock:", 10, k_start + 5s).size(), 1U) << "one is over";
}

TEST(LockOwner, is_printable_whatever_lies_there) {
  EXPECT_EQ(owner_of("web1:4711:ab/0123"), "web1:4711:ab");
  EXPECT_EQ(owner_of("a1b2c3d4-0193f2a0"), "a1b2c3d4-0193f2a0") << "of the guides' scheduler";
  EXPECT_EQ(owner_of("\x1b[2J/x").find('\x1b'), std::string::npos);
  EXPECT_LE(owner_of(std::string(10'000, 'a')).size(), 90U);
}

TEST(LocalCache, forgets_by_time_and_by_size) {
  LocalCache cache(1000);
  cache.put("a", "1", k_start + 10s);
  EXPECT_EQ(cache.find("a", k_start + 9s), "1");
  EXPECT_EQ(cache.find("a", k_start + 10s), std::nullopt);
  EXPECT_EQ(cache.size_bytes(), 0U);
  for (const auto* key : {"a", "b", "c", "d"}) cache.put(key, std::string(100, *key), k_start + 10s);
  EXPECT_TRUE(cache.find("a", k_start)) << "used now, so others go first";
  cache.put("e", std::string(100, 'e'), k_start + 10s);
  EXPECT_TRUE(cache.find("a", k_start));
  EXPECT_FALSE(cache.find("b", k_start));
  EXPECT_LE(cache.size_bytes(), 1000U);
  cache.put("huge", std::string(5000, 'x'), k_start + 10s);
  EXPECT_FALSE(cache.find("huge", k_start)) << "larger than the cache";
  cache.put("a", "2", k_start + 10s);
  EXPECT_EQ(cache.find("a", k_start), "2");
}

}  // namespace
}  // namespace gannet::coordination::impl
