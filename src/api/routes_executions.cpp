// The history of runs, and what it amounts to.
#include "api/impl/context.hpp"
#include "api/impl/schedule_json.hpp"
#include "site/domain.hpp"

namespace gannet::api {
namespace {

using identity::AccessScope;

aio::Task<Reply> list_executions(const Context& context, Call& call) {
  QueryReader query(call);
  const int limit = int(query.integer("limit", 100, {1, 500}));
  const int offset = int(query.integer("offset", 0, {0, 1'000'000}));
  schedule::ExecutionFilter filter{.schedule = query.id<ScheduleId>("schedule_id"),
                                   .status = query.choice("status", "started|success|partial|failed|cancelled")};
  if (const auto domain = query.text("domain")) {
    auto normalised = site::normalise_domain(*domain);
    if (normalised)
      filter.domain = std::move(normalised->domain);
    else
      query.wrong("domain", normalised.error().message());
  }
  if (query.text("hours")) filter.hours = query.integer("hours", 24, {1, 24 * 366});
  filter.after = query.cursor<ExecutionId>("cursor");
  if (filter.after && offset > 0) query.wrong("cursor", "stands in place of offset; send one of them");
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  auto found = co_await context.parts.database.read(
      call.scope, [organisation = call.principal.organisation, filter, limit, offset](db::Tx& tx) {
        return schedule::list_executions(tx, organisation, filter, {.limit = limit + 1, .offset = offset});
      });
  if (!found) co_return refuse(found.error());
  const auto next = cut_page(*found, std::size_t(limit), [](const schedule::Execution& execution) {
    return cursor_text(execution.started_at, execution.execution_id);
  });
  auto response = array_response(*found, write_execution);
  if (next) response.headers.set("X-Next-Cursor", *next);
  co_return response;
}

/// In short transactions, as many as it takes; each has its entry in the audit trail.
aio::Task<Reply> delete_executions(const Context& context, Call& call) {
  QueryReader query(call);
  if (!query.text("days")) query.wrong("days", "is missing: runs older than so many days are deleted");
  const schedule::Retention retention{.days = query.integer("days", 90, {1, 36500}), .organisation = call.principal.organisation};
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  std::int64_t deleted = 0;
  while (true) {
    auto batch = co_await context.parts.database.write(
        call.scope,
        [retention, event = audit(call, "execution.cleanup", "execution")](db::Tx& tx) mutable -> Result<std::int64_t> {
          const auto count = TRY(schedule::prune_executions(tx, retention));
          if (count == 0) return count;
          event.details = fmt::format(R"({{"days":{},"deleted":{}}})", retention.days, count);
          TRY(identity::record_audit(tx, event));
          return count;
        });
    if (!batch) co_return refuse(batch.error());
    if (*batch == 0) break;
    deleted += *batch;
  }
  co_return json_object(200, [&](JsonWriter& json) { json.field("deleted", deleted); });
}

aio::Task<Reply> show_execution(const Context& context, Call& call) {
  const auto id = path_id<ExecutionId>(call, "execution_id");
  if (!id) co_return refuse(id.error());
  auto found =
      co_await context.parts.database.read(call.scope, [organisation = call.principal.organisation, id = *id](db::Tx& tx) {
        return schedule::find_execution(tx, organisation, id);
      });
  if (!found) co_return refuse(found.error());
  if (!*found) co_return not_found("execution", id->to_string());
  co_return json_object(200, [&](JsonWriter& json) { write_execution(json, **found); });
}

void optional_number(JsonWriter& json, std::string_view name, const std::optional<double>& number) {
  json.key(name);
  if (number)
    json.exact(*number);
  else
    json.null();
}

aio::Task<Reply> show_statistics(const Context& context, Call& call) {
  QueryReader query(call);
  schedule::StatisticsRequest request{.days = query.integer("days", 7, {1, 366}),
                                      .schedule = query.id<ScheduleId>("schedule_id")};
  if (const auto domain = query.text("domain")) {
    auto normalised = site::normalise_domain(*domain);
    if (normalised)
      request.domain = std::move(normalised->domain);
    else
      query.wrong("domain", normalised.error().message());
  }
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  auto found =
      co_await context.parts.database.read(call.scope, [organisation = call.principal.organisation, request](db::Tx& tx) {
        return schedule::load_statistics(tx, organisation, request);
      });
  if (!found) co_return refuse(found.error());
  co_return json_object(200, [&](JsonWriter& json) {
    json.field("total_executions", found->total_executions);
    json.field("successful", found->successful);
    json.field("failed", found->failed);
    json.key("success_rate");
    json.exact(found->success_rate);
    optional_number(json, "avg_duration", found->avg_duration);
    optional_number(json, "min_duration", found->min_duration);
    optional_number(json, "max_duration", found->max_duration);
    json.field("partial", found->partial);
    json.field("cancelled", found->cancelled);
    json.field("days", request.days);
  });
}

}  // namespace

std::vector<Route> execution_routes(const Context& context) {
  const auto route = [&](std::string_view path, std::string_view id, std::string_view summary, Answer answer,
                         std::vector<Parameter> parameters, Operation operation) {
    return Route{.method = "GET",
                 .path = path,
                 .id = id,
                 .tag = "executions",
                 .summary = summary,
                 .scope = AccessScope::schedules_read,
                 .parameters = std::move(parameters),
                 .answers = {answer},
                 .handler = bind(context, operation)};
  };
  const Parameter schedule{"schedule_id", R"({"type":"string","format":"uuid"})", "Only of this schedule."};
  const Parameter domain{"domain", R"({"type":"string"})", "Only of this domain, however it is written."};
  auto cleanup = route(
      "/api/v1/executions", "delete_executions", "Delete old runs from the history", {200, "How many were deleted.", "Deleted"},
      {{"days", R"({"type":"integer","minimum":1,"maximum":36500})", "Those that were started longer ago, and have ended."}},
      delete_executions);
  cleanup.method = "DELETE";
  cleanup.scope = AccessScope::schedules_write;
  return {
      cleanup,
      route("/api/v1/executions", "list_executions", "Runs, newest first",
            {200, "Runs. Where there are more, the header X-Next-Cursor is the cursor of those that follow.", "Executions"},
            {schedule,
             domain,
             {"status", R"({"enum":["started","success","partial","failed","cancelled"]})", "Only those that ended so."},
             {"hours", R"({"type":"integer","minimum":1,"maximum":8784})", "Started within so many hours."},
             {"limit", R"({"type":"integer","minimum":1,"maximum":500,"default":100})", "How many at most."},
             {"offset", R"({"type":"integer","minimum":0,"maximum":1000000,"default":0})", "After how many."},
             k_cursor_parameter},
            list_executions),
      route("/api/v1/executions/{execution_id}", "show_execution", "One run", {200, "The run.", "Execution"}, {}, show_execution),
      route("/api/v1/statistics", "show_statistics", "What the runs of some days amount to", {200, "Statistics.", "Statistics"},
            {{"days", R"({"type":"integer","minimum":1,"maximum":366,"default":7})", "Of how many days."}, schedule, domain},
            show_statistics),
  };
}

}  // namespace gannet::api
