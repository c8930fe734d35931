#include "coordination/impl/in_process.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "coordination/impl/lock_keeper.hpp"

namespace gannet::coordination::impl {

namespace {

constexpr std::size_t k_cached_bytes_max = 1024 * 1024;

}  // namespace

void log_refused(const std::string& key, const std::string& owner, std::optional<std::chrono::milliseconds> left) {
  LOG_INFO("coordination", "Failed to acquire distributed lock {}: held by {}{}", key, owner.empty() ? "somebody" : owner,
           left ? " for another " + format_duration(*left) : "");
}

InProcess::InProcess(aio::Executor executor, const Clock& clock, Random& random, CoordinationOptions options)
    : executor_(executor),
      clock_(clock),
      random_(random),
      options_(std::move(options)),
      rates_(options_.rate_buckets_max),
      cache_(options_.cache_bytes_max),
      unlocked_(executor),
      group_(executor) {}

aio::Task<void> InProcess::stop() { co_await group_.stop(); }

aio::Task<std::optional<HeldLock>> InProcess::lock(aio::Scope scope, std::string key, LockOptions options) {
  const auto token = options_.instance + "/" + random_.token(20);
  const auto give_up = clock_.steady_now() + options.wait_max;
  while (true) {
    const auto now = clock_.steady_now();
    if (locks_.try_lock(key, token, now, options.ttl)) break;
    const auto holder = locks_.find(key, now);
    const auto wait_until = holder ? std::min(give_up, holder->until) : now;
    if (now >= give_up || !scope.check()) {
      ++locks_refused_;
      log_refused(key, holder ? owner_of(holder->token) : "",
                  holder ? std::optional(std::chrono::ceil<std::chrono::milliseconds>(holder->until - now)) : std::nullopt);
      co_return std::nullopt;
    }
    // Its end is either the release, the end of its time, or ours.
    co_await unlocked_.wait(scope.within(std::chrono::ceil<std::chrono::milliseconds>(wait_until - now)));
  }
  ++locks_taken_;
  auto state = std::make_shared<HeldLock::State>();
  state->key = key;
  state->token = token;
  state->ttl = options.ttl;
  state->clock = &clock_;
  state->valid_until = clock_.steady_now() + options.ttl;
  state->renew = [this, key, token, ttl = options.ttl](aio::Scope) -> aio::Task<Result<bool>> {
    return [](bool renewed) -> aio::Task<Result<bool>> { co_return renewed; }(locks_.renew(key, token, clock_.steady_now(), ttl));
  };
  state->unlock = [this, key, token]() -> aio::Task<void> {
    locks_.unlock(key, token, clock_.steady_now());
    unlocked_.notify_all();
    return []() -> aio::Task<void> { co_return; }();
  };
  group_.spawn(keep_lock(executor_, group_.scope(), state, losses_), "renewal of " + key);
  co_return HeldLock(std::move(state));
}

aio::Task<Result<std::vector<LockState>>> InProcess::list_locks(aio::Scope, std::string prefix, std::size_t limit) {
  co_return locks_.list(prefix, limit, clock_.steady_now());
}

void InProcess::wake(std::string_view topic) { wake_known(topic); }

void InProcess::wake_known(std::string_view topic) {
  if (const auto found = signals_.find(topic); found != signals_.end()) found->second->notify_all();
}

void InProcess::wake_all_known() {
  for (const auto& [topic, signal] : signals_) signal->notify_all();
}

aio::Signal& InProcess::wake_signal(std::string_view topic) {
  auto found = signals_.find(topic);
  if (found == signals_.end()) found = signals_.emplace(std::string(topic), std::make_unique<aio::Signal>(executor_)).first;
  return *found->second;
}

aio::Task<RateDecision> InProcess::take(aio::Scope, std::string bucket, RateLimit limit) {
  co_return rates_.take(bucket, limit, clock_.steady_now());
}

aio::Task<std::optional<std::string>> InProcess::cached(aio::Scope, std::string key) {
  co_return cache_.find(key, clock_.steady_now());
}

aio::Task<void> InProcess::put_cached(aio::Scope, std::string key, std::string value, std::chrono::milliseconds ttl) {
  if (value.size() <= k_cached_bytes_max) cache_.put(key, std::move(value), clock_.steady_now() + ttl);
  co_return;
}

CoordinationState InProcess::state() const {
  CoordinationState state;
  state.kind = "in process";
  state.locks_taken = locks_taken_;
  state.locks_refused = locks_refused_;
  state.locks_lost = *losses_;
  return state;
}

}  // namespace gannet::coordination::impl
