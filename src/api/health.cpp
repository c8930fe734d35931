#include "api/health.hpp"

#include <algorithm>

namespace gannet::api {

std::string_view to_string(HealthState state) {
  switch (state) {
    case HealthState::healthy: return "healthy";
    case HealthState::degraded: return "degraded";
    case HealthState::unhealthy: return "unhealthy";
  }
  return "unhealthy";
}

HealthState overall(const std::vector<ComponentHealth>& components) {
  HealthState worst = HealthState::healthy;
  for (const auto& component : components) worst = std::max(worst, component.state);
  return worst;
}

}  // namespace gannet::api
