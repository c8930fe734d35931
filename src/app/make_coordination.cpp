#include "app/make_coordination.hpp"

#include "coordination/redis.hpp"

namespace gannet::app {

Result<std::unique_ptr<coordination::Coordination>> make_coordination(aio::Executor executor, const Clock& clock, Random& random,
                                                                      const conf::Settings& settings) {
  const coordination::CoordinationOptions options{.instance = coordination::make_instance_name(random)};
  const auto address = TRY(conf::redis_address(settings));
  if (!address) return coordination::make_in_process_coordination(std::move(executor), clock, random, options);
  coordination::RedisOptions redis;
  redis.address.host = address->host;
  redis.address.port = address->port;
  redis.address.database = address->db;
  redis.address.user = address->user;
  redis.address.password = address->password;
  return coordination::make_redis_coordination(std::move(executor), clock, random, options, std::move(redis));
}

}  // namespace gannet::app
