#include "api/openapi.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace gannet::api {
namespace {

struct SharedProblem {
  int status;
  std::string_view name;
  std::string_view doc;
};

constexpr SharedProblem k_problems[] = {
    {400, "BadRequest", "The request is not well-formed."},
    {401, "Unauthorized", "The token or key is missing, wrong or expired."},
    {403, "Forbidden", "The token or key has not the scope that this needs."},
    {404, "NotFound", "There is no such thing in this organisation."},
    {409, "Conflict", "The state of the thing does not allow this now."},
    {412, "PreconditionFailed", "The thing was changed since the tag in If-Match."},
    {413, "ContentTooLarge", "The body is longer than this takes."},
    {415, "UnsupportedMediaType", "The body must be JSON."},
    {422, "Unprocessable", "A field is not valid; `error.details.errors` names each."},
    {429, "TooManyRequests", "The rate limit is used up; Retry-After says for how long."},
    {500, "InternalError", "An error in Gannet; its log has the request's id."},
    {503, "Unavailable", "The database or another part is not there now; Retry-After says when to try again."},
};

std::string ref(std::string_view kind, std::string_view name) {
  return fmt::format(R"({{"$ref":"#/components/{}/{}"}})", kind, name);
}

bool applies(const Route& route, const SharedProblem& problem) {
  const bool has_body = !route.body.empty();
  switch (problem.status) {
    case 401: return route.access != Access::open || route.bucket == Bucket::logins;
    case 403: return route.access == Access::scoped;
    case 404: return route.path.find('{') != std::string_view::npos;
    case 409: return route.method != "GET";
    case 412: return route.takes_if_match;
    case 413:
    case 415: return has_body;
    case 422: return has_body || !route.parameters.empty() || route.path.find('{') != std::string_view::npos;
    case 429: return route.bucket != Bucket::none;
    default: return true;
  }
}

class Writer {
 public:
  Writer(std::span<const Route> routes, std::string_view schemas) : routes_(routes), schemas_(schemas) {}

  std::string write() && {
    json_.object([&] {
      json_.field("openapi", "3.1.0");
      json_.object("info", [&] {
        json_.field("title", "Gannet");
        json_.field("version", version());
        json_.field("summary", "Schedules, scans and what they found.");
        json_.object("license", [&] {
          json_.field("name", "Apache-2.0");
          json_.field("identifier", "Apache-2.0");
        });
      });
      json_.array("servers", [&] { json_.object([&] { json_.field("url", "/"); }); });
      write_tags();
      json_.object("paths", [&] { write_paths(); });
      json_.object("components", [&] { write_components(); });
    });
    return std::move(json_).take();
  }

 private:
  void write_tags() {
    std::set<std::string_view> seen;
    json_.array("tags", [&] {
      for (const auto& route : routes_)
        if (seen.insert(route.tag).second)
          json_.object([&] {
            json_.field("name", route.tag);
            json_.field("description", fmt::format("Operations on {}.", route.tag));
          });
    });
  }

  void write_paths() {
    std::vector<std::string_view> paths;
    for (const auto& route : routes_)
      if (std::ranges::find(paths, route.path) == paths.end()) paths.push_back(route.path);
    for (const auto path : paths)
      json_.object(path, [&] {
        write_path_parameters(path);
        for (const auto& route : routes_)
          if (route.path == path) json_.object(to_lower(route.method), [&] { write_operation(route); });
      });
  }

  void write_path_parameters(std::string_view path) {
    if (path.find('{') == std::string_view::npos) return;
    json_.array("parameters", [&] {
      for (const auto segment : split(path, '/')) {
        if (!segment.starts_with('{')) continue;
        const auto name = segment.substr(1, segment.size() - 2);
        json_.object([&] {
          json_.field("name", name);
          json_.field("in", "path");
          json_.field("required", true);
          json_.key("schema");
          json_.raw(name.ends_with("_id") ? R"({"type":"string","format":"uuid"})" : R"({"type":"string"})");
        });
      }
    });
  }

  void write_operation(const Route& route) {
    json_.field("operationId", route.id);
    json_.array("tags", [&] { json_.value(route.tag); });
    json_.field("summary", route.summary);
    if (route.access == Access::scoped) json_.field("description", fmt::format("Needs the scope `{}`.", to_string(route.scope)));
    json_.array("security", [&] {
      if (route.access == Access::open) return;
      for (const char* scheme : {"bearer", "api_key"}) json_.object([&] { json_.array(scheme, [] {}); });
    });
    write_parameters(route);
    if (!route.body.empty())
      json_.object("requestBody", [&] {
        json_.field("required", true);
        write_content("application/json", route.body);
      });
    json_.object("responses", [&] {
      for (const auto& answer : route.answers)
        json_.object(std::to_string(answer.status), [&] {
          json_.field("description", answer.doc);
          if (!answer.schema.empty() || answer.content_type != "application/json")
            write_content(answer.content_type, answer.schema);
        });
      for (const auto& problem : k_problems) {
        const bool is_own = std::ranges::any_of(route.answers, [&](const Answer& a) { return a.status == problem.status; });
        if (!applies(route, problem) || is_own) continue;
        json_.key(std::to_string(problem.status));
        json_.raw(ref("responses", problem.name));
      }
    });
  }

  void write_parameters(const Route& route) {
    if (route.parameters.empty() && !route.takes_idempotency_key && !route.takes_if_match) return;
    json_.array("parameters", [&] {
      for (const auto& parameter : route.parameters)
        json_.object([&] {
          json_.field("name", parameter.name);
          json_.field("in", "query");
          json_.field("description", parameter.doc);
          json_.key("schema");
          json_.raw(parameter.schema);
        });
      if (route.takes_idempotency_key) json_.raw(ref("parameters", "IdempotencyKey"));
      if (route.takes_if_match) json_.raw(ref("parameters", "IfMatch"));
    });
  }

  void write_content(std::string_view type, std::string_view schema) {
    json_.object("content", [&] {
      json_.object(type, [&] {
        json_.key("schema");
        json_.raw(schema.empty() ? R"({"type":"string"})" : ref("schemas", schema));
      });
    });
  }

  void write_components() {
    json_.key("schemas");
    json_.raw(schemas_);
    json_.object("responses", [&] {
      for (const auto& problem : k_problems)
        json_.object(problem.name, [&] {
          json_.field("description", problem.doc);
          write_content("application/problem+json", "Problem");
        });
    });
    json_.object("parameters", [&] {
      json_.key("IdempotencyKey");
      json_.raw(
          R"({"name":"Idempotency-Key","in":"header","description":"A key of the client's: the same request with the same key is done once within a day, and answered the same.","schema":{"type":"string","minLength":1,"maxLength":200}})");
      json_.key("IfMatch");
      json_.raw(
          R"({"name":"If-Match","in":"header","description":"The ETag of the version that the client edits: 412 when it is no longer the newest.","schema":{"type":"string"}})");
    });
    json_.key("securitySchemes");
    json_.raw(
        R"({"bearer":{"type":"http","scheme":"bearer","bearerFormat":"JWT","description":"An access token from /api/v1/auth/login or gannet token."},"api_key":{"type":"apiKey","in":"header","name":"X-API-Key","description":"A key from /api/v1/api-keys."}})");
  }

  std::span<const Route> routes_;
  std::string_view schemas_;
  JsonWriter json_{false};
};

}  // namespace

std::string write_openapi(std::span<const Route> routes, std::string_view schemas) { return Writer(routes, schemas).write(); }

}  // namespace gannet::api
