// Redis empty, stale, lying, slow or gone: everything still works within the process, state() says so, and it is used again when
// it is back, without a restart.
#include <gtest/gtest.h>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "coordination/fixture_for_test.hpp"

namespace gannet::coordination {
namespace {

using namespace std::chrono_literals;

struct RedisFault : testing::Test {
  Coordination& connect(std::string instance = "web1:1:aaa") {
    return instances.add_redis(server.address(), std::move(instance));
  }
  bool becomes_degraded(Coordination& coordination) {
    return instances.eventually([&] { return coordination.state().is_degraded; });
  }
  bool becomes_healthy(Coordination& coordination) {
    return instances.eventually([&] { return !coordination.state().is_degraded; });
  }
  /// All there is, once: whatever Redis does, none of it fails.
  void expect_all_works(Coordination& on) {
    auto held = instances.lock(on, "lock:schedule:works");
    EXPECT_TRUE(held);
    EXPECT_FALSE(instances.lock(on, "lock:schedule:works"));
    if (held) instances.release(*held);
    EXPECT_TRUE(instances.take(on, "works", {.limit = 1, .window = 1h}).allowed);
    EXPECT_FALSE(instances.take(on, "works", {.limit = 1, .window = 1h}).allowed);
    instances.put_cached(on, "works", "value");
    EXPECT_EQ(instances.cached(on, "works"), "value");
    on.wake("works");
  }

