// The coordination that the settings ask for: Redis, or this process alone.
#pragma once

#include <memory>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "conf/settings.hpp"
#include "coordination/coordination.hpp"

namespace gannet::app {

/// `clock` and `random` outlive it. Error `invalid` where REDIS_URL and the other settings contradict each other.
Result<std::unique_ptr<coordination::Coordination>> make_coordination(aio::Executor executor, const Clock& clock, Random& random,
                                                                      const conf::Settings& settings);

}  // namespace gannet::app
