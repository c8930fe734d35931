#include "aio/aio.hpp"

#include <gtest/gtest.h>

namespace gannet::aio {
namespace {

using namespace std::chrono_literals;

struct AioTest : testing::Test {
  asio::io_context context{1};
  Executor executor = context.get_executor();
};

TEST_F(AioTest, a_wait_tells_timeout_from_cancel_from_event) {
  Signal signal(executor);
  CancelSource source;
  TaskGroup group(executor);
  std::vector<std::string> ends;
  auto waiter = [](Signal& s, Scope scope, std::vector<std::string>& out) -> Task<void> {
    auto woken = co_await s.wait(scope);
    out.push_back(woken ? "event" : std::string(to_string(woken.error().kind())));
  };
  group.spawn(waiter(signal, Scope(source), ends), "cancelled");
  group.spawn(waiter(signal, Scope::background().within(1ms), ends), "timeout");
  auto main = [](Executor e, TaskGroup& g, Signal& s, CancelSource& c, auto wait, std::vector<std::string>& out) -> Task<bool> {
    while (out.empty()) co_await sleep(e, Scope::background(), 1ms);
    c.cancel("test");
    while (out.size() < 2) co_await sleep(e, Scope::background(), 1ms);
    g.spawn(wait(s, Scope::background(), out), "event");
    co_await sleep(e, Scope::background(), 1ms);
    s.notify_all();
    co_await g.wait_idle(Scope::background());
    co_return true;
  };
  run(context, main(executor, group, signal, source, waiter, ends));
  EXPECT_EQ(ends, (std::vector<std::string>{"timeout", "cancelled", "event"}));
}

TEST_F(AioTest, stop_waits_for_every_task) {
  TaskGroup group(executor);
  int ended = 0;
  auto task = [](Executor e, Scope scope, int& count) -> Task<void> {
    co_await sleep(e, scope, 1h);
    ++count;
  };
  for (int i = 0; i < 10; ++i) group.spawn(task(executor, group.scope(), ended), "sleeper");
  run(context, [](TaskGroup& g) -> Task<bool> {
    co_await g.stop();
    co_return true;
  }(group));
  EXPECT_EQ(ended, 10);
}

TEST_F(AioTest, a_child_deadline_never_exceeds_its_parent) {
  const auto parent = Scope::background().within(50ms);
  EXPECT_EQ(parent.within(1h).deadline(), parent.deadline());
  EXPECT_LT(parent.within(10ms).deadline(), parent.deadline());
  EXPECT_LE(Scope::background().within(std::chrono::hours(24 * 365)).remaining(), std::chrono::hours(24 * 365));
}

TEST_F(AioTest, a_semaphore_is_fair_and_bounded) {
  Semaphore semaphore(executor, 2);
  TaskGroup group(executor);
  std::vector<int> order;
  std::size_t most = 0;
  auto task = [](Executor e, Semaphore& s, std::vector<int>& out, std::size_t& high, int n) -> Task<void> {
    auto permit = co_await s.acquire(Scope::background());
    out.push_back(n);
    high = std::max(high, s.in_use());
    co_await sleep(e, Scope::background(), 1ms);
  };
  for (int i = 0; i < 6; ++i) group.spawn(task(executor, semaphore, order, most, i), "holder");
  run(context, [](TaskGroup& g) -> Task<bool> {
    co_await g.wait_idle(Scope::background());
    co_return true;
  }(group));
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(most, 2U);
}

TEST_F(AioTest, blocking_work_returns_to_the_loop) {
  asio::thread_pool pool(1);
  const auto loop_thread = std::this_thread::get_id();
  auto result = run(context, [](asio::thread_pool& p, Executor e, std::thread::id loop) -> Task<Result<bool>> {
    std::function<Result<bool>()> work = [loop]() -> Result<bool> { return std::this_thread::get_id() != loop; };
    auto elsewhere = co_await run_blocking<bool>(p, e, Scope::background().within(10s), std::move(work));
    if (!elsewhere) co_return pass(elsewhere);
    co_return *elsewhere&& std::this_thread::get_id() == loop;
  }(pool, executor, loop_thread));
  EXPECT_TRUE(result && *result);
}

}  // namespace
}  // namespace gannet::aio
