// Schedules between JSON and the module that owns them: names as the guides print them.
#pragma once

#include "api/body_reader.hpp"
#include "base/json_writer.hpp"
#include "schedule/executions.hpp"

namespace gannet::api {

/// Reads what the body says into `fields`, which hold what was there before: the defaults, or the row that is edited. With
/// `is_new` the fields that a schedule cannot do without must be there.
void read_schedule(BodyReader& body, schedule::ScheduleFields& fields, bool is_new);

/// What any border takes for the id of a site: a UUID, or any other text, which becomes one of version 5. Sets external_id then.
SiteId site_id_of(std::string_view text, std::optional<std::string>& external_id);

/// "https://example.com" for all ways to write it. Errors: `invalid`.
Result<std::string> normalise_domain(std::string_view text);

void write_schedule(JsonWriter& json, const schedule::Schedule& schedule, const schedule::Defaults& defaults, Instant now);
void write_execution(JsonWriter& json, const schedule::Execution& execution);
void write_fire(JsonWriter& json, const schedule::Fire& fire);

}  // namespace gannet::api
