#include "api/problem.hpp"

#include "base/json_writer.hpp"
#include "base/text.hpp"

namespace gannet::api {
namespace {

/// Modules begin a message about a field with its name: "time_config.hour is 24; …".
std::string named_field(std::string_view message) {
  const auto name = message.substr(0, message.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_."));
  const bool is_name =
      name.size() < message.size() && message[name.size()] == ' ' && name.find_first_of("_.") != std::string_view::npos;
  return is_name ? std::string(name) : std::string();
}

}  // namespace

Problem Problem::from(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::internal:
      return {.status = 500,
              .detail = "the request could not be done because of an error in Gannet; its log says more",
              .cause = error.describe()};
    case ErrorKind::unavailable: return {.status = 503, .detail = error.describe(), .headers = {{"Retry-After", "5"}}};
    case ErrorKind::exhausted: return {.status = 503, .detail = error.describe(), .headers = {{"Retry-After", "5"}}};
    case ErrorKind::cancelled: return {.status = 503, .detail = "the server is stopping", .headers = {{"Retry-After", "5"}}};
    case ErrorKind::invalid: {
      Problem problem = invalid("", error.describe());
      problem.errors.front().field = named_field(error.message());
      return problem;
    }
    default: return {.status = http_status(error.kind()), .detail = error.describe()};
  }
}

Problem Problem::invalid(std::string field, std::string message) {
  std::string detail = field.empty() ? message : fmt::format("{} {}", field, message);
  return {.status = 422, .detail = std::move(detail), .errors = {{std::move(field), std::move(message)}}};
}

std::string_view problem_code(int status) {
  switch (status) {
    case 400:
    case 413:
    case 414:
    case 415:
    case 422:
    case 431: return "VALIDATION_ERROR";
    case 401: return "AUTHENTICATION_ERROR";
    case 403: return "AUTHORIZATION_ERROR";
    case 404: return "NOT_FOUND";
    case 405: return "METHOD_NOT_ALLOWED";
    case 408: return "TIMEOUT";
    case 409: return "CONFLICT";
    case 412: return "PRECONDITION_FAILED";
    case 423: return "ACCOUNT_LOCKED";
    case 429: return "RATE_LIMIT_EXCEEDED";
    case 502:
    case 503:
    case 504: return "EXTERNAL_SERVICE_ERROR";
    default: return status < 500 ? "BAD_REQUEST" : "INTERNAL_SERVER_ERROR";
  }
}

net::HttpResponse to_response(const Problem& problem, const ProblemPlace& place) {
  const std::string detail = printable(problem.detail);
  JsonWriter json(false);
  json.object([&] {
    json.field("type", "about:blank");
    json.field("title", net::reason_phrase(problem.status));
    json.field("status", problem.status);
    json.field("detail", detail);
    json.field("instance", place.path);
    json.object("error", [&] {
      json.field("code", problem_code(problem.status));
      json.field("message", detail);
      json.object("details", [&] {
        if (!problem.errors.empty())
          json.array("errors", [&] {
            for (const auto& error : problem.errors)
              json.object([&] {
                json.field("field", error.field);
                json.field("message", printable(error.message));
              });
          });
        for (const auto& [name, value] : problem.details) {
          json.key(name);
          json.raw(value);
        }
      });
      json.field("timestamp", format_instant(place.at));
      json.field("request_id", place.request_id);
    });
  });
  net::HttpResponse response = net::HttpResponse::text(problem.status, "application/problem+json", std::move(json).take());
  for (const auto& [name, value] : problem.headers) response.headers.set(name, value);
  return response;
}

}  // namespace gannet::api
