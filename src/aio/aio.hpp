// The few ways to wait: Signal and OneShot (something happens on this thread), sleep, run_blocking (work for another thread), and
// TaskGroup, the only way to start a coroutine that its maker does not await. Everything here belongs to one single-threaded
// io_context; only run_blocking leaves it.
//
// Waits end in one of three ways: the event, ErrorKind::timeout at the scope's deadline, ErrorKind::cancelled.
#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "aio/scope.hpp"
#include "base/assert.hpp"
#include "base/error.hpp"

namespace gannet::aio {

namespace asio = boost::asio;
using Executor = asio::any_io_executor;

template <class T>
using Task = asio::awaitable<T>;

/// Something may have changed: wakes everyone who waits now. Holds no value and no memory of past notifications, so the waiter
/// checks its condition before and after: `while (!ready()) { auto w = co_await signal.wait(scope); if (!w) … }`.
class Signal {
 public:
  explicit Signal(Executor executor) : executor_(std::move(executor)) {}
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;
  /// Waiters return ErrorKind::cancelled.
  ~Signal();

  Task<Result<void>> wait(Scope scope);
  void notify_all();

 private:
  struct Waiter;
  Executor executor_;
  std::list<Waiter*> waiters_;
};

/// Waits until the time has passed. Ok after `duration`; an error when the scope ends before.
Task<Result<void>> sleep(Executor executor, Scope scope, std::chrono::milliseconds duration);

/// A value that arrives once. set() before wait() is fine; a second set() changes nothing.
template <class T>
class OneShot {
 public:
  explicit OneShot(Executor executor) : signal_(std::move(executor)) {}
  void set(Result<T> value) {
    if (value_) return;
    value_ = std::move(value);
    signal_.notify_all();
  }
  bool is_set() const { return value_.has_value(); }
  /// Takes the value out; call once.
  Task<Result<T>> wait(Scope scope) {
    while (!value_) {
      auto woken = co_await signal_.wait(scope);
      if (!woken && !value_) co_return pass(woken);
    }
    co_return std::move(*value_);
  }

 private:
  Signal signal_;
  std::optional<Result<T>> value_;
};

/// Runs coroutines on behalf of an owner, which keeps the group as its LAST member: tasks may use what is declared before it.
/// A task that throws is a bug: it is logged and the program aborts. stop() asks the tasks' scope to end and waits for all.
class TaskGroup {
 public:
  explicit TaskGroup(Executor executor);
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;
  /// The group must be idle: stop() was awaited, or nothing was started, or the io_context has run out.
  ~TaskGroup();

  /// The scope that stop() cancels; give it to every task.
  Scope scope() const { return Scope(source_); }
  void spawn(Task<void> task, std::string name);
  std::size_t size() const { return *running_; }
  /// Asks all tasks to stop. Does not wait.
  void cancel(std::string reason) { source_.cancel(std::move(reason)); }
  /// Waits until no task runs. Errors: the scope's.
  Task<Result<void>> wait_idle(Scope scope);
  Task<void> stop();

 private:
  Executor executor_;
  CancelSource source_;
  std::shared_ptr<std::size_t> running_;
  std::shared_ptr<Signal> idle_;
};

/// At most `capacity` holders at once, first come first served.
class Semaphore {
 public:
  Semaphore(Executor executor, std::size_t capacity) : capacity_(capacity), freed_(std::move(executor)) {}

  class Permit {
   public:
    explicit Permit(Semaphore* owner) : owner_(owner) {}
    Permit(Permit&& other) noexcept : owner_(std::exchange(other.owner_, nullptr)) {}
    Permit& operator=(Permit&&) = delete;
    ~Permit() {
      if (owner_) owner_->release();
    }

   private:
    Semaphore* owner_;
  };

  Task<Result<Permit>> acquire(Scope scope);
  std::size_t in_use() const { return in_use_; }

 private:
  void release();
  std::size_t capacity_;
  std::size_t in_use_ = 0;
  std::uint64_t next_ticket_ = 0;
  std::list<std::uint64_t> queue_;
  Signal freed_;
};

/// Runs `work` (which may block) on `pool` and resumes on the caller's executor. The work itself cannot be interrupted: when the
/// scope ends first, its result is dropped when it comes. `work` must own all it touches.
template <class T>
Task<Result<T>> run_blocking(asio::thread_pool& pool, Executor executor, Scope scope, std::function<Result<T>()> work) {
  auto done = std::make_shared<OneShot<T>>(executor);
  asio::post(pool, [done, executor, work = std::move(work)] {
    auto result = std::make_shared<Result<T>>(work());
    asio::post(executor, [done, result] { done->set(std::move(*result)); });
  });
  co_return co_await done->wait(std::move(scope));
}

/// Runs one coroutine to its end on a context of the caller's, and returns its value: for main() and tests.
template <class T>
T run(asio::io_context& context, Task<T> task);

}  // namespace gannet::aio

#include "aio/impl/run.hpp"
