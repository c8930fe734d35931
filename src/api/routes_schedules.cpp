// Schedules: what is scanned when, as guide 000 prints it.
#include <algorithm>
#include <array>

#include "api/impl/context.hpp"
#include "api/impl/idempotency.hpp"
#include "api/impl/schedule_json.hpp"
#include "api/schedule_text.hpp"
#include "schedule/fires.hpp"
#include "site/site.hpp"

namespace gannet::api {
namespace {

using identity::AccessScope;
using schedule::Schedule;

std::string schedule_text(const Context& context, const Schedule& row) {
  return api::schedule_text(row, context.parts.schedule_defaults, context.parts.clock.now());
}

net::HttpResponse schedule_response(const Context& context, const Schedule& row) {
  auto response = json_response(200, schedule_text(context, row));
  response.headers.add("ETag", version_etag(row.version));
  return response;
}

/// A change took effect: whoever fires looks at once.
void wake(const Context& context) { context.parts.schedules_changed(); }

aio::Task<Reply> create_schedule(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  schedule::NewSchedule made{.organisation = call.principal.organisation, .fields = {}, .created_by = call.principal.name};
  read_schedule(*body, made.organisation, made.fields, true);
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto reply = co_await once(
      context, call,
      [&context, made, event = audit(call, "schedule.create", "schedule")](db::Tx& tx) mutable -> Result<KeptReply> {
        const auto row =
            TRY(schedule::create_schedule(tx, made, context.parts.schedule_defaults, context.parts.clock, context.parts.random));
        event.resource_id = row.schedule_id.to_string();
        TRY(identity::record_audit(tx, event));
        return KeptReply{201, schedule_text(context, row), "/api/v1/schedules/" + event.resource_id, version_etag(row.version)};
      });
  if (reply) wake(context);
  co_return reply;
}

aio::Task<Reply> list_schedules(const Context& context, Call& call) {
  QueryReader query(call);
  const Page page = read_page(query);
  schedule::ScheduleFilter filter{.enabled = query.boolean("enabled"), .scan_type = query.choice("scan_type", "quick|deep")};
  if (const auto domain = query.text("domain")) {
    auto normalised = site::normalise_domain(*domain);
    if (normalised)
      filter.domain = std::move(normalised->domain);
    else
      query.wrong("domain", normalised.error().message());
  }
  if (const auto config = query.text("domain_config_id")) {
    auto id = site::site_id_of(call.principal.organisation, *config);
    if (id)
      filter.domain_config_id = *id;
    else
      query.wrong("domain_config_id", id.error().message());
  }
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  auto found =
      co_await context.parts.database.read(call.scope, [organisation = call.principal.organisation, filter, page](db::Tx& tx) {
        return schedule::list_schedules(tx, organisation, filter, {.limit = page.page_size, .offset = page.offset()});
      });
  if (!found) co_return refuse(found.error());
  co_return page_response(found->schedules, found->total, page, [&](JsonWriter& json, const Schedule& row) {
    write_schedule(json, row, context.parts.schedule_defaults, context.parts.clock.now());
  });
}

aio::Task<Reply> show_schedule(const Context& context, Call& call) {
  const auto id = path_id<ScheduleId>(call, "schedule_id");
  if (!id) co_return refuse(id.error());
  auto row = co_await context.parts.database.read(call.scope, [organisation = call.principal.organisation, id = *id](db::Tx& tx) {
    return schedule::load_schedule(tx, organisation, id);
  });
  if (!row) co_return refuse(row.error());
  auto response = schedule_response(context, *row);
  co_return net::with_etag(call.request, std::move(response), version_etag(row->version));
}

/// Merges the body into the row as it was read, and writes it if nobody edited it meanwhile.
aio::Task<Reply> edit_schedule(const Context& context, Call& call) {
  const auto id = path_id<ScheduleId>(call, "schedule_id");
  if (!id) co_return refuse(id.error());
  const auto organisation = call.principal.organisation;
  auto row = co_await context.parts.database.read(
      call.scope, [organisation, id = *id](db::Tx& tx) { return schedule::load_schedule(tx, organisation, id); });
  if (!row) co_return refuse(row.error());
  if (!allows_edit(call, row->version)) co_return refuse(changed_meanwhile());
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  if (body->empty()) co_return refuse(Problem{.status = 400, .detail = "the body names no field to change"});
  schedule::ScheduleEdit edit{.id = *id, .fields = row->fields, .version_expected = row->version};
  read_schedule(*body, organisation, edit.fields, false);
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto edited = co_await context.parts.database.write(
      call.scope,
      [&context, organisation, edit,
       event = audit(call, "schedule.update", "schedule", id->to_string())](db::Tx& tx) -> Result<Schedule> {
        auto changed = TRY(schedule::update_schedule(tx, organisation, edit, context.parts.schedule_defaults));
        TRY(identity::record_audit(tx, event));
        return changed;
      });
  if (!edited) co_return refuse(edited.error());
  wake(context);
  co_return schedule_response(context, *edited);
}

aio::Task<Reply> delete_schedule(const Context& context, Call& call) {
  const auto id = path_id<ScheduleId>(call, "schedule_id");
  if (!id) co_return refuse(id.error());
  auto deleted = co_await context.parts.database.write(
      call.scope,
      [organisation = call.principal.organisation, id = *id,
       event = audit(call, "schedule.delete", "schedule", id->to_string())](db::Tx& tx) -> Result<bool> {
        TRY(schedule::delete_schedule(tx, organisation, id));
        TRY(identity::record_audit(tx, event));
        return true;
      });
  if (!deleted) co_return refuse(deleted.error());
  co_return net::HttpResponse{.status = 204};
}

/// One schedule changed in one transaction, with its trace.
template <class Change>
aio::Task<Reply> change_schedule(const Context& context, Call& call, std::string action, Change change) {
  const auto id = path_id<ScheduleId>(call, "schedule_id");
  if (!id) co_return refuse(id.error());
  auto row = co_await context.parts.database.write(
      call.scope,
      [organisation = call.principal.organisation, id = *id, change,
       event = audit(call, std::move(action), "schedule", id->to_string())](db::Tx& tx) -> Result<Schedule> {
        auto changed = TRY(change(tx, organisation, id));
        TRY(identity::record_audit(tx, event));
        return changed;
      });
  if (!row) co_return refuse(row.error());
  wake(context);
  co_return schedule_response(context, *row);
}

template <bool enabled>
aio::Task<Reply> set_enabled(const Context& context, Call& call) {
  co_return co_await change_schedule(context, call, enabled ? "schedule.enable" : "schedule.disable",
                                     [&context](db::Tx& tx, OrganisationId organisation, ScheduleId id) -> Result<Schedule> {
                                       auto row = TRY(schedule::load_schedule(tx, organisation, id));
                                       if (row.fields.enabled == enabled) return row;
                                       row.fields.enabled = enabled;
                                       return schedule::update_schedule(tx, organisation, {.id = id, .fields = row.fields},
                                                                        context.parts.schedule_defaults);
                                     });
}

aio::Task<Reply> pause_schedule(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  const std::string reason = body->text("reason", {.max = 500}).value_or("");
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  co_return co_await change_schedule(
      context, call, "schedule.pause", [&context, reason](db::Tx& tx, OrganisationId organisation, ScheduleId id) {
        return schedule::pause_schedule(tx, organisation, id, reason, context.parts.schedule_defaults);
      });
}

aio::Task<Reply> resume_schedule(const Context& context, Call& call) {
  co_return co_await change_schedule(context, call, "schedule.resume",
                                     [&context](db::Tx& tx, OrganisationId organisation, ScheduleId id) {
                                       return schedule::resume_schedule(tx, organisation, id, context.parts.schedule_defaults);
                                     });
}

template <bool paused>
aio::Task<Reply> pause_or_resume_all(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  const std::string reason = paused ? body->text("reason", {.max = 500}).value_or("") : "";
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto count = co_await context.parts.database.write(
      call.scope,
      [&context, organisation = call.principal.organisation, reason,
       event =
           audit(call, paused ? "schedule.pause_all" : "schedule.resume_all", "schedule")](db::Tx& tx) -> Result<std::int64_t> {
        const auto changed = paused ? TRY(schedule::pause_all(tx, organisation, reason))
                                    : TRY(schedule::resume_all(tx, organisation, context.parts.schedule_defaults));
        TRY(identity::record_audit(tx, event));
        return changed;
      });
  if (!count) co_return refuse(count.error());
  wake(context);
  co_return json_object(200, [&](JsonWriter& json) { json.field("changed", *count); });
}

aio::Task<Reply> run_schedule(const Context& context, Call& call) {
  const auto id = path_id<ScheduleId>(call, "schedule_id");
  if (!id) co_return refuse(id.error());
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  // Without a key of the client's each request is its own.
  const std::string request_key(call.request.headers.find("Idempotency-Key").value_or(call.request_id));
  auto fire = co_await context.parts.database.write(
      call.scope,
      [&context, organisation = call.principal.organisation,
       manual = schedule::ManualFire{.id = *id, .request_key = request_key, .created_by = call.principal.name},
       event = audit(call, "schedule.run", "schedule", id->to_string())](db::Tx& tx) -> Result<schedule::FireRef> {
        auto made = TRY(schedule::run_now(tx, organisation, manual, context.parts.schedule_defaults, context.parts.random));
        TRY(identity::record_audit(tx, event));
        return made;
      });
  if (!fire) co_return refuse(fire.error());
  wake(context);
  co_return json_object(202, [&](JsonWriter& json) {
    json.field("schedule_id", fire->schedule_id.to_string());
    json.field("fire_at", format_instant(fire->fire_at));
    json.field("kind", to_string(fire->kind));
  });
}

aio::Task<Reply> backfill_schedule(const Context& context, Call& call) {
  const auto id = path_id<ScheduleId>(call, "schedule_id");
  if (!id) co_return refuse(id.error());
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  for (const char* name : {"from", "until"})
    if (!body->has(name)) body->wrong(name, "is missing");
  const schedule::Backfill range{.id = *id,
                                 .from = body->instant("from").value_or(Instant{}),
                                 .until = body->instant("until").value_or(Instant{}),
                                 .created_by = call.principal.name};
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto reply =
      co_await once(context, call,
                    [&context, organisation = call.principal.organisation, range,
                     event = audit(call, "schedule.backfill", "schedule", id->to_string())](db::Tx& tx) -> Result<KeptReply> {
                      const auto queued =
                          TRY(schedule::backfill(tx, organisation, range, context.parts.schedule_defaults, context.parts.random));
                      TRY(identity::record_audit(tx, event));
                      return KeptReply{202, fmt::format(R"({{"queued":{}}})", queued), "", ""};
                    });
  if (reply) wake(context);
  co_return reply;
}

aio::Task<Reply> list_schedule_executions(const Context& context, Call& call) {
  const auto id = path_id<ScheduleId>(call, "schedule_id");
  if (!id) co_return refuse(id.error());
  QueryReader query(call);
  const int limit = int(query.integer("limit", 50, {1, 500}));
  const int offset = int(query.integer("offset", 0, {0, 1'000'000}));
  schedule::ExecutionFilter filter{.schedule = *id, .status = query.choice("status", "started|success|partial|failed|cancelled")};
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  auto found = co_await context.parts.database.read(call.scope,
                                                    [organisation = call.principal.organisation, id = *id, filter, limit,
                                                     offset](db::Tx& tx) -> Result<std::vector<schedule::Execution>> {
                                                      TRY(schedule::load_schedule(tx, organisation, id));
                                                      return schedule::list_executions(tx, organisation, filter,
                                                                                       {.limit = limit, .offset = offset});
                                                    });
  if (!found) co_return refuse(found.error());
  co_return array_response(*found, write_execution);
}

aio::Task<Reply> list_schedule_fires(const Context& context, Call& call) {
  const auto id = path_id<ScheduleId>(call, "schedule_id");
  if (!id) co_return refuse(id.error());
  QueryReader query(call);
  const int limit = int(query.integer("limit", 50, {1, 500}));
  const int offset = int(query.integer("offset", 0, {0, 1'000'000}));
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  auto found = co_await context.parts.database.read(
      call.scope,
      [organisation = call.principal.organisation, id = *id, limit, offset](db::Tx& tx) -> Result<std::vector<schedule::Fire>> {
        TRY(schedule::load_schedule(tx, organisation, id));
        return schedule::list_fires(tx, organisation, id, {.limit = limit, .offset = offset});
      });
  if (!found) co_return refuse(found.error());
  co_return array_response(*found, write_fire);
}

aio::Task<Reply> preview_schedule(const Context& context, Call& call) {
  const auto id = path_id<ScheduleId>(call, "schedule_id");
  if (!id) co_return refuse(id.error());
  QueryReader query(call);
  const auto count = std::size_t(query.integer("count", 10, {1, 100}));
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  auto row = co_await context.parts.database.read(call.scope, [organisation = call.principal.organisation, id = *id](db::Tx& tx) {
    return schedule::load_schedule(tx, organisation, id);
  });
  if (!row) co_return refuse(row.error());
  auto rules = schedule::parse_rules(row->fields, context.parts.schedule_defaults);
  if (!rules) co_return refuse(rules.error());
  const Instant now = context.parts.clock.now();
  co_return json_object(200, [&](JsonWriter& json) {
    json.field("timezone", rules->spec.zone().name());
    json.array("next_fires", [&] {
      for (const auto& fire : rules->spec.upcoming(now, count)) json.value(schedule::format_with_offset(fire));
    });
    optional_field(json, "warning", rules->spec.clock_change_warning(now));
  });
}

struct BulkOutcome {
  std::vector<ScheduleId> changed;
  std::vector<ScheduleId> missing;
};

Result<void> apply_to_one(db::Tx& tx, const Context& context, OrganisationId organisation, const std::string& action,
                          ScheduleId id, const std::string& reason) {
  const auto& defaults = context.parts.schedule_defaults;
  if (action == "delete") return schedule::delete_schedule(tx, organisation, id);
  if (action == "pause") {
    TRY(schedule::pause_schedule(tx, organisation, id, reason, defaults));
  } else if (action == "resume") {
    TRY(schedule::resume_schedule(tx, organisation, id, defaults));
  } else {
    auto row = TRY(schedule::load_schedule(tx, organisation, id));
    row.fields.enabled = action == "enable";
    TRY(schedule::update_schedule(tx, organisation, {.id = id, .fields = row.fields}, defaults));
  }
  return {};
}

/// All in one transaction; what is not there is told, and holds up nothing.
aio::Task<Reply> change_many(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  const std::string action = body->required_text("action");
  constexpr std::array<std::string_view, 5> k_actions{"enable", "disable", "pause", "resume", "delete"};
  if (!action.empty() && std::ranges::find(k_actions, action) == k_actions.end())
    body->wrong("action", "must be enable, disable, pause, resume or delete");
  const std::string reason = body->text("reason", {.max = 500}).value_or("");
  const auto texts = body->texts("schedule_ids", 100);
  if (!texts || texts->empty()) body->wrong("schedule_ids", "must be 1 to 100 ids");
  std::vector<ScheduleId> ids;
  for (const auto& text : texts.value_or(std::vector<std::string>())) {
    auto id = ScheduleId::parse(text);
    if (id)
      ids.push_back(*id);
    else
      body->wrong("schedule_ids", "must hold UUIDs");
  }
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto outcome = co_await context.parts.database.write(
      call.scope,
      [&context, organisation = call.principal.organisation, action, reason, ids,
       event = audit(call, "schedule.bulk_" + action, "schedule")](db::Tx& tx) -> Result<BulkOutcome> {
        BulkOutcome done;
        for (const auto& id : ids) {
          const auto one = apply_to_one(tx, context, organisation, action, id, reason);
          if (!one && one.error().kind() != ErrorKind::not_found) return std::unexpected(one.error());
          (one ? done.changed : done.missing).push_back(id);
        }
        TRY(identity::record_audit(tx, event));
        return done;
      });
  if (!outcome) co_return refuse(outcome.error());
  wake(context);
  co_return json_object(200, [&](JsonWriter& json) {
    json.array("changed", [&] {
      for (const auto& id : outcome->changed) json.value(id.to_string());
    });
    json.array("not_found", [&] {
      for (const auto& id : outcome->missing) json.value(id.to_string());
    });
  });
}

aio::Task<Reply> sync_feed(const Context& context, Call& call) {
  if (!context.parts.sync_feed) co_return refuse(Problem{.status = 409, .detail = "no feed is configured; set API_URL"});
  auto counts = co_await context.parts.sync_feed(call.scope, call.principal.organisation);
  if (!counts) co_return refuse(counts.error());
  wake(context);
  co_return json_object(200, [&](JsonWriter& json) {
    json.field("created", counts->created);
    json.field("updated", counts->updated);
    json.field("skipped", counts->skipped);
    json.array("details", [&] {
      for (const auto& line : counts->details) json.value(line);
    });
  });
}

const std::vector<Parameter> k_offset_parameters{
    {"limit", R"({"type":"integer","minimum":1,"maximum":500,"default":50})", "How many at most."},
    {"offset", R"({"type":"integer","minimum":0,"maximum":1000000,"default":0})", "After how many."}};

}  // namespace

std::vector<Route> schedule_routes(const Context& context) {
  constexpr std::string_view k_all = "/api/v1/schedules";
  constexpr std::string_view k_one = "/api/v1/schedules/{schedule_id}";
  const auto read = [&](std::string_view path, std::string_view id, std::string_view summary, Answer answer,
                        Operation operation) {
    return Route{.method = "GET",
                 .path = path,
                 .id = id,
                 .tag = "schedules",
                 .summary = summary,
                 .scope = AccessScope::schedules_read,
                 .answers = {answer},
                 .handler = bind(context, operation)};
  };
  const auto write = [&](std::string_view method, std::string_view path, std::string_view id, std::string_view summary,
                         std::string_view body, Answer answer, Operation operation) {
    return Route{.method = method,
                 .path = path,
                 .id = id,
                 .tag = "schedules",
                 .summary = summary,
                 .scope = AccessScope::schedules_write,
                 .body = body,
                 .answers = {answer},
                 .handler = bind(context, operation)};
  };
  const Answer schedule{200, "The schedule.", "Schedule"};
  std::vector<Route> routes{
      write("POST", k_all, "create_schedule", "Make a schedule", "ScheduleRequest", {201, "The schedule.", "Schedule"},
            create_schedule),
      read(k_all, "list_schedules", "Schedules, newest first", {200, "Schedules.", "SchedulePage"}, list_schedules),
      read(k_one, "show_schedule", "One schedule", schedule, show_schedule),
      write("PUT", k_one, "replace_schedule_fields", "Change the fields that are given", "ScheduleChange", schedule,
            edit_schedule),
      write("PATCH", k_one, "update_schedule", "Change the fields that are given", "ScheduleChange", schedule, edit_schedule),
      write("DELETE", k_one, "delete_schedule", "Delete a schedule; its history stays", "", {204, "Deleted."}, delete_schedule),
      write("POST", "/api/v1/schedules/{schedule_id}/enable", "enable_schedule", "Let it fire", "", schedule, set_enabled<true>),
      write("POST", "/api/v1/schedules/{schedule_id}/disable", "disable_schedule", "Let it fire no more", "", schedule,
            set_enabled<false>),
      write("POST", "/api/v1/schedules/{schedule_id}/pause", "pause_schedule", "Hold it, with a reason", "Reason", schedule,
            pause_schedule),
      write("POST", "/api/v1/schedules/{schedule_id}/resume", "resume_schedule", "Let it go on", "", schedule, resume_schedule),
      write("POST", "/api/v1/schedules/{schedule_id}/run", "run_schedule", "Run it now, once for each Idempotency-Key", "",
            {202, "The fire.", "FireRef"}, run_schedule),
      write("POST", "/api/v1/schedules/{schedule_id}/backfill", "backfill_schedule",
            "Run the due times of a range that were not run", "BackfillRequest", {202, "How many were queued.", "Queued"},
            backfill_schedule),
      write("POST", "/api/v1/schedules/bulk", "change_schedules", "The same done to up to 100", "ScheduleBulk",
            {200, "What was changed, and what is not there.", "ScheduleBulkResult"}, change_many),
      write("POST", "/api/v1/schedules/sync", "sync_schedules", "One round of the feed now", "",
            {200, "What it did.", "SyncCounts"}, sync_feed),
      write("POST", "/api/v1/schedules/pause", "pause_all_schedules", "Hold all", "Reason", {200, "How many.", "Changed"},
            pause_or_resume_all<true>),
      write("POST", "/api/v1/schedules/resume", "resume_all_schedules", "Let all that are held go on", "",
            {200, "How many.", "Changed"}, pause_or_resume_all<false>),
      read("/api/v1/schedules/{schedule_id}/executions", "list_schedule_executions", "Its runs, newest first",
           {200, "Runs.", "Executions"}, list_schedule_executions),
      read("/api/v1/schedules/{schedule_id}/fires", "list_schedule_fires",
           "What became of its due times, newest first: why did it not run?", {200, "Fires.", "Fires"}, list_schedule_fires),
      read("/api/v1/schedules/{schedule_id}/next", "preview_schedule", "Its next fires, with the offsets of its zone",
           {200, "Fires.", "NextFires"}, preview_schedule),
  };
  for (auto& route : routes) {
    if (route.id == "create_schedule") route.bucket = Bucket::creations;
    route.takes_idempotency_key = route.id == "create_schedule" || route.id == "run_schedule" || route.id == "backfill_schedule";
    route.takes_if_match = route.id == "update_schedule" || route.id == "replace_schedule_fields";
    if (route.id == "show_schedule") route.answers.push_back({304, "Unchanged."});
    if (route.id == "list_schedules")
      route.parameters = with_page({{"enabled", R"({"type":"boolean"})", "Only those that may fire, or may not."},
                                    {"scan_type", R"({"enum":["quick","deep"]})", "Only of this kind."},
                                    {"domain", R"({"type":"string"})", "Only of this domain, however it is written."},
                                    {"domain_config_id", R"({"type":"string"})", "Only of this site."}});
    if (route.id == "list_schedule_executions") {
      route.parameters = k_offset_parameters;
      route.parameters.push_back(
          {"status", R"({"enum":["started","success","partial","failed","cancelled"]})", "Only those that ended so."});
    }
    if (route.id == "list_schedule_fires") route.parameters = k_offset_parameters;
    if (route.id == "preview_schedule")
      route.parameters = {{"count", R"({"type":"integer","minimum":1,"maximum":100,"default":10})", "How many."}};
  }
  return routes;
}

}  // namespace gannet::api
