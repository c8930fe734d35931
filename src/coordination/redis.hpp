// Coordination through Redis 5 or newer, by hiredis, the only place that includes it. The program must ignore SIGPIPE.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "coordination/coordination.hpp"

namespace gannet::coordination {

/// Where Redis is.
struct RedisAddress {
  std::string host = "localhost";
  std::uint16_t port = 6379;
  /// A Unix socket instead of host and port.
  std::string socket_path;
  int database = 0;
  /// Empty before Redis 6.
  std::string user;
  std::string password;

  /// Without the password, for messages: "redis://host:6379/0".
  std::string describe() const;
  bool operator==(const RedisAddress&) const = default;
};

/// REDIS_URL: "redis://[[user]:password@]host[:port][/database]" or "unix:///path[?db=N]". Errors: `invalid`, also for rediss://,
/// which needs a TLS tunnel. Messages hold no password.
Result<RedisAddress> parse_redis_url(std::string_view url);

struct RedisOptions {
  RedisAddress address;
  /// What a caller waits for an answer at most before this process goes on alone. A connection that was too slow once is closed.
  std::chrono::milliseconds answer_timeout{250};
  std::chrono::milliseconds connect_timeout{2000};
  /// Between tries to connect: doubled from the first to the second, with jitter.
  std::chrono::milliseconds reconnect_min{100};
  std::chrono::milliseconds reconnect_max{5000};
};

std::unique_ptr<Coordination> make_redis_coordination(aio::Executor executor, const Clock& clock, Random& random,
                                                      CoordinationOptions options, RedisOptions redis);

}  // namespace gannet::coordination
