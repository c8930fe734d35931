#include "aio/aio.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"

namespace gannet::aio {

namespace {
constexpr auto use_tuple = asio::as_tuple(asio::use_awaitable);
}

struct Signal::Waiter {
  asio::steady_timer timer;
  bool notified = false;
  bool abandoned = false;
};

Signal::~Signal() {
  for (auto* waiter : waiters_) {
    waiter->abandoned = true;
    waiter->timer.cancel();
  }
}

Task<Result<void>> Signal::wait(Scope scope) {
  if (auto ready = scope.check(); !ready) co_return pass(ready);
  Waiter waiter{asio::steady_timer(executor_, scope.deadline())};
  waiters_.push_back(&waiter);
  {
    const auto watch = scope.watch([&waiter] { waiter.timer.cancel(); });
    co_await waiter.timer.async_wait(use_tuple);
  }
  if (waiter.notified) co_return Result<void>{};
  if (waiter.abandoned) co_return fail(ErrorKind::cancelled, "what was waited for is gone");
  waiters_.remove(&waiter);
  if (auto ended = scope.check(); !ended) co_return pass(ended);
  co_return fail(ErrorKind::cancelled, "the event loop is stopping");
}

void Signal::notify_all() {
  for (auto* waiter : std::exchange(waiters_, {})) {
    waiter->notified = true;
    waiter->timer.cancel();
  }
}

Task<Result<void>> sleep(Executor executor, Scope scope, std::chrono::milliseconds duration) {
  if (auto ready = scope.check(); !ready) co_return pass(ready);
  const auto wake = std::chrono::steady_clock::now() + duration;
  asio::steady_timer timer(executor, std::min(wake, scope.deadline()));
  const auto watch = scope.watch([&timer] { timer.cancel(); });
  auto [error] = co_await timer.async_wait(use_tuple);
  if (!error && wake <= scope.deadline()) co_return Result<void>{};
  if (auto ended = scope.check(); !ended) co_return pass(ended);
  co_return fail(ErrorKind::cancelled, "the event loop is stopping");
}

TaskGroup::TaskGroup(Executor executor)
    : executor_(executor), running_(std::make_shared<std::size_t>(0)), idle_(std::make_shared<Signal>(executor)) {}

TaskGroup::~TaskGroup() { source_.cancel("owner is gone"); }

void TaskGroup::spawn(Task<void> task, std::string name) {
  ++*running_;
  asio::co_spawn(
      executor_,
      [](Task<void> inner) -> Task<void> {
        co_await asio::this_coro::throw_if_cancelled(false);
        co_await std::move(inner);
      }(std::move(task)),
      [running = running_, idle = idle_, name = std::move(name)](const std::exception_ptr& error) {
        if (error) {
          try {
            std::rethrow_exception(error);
          } catch (const std::exception& thrown) {
            LOG_ERROR("aio", "task '{}' threw: {}", name, thrown.what());
          }
          ASSERT_INVARIANT(false, "no task throws");
        }
        if (--*running == 0) idle->notify_all();
      });
}

Task<Result<void>> TaskGroup::wait_idle(Scope scope) {
  const auto running = running_;
  const auto idle = idle_;
  while (*running > 0) {
    auto woken = co_await idle->wait(scope);
    if (!woken && *running > 0) co_return pass(woken);
  }
  co_return Result<void>{};
}

Task<void> TaskGroup::stop() {
  source_.cancel("stopping");
  co_await wait_idle(Scope::background());
}

Task<Result<Semaphore::Permit>> Semaphore::acquire(Scope scope) {
  const auto ticket = next_ticket_++;
  queue_.push_back(ticket);
  while (in_use_ >= capacity_ || queue_.front() != ticket) {
    auto woken = co_await freed_.wait(scope);
    if (!woken) {
      queue_.remove(ticket);
      freed_.notify_all();
      co_return pass(woken);
    }
  }
  queue_.pop_front();
  ++in_use_;
  freed_.notify_all();
  co_return Permit(this);
}

void Semaphore::release() {
  --in_use_;
  freed_.notify_all();
}

}  // namespace gannet::aio
