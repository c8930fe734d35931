#include "net/impl/guard.hpp"

#include <algorithm>

namespace gannet::net {

using std::chrono::steady_clock;

struct Guard::State {
  aio::Scope scope;
  SteadyInstant deadline;
  std::function<void(const Error&)> end;
  bool has_fired = false;
  aio::CancelSource destroyed{};
};

Guard::Guard(aio::TaskGroup& group, aio::Executor executor, aio::Scope scope, std::chrono::milliseconds limit,
             std::function<void(const Error&)> end)
    : state_(std::make_shared<State>(State{std::move(scope), steady_clock::now() + limit, std::move(end)})) {
  group.spawn(watch(state_, std::move(executor)), "guard");
}

Guard::~Guard() { state_->destroyed.cancel("done"); }

void Guard::postpone(std::chrono::milliseconds limit) { state_->deadline = steady_clock::now() + limit; }

bool Guard::has_fired() const { return state_->has_fired; }

aio::Task<void> Guard::watch(std::shared_ptr<State> state, aio::Executor executor) {
  const auto scope = state->scope.with(state->destroyed);
  Result<void> slept;
  while (slept && steady_clock::now() < state->deadline) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(state->deadline - steady_clock::now());
    slept = co_await aio::sleep(executor, scope, std::max(left, std::chrono::milliseconds(0)));
  }
  if (state->destroyed.is_cancelled()) co_return;
  state->has_fired = true;
  state->end(slept ? Error(ErrorKind::timeout, "nothing happened in time") : slept.error());
}

}  // namespace gannet::net
