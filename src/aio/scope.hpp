// Scope: the first argument of everything that waits. It carries the deadline and the wish to stop; a child's deadline never
// exceeds its parent's. Cheap to copy. Belongs to the single thread of its Loop.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace gannet::aio {

/// Asks for a stop, once. Everything waiting under a Scope made from this source returns ErrorKind::cancelled.
class CancelSource {
 public:
  CancelSource() : state_(std::make_shared<State>()) {}
  /// Later calls change nothing. Handlers run inside this call, in the order they were added.
  void cancel(std::string reason);
  bool is_cancelled() const { return state_->reason.has_value(); }
  std::string reason() const { return state_->reason.value_or(""); }

 private:
  friend class Scope;
  struct State {
    std::optional<std::string> reason;
    std::list<std::function<void()>> handlers;
  };
  std::shared_ptr<State> state_;
};

class Scope {
 public:
  /// No deadline, cannot be cancelled: for clean-up and tests; give it a deadline with within().
  static Scope background() { return Scope{}; }
  explicit Scope(const CancelSource& source) : states_{source.state_} {}

  /// The same scope with a deadline at most `limit` from now.
  Scope within(std::chrono::milliseconds limit) const;
  /// The same scope that also ends when `source` is cancelled.
  Scope with(const CancelSource& source) const;

  SteadyInstant deadline() const { return deadline_; }
  bool has_deadline() const { return deadline_ != SteadyInstant::max(); }
  bool is_cancelled() const;
  bool is_expired() const { return std::chrono::steady_clock::now() >= deadline_; }
  std::chrono::milliseconds remaining() const;
  /// The error to return where is_cancelled() or is_expired(); ok otherwise.
  Result<void> check() const;

  /// Registration of one waiter; removes itself.
  class Watch {
   public:
    Watch() = default;
    Watch(Watch&&) = default;
    Watch(const Watch&) = delete;
    Watch& operator=(Watch&&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch();

   private:
    friend class Scope;
    std::list<std::pair<std::shared_ptr<CancelSource::State>, std::list<std::function<void()>>::iterator>> entries_;
  };
  /// Calls `on_cancel` when any source of this scope is cancelled while the Watch lives.
  Watch watch(std::function<void()> on_cancel) const;

 private:
  Scope() = default;
  SteadyInstant deadline_ = SteadyInstant::max();
  std::list<std::shared_ptr<CancelSource::State>> states_;
};

}  // namespace gannet::aio
