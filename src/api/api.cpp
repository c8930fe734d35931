#include "api/api.hpp"

#include <algorithm>
#include <cmath>

#include "api/impl/context.hpp"
#include "api/openapi.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "embedded/api_schemas.hpp"

namespace gannet::api {
namespace {

/// A client's own id is kept where it is short and plain, because it goes into logs and headers.
bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 128 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

/// What an address counts as for a limit: one IPv6 client has a whole /64.
std::string limit_key(const net::Address& address) {
  if (address.is_v4()) return address.to_string();
  auto bytes = address.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t(0));
  return boost::asio::ip::address_v6(bytes).to_string();
}

std::string_view bucket_name(Bucket bucket) {
  switch (bucket) {
    case Bucket::none: return "none";
    case Bucket::requests: return "requests";
    case Bucket::creations: return "creations";
    case Bucket::logins: return "logins";
  }
  return "requests";
}

std::int64_t seconds_up(std::chrono::milliseconds duration) { return std::chrono::ceil<std::chrono::seconds>(duration).count(); }

std::vector<Route> all_routes(const Context& context) {
  std::vector<Route> routes;
  for (const auto& group : {service_routes, auth_routes, schedule_routes, scan_routes, profile_routes, execution_routes,
                            api_key_routes, user_routes, organisation_routes, audit_routes}) {
    auto more = group(context);
    routes.insert(routes.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  }
  return routes;
}

}  // namespace

class Api::Pipeline {
 public:
  Pipeline(Parts parts, ApiOptions options) : context_{std::move(parts), std::move(options)}, router_(all_routes(context_)) {
    context_.openapi = std::make_shared<net::PreparedBody>(write_openapi(router_.routes(), embedded::api_schemas));
    load_pages(context_);
  }

  aio::Task<net::HttpResponse> handle(aio::Scope scope, net::HttpRequest request);
  net::HttpResponse problem_response(const Problem& problem, std::string_view path, std::string_view request_id) const;

  Context context_;
  Router router_;

