// What every operation has at hand: the API's parts, and the few shapes that requests and answers share.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/api.hpp"
#include "api/body_reader.hpp"
#include "api/route.hpp"
#include "base/json_writer.hpp"
#include "identity/audit.hpp"

namespace gannet::api {

struct Context {
  Parts parts;
  ApiOptions options;
  RequestMetrics requests{};
  std::shared_ptr<const net::PreparedBody> openapi{};
  /// The files of /docs by name.
  std::map<std::string, std::shared_ptr<const net::PreparedBody>, std::less<>> pages{};
};

/// An operation: a coroutine on values that outlive it.
using Operation = aio::Task<Reply> (*)(const Context& context, Call& call);
inline Handler bind(const Context& context, Operation operation) {
  return [&context, operation](Call& call) { return operation(context, call); };
}

inline std::unexpected<Problem> refuse(const Error& error) { return std::unexpected(Problem::from(error)); }
inline std::unexpected<Problem> refuse(Problem problem) { return std::unexpected(std::move(problem)); }
/// What another organisation owns is as absent as what nobody owns.
std::unexpected<Problem> not_found(std::string_view what, std::string_view id);

net::HttpResponse json_response(int status, std::string body);
template <class Write>
net::HttpResponse json_object(int status, Write write) {
  JsonWriter json(false);
  json.object([&] { write(json); });
  return json_response(status, std::move(json).take());
}

void optional_field(JsonWriter& json, std::string_view name, const std::optional<std::string>& text);
void optional_field(JsonWriter& json, std::string_view name, const std::optional<Instant>& at);
void optional_field(JsonWriter& json, std::string_view name, const std::optional<std::int64_t>& number);
/// An id, or null.
template <class Tag>
void optional_field(JsonWriter& json, std::string_view name, const std::optional<Id<Tag>>& id) {
  optional_field(json, name, id ? std::optional(id->to_string()) : std::nullopt);
}

/// The parameters of a query, each read once. Mistakes are collected, unknown names among them.
class QueryReader {
 public:
  explicit QueryReader(const Call& call) : call_(call) {}

  std::optional<std::string> text(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::int64_t integer(std::string_view name, std::int64_t absent, NumberBounds bounds);
  std::optional<Instant> instant(std::string_view name);
  std::optional<std::string> choice(std::string_view name, std::string_view words);  // "quick|deep"
  template <class IdType>
  std::optional<IdType> id(std::string_view name) {
    const auto written = text(name);
    if (!written) return std::nullopt;
    auto parsed = IdType::parse(*written);
    if (parsed) return *parsed;
    wrong(name, "must be a UUID");
    return std::nullopt;
  }
  /// What cursor_text() wrote: the last thing of the page before, by its time and its id.
  template <class IdType>
  std::optional<std::pair<Instant, IdType>> cursor(std::string_view name) {
    const auto written = text(name);
    if (!written) return std::nullopt;
    const auto at = written->find('.');
    const auto micros = parse_micros(std::string_view(*written).substr(0, at));
    auto id = IdType::parse(at == std::string::npos ? std::string_view() : std::string_view(*written).substr(at + 1));
    if (micros && id) return std::pair(*micros, *id);
    wrong(name, "must be the next_cursor of the page before");
    return std::nullopt;
  }
  void wrong(std::string_view name, std::string message) { errors_.push_back({std::string(name), std::move(message)}); }
  std::optional<Problem> finish();

 private:
  static std::optional<Instant> parse_micros(std::string_view text);

  const Call& call_;
  std::vector<FieldError> errors_;
};

/// Where the page after this thing begins, whatever is added meanwhile: the things are sorted by time and id, newest first.
template <class IdType>
std::string cursor_text(Instant at, IdType id) {
  return fmt::format("{}.{}", at.time_since_epoch().count(), id.to_string());
}
/// Leaves the first `shown` of a list that was read with one more; returns the cursor of what follows, if anything does.
template <class Item, class CursorOf>
std::optional<std::string> cut_page(std::vector<Item>& items, std::size_t shown, CursorOf cursor_of) {
  if (items.size() <= shown) return std::nullopt;
  items.resize(shown);
  return cursor_of(items.back());
}
inline constexpr Parameter k_cursor_parameter{
    "cursor", R"({"type":"string","maxLength":60})",
    "next_cursor of the page before; in place of a number, which shifts as things are added."};

/// Page numbers from 1 on, as the guides have them.
struct Page {
  int page = 1;
  int page_size = 20;
  int offset() const { return (page - 1) * page_size; }
};
Page read_page(QueryReader& query);
inline const std::vector<Parameter> k_page_parameters{
    {"page", R"({"type":"integer","minimum":1,"maximum":1000000,"default":1})", "Number of the page."},
    {"page_size", R"({"type":"integer","minimum":1,"maximum":100,"default":20})", "Things on a page."}};
std::vector<Parameter> with_page(std::vector<Parameter> others);

/// {"items": […], "total", "page", "page_size", "has_next", "has_prev"}; `write_item(json, item)` writes each.
template <class Item, class Write>
net::HttpResponse page_response(const std::vector<Item>& items, std::int64_t total, const Page& page, Write write_item) {
  return json_object(200, [&](JsonWriter& json) {
    json.array("items", [&] {
      for (const auto& item : items) json.object([&] { write_item(json, item); });
    });
    json.field("total", total);
    json.field("page", page.page);
    json.field("page_size", page.page_size);
    json.field("has_next", std::int64_t(page.offset()) + std::int64_t(items.size()) < total);
    json.field("has_prev", page.page > 1);
  });
}

/// A bare array, for lists by limit and offset.
template <class Item, class Write>
net::HttpResponse array_response(const std::vector<Item>& items, Write write_item) {
  JsonWriter json(false);
  json.begin_array();
  for (const auto& item : items) json.object([&] { write_item(json, item); });
  json.end_array();
  return json_response(200, std::move(json).take());
}

/// An id in the path. The problem is 422 for what is no UUID.
template <class IdType>
std::expected<IdType, Problem> path_id(const Call& call, std::string_view name) {
  auto parsed = IdType::parse(call.path.at(std::string(name)));
  if (parsed) return *parsed;
  return std::unexpected(Problem::invalid(std::string(name), "must be a UUID"));
}

identity::Origin origin_of(const Call& call);
identity::AuditEvent audit(const Call& call, std::string action, std::string resource_type = "", std::string resource_id = "");

/// The tag of a thing's version.
std::string version_etag(std::int64_t version);
/// Whether If-Match lets the edit of this version pass; always where there is none.
bool allows_edit(const Call& call, std::int64_t version);
Problem changed_meanwhile();

// Each returns the routes of one subject; `context` outlives them.
std::vector<Route> service_routes(const Context& context);
/// Fills Context::pages from the folder of swagger-ui-dist; what is missing stays out.
void load_pages(Context& context);
std::vector<Route> auth_routes(const Context& context);
std::vector<Route> api_key_routes(const Context& context);
std::vector<Route> user_routes(const Context& context);
std::vector<Route> organisation_routes(const Context& context);
std::vector<Route> audit_routes(const Context& context);
std::vector<Route> schedule_routes(const Context& context);
std::vector<Route> execution_routes(const Context& context);
std::vector<Route> scan_routes(const Context& context);
std::vector<Route> profile_routes(const Context& context);

}  // namespace gannet::api