  RedisForTest server;
  Instances instances;
};

TEST_F(RedisFault, absent_at_start_is_done_without_and_used_when_it_comes) {
  server.stop();
  auto& one = connect();
  EXPECT_TRUE(one.state().is_degraded);
  EXPECT_NE(one.state().reason.find("refused"), std::string::npos) << one.state().reason;
  expect_all_works(one);
  const auto listed = instances.run(one.list_locks(aio::Scope::background(), "lock:"));
  ASSERT_FALSE(listed) << "a list that may be incomplete is none";
  EXPECT_EQ(listed.error().kind(), ErrorKind::unavailable);
  server.start();
  EXPECT_TRUE(becomes_healthy(one));
  auto held = instances.lock(one, "lock:schedule:x");
  EXPECT_EQ(server.command({"EXISTS", "lock:schedule:x"}), "1");
}

TEST_F(RedisFault, killed_and_restarted_is_used_again) {
  auto& one = connect();
  auto& two = connect("web2:2:bbb");
  for (int round = 0; round < 3; ++round) {
    server.stop();
    EXPECT_TRUE(becomes_degraded(one));
    EXPECT_TRUE(becomes_degraded(two));
    const auto suffix = std::to_string(round);
    auto held = instances.lock(one, "k" + suffix);
    EXPECT_TRUE(held) << "this process goes on alone";
    EXPECT_FALSE(instances.lock(one, "k" + suffix));
    server.start();
    EXPECT_TRUE(becomes_healthy(one));
    EXPECT_TRUE(becomes_healthy(two));
  }
  EXPECT_EQ(one.state().connects, 4U);
}

TEST_F(RedisFault, coming_back_wakes_whoever_waits) {
  auto& one = connect();
  server.stop();
  ASSERT_TRUE(becomes_degraded(one));
  bool woken = false;
  aio::TaskGroup group(instances.context.get_executor());
  group.spawn(
      [](aio::Signal& signal, aio::Scope scope, bool& is_woken) -> aio::Task<void> {
        is_woken = (co_await signal.wait(scope)).has_value();
      }(one.wake_signal("jobs"), group.scope(), woken),
      "waiter");
  instances.context.poll();
  server.start();
  EXPECT_TRUE(instances.eventually([&] { return woken; })) << "what was published meanwhile was lost";
}

TEST_F(RedisFault, flushed_while_a_lock_is_held_tells_its_holder) {
  auto& one = connect();
  auto held = instances.lock(one, "k", {.ttl = 90ms, .wait_max = 0ms});
  EXPECT_EQ(server.command({"FLUSHALL"}), "OK");
  EXPECT_TRUE(instances.eventually([&] { return held->is_lost(); }));
  EXPECT_TRUE(instances.eventually([&] { return one.state().locks_lost == 1; }));
  instances.release(*held);
  auto& two = connect("web2:2:bbb");
  auto next = instances.lock(two, "k");
  ASSERT_TRUE(next);
  instances.release(*held);
  EXPECT_EQ(server.command({"EXISTS", "k"}), "1") << "the former holder does not release its successor's";
}

TEST_F(RedisFault, killed_while_a_lock_is_held_ends_the_lock_in_its_time) {
  auto& one = connect();
  auto held = instances.lock(one, "k", {.ttl = 90ms, .wait_max = 0ms});
  server.stop();
  EXPECT_TRUE(instances.eventually([&] { return held->is_lost(); }));
  instances.release(*held);
  auto again = instances.lock(one, "k");
  EXPECT_TRUE(again) << "by this process alone";
}

TEST_F(RedisFault, a_foreign_value_under_the_key_is_not_renewed_or_deleted) {
  auto& one = connect();
  auto held = instances.lock(one, "k", {.ttl = 90ms, .wait_max = 0ms});
  EXPECT_EQ(server.command({"SET", "k", "somebody else"}), "OK");
  EXPECT_TRUE(instances.eventually([&] { return held->is_lost(); }));
  instances.release(*held);
  EXPECT_EQ(server.command({"GET", "k"}), "somebody else");
  EXPECT_EQ(server.command({"PTTL", "k"}), "-1") << "its time was not touched";
}

TEST_F(RedisFault, locks_of_anybody_are_listed_whatever_they_are) {
  auto& one = connect();
  server.command({"SET", "lock:schedule:a", "a1b2c3d4-0193f2a0", "PX", "5000"});
  server.command({"SET", "lock:schedule:b", "stuck"});
  server.command({"LPUSH", "lock:schedule:c", "x"});
  const auto locks = instances.locks(one, "lock:schedule:");
  ASSERT_EQ(locks.size(), 3U);
  EXPECT_EQ(locks[0].owner, "a1b2c3d4-0193f2a0") << "of the scheduler that the guides describe";
  EXPECT_TRUE(locks[0].left);
  EXPECT_EQ(locks[1].owner, "stuck");
  EXPECT_FALSE(locks[1].left) << "never ends by itself";
  EXPECT_EQ(locks[2].owner, "(not a lock)");
}

TEST_F(RedisFault, values_of_the_wrong_type_are_as_none) {
  auto& one = connect();
  const RateLimit limit{.limit = 1, .window = 1h};
  server.command({"LPUSH", "gannet:rate:b", "x"});
  EXPECT_TRUE(instances.take(one, "b", limit).allowed);
  EXPECT_FALSE(instances.take(one, "b", limit).allowed) << "this process limits alone";
  for (const auto* lie : {"abc", "", "nan", "inf", "-1", "99999999999999999999", "1e300"}) {
    const auto bucket = std::string("lie ") + lie;
    server.command({"SET", "gannet:rate:" + bucket, lie});
    EXPECT_TRUE(instances.take(one, bucket, limit).allowed) << lie;
    EXPECT_FALSE(instances.take(one, bucket, limit).allowed) << lie;
  }
  server.command({"LPUSH", "gannet:cache:c", "x"});
  EXPECT_EQ(instances.cached(one, "c"), std::nullopt);
  EXPECT_FALSE(one.state().is_degraded) << "it answers; only some of what it holds is wrong";
}

TEST_F(RedisFault, a_cached_value_that_is_not_whole_or_not_of_its_key_is_none) {
  auto& one = connect();
  instances.put_cached(one, "a", "value of a");
  const auto raw = server.command({"GET", "gannet:cache:a"});
  server.command({"SET", "gannet:cache:b", raw});
  EXPECT_EQ(instances.cached(one, "b"), std::nullopt) << "copied from another key";
  server.command({"SET", "gannet:cache:a", raw.substr(0, raw.size() - 1)});
  EXPECT_EQ(instances.cached(one, "a"), std::nullopt) << "cut";
  server.command({"SET", "gannet:cache:a", "value of a"});
  EXPECT_EQ(instances.cached(one, "a"), std::nullopt) << "without its checksum";
}

TEST_F(RedisFault, every_bucket_and_cached_value_ends_by_itself) {
  auto& one = connect();
  instances.take(one, "b", {.limit = 10, .window = 60s});
  instances.put_cached(one, "c", "x", 60s);
  auto held = instances.lock(one, "lock:schedule:x");
  for (const auto* key : {"gannet:rate:b", "gannet:cache:c", "lock:schedule:x"}) {
    const auto left = std::stol(server.command({"PTTL", key}));
    EXPECT_GT(left, 0) << key;
    EXPECT_LE(left, 60'000) << key;
  }
}

TEST_F(RedisFault, too_slow_is_away_and_costs_one_wait) {
  instances.answer_timeout = 100ms;
  auto& one = connect();
  server.pause();
  const auto before = std::chrono::steady_clock::now();
  expect_all_works(one);
  EXPECT_TRUE(one.state().is_degraded);
  // Eight operations, of which the first waited; without that rule they would take 800 ms and more.
  EXPECT_LT(std::chrono::steady_clock::now() - before, 600ms);
  server.resume();
  EXPECT_TRUE(becomes_healthy(one));
}

TEST_F(RedisFault, a_wrong_password_is_named_and_not_printed) {
  RedisForTest guarded({"--requirepass", "right-password"});
  auto address = guarded.address();
  auto& without = instances.add_redis(address, "a:1:a");
  EXPECT_TRUE(without.state().is_degraded);
  EXPECT_NE(without.state().reason.find("NOAUTH"), std::string::npos) << without.state().reason;
  address.password = "wrong-password";
  auto& wrong = instances.add_redis(address, "a:1:b");
  EXPECT_TRUE(wrong.state().is_degraded);
  EXPECT_NE(wrong.state().reason.find("AUTH"), std::string::npos) << wrong.state().reason;
  EXPECT_EQ(wrong.state().reason.find("wrong-password"), std::string::npos);
  address.password = "right-password";
  EXPECT_FALSE(instances.add_redis(address, "a:1:c").state().is_degraded);
  address.user = "default";
  EXPECT_FALSE(instances.add_redis(address, "a:1:d").state().is_degraded);
}

TEST_F(RedisFault, databases_are_apart) {
  auto address = server.address();
  address.database = 3;
  auto& in_three = instances.add_redis(address, "a:1:a");
  auto held = instances.lock(in_three, "k");
  EXPECT_EQ(server.command({"EXISTS", "k"}), "0");
  address.database = 4711;
  auto& beyond = instances.add_redis(address, "a:1:b");
  EXPECT_TRUE(beyond.state().is_degraded);
  EXPECT_NE(beyond.state().reason.find("DB index is out of range"), std::string::npos) << beyond.state().reason;
}

TEST_F(RedisFault, a_name_that_is_unknown_and_a_port_where_nobody_listens_are_named) {
  RedisAddress address;
  address.host = "no-such-host.invalid";
  auto& unknown = instances.add_redis(address, "a:1:a");
  EXPECT_NE(unknown.state().reason.find("no-such-host.invalid"), std::string::npos) << unknown.state().reason;
  address.host = "127.0.0.1";
  address.port = 1;
  auto& refused = instances.add_redis(address, "a:1:b");
  EXPECT_NE(refused.state().reason.find("refused"), std::string::npos) << refused.state().reason;
}

/// Answers every command with OK, but INFO with this version.
aio::Task<void> serve_version(boost::asio::local::stream_protocol::acceptor* acceptor, std::string version) {
  constexpr auto use_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
  const auto info = fmt::format("redis_version:{}\r\n", version);
  const auto told = fmt::format("${}\r\n{}\r\n", info.size(), info);
  while (true) {
    auto [refused, client] = co_await acceptor->async_accept(use_tuple);
    if (refused) co_return;
    char buffer[2000];
    while (true) {
      const auto [closed, size] = co_await client.async_read_some(boost::asio::buffer(buffer), use_tuple);
      if (closed) break;
      const std::string answer = std::string_view(buffer, size).contains("INFO") ? told : "+OK\r\n";
      co_await boost::asio::async_write(client, boost::asio::buffer(answer), use_tuple);
    }
  }
}

TEST_F(RedisFault, of_a_version_that_is_too_old_is_done_without_and_named) {
  server.stop();
  std::filesystem::remove(server.socket_path());
  boost::asio::local::stream_protocol::acceptor acceptor(instances.context, server.socket_path());
  aio::TaskGroup group(instances.context.get_executor());
  group.spawn(serve_version(&acceptor, "4.0.14"), "old server");
  auto& one = connect();
  EXPECT_TRUE(one.state().is_degraded);
  EXPECT_NE(one.state().reason.find("the server is Redis 4.0.14; Gannet needs version 5 or newer"), std::string::npos)
      << one.state().reason;
  expect_all_works(one);
  instances.stop(one);
  acceptor.close();
  instances.run([](aio::TaskGroup& tasks) -> aio::Task<bool> {
    co_await tasks.stop();
    co_return true;
  }(group));
}

}  // namespace
}  // namespace gannet::coordination
