// Health: what the parts of the service last said about themselves. Kept in memory, so that asking costs no I/O. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace gannet::api {

enum class HealthState { healthy, degraded, unhealthy };
std::string_view to_string(HealthState state);

struct ComponentHealth {
  std::string name;  // "database", "redis", "scheduler", "browser".
  HealthState state = HealthState::healthy;
  std::string detail{};
  Instant checked_at{};
};

/// What every component together amounts to: the worst of them.
HealthState overall(const std::vector<ComponentHealth>& components);

}  // namespace gannet::api
