#include "api/schedule_text.hpp"

#include "api/impl/schedule_json.hpp"
#include "base/text.hpp"

namespace gannet::api {

std::string schedule_text(const schedule::Schedule& schedule, const schedule::Defaults& defaults, Instant now) {
  JsonWriter json(false);
  json.object([&] { write_schedule(json, schedule, defaults, now); });
  return std::move(json).take();
}

Result<ScheduleFromText> parse_schedule_text(std::string_view text, OrganisationId organisation) {
  net::HttpRequest request;
  request.body = std::string(text);
  auto body = BodyReader::parse(request);
  if (!body) return fail(ErrorKind::invalid, "{}", body.error().detail);
  ScheduleFromText read;
  read.id = body->id<ScheduleId>("schedule_id");
  read_schedule(*body, organisation, read.fields, true);
  if (body->boolean("paused").value_or(false)) read.pause_reason = body->text("pause_reason", {.max = 4000}).value_or("");
  body->ignore({"pause_reason", "paused_at", "start_url", "last_run", "next_run", "last_status", "next_fires", "spec_error",
                "created_at", "updated_at", "version"});
  const auto problem = body->finish();
  if (!problem) return read;
  std::string words;
  for (const auto& error : problem->errors)
    words += fmt::format("{}{} {}", words.empty() ? "" : "; ", error.field, error.message);
  return fail(ErrorKind::invalid, "{}", words);
}

}  // namespace gannet::api
