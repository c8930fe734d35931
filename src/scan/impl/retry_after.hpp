// When a server that is busy wants to be asked again. Pure.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/clock.hpp"

namespace gannet::scan {

/// The wait that a Retry-After field asks for (RFC 9110 §10.2.3): seconds, or an HTTP date in any of its three forms (§5.6.7),
/// which is counted from `now`. A date that has passed is no wait; a wait of more than a year counts as one. nullopt where it is
/// neither.
std::optional<std::chrono::seconds> parse_retry_after(std::string_view value, Instant now);

}  // namespace gannet::scan
