#include "aio/scope.hpp"

namespace gannet::aio {

using namespace std::chrono;

void CancelSource::cancel(std::string reason) {
  if (state_->reason) return;
  state_->reason = std::move(reason);
  // A handler may remove itself or others; keep the state alive and take them one by one.
  const auto state = state_;
  while (!state->handlers.empty()) {
    auto handlers = std::exchange(state->handlers, {});
    for (auto& handler : handlers)
      if (handler) handler();
    // Watches that end later look for their entry in state->handlers: give the (now empty) entries back.
    for (auto& handler : handlers) handler = nullptr;
    state->handlers.splice(state->handlers.end(), handlers);
    break;
  }
}

Scope Scope::within(milliseconds limit) const {
  Scope child = *this;
  const auto now = steady_clock::now();
  // Compared as remaining time: now + limit may overflow for "no limit".
  if (!has_deadline() || limit < deadline_ - now) child.deadline_ = now + limit;
  return child;
}

Scope Scope::with(const CancelSource& source) const {
  Scope child = *this;
  child.states_.push_back(source.state_);
  return child;
}

bool Scope::is_cancelled() const {
  for (const auto& state : states_)
    if (state->reason) return true;
  return false;
}

milliseconds Scope::remaining() const {
  if (!has_deadline()) return milliseconds::max();
  return std::max(milliseconds(0), ceil<milliseconds>(deadline_ - steady_clock::now()));
}

Result<void> Scope::check() const {
  for (const auto& state : states_)
    if (state->reason) return fail(ErrorKind::cancelled, "cancelled: {}", *state->reason);
  if (is_expired()) return fail(ErrorKind::timeout, "deadline passed");
  return {};
}

Scope::Watch Scope::watch(std::function<void()> on_cancel) const {
  Watch watch;
  for (const auto& state : states_) {
    state->handlers.push_back(on_cancel);
    watch.entries_.emplace_back(state, std::prev(state->handlers.end()));
  }
  return watch;
}

Scope::Watch::~Watch() {
  for (auto& [state, handler] : entries_) state->handlers.erase(handler);
}

}  // namespace gannet::aio
