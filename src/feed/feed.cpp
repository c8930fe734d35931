#include "feed/feed.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <boost/json.hpp>

#include "base/sha256.hpp"
#include "base/text.hpp"

namespace gannet::feed {

namespace json = boost::json;

namespace {

constexpr std::size_t k_id_bytes_max = 255;
constexpr std::size_t k_description_bytes_max = 1000;
constexpr std::size_t k_selector_bytes_max = 1000;
constexpr std::size_t k_pages_max = 50;
constexpr std::size_t k_page_bytes_max = 2000;

const json::value* find(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

Result<std::string> read_text(const json::object& object, std::string_view name, std::size_t bytes_max) {
  const auto* value = find(object, name);
  if (!value) return std::string();
  if (!value->is_string()) return fail(ErrorKind::invalid, "{} must be text", name);
  const std::string_view text = value->as_string();
  if (text.size() > bytes_max) return fail(ErrorKind::invalid, "{} has {} bytes; {} is the most", name, text.size(), bytes_max);
  if (text.contains('\0')) return fail(ErrorKind::invalid, "{} has a NUL character", name);
  return std::string(text);
}

struct Range {
  std::int64_t least;
  std::int64_t most;
};

Result<std::optional<std::int64_t>> read_number(const json::object& object, std::string_view name, Range range) {
  const auto* value = find(object, name);
  if (!value) return std::nullopt;
  if (!value->is_int64() || value->as_int64() < range.least || value->as_int64() > range.most)
    return fail(ErrorKind::invalid, "{} must be a whole number from {} to {}", name, range.least, range.most);
  return value->as_int64();
}

/// The feed's authors write it as a boolean or as text.
Result<bool> read_flag(const json::object& object, std::string_view name) {
  const auto* value = find(object, name);
  if (!value) return false;
  if (value->is_bool()) return value->as_bool();
  if (value->is_string()) {
    const auto text = to_lower(trim(value->as_string()));
    if (text == "true" || text == "false" || text.empty()) return text == "true";
  }
  return fail(ErrorKind::invalid, "{} must be true or false", name);
}

Result<json::array> read_pages(const json::object& object, std::string_view name) {
  const auto* value = find(object, name);
  if (!value) return json::array();
  if (!value->is_array() || value->as_array().size() > k_pages_max)
    return fail(ErrorKind::invalid, "{} must be a list of at most {} pages", name, k_pages_max);
  json::array pages;
  for (const auto& page : value->as_array()) {
    if (!page.is_string() || page.as_string().empty() || page.as_string().size() > k_page_bytes_max)
      return fail(ErrorKind::invalid, "{} must hold paths or URLs of at most {} bytes", name, k_page_bytes_max);
    pages.push_back(page);
  }
  return pages;
}

Result<std::string> read_params(const json::object& data, bool is_deep) {
  json::object params;
  const auto max_pages = TRY(read_number(data, "maxPages", {1, 20'000}));
  const auto scan_depth = TRY(read_number(data, "scanDepth", {0, 10}));
  const auto max_retries = TRY(read_number(data, "maxRetries", {0, 5}));
  auto custom_pages = TRY(read_pages(data, "customPages"));
  auto accept_selector = TRY(read_text(data, "accept_selector", k_selector_bytes_max));
  if (is_deep && max_pages) params["max_pages"] = *max_pages;
  if (is_deep && scan_depth) params["scan_depth"] = *scan_depth;
  if (max_retries) params["max_retries"] = *max_retries;
  if (!custom_pages.empty()) params["custom_pages"] = std::move(custom_pages);
  if (!accept_selector.empty()) params["accept_selector"] = std::move(accept_selector);
  return json::serialize(params);
}

Result<FeedItem> read_item(const json::object& data, std::string id) {
  FeedItem item{.id = std::move(id),
                .domain = {},
                .description = "",
                .scan_type = "",
                .scan_params = "",
                .frequency = "",
                .time_config = "",
                .sha256 = ""};
  const auto domain = TRY(read_text(data, "domain", k_page_bytes_max));
  item.domain = TRY(site::normalise_domain(domain));
  item.description = TRY(read_text(data, "description", k_description_bytes_max));
  const bool is_deep = TRY(read_flag(data, "allow_deep_scan"));
  item.scan_type = is_deep ? "deep" : "quick";
  item.scan_params = TRY(read_params(data, is_deep));
  const auto* schedule = find(data, "schedule");
  if (!schedule || !schedule->is_object())
    return fail(ErrorKind::invalid, "schedule is missing; it must have frequency and time");
  item.frequency = TRY(read_text(schedule->as_object(), "frequency", 100));
  if (item.frequency.empty()) return fail(ErrorKind::invalid, "schedule.frequency is missing");
  const auto* time = find(schedule->as_object(), "time");
  if (!time || !time->is_object())
    return fail(ErrorKind::invalid, "schedule.time must be an object like {{\"hour\": 2, \"minute\": 0}}");
  item.time_config = json::serialize(*time);
  std::string all;
  for (const auto& part :
       {item.id, item.domain.as_sent, item.description, item.scan_type, item.scan_params, item.frequency, item.time_config})
    all += std::to_string(part.size()) + ":" + part;
  item.sha256 = sha256_hex(all);
  return item;
}

/// A document that is no feed, with how it begins: an error page of the other system tells more than "not JSON".
std::unexpected<Error> no_feed(std::string_view why, std::string_view body) {
  return fail(ErrorKind::invalid, "the feed {}; it begins with: {}", why, printable(utf8_prefix(body, 100), 100));
}

}  // namespace

Result<ParsedFeed> parse_feed(std::string_view body) {
  boost::system::error_code error;
  const auto document = json::parse(body, error);
  if (error) return no_feed("is not JSON", body);
  const auto* object = document.if_object();
  const auto* list = object ? object->if_contains("data") : nullptr;
  if (!list || !list->is_array()) return no_feed("has no list \"data\"", body);
  if (list->as_array().size() > k_feed_items_max)
    return fail(ErrorKind::exhausted, "the feed has {} items; {} is the most", list->as_array().size(), k_feed_items_max);

  ParsedFeed feed;
  std::set<std::string> seen;
  for (const auto& entry : list->as_array()) {
    const auto skip = [&feed](std::string id, std::string reason) { feed.invalid.push_back({std::move(id), std::move(reason)}); };
    const auto* fields = entry.if_object();
    if (!fields) {
      skip("", "an item must be an object");
      continue;
    }
    auto id = read_text(*fields, "domain_config_id", k_id_bytes_max);
    auto text = id ? std::string(trim(*id)) : std::string();
    if (text.empty() || printable(text) != text) {
      skip("", id ? "domain_config_id is missing or not printable" : id.error().message());
      continue;
    }
    const auto* data = find(*fields, "data");
    if (!data || !data->is_object()) {
      skip(text, "data is missing");
      continue;
    }
    if (!seen.insert(text).second) {
      skip(text, "this domain_config_id is in the feed twice; the first counts");
      continue;
    }
    auto item = read_item(data->as_object(), text);
    if (item)
      feed.items.push_back(std::move(*item));
    else
      skip(text, printable(item.error().describe(), 300));
  }
  return feed;
}

}  // namespace gannet::feed
