// Signing in and out, and who one is.
#include "api/impl/context.hpp"

namespace gannet::api {
namespace {

using identity::LoginRefused;
using identity::LoginTokens;

net::HttpResponse tokens_response(const LoginTokens& tokens) {
  auto response = json_object(200, [&](JsonWriter& json) {
    json.field("access_token", tokens.access_token);
    json.field("token_type", "bearer");
    json.field("expires_in", tokens.expires_in.count());
    json.field("refresh_token", tokens.refresh_token);
    json.field("must_change_password", tokens.user.must_change_password);
    json.array("scopes", [&] {
      for (const auto name : tokens.scopes.names()) json.value(name);
    });
  });
  response.headers.set("Cache-Control", "no-store");
  return response;
}

Problem refused(const LoginRefused& refusal, Instant now) {
  switch (refusal.reason) {
    case LoginRefused::Reason::locked: {
      Problem problem{.status = 423, .detail = refusal.message};
      if (refusal.locked_until) {
        const auto left = std::chrono::ceil<std::chrono::seconds>(*refusal.locked_until - now).count();
        problem.headers.add("Retry-After", std::to_string(std::max<std::int64_t>(1, left)));
        problem.details.emplace_back("locked_until", '"' + format_instant(*refusal.locked_until) + '"');
      }
      return problem;
    }
    case LoginRefused::Reason::wrong_credentials:
      return {.status = 401,
              .detail = refusal.message,
              .headers = {{"WWW-Authenticate", R"(Bearer realm="gannet")"}},
              .details = {{"attempts_left", std::to_string(refusal.attempts_left)}}};
    case LoginRefused::Reason::disabled: return {.status = 403, .detail = refusal.message};
  }
  return {.status = 401, .detail = refusal.message};
}

aio::Task<Reply> log_in(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  std::string email = body->required_text("email");
  std::string password = body->required_text("password", {.min = 1, .max = 1024});
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto tokens = co_await context.parts.accounts.log_in(call.scope, std::move(email), std::move(password), origin_of(call));
  if (tokens) co_return tokens_response(*tokens);
  if (const auto* refusal = std::get_if<LoginRefused>(&tokens.error()))
    co_return refuse(refused(*refusal, context.parts.clock.now()));
  co_return refuse(std::get<Error>(tokens.error()));
}

aio::Task<Reply> refresh(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  std::string token = body->required_text("refresh_token", {.min = 1, .max = 512});
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto tokens = co_await context.parts.accounts.refresh(call.scope, std::move(token), origin_of(call));
  if (tokens) co_return tokens_response(*tokens);
  if (tokens.error().kind() == ErrorKind::denied)
    co_return refuse(Problem{
        .status = 401, .detail = tokens.error().message(), .headers = {{"WWW-Authenticate", R"(Bearer realm="gannet")"}}});
  co_return refuse(tokens.error());
}

aio::Task<Reply> log_out(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  const bool everywhere = body->boolean("everywhere").value_or(false);
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto& accounts = context.parts.accounts;
  auto done = everywhere ? co_await accounts.log_out_everywhere(call.scope, call.principal, origin_of(call))
                         : co_await accounts.log_out(call.scope, call.principal, origin_of(call));
  if (!done) co_return refuse(done.error());
  context.parts.authenticator.forget();
  co_return net::HttpResponse{.status = 204};
}

aio::Task<Reply> change_password(const Context& context, Call& call) {
  auto body = BodyReader::parse(call.request);
  if (!body) co_return refuse(std::move(body.error()));
  std::string old_password = body->required_text("old_password", {.min = 1, .max = 1024});
  std::string new_password = body->required_text("new_password", {.min = 1, .max = 1024});
  if (auto problem = body->finish()) co_return refuse(std::move(*problem));
  auto tokens = co_await context.parts.accounts.change_password(call.scope, call.principal, std::move(old_password),
                                                                std::move(new_password), origin_of(call));
  if (!tokens) co_return refuse(tokens.error());
  context.parts.authenticator.forget();
  co_return tokens_response(*tokens);
}

aio::Task<Reply> show_me(const Context& context, Call& call) {
  std::optional<identity::User> user;
  if (call.principal.user) {
    auto found =
        co_await context.parts.database.read(call.scope, [organisation = call.principal.organisation, id = *call.principal.user](
                                                             db::Tx& tx) { return identity::find_user(tx, organisation, id); });
    if (!found) co_return refuse(found.error());
    user = std::move(*found);
  }
  co_return json_object(200, [&](JsonWriter& json) {
    optional_field(json, "user_id", call.principal.user);
    json.field("organization_id", call.principal.organisation.to_string());
    json.field("name", call.principal.name);
    optional_field(json, "email", user ? std::optional(user->email) : std::nullopt);
    optional_field(json, "role", user ? std::optional(user->role) : std::nullopt);
    json.field("must_change_password", user && user->must_change_password);
    json.array("scopes", [&] {
      for (const auto name : call.principal.scopes.names()) json.value(name);
    });
  });
}

}  // namespace

std::vector<Route> auth_routes(const Context& context) {
  return {
      {.method = "POST",
       .path = "/api/v1/auth/login",
       .id = "log_in",
       .tag = "auth",
       .summary = "Sign in with e-mail address and password",
       .access = Access::open,
       .bucket = Bucket::logins,
       .body = "Login",
       .answers = {{200, "An access token and a refresh token.", "Tokens"},
                   {403, "The user is disabled.", "Problem", "application/problem+json"},
                   {423, "Locked after failed logins.", "Problem", "application/problem+json"}},
       .handler = bind(context, log_in)},
      {.method = "POST",
       .path = "/api/v1/auth/refresh",
       .id = "refresh_tokens",
       .tag = "auth",
       .summary = "New tokens for a refresh token, which is spent by it",
       .access = Access::open,
       .bucket = Bucket::logins,
       .body = "Refresh",
       .answers = {{200, "New tokens.", "Tokens"}},
       .handler = bind(context, refresh)},
      {.method = "POST",
       .path = "/api/v1/auth/logout",
       .id = "log_out",
       .tag = "auth",
       .summary = "End this login, or all of the user's",
       .access = Access::signed_in,
       .body = "Logout",
       .answers = {{204, "Signed out."}},
       .handler = bind(context, log_out)},
      {.method = "POST",
       .path = "/api/v1/auth/password",
       .id = "change_password",
       .tag = "auth",
       .summary = "Change one's own password",
       .access = Access::signed_in,
       .bucket = Bucket::logins,
       .body = "PasswordChange",
       .answers = {{200, "New tokens; other logins have ended.", "Tokens"},
                   {403, "The old password is wrong.", "Problem", "application/problem+json"}},
       .handler = bind(context, change_password)},
      {.method = "GET",
       .path = "/api/v1/auth/me",
       .id = "show_me",
       .tag = "auth",
       .summary = "Who calls, and what they may do",
       .access = Access::signed_in,
       .answers = {{200, "The caller.", "Me"}},
       .handler = bind(context, show_me)},
  };
}

}  // namespace gannet::api
