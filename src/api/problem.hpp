// Problem: why a request was not done, as the client reads it: an RFC 9457 document with the guides' error object inside. Pure.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "net/http_message.hpp"

namespace gannet::api {

struct FieldError {
  std::string field;  // "time_config.hour"; "" for the whole body.
  std::string message;
};

struct Problem {
  int status = 500;
  std::string detail;
  std::vector<FieldError> errors{};
  net::HttpHeaders headers{};
  /// More members of the error object's `details`, as (name, JSON).
  std::vector<std::pair<std::string, std::string>> details{};
  /// For our log alone.
  std::string cause{};

  /// What an error of a module means to a client. The text of those that are ours to mend is the cause.
  static Problem from(const Error& error);
  static Problem invalid(std::string field, std::string message);
};

/// The guides' word for a status: "VALIDATION_ERROR", "NOT_FOUND".
std::string_view problem_code(int status);

struct ProblemPlace {
  std::string_view path;
  std::string_view request_id;
  Instant at;
};

/// The document: type, title, status, detail, instance, and `error` with code, message, details, timestamp, request_id.
net::HttpResponse to_response(const Problem& problem, const ProblemPlace& place);

}  // namespace gannet::api
