#include "scan/params.hpp"

#include <algorithm>
#include <set>

#include <boost/json.hpp>

#include "base/text.hpp"
#include "consent/consent.hpp"
#include "net/url.hpp"

namespace gannet::scan {

namespace json = boost::json;

namespace {

std::string kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "a text";
    case json::kind::array: return "a list";
    case json::kind::object: return "an object";
  }
  return "";
}

Result<std::int64_t> integer_field(std::string_view name, const json::value& value, std::int64_t min, std::int64_t max) {
  if (!value.is_int64() || value.get_int64() < min || value.get_int64() > max)
    return fail(ErrorKind::invalid, "{} is {}; it must be a whole number from {} to {}", name,
                value.is_int64() ? std::to_string(value.get_int64()) : kind_name(value), min, max);
  return value.get_int64();
}

Result<std::string> text_field(std::string_view name, const json::value& value) {
  if (!value.is_string()) return fail(ErrorKind::invalid, "{} is {}; it must be a text", name, kind_name(value));
  return std::string(value.get_string());
}

Result<std::vector<std::string>> list_field(std::string_view name, const json::value& value) {
  if (!value.is_array()) return fail(ErrorKind::invalid, "{} is {}; it must be a list of texts", name, kind_name(value));
  std::vector<std::string> items;
  for (std::size_t i = 0; i < value.get_array().size(); ++i)
    items.push_back(TRY(text_field(fmt::format("{}[{}]", name, i), value.get_array()[i])));
  return items;
}

Result<WaitStrategy> wait_strategy_field(const json::value& value) {
  const auto name = TRY(text_field("wait_strategy", value));
  if (name == "networkidle" || name == "combined") return WaitStrategy::quiet;
  if (name == "timeout") return WaitStrategy::timeout;
  if (name == "load" || name == "domcontentloaded") return WaitStrategy::load;
  return fail(ErrorKind::invalid, "wait_strategy is '{}'; it must be networkidle, combined, timeout, load or domcontentloaded",
              printable(name));
}

Result<std::string> selector_field(std::string_view name, const json::value& value) {
  auto selector = TRY(text_field(name, value));
  if (selector.empty()) return selector;
  if (auto checked = consent::check_selector(selector); !checked) return pass(checked, std::string(name));
  return selector;
}

Result<Screenshots> screenshots_field(const json::value& value) {
  const auto name = TRY(text_field("screenshots", value));
  if (name == "off") return Screenshots::off;
  if (name == "start") return Screenshots::start;
  if (name == "all") return Screenshots::all;
  return fail(ErrorKind::invalid, "screenshots is '{}'; it must be off, start or all", printable(name, 100));
}

Result<void> read_field(ScanParams& params, std::string_view name, const json::value& value) {
  if (name == "custom_pages") {
    params.custom_pages = TRY(list_field(name, value));
    if (params.custom_pages.size() > k_custom_pages_max)
      return fail(ErrorKind::invalid, "custom_pages has {} entries; at most {} are allowed", params.custom_pages.size(),
                  k_custom_pages_max);
  } else if (name == "consent_states") {
    const auto names = TRY(list_field(name, value));
    params.consent_states = TRY(parse_consent_states(join(names, ",")));
  } else if (name == "accept_selector") {
    params.accept_selector = TRY(selector_field(name, value));
  } else if (name == "reject_selector") {
    params.reject_selector = TRY(selector_field(name, value));
  } else if (name == "timeout") {
    params.timeout = std::chrono::milliseconds(TRY(integer_field("timeout (ms)", value, 5000, 120'000)));
  } else if (name == "wait_for_dynamic_content") {
    params.wait_for_dynamic_content = std::chrono::seconds(TRY(integer_field("wait_for_dynamic_content (s)", value, 0, 60)));
  } else if (name == "wait_strategy") {
    params.wait_strategy = TRY(wait_strategy_field(value));
  } else if (name == "max_retries") {
    params.max_retries = int(TRY(integer_field(name, value, 0, 5)));
  } else if (name == "concurrency") {
    params.concurrency = int(TRY(integer_field(name, value, 1, 20)));
  } else if (name == "screenshots") {
    params.screenshots = TRY(screenshots_field(value));
  } else {
    return fail(
        ErrorKind::invalid,
        "'{}' is not a scan parameter; known are custom_pages, consent_states, accept_selector, reject_selector, timeout, "
        "wait_for_dynamic_content, wait_strategy, max_retries, concurrency and screenshots",
        printable(name, 100));
  }
  return {};
}

}  // namespace

std::chrono::milliseconds visit_budget(const ScanParams& params, bool makes_choice) {
  // Of each load: two settlings, and what our own questions to a slow page and its browser may take.
  constexpr std::chrono::seconds k_questions{30};
  const auto load = params.timeout + 2 * params.wait_for_dynamic_content + k_questions;
  return makes_choice ? 2 * load + k_consent_budget : load;
}

std::chrono::milliseconds state_budget(std::chrono::milliseconds left, StatesToCome states) {
  const auto rounds = (states.count + states.concurrency - 1) / states.concurrency;
  return left / std::int64_t(std::max<std::size_t>(rounds, 1));
}

Result<ScanParams> parse_scan_params(std::string_view json_text) {
  boost::system::error_code error;
  const auto value = json::parse(json_text, error);
  if (error) return fail(ErrorKind::invalid, "not JSON: {}", error.message());
  if (!value.is_object()) return fail(ErrorKind::invalid, "{} instead of a JSON object with scan parameters", kind_name(value));
  ScanParams params;
  for (const auto& [name, member] : value.get_object()) {
    auto read = read_field(params, name, member);
    if (!read) return std::unexpected(std::move(read.error()));
  }
  return params;
}

Result<std::vector<record::ConsentState>> parse_consent_states(std::string_view text) {
  std::vector<record::ConsentState> states;
  for (const auto part : split(text, ',')) {
    const auto name = trim(part);
    std::optional<record::ConsentState> state;
    for (const auto candidate : {record::ConsentState::untouched, record::ConsentState::rejected, record::ConsentState::accepted})
      if (name == record::to_string(candidate)) state = candidate;
    if (!state)
      return fail(ErrorKind::invalid, "'{}' is not a consent state; known are untouched, rejected and accepted",
                  printable(name, 100));
    if (std::find(states.begin(), states.end(), *state) != states.end())
      return fail(ErrorKind::invalid, "consent state '{}' is named twice", name);
    states.push_back(*state);
  }
  return states;
}

Result<std::vector<std::string>> pages_to_visit(const std::string& start_url, const std::vector<std::string>& custom_pages) {
  const auto start = TRY(net::Url::parse(start_url));
  std::vector<std::string> pages = {start_url};
  std::set<std::string> seen = {net::normalised_for_dedup(start)};
  for (const auto& page : custom_pages) {
    auto url = net::resolve(start, page);
    if (!url) return pass(url, fmt::format("page '{}'", printable(page, 200)));
    if (!url->scheme().starts_with("http"))
      return fail(ErrorKind::invalid, "page '{}': only http and https pages can be visited", printable(page, 200));
    if (seen.insert(net::normalised_for_dedup(*url)).second) pages.push_back(url->without_fragment());
  }
  if (pages.size() > k_custom_pages_max + 1)
    return fail(ErrorKind::invalid, "{} pages besides the start page; at most {} are allowed", pages.size() - 1,
                k_custom_pages_max);
  return pages;
}

}  // namespace gannet::scan
