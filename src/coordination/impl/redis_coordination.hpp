// RedisCoordination: two connections (commands, subscription) kept up by one task, and this process's own state for when they are
// down.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "coordination/coordination.hpp"
#include "coordination/impl/in_process.hpp"
#include "coordination/impl/redis_connection.hpp"
#include "coordination/redis.hpp"

namespace gannet::coordination::impl {

class RedisCoordination final : public Coordination {
 public:
  RedisCoordination(aio::Executor executor, const Clock& clock, Random& random, CoordinationOptions options, RedisOptions redis);

  aio::Task<void> start() override;
  aio::Task<void> stop() override;
  aio::Task<std::optional<HeldLock>> lock(aio::Scope scope, std::string key, LockOptions options) override;
  aio::Task<Result<std::vector<LockState>>> list_locks(aio::Scope scope, std::string prefix, std::size_t limit) override;
  void wake(std::string_view topic) override;
  aio::Signal& wake_signal(std::string_view topic) override { return local_.wake_signal(topic); }
  aio::Task<RateDecision> take(aio::Scope scope, std::string bucket, RateLimit limit) override;
  aio::Task<std::optional<std::string>> cached(aio::Scope scope, std::string key) override;
  aio::Task<void> put_cached(aio::Scope scope, std::string key, std::string value, std::chrono::milliseconds ttl) override;
  CoordinationState state() const override;

 private:
  aio::Task<void> keep_connected();
  aio::Task<Result<void>> connect(aio::Scope scope);
  aio::Task<void> watch_connection();
  aio::Task<void> publish_wakes();

  /// One command, with the answer in time or the connection closed. Errors are counted.
  aio::Task<Result<RedisReply>> command(aio::Scope scope, std::vector<std::string> words);
  aio::Task<Result<bool>> run_lock_script(aio::Scope scope, std::string_view script, std::string key, std::string token,
                                          std::chrono::milliseconds ttl);
  aio::Task<LockState> describe_lock(aio::Scope scope, std::string key);
  HeldLock hold(std::string key, std::string token, std::chrono::milliseconds ttl, SteadyInstant sent_at);
  bool is_up() const { return is_ready_ && commands_ && commands_->is_open(); }
  void set_degraded(std::string reason);

  aio::Executor executor_;
  const Clock& clock_;
  Random& random_;
  const CoordinationOptions options_;
  const RedisOptions redis_;
  InProcess local_;
  boost::asio::thread_pool resolving_{1};
  std::shared_ptr<RedisConnection> commands_;
  std::shared_ptr<RedisConnection> subscription_;
  /// Connected, signed in, and new enough.
  bool is_ready_ = false;
  CoordinationState state_;
  std::shared_ptr<std::uint64_t> losses_ = std::make_shared<std::uint64_t>(0);
  /// To be published; a task does so while there are any.
  std::set<std::string, std::less<>> waking_;
  bool is_publishing_ = false;
  aio::TaskGroup group_;
};

}  // namespace gannet::coordination::impl
