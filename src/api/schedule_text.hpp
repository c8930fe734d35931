// A schedule as the API writes it, outside of a request: for exports, and for bringing them back. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "schedule/schedules.hpp"

namespace gannet::api {

/// A JSON object, as GET /api/v1/schedules/{schedule_id} gives it.
std::string schedule_text(const schedule::Schedule& schedule, const schedule::Defaults& defaults, Instant now);

/// What such a text, or one that a person wrote for POST /api/v1/schedules, asks to be made.
struct ScheduleFromText {
  std::optional<ScheduleId> id;
  schedule::ScheduleFields fields;
  /// Why it is paused; absent where it is not.
  std::optional<std::string> pause_reason;
};

/// Error `invalid`, naming every field that is wrong, missing, or not known.
Result<ScheduleFromText> parse_schedule_text(std::string_view text, OrganisationId organisation);

}  // namespace gannet::api