 private:
  aio::Task<Reply> answer(Call& call, const Router::Match& match, net::HttpHeaders& extra);
  std::expected<void, Problem> read_query(Call& call, const Route& route) const;
  aio::Task<std::expected<void, Problem>> authenticate(Call& call, const Route& route);
  aio::Task<std::expected<void, Problem>> limit(Call& call, const Route& route, net::HttpHeaders& extra);
  Reply preflight(const Call& call, const Router::Match& match) const;
  void add_common_headers(const Call& call, const Route* route, net::HttpResponse& response) const;
};

aio::Task<net::HttpResponse> Api::Pipeline::handle(aio::Scope scope, net::HttpRequest request) {
  const auto begun = context_.parts.clock.steady_now();
  Call call{.scope = std::move(scope), .request = std::move(request), .request_id = {}, .path = {}, .query = {}};
  const auto given = call.request.headers.find("X-Request-ID");
  call.request_id = given && is_request_id(*given) ? std::string(*given) : context_.parts.random.token(20);
  auto match = router_.match(call.request.method, call.request.path);
  call.path = std::move(match.parameters);
  net::HttpHeaders extra;
  Reply reply = co_await answer(call, match, extra);
  if (!reply && !reply.error().cause.empty())
    LOG_ERROR("api", "{} {} ({}): {}", call.request.method, printable(call.request.path, 300), call.request_id,
              reply.error().cause);
  net::HttpResponse response = reply ? std::move(*reply) : problem_response(reply.error(), call.request.path, call.request_id);
  for (const auto& [name, value] : extra) response.headers.set(name, value);
  add_common_headers(call, match.route, response);
  context_.requests.count(call.request.method, match.route ? match.route->path : std::string_view("unknown"), response.status,
                          std::chrono::duration_cast<std::chrono::microseconds>(context_.parts.clock.steady_now() - begun));
  co_return response;
}

aio::Task<Reply> Api::Pipeline::answer(Call& call, const Router::Match& match, net::HttpHeaders& extra) {
  if (call.request.method == "OPTIONS") co_return preflight(call, match);
  if (!match.route && match.allowed.empty())
    co_return api::refuse(Problem{.status = 404, .detail = "there is nothing at this path; /docs lists what there is"});
  if (!match.route)
    co_return api::refuse(
        Problem{.status = 405,
                .detail = fmt::format("{} is not possible here; {} is", printable(call.request.method, 30), match.allowed),
                .headers = {{"Allow", match.allowed}}});
  const Route& route = *match.route;
  if (route.access != Access::open)
    if (auto known = co_await authenticate(call, route); !known) co_return api::refuse(std::move(known.error()));
  if (route.bucket != Bucket::none)
    if (auto allowed = co_await limit(call, route, extra); !allowed) co_return api::refuse(std::move(allowed.error()));
  if (auto read = read_query(call, route); !read) co_return api::refuse(std::move(read.error()));
  co_return co_await route.handler(call);
}

std::expected<void, Problem> Api::Pipeline::read_query(Call& call, const Route& route) const {
  for (auto& [name, value] : net::parse_query(call.request.query)) {
    if (std::ranges::find(route.parameters, std::string_view(name), &Parameter::name) == route.parameters.end()) {
      std::vector<std::string> known;
      for (const auto& parameter : route.parameters) known.emplace_back(parameter.name);
      return api::refuse(Problem::invalid(printable(name, 100), known.empty()
                                                                    ? std::string("is not known; this takes no parameters")
                                                                    : "is not known; this takes: " + join(known, ", ")));
    }
    call.query.insert_or_assign(std::move(name), std::move(value));
  }
  return {};
}

aio::Task<std::expected<void, Problem>> Api::Pipeline::authenticate(Call& call, const Route& route) {
  const auto authorization = call.request.headers.find("Authorization");
  const auto key = call.request.headers.find("X-API-Key");
  Result<identity::Principal> principal =
      fail(ErrorKind::denied, "this needs a token (Authorization: Bearer …) or a key (X-API-Key)");
  if (authorization && equals_ignoring_case(authorization->substr(0, 7), "Bearer "))
    principal = co_await context_.parts.authenticator.authenticate_token(call.scope, std::string(trim(authorization->substr(7))));
  else if (authorization)
    principal = fail(ErrorKind::denied, "the only scheme of Authorization known here is Bearer");
  else if (key)
    principal = co_await context_.parts.authenticator.authenticate_api_key(call.scope, std::string(*key));
  if (!principal && principal.error().kind() != ErrorKind::denied) co_return api::refuse(principal.error());
  if (!principal) {
    // Guessing keys is limited by address, whatever the routes that are tried.
    const auto taken = co_await context_.parts.coordination.take(
        call.scope, "refused:" + limit_key(call.request.client),
        {.limit = std::max(20, context_.options.rate_limit_requests), .window = context_.options.rate_limit_window});
    if (!taken.allowed)
      co_return api::refuse(Problem{.status = 429,
                                    .detail = "too many refused tokens or keys from this address",
                                    .headers = {{"Retry-After", std::to_string(seconds_up(taken.retry_after))}}});
    co_return api::refuse(
        Problem{.status = 401,
                .detail = principal.error().message(),
                .headers = {{"WWW-Authenticate", authorization || key ? R"(Bearer realm="gannet", error="invalid_token")"
                                                                      : R"(Bearer realm="gannet")"}}});
  }
  call.principal = std::move(*principal);
  if (route.access == Access::scoped && !call.principal.scopes.allows(route.scope))
    co_return api::refuse(Problem{
        .status = 403,
        .detail = fmt::format("this needs the scope {}", to_string(route.scope)),
        .headers = {{"WWW-Authenticate",
                     fmt::format(R"(Bearer realm="gannet", error="insufficient_scope", scope="{}")", to_string(route.scope))}}});
  co_return std::expected<void, Problem>{};
}

aio::Task<std::expected<void, Problem>> Api::Pipeline::limit(Call& call, const Route& route, net::HttpHeaders& extra) {
  const bool is_creation = route.bucket == Bucket::creations;
  int allowed = is_creation ? context_.options.rate_limit_creations : context_.options.rate_limit_requests;
  if (!is_creation && call.principal.rate_limit) allowed = *call.principal.rate_limit;
  if (allowed == 0) co_return std::expected<void, Problem>{};
  const std::string who = route.access == Access::open ? limit_key(call.request.client) : call.principal.rate_bucket();
  const auto window = context_.options.rate_limit_window;
  const auto taken = co_await context_.parts.coordination.take(call.scope, fmt::format("{}:{}", bucket_name(route.bucket), who),
                                                               {.limit = allowed, .window = window});
  const auto name = bucket_name(route.bucket);
  extra.set("RateLimit-Policy", fmt::format("\"{}\";q={};w={}", name, taken.limit, seconds_up(window)));
  extra.set("RateLimit", fmt::format("\"{}\";r={};t={}", name, taken.remaining, seconds_up(taken.reset_after)));
  extra.set("X-RateLimit-Limit", std::to_string(taken.limit));
  extra.set("X-RateLimit-Remaining", std::to_string(taken.remaining));
  extra.set("X-RateLimit-Reset", std::to_string(seconds_up(taken.reset_after)));
  if (taken.allowed) co_return std::expected<void, Problem>{};
  const auto retry = seconds_up(taken.retry_after);
  co_return api::refuse(
      Problem{.status = 429,
              .detail = fmt::format("{} {} in {} s are used up; try again in {} s", allowed, name, seconds_up(window), retry),
              .headers = {{"Retry-After", std::to_string(retry)}}});
}

Reply Api::Pipeline::preflight(const Call& call, const Router::Match& match) const {
  if (match.allowed.empty() && call.request.path != "*")
    return api::refuse(Problem{.status = 404, .detail = "there is nothing at this path; /docs lists what there is"});
  net::HttpResponse response{.status = 204};
  response.headers.add("Allow", match.allowed + (match.allowed.empty() ? "OPTIONS" : ", OPTIONS"));
  if (call.request.headers.contains("Access-Control-Request-Method")) {
    response.headers.add("Access-Control-Allow-Methods", match.allowed);
    response.headers.add("Access-Control-Allow-Headers",
                         "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, X-API-Key, X-Request-ID");
    response.headers.add("Access-Control-Max-Age", "600");
  }
  return response;
}

void Api::Pipeline::add_common_headers(const Call& call, const Route* route, net::HttpResponse& response) const {
  auto& headers = response.headers;
  headers.set("X-Request-ID", call.request_id);
  headers.set("X-Content-Type-Options", "nosniff");
  headers.set("X-Frame-Options", "DENY");
  headers.set("Referrer-Policy", "no-referrer");
  if (!headers.contains("Content-Security-Policy"))
    headers.set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
  if (call.request.is_secure) headers.set("Strict-Transport-Security", "max-age=31536000");
  // What belongs to a caller stays out of shared caches; with a tag the caller's own may ask again.
  if (!headers.contains("Cache-Control") && (!route || route->access != Access::open))
    headers.set("Cache-Control", headers.contains("ETag") ? "private, no-cache" : "no-store");
  const auto origin = call.request.headers.find("Origin");
  const auto& origins = context_.options.cors_origins;
  if (origins.empty()) return;
  headers.set("Vary", headers.contains("Vary") ? headers.joined("Vary") + ", Origin" : "Origin");
  if (!origin || std::ranges::find(origins, *origin) == origins.end()) {
    for (const char* name : {"Access-Control-Allow-Methods", "Access-Control-Allow-Headers", "Access-Control-Max-Age"})
      headers.remove(name);
    return;
  }
  headers.set("Access-Control-Allow-Origin", std::string(*origin));
  headers.set("Access-Control-Expose-Headers",
              "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, "
              "X-RateLimit-Reset, X-Next-Cursor, X-Request-ID");
}

net::HttpResponse Api::Pipeline::problem_response(const Problem& problem, std::string_view path,
                                                  std::string_view request_id) const {
  return to_response(problem, {.path = path, .request_id = request_id, .at = context_.parts.clock.now()});
}

Api::Api(Parts parts, ApiOptions options) : pipeline_(std::make_unique<Pipeline>(std::move(parts), std::move(options))) {}
Api::~Api() = default;

aio::Task<net::HttpResponse> Api::handle(aio::Scope scope, net::HttpRequest request) {
  return pipeline_->handle(std::move(scope), std::move(request));
}

net::HttpResponse Api::refuse(int status, const std::string& reason) {
  pipeline_->context_.requests.count("unknown", "unknown", status, std::chrono::microseconds(0));
  const std::string id = pipeline_->context_.parts.random.token(20);
  auto response = pipeline_->problem_response({.status = status, .detail = reason}, "/", id);
  response.headers.set("X-Request-ID", id);
  return response;
}

Bytes Api::body_bytes_max_for(const net::HttpRequest& head) const {
  const auto match = pipeline_->router_.match(head.method, head.path);
  const bool is_own = match.route && match.route->body_bytes_max != 0;
  return is_own ? Bytes{match.route->body_bytes_max} : pipeline_->context_.options.body_bytes_max;
}

const std::string& Api::openapi() const { return pipeline_->context_.openapi->plain; }

}  // namespace gannet::api
