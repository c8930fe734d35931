#include "api/impl/context.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace gannet::api {

std::unexpected<Problem> not_found(std::string_view what, std::string_view id) {
  return refuse(Problem{.status = 404, .detail = fmt::format("there is no {} {}", what, printable(id, 100))});
}

net::HttpResponse json_response(int status, std::string body) {
  return net::HttpResponse::text(status, "application/json", std::move(body));
}

void optional_field(JsonWriter& json, std::string_view name, const std::optional<std::string>& text) {
  json.key(name);
  if (text)
    json.value(*text);
  else
    json.null();
}

void optional_field(JsonWriter& json, std::string_view name, const std::optional<Instant>& at) {
  optional_field(json, name, at ? std::optional(format_instant(*at)) : std::nullopt);
}

void optional_field(JsonWriter& json, std::string_view name, const std::optional<std::int64_t>& number) {
  json.key(name);
  if (number)
    json.value(*number);
  else
    json.null();
}

std::optional<std::string> QueryReader::text(std::string_view name) {
  const auto found = call_.query.find(name);
  return found == call_.query.end() ? std::nullopt : std::optional(found->second);
}

std::optional<bool> QueryReader::boolean(std::string_view name) {
  const auto written = text(name);
  if (!written) return std::nullopt;
  const std::string word = to_lower(*written);
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  wrong(name, "must be true or false");
  return std::nullopt;
}

std::int64_t QueryReader::integer(std::string_view name, std::int64_t absent, NumberBounds bounds) {
  const auto written = text(name);
  if (!written) return absent;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(written->data(), written->data() + written->size(), number);
  if (error == std::errc() && end == written->data() + written->size() && number >= bounds.min && number <= bounds.max)
    return number;
  wrong(name, fmt::format("must be a whole number from {} to {}", bounds.min, bounds.max));
  return absent;
}

std::optional<Instant> QueryReader::instant(std::string_view name) {
  const auto written = text(name);
  if (!written) return std::nullopt;
  if (auto at = parse_instant(*written)) return *at;
  wrong(name, "must be a time in UTC, such as 2026-11-21T22:37:20Z");
  return std::nullopt;
}

std::optional<std::string> QueryReader::choice(std::string_view name, std::string_view words) {
  const auto written = text(name);
  if (!written) return std::nullopt;
  const auto all = split(words, '|');
  if (std::ranges::find(all, std::string_view(*written)) != all.end()) return written;
  std::string list(words);
  std::ranges::replace(list, '|', ' ');
  wrong(name, "must be one of: " + list);
  return std::nullopt;
}

std::optional<Instant> QueryReader::parse_micros(std::string_view text) {
  std::int64_t micros = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), micros);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return Instant(std::chrono::microseconds(micros));
}

std::optional<Problem> QueryReader::finish() {
  if (errors_.empty()) return std::nullopt;
  Problem problem = Problem::invalid(errors_.front().field, errors_.front().message);
  problem.errors = std::move(errors_);
  return problem;
}

Page read_page(QueryReader& query) {
  return {.page = int(query.integer("page", 1, {1, 1'000'000})), .page_size = int(query.integer("page_size", 20, {1, 100}))};
}

std::vector<Parameter> with_page(std::vector<Parameter> others) {
  others.insert(others.begin(), k_page_parameters.begin(), k_page_parameters.end());
  return others;
}

identity::Origin origin_of(const Call& call) {
  return {.ip = call.request.client.to_string(),
          .user_agent = std::string(call.request.headers.find("User-Agent").value_or("")),
          .request_id = call.request_id};
}

identity::AuditEvent audit(const Call& call, std::string action, std::string resource_type, std::string resource_id) {
  return identity::audit_event(call.principal, origin_of(call), std::move(action), std::move(resource_type),
                               std::move(resource_id));
}

std::string version_etag(std::int64_t version) { return fmt::format("\"{}\"", version); }

bool allows_edit(const Call& call, std::int64_t version) {
  const auto wanted = call.request.headers.joined("If-Match");
  return wanted.empty() || net::matches_etag(wanted, version_etag(version));
}

Problem changed_meanwhile() {
  return {.status = 412, .detail = "it was changed since the version in If-Match; read it again and repeat the edit on that"};
}

}  // namespace gannet::api
