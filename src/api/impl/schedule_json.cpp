#include "api/impl/schedule_json.hpp"

#include "api/impl/context.hpp"
#include "base/text.hpp"
#include "site/site.hpp"

namespace gannet::api {
namespace {

using schedule::ScheduleFields;

/// A field that an explicit null takes back to its default.
template <class T, class Read>
void read_optional(BodyReader& body, std::string_view name, std::optional<T>& field, Read read) {
  if (!body.has(name)) return;
  auto value = read();
  if (value)
    field = std::move(*value);
  else if (body.is_null(name))
    field.reset();
}

void read_site(BodyReader& body, OrganisationId organisation, ScheduleFields& fields, bool is_new) {
  const TextBounds domain_bounds{.min = 1, .max = 2048};
  const auto domain = is_new ? std::optional(body.required_text("domain", domain_bounds)) : body.text("domain", domain_bounds);
  if (domain && !domain->empty()) {
    if (auto read = site::normalise_domain(*domain)) {
      fields.domain = std::move(read->domain);
      fields.domain_given = std::move(read->as_sent);
      fields.start_url = std::move(read->start_url);
    } else {
      body.wrong("domain", read.error().message());
    }
  }
  const TextBounds id_bounds{.min = 1, .max = 255};
  const auto config =
      is_new ? std::optional(body.required_text("domain_config_id", id_bounds)) : body.text("domain_config_id", id_bounds);
  if (!config || config->empty()) return;
  if (auto id = site::site_id_of(organisation, *config)) {
    fields.domain_config_id = *id;
    fields.external_id = id->to_string() == to_lower(*config) ? std::nullopt : config;
  } else {
    body.wrong("domain_config_id", id.error().message());
  }
}

void read_policies(BodyReader& body, ScheduleFields& fields) {
  const auto integer = [&](std::string_view name, std::optional<std::int64_t>& field, NumberBounds bounds) {
    read_optional(body, name, field, [&] { return body.integer(name, bounds); });
  };
  read_optional(body, "misfire_policy", fields.misfire_policy, [&] { return body.text("misfire_policy"); });
  integer("misfire_grace_seconds", fields.misfire_grace_seconds, {1, 86400 * 30});
  integer("misfire_max", fields.misfire_max, {1, 1000});
  read_optional(body, "overlap_policy", fields.overlap_policy, [&] { return body.text("overlap_policy"); });
  integer("max_instances", fields.instances_max, {1, 100});
  integer("timeout_seconds", fields.timeout_seconds, {10, 86400 * 7});
  integer("attempts_max", fields.attempts_max, {1, 20});
  if (const auto jitter = body.integer("jitter_seconds", {0, 86400})) fields.jitter_seconds = *jitter;
  if (const auto priority = body.integer("priority", {-1000, 1000})) fields.priority = *priority;
  if (const auto blackouts = body.array("blackouts")) fields.blackouts = *blackouts;
}

std::string_view without_null(const std::optional<std::string>& json) { return json ? std::string_view(*json) : "null"; }

}  // namespace

void read_schedule(BodyReader& body, OrganisationId organisation, ScheduleFields& fields, bool is_new) {
  read_site(body, organisation, fields, is_new);
  if (auto type = body.text("scan_type")) {
    *type = to_lower(*type);
    if (*type != "quick" && *type != "deep") body.wrong("scan_type", "must be quick or deep");
    fields.scan_type = *type;
  }
  if (auto params = body.object("scan_params")) fields.scan_params = std::move(*params);
  if (is_new && !body.has("time_config") && !body.has("frequency")) body.wrong("frequency", "is missing");
  if (auto frequency = body.text("frequency")) fields.frequency = std::move(*frequency);
  if (auto time = body.object("time_config"))
    fields.time_config = std::move(*time);
  else if (is_new)
    fields.time_config = body.required_object("time_config");
  read_optional(body, "timezone", fields.timezone, [&] { return body.text("timezone"); });
  if (const auto enabled = body.boolean("enabled")) fields.enabled = *enabled;
  read_optional(body, "profile_id", fields.profile_id, [&] { return body.id<ProfileId>("profile_id"); });
  read_optional(body, "name", fields.name, [&] { return body.text("name"); });
  read_optional(body, "description", fields.description, [&] { return body.text("description", {.max = 4000}); });
  read_policies(body, fields);
}

void write_schedule(JsonWriter& json, const schedule::Schedule& row, const schedule::Defaults& defaults, Instant now) {
  const auto& fields = row.fields;
  json.field("schedule_id", row.schedule_id.to_string());
  json.field("domain", fields.domain_given.value_or(fields.domain));
  json.field("domain_config_id", fields.external_id.value_or(fields.domain_config_id.to_string()));
  json.field("scan_type", fields.scan_type);
  json.key("scan_params");
  json.raw(fields.scan_params);
  json.field("frequency", fields.frequency);
  json.key("time_config");
  json.raw(fields.time_config);
  json.field("timezone", fields.timezone.value_or(defaults.timezone));
  json.field("enabled", fields.enabled);
  optional_field(json, "profile_id", fields.profile_id);
  optional_field(json, "name", fields.name);
  optional_field(json, "description", fields.description);
  optional_field(json, "start_url", fields.start_url);
  optional_field(json, "last_run", row.last_run);
  optional_field(json, "next_run", row.next_run);
  optional_field(json, "last_status", row.last_status);
  json.array("next_fires", [&] {
    auto rules = schedule::parse_rules(fields, defaults);
    if (!rules || !fields.enabled || row.paused_at) return;
    for (const auto& fire : rules->spec.upcoming(now, 5)) json.value(schedule::format_with_offset(fire));
  });
  json.field("paused", row.paused_at.has_value());
  optional_field(json, "paused_at", row.paused_at);
  optional_field(json, "pause_reason", row.pause_reason);
  optional_field(json, "misfire_policy", fields.misfire_policy);
  optional_field(json, "misfire_grace_seconds", fields.misfire_grace_seconds);
  optional_field(json, "misfire_max", fields.misfire_max);
  optional_field(json, "overlap_policy", fields.overlap_policy);
  optional_field(json, "max_instances", fields.instances_max);
  optional_field(json, "timeout_seconds", fields.timeout_seconds);
  optional_field(json, "attempts_max", fields.attempts_max);
  json.field("jitter_seconds", fields.jitter_seconds);
  json.field("priority", fields.priority);
  json.key("blackouts");
  json.raw(fields.blackouts);
  optional_field(json, "spec_error", row.spec_error);
  optional_field(json, "created_at", row.created_at);
  optional_field(json, "updated_at", row.updated_at);
  json.field("version", row.version);
}

void write_execution(JsonWriter& json, const schedule::Execution& execution) {
  json.field("execution_id", execution.execution_id.to_string());
  optional_field(json, "schedule_id", execution.schedule_id);
  json.field("job_id", execution.job_id);
  json.field("domain", execution.domain);
  json.field("domain_config_id", execution.domain_config_id.to_string());
  json.field("status", execution.status);
  json.field("started_at", format_instant(execution.started_at));
  optional_field(json, "completed_at", execution.completed_at);
  json.key("duration_seconds");
  if (execution.duration_seconds)
    json.exact(*execution.duration_seconds);
  else
    json.null();
  optional_field(json, "scan_id", execution.scan_id);
  optional_field(json, "error_message", execution.error_message);
  json.key("error_details");
  json.raw(without_null(execution.error_details));
  json.key("metadata");
  json.raw(without_null(execution.metadata));
  optional_field(json, "fire_at", execution.fire_at);
  optional_field(json, "fire_kind", execution.fire_kind);
  json.field("attempt", execution.attempt);
}

void write_fire(JsonWriter& json, const schedule::Fire& fire) {
  json.field("fire_at", format_instant(fire.fire_at));
  optional_field(json, "from_at", fire.from_at);
  json.field("kind", fire.kind);
  json.field("state", fire.state);
  optional_field(json, "reason", fire.reason);
  optional_field(json, "job_id", fire.job_id);
  optional_field(json, "created_by", fire.created_by);
  json.field("created_at", format_instant(fire.created_at));
}

}  // namespace gannet::api
