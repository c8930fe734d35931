// The audit trail of the caller's organisation.
#include <charconv>

#include "api/impl/context.hpp"
#include "base/text.hpp"

namespace gannet::api {
namespace {

using identity::AuditEntry;

void write_entry(JsonWriter& json, const AuditEntry& entry) {
  json.field("id", entry.id);
  json.field("at", format_instant(entry.at));
  json.field("action", entry.action);
  json.field("resource_type", entry.resource_type);
  json.field("resource_id", entry.resource_id);
  optional_field(json, "user_id", entry.user);
  optional_field(json, "key_id", entry.api_key);
  json.field("actor", entry.actor);
  json.field("ip", entry.ip);
  json.field("user_agent", entry.user_agent);
  json.field("request_id", entry.request_id);
  json.field("status", entry.status);
  json.key("details");
  json.raw(entry.details);
}

aio::Task<Reply> list_audit(const Context& context, Call& call) {
  QueryReader query(call);
  identity::AuditFilter filter;
  filter.action = query.text("action").value_or("");
  filter.resource_type = query.text("resource_type").value_or("");
  filter.resource_id = query.text("resource_id").value_or("");
  filter.status = query.choice("status", "success|failure|denied").value_or("");
  filter.user = query.id<UserId>("user_id");
  filter.from = query.instant("from");
  filter.to = query.instant("to");
  filter.limit = int(query.integer("limit", 50, {1, 100}));
  if (const auto cursor = query.integer("cursor", 0, {1, INT64_MAX}); cursor > 0) filter.before = cursor;
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  // One more than is shown says whether there is another page.
  const auto shown = std::size_t(filter.limit++);
  auto entries =
      co_await context.parts.database.read(call.scope, [organisation = call.principal.organisation, filter](db::Tx& tx) {
        return identity::list_audit(tx, organisation, filter);
      });
  if (!entries) co_return refuse(entries.error());
  const auto next = cut_page(*entries, shown, [](const AuditEntry& entry) { return std::to_string(entry.id); });
  co_return json_object(200, [&](JsonWriter& json) {
    json.array("items", [&] {
      for (const auto& entry : *entries) json.object([&] { write_entry(json, entry); });
    });
    optional_field(json, "next_cursor", next);
  });
}

}  // namespace

std::vector<Route> audit_routes(const Context& context) {
  return {{.method = "GET",
           .path = "/api/v1/audit",
           .id = "list_audit",
           .tag = "audit",
           .summary = "Who did what, newest first",
           .scope = identity::AccessScope::audit_read,
           .parameters = {{"action", R"({"type":"string"})", "Such as schedule.delete."},
                          {"resource_type", R"({"type":"string"})", "Such as schedule."},
                          {"resource_id", R"({"type":"string"})", "Of one thing."},
                          {"user_id", R"({"type":"string","format":"uuid"})", "Of one user."},
                          {"status", R"({"enum":["success","failure","denied"]})", "How it ended."},
                          {"from", R"({"type":"string","format":"date-time"})", "Not before."},
                          {"to", R"({"type":"string","format":"date-time"})", "Before."},
                          {"limit", R"({"type":"integer","minimum":1,"maximum":100,"default":50})", "How many at most."},
                          {"cursor", R"({"type":"integer","minimum":1})", "next_cursor of the page before."}},
           .answers = {{200, "Entries.", "AuditPage"}},
           .handler = bind(context, list_audit)}};
}

}  // namespace gannet::api
