// A few instances of coordination on one event loop, and how tests wait for them.
#pragma once

#include <csignal>
#include <functional>
#include <memory>
#include <vector>

#include <boost/asio/io_context.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "coordination/coordination.hpp"
#include "coordination/redis_for_test.hpp"

namespace gannet::coordination {

class Instances {
 public:
  /// As the program does: hiredis writes to sockets that a peer may have closed.
  Instances() { std::signal(SIGPIPE, SIG_IGN); }
  ~Instances() {
    for (auto& instance : all_) stop(*instance);
  }

  template <class T>
  T run(aio::Task<T> task) {
    return aio::run(context, std::move(task));
  }
  void start(Coordination& coordination) {
    run([](Coordination& what) -> aio::Task<bool> {
      co_await what.start();
      co_return true;
    }(coordination));
  }
  void stop(Coordination& coordination) {
    run([](Coordination& what) -> aio::Task<bool> {
      co_await what.stop();
      co_return true;
    }(coordination));
  }

  Coordination& add_in_process() {
    all_.push_back(make_in_process_coordination(context.get_executor(), clock, random, {.instance = "here:1:test"}));
    start(*all_.back());
    return *all_.back();
  }
  Coordination& add_redis(RedisAddress address, std::string instance) {
    // Far more patient than the product, so that only the tests of slowness depend on how busy the machine is.
    RedisOptions options{.address = std::move(address), .answer_timeout = answer_timeout};
    options.reconnect_min = std::chrono::milliseconds(2);
    options.reconnect_max = std::chrono::milliseconds(20);
    all_.push_back(make_redis_coordination(context.get_executor(), clock, random, {.instance = std::move(instance)}, options));
    start(*all_.back());
    return *all_.back();
  }

  /// Lets the loop turn until `holds`; false when that does not come to pass within ten seconds.
  bool eventually(std::function<bool()> holds) {
    return run([](aio::Executor executor, std::function<bool()> condition) -> aio::Task<bool> {
      const auto scope = aio::Scope::background().within(std::chrono::seconds(10));
      while (!condition()) {
        if (auto waited = co_await aio::sleep(executor, scope, std::chrono::milliseconds(1)); !waited) co_return false;
      }
      co_return true;
    }(context.get_executor(), std::move(holds)));
  }

  std::optional<HeldLock> lock(Coordination& on, std::string key, LockOptions options = {}) {
    return run(on.lock(aio::Scope::background(), std::move(key), options));
  }
  void release(HeldLock& held) {
    run([](HeldLock& lock) -> aio::Task<bool> {
      co_await lock.release();
      co_return true;
    }(held));
  }
  std::vector<LockState> locks(Coordination& on, std::string prefix) {
    return run(on.list_locks(aio::Scope::background(), std::move(prefix))).value();
  }
  RateDecision take(Coordination& on, std::string bucket, RateLimit limit) {
    return run(on.take(aio::Scope::background(), std::move(bucket), limit));
  }
  std::optional<std::string> cached(Coordination& on, std::string key) {
    return run(on.cached(aio::Scope::background(), std::move(key)));
  }
  void put_cached(Coordination& on, std::string key, std::string value,
                  std::chrono::milliseconds ttl = std::chrono::milliseconds(60'000)) {
    run([](aio::Task<void> putting) -> aio::Task<bool> {
      co_await std::move(putting);
      co_return true;
    }(on.put_cached(aio::Scope::background(), std::move(key), std::move(value), ttl)));
  }

  boost::asio::io_context context{1};
  SystemClock clock;
  SeededRandom random{20261128};
  std::chrono::milliseconds answer_timeout{10'000};

 private:
  std::vector<std::unique_ptr<Coordination>> all_;
};

}  // namespace gannet::coordination
