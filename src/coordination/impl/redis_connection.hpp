// RedisConnection: one connection to one Redis, by hiredis on Asio. Commands are pipelined; each has its own deadline. When
// anything is wrong with the connection all of them fail, and it stays closed: the owner makes a new one. Belongs to the thread
// of its io_context.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "aio/aio.hpp"
#include "coordination/redis.hpp"

struct redisAsyncContext;
struct redisReply;

namespace gannet::coordination::impl {

struct RedisReply {
  enum class Kind { nothing, integer, text, array, error };
  Kind kind = Kind::nothing;
  std::int64_t integer = 0;
  /// Also of a status and of an error.
  std::string text;
  std::vector<RedisReply> items;
};

class RedisConnection {
 public:
  explicit RedisConnection(aio::Executor executor) : executor_(std::move(executor)), closed_(executor_) {}
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;
  ~RedisConnection();

  /// Resolves, connects, signs in and selects the database. `resolving` is where a look-up may block. Call once.
  aio::Task<Result<void>> connect(aio::Scope scope, RedisAddress address, boost::asio::thread_pool& resolving);

  /// Errors: `unavailable` for a connection that is or becomes closed; `denied`, `conflict` (wrong type), `protocol` for what
  /// Redis answers; the scope's.
  aio::Task<Result<RedisReply>> command(aio::Scope scope, std::vector<std::string> words);

  /// From now on this connection does nothing but to hand on what is published on channels that match. Returns when Redis has
  /// confirmed it.
  aio::Task<Result<void>> subscribe(aio::Scope scope, std::string pattern,
                                    std::function<void(std::string_view channel, std::string_view message)> on_message);

  bool is_open() const { return context_ != nullptr; }
  /// Why it is closed.
  const std::string& reason() const { return reason_; }
  void close(std::string_view reason);
  /// Notified when it closes.
  aio::Signal& closed() { return closed_; }

 private:
  struct Events;
  struct Waiting;

  Result<void> open(const std::string& target, std::uint16_t port);
  void on_gone(std::string_view why);

  aio::Executor executor_;
  redisAsyncContext* context_ = nullptr;
  std::shared_ptr<aio::OneShot<bool>> connected_;
  std::shared_ptr<aio::OneShot<bool>> subscribed_;
  std::function<void(std::string_view, std::string_view)> on_message_;
  std::string reason_ = "not connected yet";
  aio::Signal closed_;
};

}  // namespace gannet::coordination::impl
