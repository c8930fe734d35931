#include "aio/scope.hpp"

#include <algorithm>
#include <utility>

namespace gannet::aio {

using namespace std::chrono;

void CancelSource::cancel(std::string reason) {
  if (state_->reason) return;
  state_->reason = std::move(reason);
  // A handler may end any watch, its own included: take one at a time and look again.
  const auto state = state_;
  for (;;) {
    const auto next = std::ranges::find_if(state->handlers, [](const auto& handler) { return handler != nullptr; });
    if (next == state->handlers.end()) return;
    const auto handler = std::exchange(*next, nullptr);
    handler();
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
