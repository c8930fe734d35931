// API keys: an administrator of keys sees the organisation's, others their own.
#include "api/impl/context.hpp"
#include "base/text.hpp"
#include "identity/api_keys.hpp"

namespace gannet::api {
namespace {

using identity::AccessScope;
using identity::ApiKey;

void write_key(JsonWriter& json, const ApiKey& key) {
  json.field("key_id", key.id.to_string());
  json.field("name", key.name);
  json.field("prefix", key.prefix);
  optional_field(json, "user_id", key.user);
  json.array("scopes", [&] {
    for (const auto word : split(key.scopes, ' '))
      if (!word.empty()) json.value(word);
  });
  json.field("rate_limit", key.rate_limit);
  json.field("enabled", key.enabled);
  json.field("created_at", format_instant(key.created_at));
  optional_field(json, "expires_at", key.expires_at);
  optional_field(json, "last_used_at", key.last_used_at);
  optional_field(json, "revoked_at", key.revoked_at);
}

net::HttpResponse shown_once(int status, const identity::NewApiKey& made) {
  auto response = json_object(status, [&](JsonWriter& json) {
    json.field("key", made.key);
    write_key(json, made.row);
  });
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Location", "/api/v1/api-keys/" + made.row.id.to_string());
  return response;
}

/// Whether this caller may see and change that key.
bool may_manage(const identity::Principal& by, const ApiKey& key) {
  return by.scopes.allows(AccessScope::admin) || (key.user && key.user == by.user);
}

Result<ApiKey> managed_key(db::Tx& tx, const identity::Principal& by, ApiKeyId id) {
  auto key = TRY(identity::find_api_key(tx, by.organisation, id));
  if (!key || !may_manage(by, *key)) return fail(ErrorKind::not_found, "there is no API key {}", id.to_string());
  return *key;
}

std::optional<identity::ScopeSet> read_scopes(BodyReader& body) {
  const auto words = body.texts("scopes", 64, {.min = 1, .max = 64});
  if (!words) return std::nullopt;
  auto scopes = identity::ScopeSet::parse(*words);
  if (scopes) return *scopes;
  body.wrong("scopes", scopes.error().message());
  return std::nullopt;
}

aio::Task<Reply> create_key(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  identity::ApiKeyRequest request;
  request.id = ApiKeyId::make(context.parts.clock, context.parts.random);
  request.name = body->required_text("name");
  if (!body->has("scopes")) body->wrong("scopes", "is missing");
  request.scopes = read_scopes(*body).value_or(identity::ScopeSet());
  request.rate_limit = int(body->integer("rate_limit", {1, 10'000}).value_or(100));
  request.expires_at = body->instant("expires_at");
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto made = co_await context.parts.database.write(
      call.scope,
      [by = call.principal, request,
       event = audit(call, "api_key.create", "api_key", request.id.to_string())](db::Tx& tx) -> Result<identity::NewApiKey> {
        auto key = TRY(identity::create_api_key(tx, by, request));
        TRY(identity::record_audit(tx, event));
        return key;
      });
  if (!made) co_return refuse(made.error());
  co_return shown_once(201, *made);
}

aio::Task<Reply> list_keys(const Context& context, Call& call) {
  QueryReader query(call);
  const int limit = int(query.integer("limit", 100, {1, 500}));
  const int offset = int(query.integer("offset", 0, {0, 1'000'000}));
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  // A token of the command line, which is nobody's, sees only what an administrator of keys does.
  const bool is_admin = call.principal.scopes.allows(AccessScope::admin);
  if (!is_admin && !call.principal.user) co_return json_response(200, "[]");
  auto keys = co_await context.parts.database.read(
      call.scope, [organisation = call.principal.organisation, user = is_admin ? std::nullopt : call.principal.user, limit,
                   offset](db::Tx& tx) { return identity::list_api_keys(tx, organisation, user, limit, offset); });
  if (!keys) co_return refuse(keys.error());
  co_return array_response(*keys, write_key);
}

aio::Task<Reply> show_key(const Context& context, Call& call) {
  const auto id = path_id<ApiKeyId>(call, "key_id");
  if (!id) co_return refuse(id.error());
  auto key = co_await context.parts.database.read(
      call.scope, [by = call.principal, id = *id](db::Tx& tx) { return managed_key(tx, by, id); });
  if (!key) co_return refuse(key.error());
  co_return json_object(200, [&](JsonWriter& json) { write_key(json, *key); });
}

aio::Task<Reply> change_key(const Context& context, Call& call) {
  const auto id = path_id<ApiKeyId>(call, "key_id");
  if (!id) co_return refuse(id.error());
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  identity::ApiKeyChange change;
  change.name = body->text("name", {.min = 1});
  change.scopes = read_scopes(*body);
  if (const auto limit = body->integer("rate_limit", {1, 10'000})) change.rate_limit = int(*limit);
  change.enabled = body->boolean("enabled");
  if (const auto at = body->instant("expires_at"))
    change.expires_at = at;
  else if (body->is_null("expires_at"))
    change.expires_at.emplace(std::nullopt);
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto key = co_await context.parts.database.write(
      call.scope,
      [by = call.principal, id = *id, change,
       event = audit(call, "api_key.update", "api_key", id->to_string())](db::Tx& tx) -> Result<ApiKey> {
        TRY(managed_key(tx, by, id));
        auto changed = TRY(identity::update_api_key(tx, by, id, change));
        TRY(identity::record_audit(tx, event));
        return changed;
      });
  if (!key) co_return refuse(key.error());
  context.parts.authenticator.forget();
  co_return json_object(200, [&](JsonWriter& json) { write_key(json, *key); });
}

aio::Task<Reply> rotate_key(const Context& context, Call& call) {
  const auto id = path_id<ApiKeyId>(call, "key_id");
  if (!id) co_return refuse(id.error());
  auto made = co_await context.parts.database.write(
      call.scope,
      [by = call.principal, id = *id,
       event = audit(call, "api_key.rotate", "api_key", id->to_string())](db::Tx& tx) -> Result<identity::NewApiKey> {
        TRY(managed_key(tx, by, id));
        auto rotated = TRY(identity::rotate_api_key(tx, by.organisation, id));
        TRY(identity::record_audit(tx, event));
        return rotated;
      });
  if (!made) co_return refuse(made.error());
  context.parts.authenticator.forget();
  co_return shown_once(200, *made);
}

aio::Task<Reply> revoke_key(const Context& context, Call& call) {
  const auto id = path_id<ApiKeyId>(call, "key_id");
  if (!id) co_return refuse(id.error());
  auto revoked = co_await context.parts.database.write(
      call.scope,
      [by = call.principal, id = *id,
       event = audit(call, "api_key.revoke", "api_key", id->to_string())](db::Tx& tx) -> Result<ApiKey> {
        TRY(managed_key(tx, by, id));
        auto key = TRY(identity::revoke_api_key(tx, by.organisation, id));
        TRY(identity::record_audit(tx, event));
        return key;
      });
  if (!revoked) co_return refuse(revoked.error());
  context.parts.authenticator.forget();
  co_return net::HttpResponse{.status = 204};
}

}  // namespace

std::vector<Route> api_key_routes(const Context& context) {
  const auto route = [&](std::string_view method, std::string_view path, std::string_view id, std::string_view summary,
                         AccessScope scope, std::vector<Answer> answers, Operation operation) {
    return Route{.method = method,
                 .path = path,
                 .id = id,
                 .tag = "api-keys",
                 .summary = summary,
                 .scope = scope,
                 .answers = std::move(answers),
                 .handler = bind(context, operation)};
  };
  auto create = route("POST", "/api/v1/api-keys", "create_api_key", "Make a key with scopes of one's own",
                      AccessScope::api_keys_write, {{201, "The key, shown this once.", "NewApiKey"}}, create_key);
  create.body = "ApiKeyRequest";
  create.bucket = Bucket::creations;
  // The origin has it there as well.
  auto create_under_auth = create;
  create_under_auth.path = "/api/v1/auth/api-keys";
  create_under_auth.id = "create_api_key_under_auth";
  auto list = route("GET", "/api/v1/api-keys", "list_api_keys", "Keys, newest first", AccessScope::api_keys_read,
                    {{200, "Keys.", "ApiKeys"}}, list_keys);
  list.parameters = {{"limit", R"({"type":"integer","minimum":1,"maximum":500,"default":100})", "How many."},
                     {"offset", R"({"type":"integer","minimum":0,"maximum":1000000,"default":0})", "After how many."}};
  auto change = route("PATCH", "/api/v1/api-keys/{key_id}", "update_api_key", "Change a key", AccessScope::api_keys_write,
                      {{200, "The key.", "ApiKey"}}, change_key);
  change.body = "ApiKeyChange";
  return {
      create,
      create_under_auth,
      list,
      route("GET", "/api/v1/api-keys/{key_id}", "show_api_key", "One key", AccessScope::api_keys_read,
            {{200, "The key.", "ApiKey"}}, show_key),
      change,
      route("POST", "/api/v1/api-keys/{key_id}/rotate", "rotate_api_key", "A new secret; the old one stops at once",
            AccessScope::api_keys_write, {{200, "The key, shown this once.", "NewApiKey"}}, rotate_key),
      route("DELETE", "/api/v1/api-keys/{key_id}", "revoke_api_key", "Revoke a key for good", AccessScope::api_keys_write,
            {{204, "Revoked."}}, revoke_key),
  };
}

}  // namespace gannet::api
