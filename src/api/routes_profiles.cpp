// Scan profiles: parameters of scans under a name.
#include "api/impl/context.hpp"
#include "api/impl/idempotency.hpp"
#include "site/profile.hpp"

namespace gannet::api {
namespace {

using identity::AccessScope;
using site::Profile;

void write_profile(JsonWriter& json, const Profile& profile) {
  json.field("profile_id", profile.id.to_string());
  json.field("name", profile.name);
  json.field("scan_mode", profile.scan_mode);
  json.key("config");
  json.raw(profile.config);
  optional_field(json, "created_by", profile.created_by);
  json.field("created_at", format_instant(profile.created_at));
  json.field("updated_at", format_instant(profile.updated_at));
  json.field("version", profile.version);
}

std::string profile_text(const Profile& profile) {
  JsonWriter json(false);
  json.object([&] { write_profile(json, profile); });
  return std::move(json).take();
}

site::ProfileRequest read_request(BodyReader& body) {
  site::ProfileRequest request;
  request.name = body.required_text("name");
  request.scan_mode = body.text("scan_mode").value_or("quick");
  request.config = body.object("config").value_or("{}");
  return request;
}

aio::Task<Reply> create_profile(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  const auto request = read_request(*body);
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  const auto id = ProfileId::make(context.parts.clock, context.parts.random);
  co_return co_await once(
      context, call,
      [&context, by = call.principal, id, request,
       event = audit(call, "profile.create", "profile", id.to_string())](db::Tx& tx) -> Result<KeptReply> {
        const auto made = TRY(site::create_profile(tx, by.organisation, by.name, id, request, context.parts.check_profile));
        TRY(identity::record_audit(tx, event));
        return KeptReply{201, profile_text(made), "/api/v1/profiles/" + id.to_string(), version_etag(made.version)};
      });
}

aio::Task<Reply> list_profiles(const Context& context, Call& call) {
  QueryReader query(call);
  const std::string mode = query.choice("scan_mode", "quick|deep").value_or("");
  const int limit = int(query.integer("limit", 100, {1, 500}));
  const int offset = int(query.integer("offset", 0, {0, 1'000'000}));
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  auto found = co_await context.parts.database.read(
      call.scope, [organisation = call.principal.organisation, mode, limit, offset](db::Tx& tx) {
        return site::list_profiles(tx, organisation, mode, limit, offset);
      });
  if (!found) co_return refuse(found.error());
  co_return array_response(*found, write_profile);
}

aio::Task<Reply> show_profile(const Context& context, Call& call) {
  const auto id = path_id<ProfileId>(call, "profile_id");
  if (!id) co_return refuse(id.error());
  auto found = co_await context.parts.database.read(
      call.scope,
      [organisation = call.principal.organisation, id = *id](db::Tx& tx) { return site::find_profile(tx, organisation, id); });
  if (!found) co_return refuse(found.error());
  if (!*found) co_return not_found("profile", id->to_string());
  auto response = json_response(200, profile_text(**found));
  co_return net::with_etag(call.request, std::move(response), version_etag((*found)->version));
}

/// The version that If-Match names; nothing where there is none.
std::expected<std::optional<std::int64_t>, Problem> wanted_version(const Context&, const Call& call, std::int64_t current) {
  if (!call.request.headers.contains("If-Match")) return std::nullopt;
  if (!allows_edit(call, current)) return std::unexpected(changed_meanwhile());
  return current;
}

aio::Task<Reply> replace_profile(const Context& context, Call& call) {
  const auto id = path_id<ProfileId>(call, "profile_id");
  if (!id) co_return refuse(id.error());
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  const auto request = read_request(*body);
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  const auto organisation = call.principal.organisation;
  auto before = co_await context.parts.database.read(
      call.scope, [organisation, id = *id](db::Tx& tx) { return site::find_profile(tx, organisation, id); });
  if (!before) co_return refuse(before.error());
  if (!*before) co_return not_found("profile", id->to_string());
  const auto version = wanted_version(context, call, (*before)->version);
  if (!version) co_return refuse(version.error());
  auto changed = co_await context.parts.database.write(
      call.scope,
      [&context, organisation, id = *id, request, version = *version,
       event = audit(call, "profile.update", "profile", id->to_string())](db::Tx& tx) -> Result<Profile> {
        auto profile = TRY(site::replace_profile(tx, organisation, id, request, context.parts.check_profile, version));
        TRY(identity::record_audit(tx, event));
        return profile;
      });
  if (!changed) co_return refuse(changed.error());
  auto response = json_response(200, profile_text(*changed));
  response.headers.add("ETag", version_etag(changed->version));
  co_return response;
}

aio::Task<Reply> delete_profile(const Context& context, Call& call) {
  const auto id = path_id<ProfileId>(call, "profile_id");
  if (!id) co_return refuse(id.error());
  auto deleted = co_await context.parts.database.write(
      call.scope,
      [organisation = call.principal.organisation, id = *id,
       event = audit(call, "profile.delete", "profile", id->to_string())](db::Tx& tx) -> Result<bool> {
        TRY(site::delete_profile(tx, organisation, id));
        TRY(identity::record_audit(tx, event));
        return true;
      });
  if (!deleted) co_return refuse(deleted.error());
  co_return net::HttpResponse{.status = 204};
}

}  // namespace

std::vector<Route> profile_routes(const Context& context) {
  const auto route = [&](std::string_view method, std::string_view path, std::string_view id, std::string_view summary,
                         std::string_view body, Answer answer, Operation operation) {
    return Route{.method = method,
                 .path = path,
                 .id = id,
                 .tag = "profiles",
                 .summary = summary,
                 .scope = method == "GET" ? AccessScope::profiles_read : AccessScope::profiles_write,
                 .body = body,
                 .answers = {answer},
                 .handler = bind(context, operation)};
  };
  auto create = route("POST", "/api/v1/profiles", "create_profile", "Make a profile", "ProfileRequest",
                      {201, "The profile.", "Profile"}, create_profile);
  create.takes_idempotency_key = true;
  auto list =
      route("GET", "/api/v1/profiles", "list_profiles", "Profiles by name", "", {200, "Profiles.", "Profiles"}, list_profiles);
  list.parameters = {{"scan_mode", R"({"enum":["quick","deep"]})", "Only of this kind."},
                     {"limit", R"({"type":"integer","minimum":1,"maximum":500,"default":100})", "How many at most."},
                     {"offset", R"({"type":"integer","minimum":0,"maximum":1000000,"default":0})", "After how many."}};
  auto show = route("GET", "/api/v1/profiles/{profile_id}", "show_profile", "One profile", "", {200, "The profile.", "Profile"},
                    show_profile);
  show.answers.push_back({304, "Unchanged."});
  auto replace = route("PUT", "/api/v1/profiles/{profile_id}", "replace_profile", "All of it anew", "ProfileRequest",
                       {200, "The profile.", "Profile"}, replace_profile);
  replace.takes_if_match = true;
  return {create, list, show, replace,
          route("DELETE", "/api/v1/profiles/{profile_id}", "delete_profile", "Delete it; schedules go on without", "",
                {204, "Deleted."}, delete_profile)};
}

}  // namespace gannet::api
