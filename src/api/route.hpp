// Route: one operation of the API, declared once. Routing, access checks, limits and the OpenAPI document all come from it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "aio/aio.hpp"
#include "api/problem.hpp"
#include "identity/principal.hpp"
#include "net/http_message.hpp"

namespace gannet::api {

/// One request on its way through a route.
struct Call {
  aio::Scope scope;
  net::HttpRequest request;
  std::string request_id;
  std::map<std::string, std::string, std::less<>> path;   // Parameters of the path, decoded.
  std::map<std::string, std::string, std::less<>> query;  // Only declared ones; the last of each name.
  /// Who calls; meaningless where the route is open.
  identity::Principal principal{};
};

using Reply = std::expected<net::HttpResponse, Problem>;
using Handler = std::function<aio::Task<Reply>(Call&)>;

enum class Access {
  open,       // Anybody.
  signed_in,  // Whoever has a valid token or key.
  scoped,     // Whoever has Route::scope as well.
};

/// Which limit a call counts against.
enum class Bucket { none, requests, creations, logins };

struct Parameter {
  std::string_view name;
  std::string_view schema;  // JSON Schema.
  std::string_view doc;
};

/// A response that the route may give beside the problems that all may give.
struct Answer {
  int status = 200;
  std::string_view doc;
  std::string_view schema{};  // Of a component; "" where there is no body.
  std::string_view content_type = "application/json";
};

struct Route {
  std::string_view method;
  std::string_view path;  // "/api/v1/schedules/{schedule_id}"
  std::string_view id;    // operationId
  std::string_view tag;
  std::string_view summary;
  Access access = Access::scoped;
  identity::AccessScope scope = identity::AccessScope::admin;
  Bucket bucket = Bucket::requests;
  std::vector<Parameter> parameters{};  // Of the query.
  std::string_view body{};              // Component of the request's body; "" where there is none.
  std::vector<Answer> answers{};
  bool takes_idempotency_key = false;
  bool takes_if_match = false;
  std::size_t body_bytes_max = 0;  // 0: the service's limit.
  Handler handler{};
};

class Router {
 public:
  /// Two routes of one method and path, or one that can never be reached, are a bug.
  explicit Router(std::vector<Route> routes);

  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string, std::less<>> parameters;
    /// Where the path is known for other methods only: those, for Allow.
    std::string allowed;
  };
  /// `path` is percent-encoded. HEAD matches what GET does. A fixed segment goes before a parameter, whatever the order of the
  /// routes: /scans/by-domain is not taken for an id.
  Match match(std::string_view method, std::string_view path) const;
  std::span<const Route> routes() const { return routes_; }

 private:
  std::vector<Route> routes_;
  std::vector<std::vector<std::string_view>> segments_;
};

}  // namespace gannet::api
