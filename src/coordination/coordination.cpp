#include "coordination/coordination.hpp"

#include <unistd.h>

#include <array>

#include "base/log.hpp"
#include "coordination/impl/in_process.hpp"
#include "coordination/impl/lock_keeper.hpp"

namespace gannet::coordination {

std::string schedule_lock_key(const ScheduleId& id) { return "lock:schedule:" + id.to_string(); }

HeldLock& HeldLock::operator=(HeldLock&& other) noexcept {
  if (this != &other) {
    if (state_) state_->dropped.cancel("the lock was dropped");
    state_ = std::move(other.state_);
  }
  return *this;
}

HeldLock::~HeldLock() {
  if (state_) state_->dropped.cancel("the lock was dropped");
}

const std::string& HeldLock::key() const { return state_->key; }

bool HeldLock::is_lost() const {
  return !state_ || state_->lost || (!state_->released && state_->clock->steady_now() >= state_->valid_until);
}

aio::Task<void> HeldLock::release() {
  const auto state = state_;
  if (!state || state->released) co_return;
  state->released = true;
  state->dropped.cancel("the lock was released");
  if (!state->lost) co_await state->unlock();
}

std::string make_instance_name(Random& random) {
  std::array<char, 256> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '?';
  return fmt::format("{}:{}:{}", host.data(), getpid(), random.token(6));
}

namespace impl {

aio::Task<void> keep_lock(aio::Executor executor, aio::Scope scope, std::shared_ptr<HeldLock::State> lock,
                          std::shared_ptr<std::uint64_t> losses) {
  scope = scope.with(lock->dropped);
  while (true) {
    if (auto waited = co_await aio::sleep(executor, scope, lock->ttl / 3); !waited) co_return;
    const auto sent_at = lock->clock->steady_now();
    // The moment of asking counts: the answer may take long, and the lock runs meanwhile.
    auto renewed = co_await lock->renew(scope);
    if (lock->released || lock->dropped.is_cancelled()) co_return;
    if (renewed && *renewed) {
      lock->valid_until = sent_at + lock->ttl;
      continue;
    }
    if (!renewed && lock->clock->steady_now() < lock->valid_until) continue;
    lock->lost = true;
    ++*losses;
    LOG_WARNING("coordination", "the lock {} is lost: {}", lock->key,
                renewed ? "its time ran out or somebody removed it" : renewed.error().describe());
    co_return;
  }
}

}  // namespace impl

std::unique_ptr<Coordination> make_in_process_coordination(aio::Executor executor, const Clock& clock, Random& random,
                                                           CoordinationOptions options) {
  return std::make_unique<impl::InProcess>(std::move(executor), clock, random, std::move(options));
}

}  // namespace gannet::coordination
