// Schedules between JSON and the module that owns them: names as the guides print them.
#pragma once

#include "api/body_reader.hpp"
#include "base/json_writer.hpp"
#include "schedule/executions.hpp"

namespace gannet::api {

/// Reads what the body says into `fields`, which hold what was there before: the defaults, or the row that is edited. With
/// `is_new` the fields that a schedule cannot do without must be there.
void read_schedule(BodyReader& body, OrganisationId organisation, schedule::ScheduleFields& fields, bool is_new);

void write_schedule(JsonWriter& json, const schedule::Schedule& schedule, const schedule::Defaults& defaults, Instant now);
void write_execution(JsonWriter& json, const schedule::Execution& execution);
void write_fire(JsonWriter& json, const schedule::Fire& fire);

}  // namespace gannet::api
