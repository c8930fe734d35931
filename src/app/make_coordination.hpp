// The coordination that the settings ask for: Redis, or this process alone.
#pragma once

#include <memory>
#include <optional>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "conf/settings.hpp"
#include "coordination/coordination.hpp"
#include "coordination/redis.hpp"

namespace gannet::app {

/// REDIS_URL wins; REDIS_PASSWORD fills its missing password. Nothing where neither it nor a REDIS_* is set. Error `invalid`
/// where the URL is wrong, or it and a REDIS_* contradict each other, naming both; never with a password.
Result<std::optional<coordination::RedisAddress>> redis_address(const conf::Settings& settings);

/// `clock` and `random` outlive it. Errors: those of redis_address().
Result<std::unique_ptr<coordination::Coordination>> make_coordination(aio::Executor executor, const Clock& clock, Random& random,
                                                                      const conf::Settings& settings);

}  // namespace gannet::app
