// Users of the caller's organisation.
#include "api/impl/context.hpp"
#include "identity/users.hpp"

namespace gannet::api {
namespace {

using identity::AccessScope;
using identity::User;

void write_user(JsonWriter& json, const User& user) {
  json.field("user_id", user.id.to_string());
  json.field("organization_id", user.organisation.to_string());
  json.field("email", user.email);
  json.field("name", user.name);
  json.field("role", user.role);
  json.field("enabled", user.enabled);
  json.field("must_change_password", user.must_change_password);
  json.field("created_at", format_instant(user.created_at));
  optional_field(json, "last_login_at", user.last_login_at);
}

std::optional<identity::Role> read_role(BodyReader& body) {
  const auto word = body.text("role");
  if (!word) return std::nullopt;
  auto role = identity::parse_role(*word);
  if (role) return *role;
  body.wrong("role", "must be admin, user or viewer");
  return std::nullopt;
}

aio::Task<Reply> create_user(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  identity::Accounts::UserRequest request;
  request.email = body->required_text("email");
  request.name = body->text("name").value_or("");
  request.role = read_role(*body).value_or(identity::Role::viewer);
  request.password = body->text("password", {.min = 1, .max = 1024}).value_or("");
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto made = co_await context.parts.accounts.create_user(call.scope, call.principal, std::move(request), origin_of(call));
  if (!made) co_return refuse(made.error());
  auto response = json_object(201, [&](JsonWriter& json) {
    write_user(json, made->user);
    if (!made->password.empty()) json.field("password", made->password);
  });
  response.headers.set("Cache-Control", "no-store");
  response.headers.set("Location", "/api/v1/users/" + made->user.id.to_string());
  co_return response;
}

struct UserPage {
  std::vector<User> users;
  std::int64_t total = 0;
};

aio::Task<Reply> list_users(const Context& context, Call& call) {
  QueryReader query(call);
  const Page page = read_page(query);
  if (auto problem = query.finish()) co_return refuse(std::move(*problem));
  auto found = co_await context.parts.database.read(
      call.scope, [organisation = call.principal.organisation, page](db::Tx& tx) -> Result<UserPage> {
        return UserPage{TRY(identity::list_users(tx, organisation, page.page_size, page.offset())),
                        TRY(identity::count_users(tx, organisation))};
      });
  if (!found) co_return refuse(found.error());
  co_return page_response(found->users, found->total, page, write_user);
}

/// The user of the path, who must be of the caller's organisation.
aio::Task<std::expected<User, Problem>> load_user(const Context& context, Call& call) {
  const auto id = path_id<UserId>(call, "user_id");
  if (!id) co_return refuse(id.error());
  auto user = co_await context.parts.database.read(
      call.scope,
      [organisation = call.principal.organisation, id = *id](db::Tx& tx) { return identity::find_user(tx, organisation, id); });
  if (!user) co_return refuse(user.error());
  if (!*user) co_return not_found("user", id->to_string());
  co_return std::move(**user);
}

aio::Task<Reply> show_user(const Context& context, Call& call) {
  const auto user = co_await load_user(context, call);
  if (!user) co_return refuse(user.error());
  co_return json_object(200, [&](JsonWriter& json) { write_user(json, *user); });
}

/// Nobody hands out rights that they do not have.
std::optional<Problem> check_role(const Call& call, const std::optional<identity::Role>& role) {
  if (!role || call.principal.scopes.covers(identity::scopes_of(*role))) return std::nullopt;
  return Problem{.status = 403, .detail = fmt::format("the role {} has scopes that you do not have", identity::to_string(*role))};
}

aio::Task<Reply> change_user(const Context& context, Call& call) {
  const auto id = path_id<UserId>(call, "user_id");
  if (!id) co_return refuse(id.error());
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  identity::UserChange change{.name = body->text("name"), .role = read_role(*body), .enabled = body->boolean("enabled")};
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  if (auto problem = check_role(call, change.role)) co_return refuse(std::move(*problem));
  auto user = co_await context.parts.database.write(
      call.scope,
      [organisation = call.principal.organisation, id = *id, change,
       event = audit(call, "user.update", "user", id->to_string())](db::Tx& tx) -> Result<User> {
        auto changed = TRY(identity::update_user(tx, organisation, id, change));
        TRY(identity::record_audit(tx, event));
        return changed;
      });
  if (!user) co_return refuse(user.error());
  context.parts.authenticator.forget();
  co_return json_object(200, [&](JsonWriter& json) { write_user(json, *user); });
}

aio::Task<Reply> delete_user(const Context& context, Call& call) {
  const auto id = path_id<UserId>(call, "user_id");
  if (!id) co_return refuse(id.error());
  auto deleted = co_await context.parts.database.write(
      call.scope,
      [organisation = call.principal.organisation, id = *id,
       event = audit(call, "user.delete", "user", id->to_string())](db::Tx& tx) -> Result<bool> {
        TRY(identity::delete_user(tx, organisation, id));
        TRY(identity::record_audit(tx, event));
        return true;
      });
  if (!deleted) co_return refuse(deleted.error());
  context.parts.authenticator.forget();
  co_return net::HttpResponse{.status = 204};
}

aio::Task<Reply> reset_password(const Context& context, Call& call) {
  const auto id = path_id<UserId>(call, "user_id");
  if (!id) co_return refuse(id.error());
  auto reset = co_await context.parts.accounts.reset_password(call.scope, call.principal, *id, origin_of(call));
  if (!reset) co_return refuse(reset.error());
  context.parts.authenticator.forget();
  auto response = json_object(200, [&](JsonWriter& json) {
    write_user(json, reset->user);
    json.field("password", reset->password);
  });
  response.headers.set("Cache-Control", "no-store");
  co_return response;
}

/// Tells about this organisation's users only.
aio::Task<Reply> unlock_user(const Context& context, Call& call) {
  const auto user = co_await load_user(context, call);
  if (!user) co_return refuse(user.error());
  auto unlocked = co_await context.parts.accounts.unlock(call.scope, call.principal, user->email, origin_of(call));
  if (!unlocked) co_return refuse(unlocked.error());
  co_return net::HttpResponse{.status = 204};
}

}  // namespace

std::vector<Route> user_routes(const Context& context) {
  const auto route = [&](std::string_view method, std::string_view path, std::string_view id, std::string_view summary,
                         AccessScope scope, std::string_view body, std::vector<Answer> answers, Operation operation) {
    return Route{.method = method,
                 .path = path,
                 .id = id,
                 .tag = "users",
                 .summary = summary,
                 .scope = scope,
                 .body = body,
                 .answers = std::move(answers),
                 .handler = bind(context, operation)};
  };
  auto list = route("GET", "/api/v1/users", "list_users", "Users by e-mail address", AccessScope::users_read, "",
                    {{200, "Users.", "UserPage"}}, list_users);
  list.parameters = k_page_parameters;
  return {
      route("POST", "/api/v1/users", "create_user", "Make a user, who must change the password at the first login",
            AccessScope::users_write, "UserRequest", {{201, "The user; the password only where it was made here.", "NewUser"}},
            create_user),
      list,
      route("GET", "/api/v1/users/{user_id}", "show_user", "One user", AccessScope::users_read, "", {{200, "The user.", "User"}},
            show_user),
      route("PATCH", "/api/v1/users/{user_id}", "update_user", "Change name, role or whether the user may sign in",
            AccessScope::users_write, "UserChange", {{200, "The user.", "User"}}, change_user),
      route("DELETE", "/api/v1/users/{user_id}", "delete_user", "Delete a user and the user's keys", AccessScope::users_write, "",
            {{204, "Deleted."}}, delete_user),
      route("POST", "/api/v1/users/{user_id}/password", "reset_password", "A new password for somebody who forgot it",
            AccessScope::users_write, "", {{200, "The user and the password, shown this once.", "NewUser"}}, reset_password),
      route("POST", "/api/v1/users/{user_id}/unlock", "unlock_user", "End the lock that failed logins brought about",
            AccessScope::users_write, "", {{204, "The user may try again."}}, unlock_user),
  };
}

}  // namespace gannet::api
