#include "net/impl/guard.hpp"

namespace gannet::net {

using std::chrono::steady_clock;

struct Guard::State {
  State(aio::Executor executor, aio::Scope owner, SteadyInstant first_deadline, std::function<void(const Error&)> on_end)
      : scope(owner.with(destroyed)), deadline(first_deadline), end(std::move(on_end)), is_sooner(std::move(executor)) {}

  aio::CancelSource destroyed;
  aio::Scope scope;
  SteadyInstant deadline;
  SteadyInstant wakes_at = SteadyInstant::max();
  std::function<void(const Error&)> end;
  aio::Signal is_sooner;
  bool has_fired = false;
};

Guard::Guard(aio::TaskGroup& group, aio::Executor executor, aio::Scope scope, std::chrono::milliseconds limit,
             std::function<void(const Error&)> end)
    : state_(std::make_shared<State>(executor, std::move(scope), steady_clock::now() + limit, std::move(end))) {
  group.spawn(watch(state_), "guard");
}

Guard::~Guard() { state_->destroyed.cancel("done"); }

void Guard::restart(std::chrono::milliseconds limit) {
  state_->deadline = steady_clock::now() + limit;
  if (state_->deadline < state_->wakes_at) state_->is_sooner.notify_all();
}

bool Guard::has_fired() const { return state_->has_fired; }

aio::Task<void> Guard::watch(std::shared_ptr<State> state) {
  while (state->scope.check() && steady_clock::now() < state->deadline) {
    state->wakes_at = state->deadline;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(state->deadline - steady_clock::now());
    co_await state->is_sooner.wait(state->scope.within(left));
  }
  if (state->destroyed.is_cancelled()) co_return;
  state->has_fired = true;
  const auto running = state->scope.check();
  state->end(running ? Error(ErrorKind::timeout, "nothing happened in time") : running.error());
}

}  // namespace gannet::net
