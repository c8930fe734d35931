// InProcess: coordination within this process; also what Redis falls back to.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "coordination/coordination.hpp"
#include "coordination/impl/local_state.hpp"

namespace gannet::coordination::impl {

class InProcess final : public Coordination {
 public:
  InProcess(aio::Executor executor, const Clock& clock, Random& random, CoordinationOptions options);

  aio::Task<void> start() override { co_return; }
  aio::Task<void> stop() override;
  aio::Task<std::optional<HeldLock>> lock(aio::Scope scope, std::string key, LockOptions options) override;
  aio::Task<Result<std::vector<LockState>>> list_locks(aio::Scope scope, std::string prefix, std::size_t limit) override;
  void wake(std::string_view topic) override;
  aio::Signal& wake_signal(std::string_view topic) override;
  aio::Task<RateDecision> take(aio::Scope scope, std::string bucket, RateLimit limit) override;
  aio::Task<std::optional<std::string>> cached(aio::Scope scope, std::string key) override;
  aio::Task<void> put_cached(aio::Scope scope, std::string key, std::string value, std::chrono::milliseconds ttl) override;
  CoordinationState state() const override;

  /// Notifies whoever waits for the topic, and makes nothing where nobody ever did.
  void wake_known(std::string_view topic);
  void wake_all_known();

 private:
  aio::Executor executor_;
  const Clock& clock_;
  Random& random_;
  const CoordinationOptions options_;
  LocalLocks locks_;
  LocalRates rates_;
  LocalCache cache_;
  std::map<std::string, std::unique_ptr<aio::Signal>, std::less<>> signals_;
  std::uint64_t locks_taken_ = 0;
  std::uint64_t locks_refused_ = 0;
  std::shared_ptr<std::uint64_t> losses_ = std::make_shared<std::uint64_t>(0);
  aio::Signal unlocked_;
  aio::TaskGroup group_;
};

/// Says in the log that a lock was not had, in the words that operators look for.
void log_refused(const std::string& key, const std::string& owner, std::optional<std::chrono::milliseconds> left);

}  // namespace gannet::coordination::impl
