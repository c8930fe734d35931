// Guard: the deadline of waits on sockets, which Asio's operations lack. Lives in the coroutine or connection that waits.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "aio/aio.hpp"

namespace gannet::net {

/// Calls `end` once, when `limit` has passed without postpone() or when the scope ends, unless it was destroyed before. `end`
/// closes the sockets, so that whatever waits on them returns.
class Guard {
 public:
  Guard(aio::TaskGroup& group, aio::Executor executor, aio::Scope scope, std::chrono::milliseconds limit,
        std::function<void(const Error&)> end);
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
  ~Guard();

  /// Counts the limit anew from now. Cheap: the timer is not touched until it fires.
  void postpone(std::chrono::milliseconds limit);
  bool has_fired() const;

 private:
  struct State;
  static aio::Task<void> watch(std::shared_ptr<State> state, aio::Executor executor);
  std::shared_ptr<State> state_;
};

}  // namespace gannet::net
