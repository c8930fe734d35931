// LockKeeper: the renewing of held locks, the same for both implementations, which bring the three operations on a lock.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "coordination/coordination.hpp"

namespace gannet::coordination {

struct HeldLock::State {
  std::string key;
  std::string token;
  std::chrono::milliseconds ttl{};
  const Clock* clock = nullptr;
  /// By this process's clock, measured from before the request that took or renewed it was sent.
  SteadyInstant valid_until;
  bool lost = false;
  bool released = false;
  /// Ends the renewing.
  aio::CancelSource dropped;
  /// True where it was still this token's; an error where nobody knows.
  std::function<aio::Task<Result<bool>>(aio::Scope scope)> renew;
  std::function<aio::Task<void>()> unlock;
};

namespace impl {

/// Renews at a third of its time until it is released, dropped or lost; counts a loss in `losses`.
aio::Task<void> keep_lock(aio::Executor executor, aio::Scope scope, std::shared_ptr<HeldLock::State> lock,
                          std::shared_ptr<std::uint64_t> losses);

}  // namespace impl
}  // namespace gannet::coordination
