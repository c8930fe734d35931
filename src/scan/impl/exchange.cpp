#include "scan/impl/exchange.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/text.hpp"
#include "browser/cdp/json.hpp"
#include "scan/impl/bounds.hpp"

namespace gannet::scan {

namespace cdp = browser::cdp;

namespace {

constexpr std::size_t k_headers_max = 100;
/// A header's name is a word; what is longer is not one.
constexpr std::size_t k_header_name_bytes_max = 100;
/// Longer than any visit; keeps sums of what the browser says in range.
constexpr double k_ms_max = 1e9;

std::int64_t rounded_ms(double ms) { return std::llround(std::clamp(ms, 0.0, k_ms_max)); }

}  // namespace

std::vector<record::Header> read_headers(const boost::json::object& headers, const record::Redactor& redactor) {
  std::vector<record::Header> kept;
  for (const auto& [key, value] : headers) {
    if (!value.is_string()) continue;
    const auto name = to_lower(utf8_prefix(key, k_header_name_bytes_max));
    for (const auto line : split(value.get_string(), '\n')) {
      if (kept.size() == k_headers_max) return kept;
      kept.push_back({name, redactor.header(name, line)});
    }
  }
  return kept;
}

void drop_idle_headers(record::Request& request) {
  static constexpr std::array<std::string_view, 4> k_idle_types = {"font", "image", "media", "stylesheet"};
  static constexpr std::array<std::string_view, 9> k_kept = {"cache-control", "content-encoding", "content-length",
                                                             "content-type",  "cookie",           "expires",
                                                             "referer",       "server",           "set-cookie"};
  const auto has = [](const auto& names, std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  const auto sets_cookie = [](const record::Header& header) { return header.name == "set-cookie"; };
  if (!has(k_idle_types, request.type)) return;
  if (std::ranges::any_of(request.response_headers, sets_cookie)) return;
  for (auto* headers : {&request.request_headers, &request.response_headers})
    std::erase_if(*headers, [&](const record::Header& header) { return !has(k_kept, header.name); });
}

std::uint64_t content_length(const std::vector<record::Header>& headers) {
  const auto header =
      std::ranges::find_if(headers, [](const record::Header& candidate) { return candidate.name == "content-length"; });
  std::uint64_t bytes = 0;
  if (header == headers.end()) return 0;
  const auto text = header->value.view();
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bytes);
  return error == std::errc() ? std::min(bytes, k_bytes_max) : 0;
}

std::optional<HopTimes::Steps> read_steps(const boost::json::object& resource_timing) {
  if (resource_timing.empty()) return std::nullopt;
  const auto step = [&](std::string_view name) { return std::clamp(cdp::number(resource_timing, name, -1), -1.0, k_ms_max); };
  return HopTimes::Steps{.request_s = cdp::number(resource_timing, "requestTime"),
                         .dns_start_ms = step("dnsStart"),
                         .connect_start_ms = step("connectStart"),
                         .ssl_start_ms = step("sslStart"),
                         .ssl_end_ms = step("sslEnd"),
                         .send_start_ms = step("sendStart"),
                         .send_end_ms = step("sendEnd"),
                         .headers_end_ms = step("receiveHeadersEnd")};
}

std::optional<double> read_timestamp(const boost::json::object& params) {
  const auto timestamp = cdp::number(params, "timestamp", -1);
  return timestamp < 0 ? std::nullopt : std::optional(timestamp);
}

std::optional<std::int64_t> duration_ms(const HopTimes& times) {
  if (!times.sent_s || !times.ended_s) return std::nullopt;
  return rounded_ms((*times.ended_s - *times.sent_s) * 1000);
}

std::optional<record::Timing> make_timing(const HopTimes& times) {
  const auto total = duration_ms(times);
  if (!total || !times.steps) return std::nullopt;
  const auto& steps = *times.steps;
  const double offset_ms = (steps.request_s - *times.sent_s) * 1000;
  // Each step begins where the one before ended, so that rounding loses nothing between them.
  std::int64_t reached = 0;
  const auto advance_to = [&](double step_ms) {
    const auto at = step_ms < 0 ? reached : std::clamp(rounded_ms(offset_ms + step_ms), reached, std::max(reached, *total));
    return at - std::exchange(reached, at);
  };
  const bool has_dns = steps.dns_start_ms >= 0, has_connect = steps.connect_start_ms >= 0;
  record::Timing timing;
  timing.blocked_ms = advance_to(has_dns ? steps.dns_start_ms : has_connect ? steps.connect_start_ms : steps.send_start_ms);
  if (has_dns) timing.dns_ms = advance_to(has_connect ? steps.connect_start_ms : steps.send_start_ms);
  if (has_connect) timing.connect_ms = advance_to(steps.send_start_ms);
  if (has_connect && steps.ssl_start_ms >= 0)
    timing.ssl_ms = std::min(rounded_ms(steps.ssl_end_ms - steps.ssl_start_ms), *timing.connect_ms);
  timing.send_ms = advance_to(steps.send_end_ms);
  timing.wait_ms = advance_to(steps.headers_end_ms);
  timing.receive_ms = *total - reached;
  return timing;
}

}  // namespace gannet::scan
