// Coordination: what instances of Gannet tell each other to be quick and polite: locks, wake-ups, rate limits, a cache. In
// process, or through Redis (redis.hpp). Nothing here decides anything: the database does. Whatever Redis holds, loses, invents
// or delays changes when something happens, never what; while it is away, all of it works within this process, and state() says
// so.
//
// One per process, owned by the composition root; belongs to the thread of its io_context.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"

namespace gannet::coordination {

class Coordination;

/// "lock:schedule:{id}", the key of the guides.
std::string schedule_lock_key(const ScheduleId& id);

/// A lock that this process holds: renewed at a third of its time, given back by release(). One that is destroyed without
/// release() is given back when its time is over.
class HeldLock {
 public:
  HeldLock() = default;
  HeldLock(HeldLock&& other) noexcept = default;
  HeldLock& operator=(HeldLock&& other) noexcept;
  ~HeldLock();

  const std::string& key() const;
  /// Whether somebody else may have it by now: a renewal failed, or its time ran out while the process was stopped. A reason to
  /// hurry, not to stop: the claim in the database says who may write.
  bool is_lost() const;
  aio::Task<void> release();

  struct State;
  explicit HeldLock(std::shared_ptr<State> state) : state_(std::move(state)) {}

 private:
  std::shared_ptr<State> state_;
};

struct LockOptions {
  /// LOCK_TIMEOUT: how long a lock outlives a holder that died.
  std::chrono::milliseconds ttl{60'000};
  /// How long to wait for another holder.
  std::chrono::milliseconds wait_max{0};
};

/// A lock that somebody holds.
struct LockState {
  std::string key;
  /// The instance, where the value is one of ours; otherwise what the value begins with.
  std::string owner;
  /// Nothing for one that does not end by itself, which is none of ours.
  std::optional<std::chrono::milliseconds> left;
};

/// At most `limit` in any `window`, and that many at once (GCRA: the bucket refills steadily).
struct RateLimit {
  int limit = 100;
  std::chrono::milliseconds window{60'000};
};

struct RateDecision {
  bool allowed = true;
  int limit = 0;
  int remaining = 0;
  /// Until all of `limit` is there again.
  std::chrono::milliseconds reset_after{0};
  /// Where not allowed: until one is.
  std::chrono::milliseconds retry_after{0};
};

struct CoordinationState {
  /// "in process" or "redis".
  std::string_view kind;
  /// Redis is configured and not in use; `reason` says why, `since` since when.
  bool is_degraded = false;
  std::string reason;
  std::optional<Instant> since;
  /// Of the server that was last seen.
  std::string server_version;
  /// Since start.
  std::uint64_t commands = 0;
  std::uint64_t failures = 0;
  std::uint64_t connects = 0;
  std::uint64_t locks_taken = 0;
  std::uint64_t locks_refused = 0;
  std::uint64_t locks_lost = 0;
};

class Coordination {
 public:
  virtual ~Coordination() = default;

  /// Never fails for Redis: that is tried until stop(), and done without meanwhile.
  virtual aio::Task<void> start() = 0;
  /// Idempotent. Locks that are still held are given back by the end of their time.
  virtual aio::Task<void> stop() = 0;

  /// Nothing where another holder kept it for all of `wait_max`, or the scope ended; that is logged with the holder's name.
  virtual aio::Task<std::optional<HeldLock>> lock(aio::Scope scope, std::string key, LockOptions options) = 0;
  /// All whose key begins with `prefix`, by key; at most `limit`. Errors: `unavailable` where Redis is configured and away.
  virtual aio::Task<Result<std::vector<LockState>>> list_locks(aio::Scope scope, std::string prefix,
                                                               std::size_t limit = 1000) = 0;

  /// Tells all instances that there may be something to do; many at once become one. Never waits, may be lost.
  virtual void wake(std::string_view topic) = 0;
  /// Notified by wake() of any instance, and when Redis comes back, since something may have been missed. Lives as long as this.
  virtual aio::Signal& wake_signal(std::string_view topic) = 0;

  /// Takes one from the bucket. Never fails: without Redis the limit holds for this process alone.
  virtual aio::Task<RateDecision> take(aio::Scope scope, std::string bucket, RateLimit limit) = 0;

  /// What was put under the key, if it is there, whole, and not past its time. The key must hold what the value depends on, a
  /// row's version for one: then an old value cannot be taken for a new one.
  virtual aio::Task<std::optional<std::string>> cached(aio::Scope scope, std::string key) = 0;
  /// At most 1 MiB; larger values are not kept.
  virtual aio::Task<void> put_cached(aio::Scope scope, std::string key, std::string value, std::chrono::milliseconds ttl) = 0;

  virtual CoordinationState state() const = 0;
};

struct CoordinationOptions {
  /// Who holds a lock, for people: host name, process id, and something random.
  std::string instance;
  /// Bounds of what is kept in this process.
  std::size_t rate_buckets_max = 100'000;
  std::size_t cache_bytes_max = 16 * 1024 * 1024;
};

/// "host:pid:random", as CoordinationOptions::instance wants it.
std::string make_instance_name(Random& random);

/// For one process: SQLite, tests, and what Redis falls back to. `clock` and `random` outlive it.
std::unique_ptr<Coordination> make_in_process_coordination(aio::Executor executor, const Clock& clock, Random& random,
                                                           CoordinationOptions options);

}  // namespace gannet::coordination
