#include "record/set_cookie.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <limits>

#include "base/text.hpp"

namespace gannet::record {
namespace {

constexpr std::size_t k_name_and_value_bytes_max = 4096;
constexpr std::size_t k_attribute_bytes_max = 1024;
constexpr std::int64_t k_lifetime_seconds_max = 10'000LL * 31'556'952;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return (c >= 0 && c < 0x20) || c == 0x7f; }
bool has_control(std::string_view text) { return std::ranges::any_of(text, is_control); }

/// Spaces and tabs only: a CR or LF is a control character that spoils the line.
std::string_view trim_blank(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

struct Pair {
  std::string_view name;
  std::string_view value;
};

/// "name = value" with blanks trimmed; without '=' everything is the name.
Pair split_pair(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return {trim_blank(text), {}};
  return {trim_blank(text.substr(0, equals)), trim_blank(text.substr(equals + 1))};
}

/// The attributes that matter, each as its last occurrence gave it.
struct Attributes {
  std::string_view domain, path, max_age, expires, same_site;
  bool secure = false, http_only = false, partitioned = false;
};

/// False where the attribute makes Chromium ignore the line.
bool read_attribute(std::string_view text, Attributes& attributes) {
  const Pair attribute = split_pair(text);
  if (has_control(attribute.name) || has_control(attribute.value)) return false;
  if (attribute.value.size() > k_attribute_bytes_max) return true;
  const auto is = [&](std::string_view name) { return equals_ignoring_case(attribute.name, name); };
  if (is("domain"))
    attributes.domain = attribute.value;
  else if (is("path"))
    attributes.path = attribute.value;
  else if (is("max-age"))
    attributes.max_age = attribute.value;
  else if (is("expires"))
    attributes.expires = attribute.value;
  else if (is("samesite"))
    attributes.same_site = attribute.value;
  else if (is("secure"))
    attributes.secure = true;
  else if (is("httponly"))
    attributes.http_only = true;
  else if (is("partitioned"))
    attributes.partitioned = true;
  return true;
}

/// An optional sign and digits. As in Chromium a number too large for 64 bits saturates, whatever follows it.
std::optional<std::int64_t> parse_max_age(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error == std::errc::result_out_of_range)
    seconds = std::numeric_limits<std::int64_t>::max();
  else if (end != text.data() + text.size())
    return std::nullopt;
  seconds = std::min(seconds, k_lifetime_seconds_max);
  return is_negative ? -seconds : seconds;
}

std::optional<std::int64_t> lifetime(const Attributes& attributes, Instant now) {
  if (const auto seconds = parse_max_age(attributes.max_age)) return seconds;
  const auto expires = parse_cookie_date(attributes.expires);
  if (!expires) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*expires - now).count();
}

SameSite parse_same_site(std::string_view text) {
  for (const SameSite same_site : {SameSite::none, SameSite::lax, SameSite::strict})
    if (equals_ignoring_case(text, to_string(same_site))) return same_site;
  return SameSite::unspecified;
}

std::optional<std::string> normalise_domain(std::string_view attribute) {
  if (attribute.empty()) return std::nullopt;
  if (attribute.starts_with('.') && attribute.size() > 1) attribute.remove_prefix(1);
  return to_lower(attribute);
}

/// IPv6 in brackets, or four groups of digits.
bool is_ip_address(std::string_view host) {
  if (host.starts_with('[')) return true;
  return split(host, '.').size() == 4 && std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
}

// Dates.

/// The delimiters of RFC 6265bis §5.1.1: all printable ASCII but letters, digits and ':', and the tab.
bool is_date_delimiter(char c) {
  return c == 0x09 || (c >= 0x20 && c <= 0x2f) || (c >= 0x3b && c <= 0x40) || (c >= 0x5b && c <= 0x60) ||
         (c >= 0x7b && c <= 0x7e);
}

std::optional<int> parse_digits(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !is_digit(text[0])) return std::nullopt;
  return number;
}

struct DateFields {
  std::optional<int> day, month, year;
  std::optional<std::chrono::seconds> time;
  bool is_time_in_range = true;
};

/// hh:mm:ss, each of any number of digits (as Chromium has it; the RFC wants one or two).
bool read_time(std::string_view token, DateFields& date) {
  const auto parts = split(token, ':');
  if (parts.size() != 3) return false;
  const auto hours = parse_digits(parts[0]), minutes = parse_digits(parts[1]), seconds = parse_digits(parts[2]);
  if (!hours || !minutes || !seconds) return false;
  date.is_time_in_range = *hours < 24 && *minutes < 60 && *seconds < 60;
  date.time = std::chrono::hours(*hours) + std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds);
  return true;
}

std::optional<int> parse_month(std::string_view token) {
  constexpr std::string_view k_months = "janfebmaraprmayjunjulaugsepoctnovdec";
  if (token.size() < 3) return std::nullopt;
  for (int month = 0; month < 12; ++month)
    if (equals_ignoring_case(token.substr(0, 3), k_months.substr(std::size_t(month) * 3, 3))) return month + 1;
  return std::nullopt;
}

/// Gives the token to the first field that is still open and fits it; other tokens mean nothing.
void read_date_token(std::string_view token, DateFields& date) {
  if (!is_digit(token[0])) {
    if (!date.month) date.month = parse_month(token);
  } else if (token.contains(':')) {
    if (!date.time) read_time(token, date);
  } else if (const auto number = parse_digits(token)) {
    if (!date.day && token.size() <= 2)
      date.day = number;
    else if (!date.year && token.size() <= 5)
      date.year = number;
  }
}

}  // namespace

std::optional<Instant> parse_cookie_date(std::string_view text) {
  DateFields date;
  while (!text.empty()) {
    const std::size_t length = std::size_t(std::ranges::find_if(text, is_date_delimiter) - text.begin());
    if (length > 0) read_date_token(text.substr(0, length), date);
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  if (!date.day || !date.month || !date.year || !date.time || !date.is_time_in_range) return std::nullopt;
  int year = *date.year;
  if (year <= 69)
    year += 2000;
  else if (year <= 99)
    year += 1900;
  const std::chrono::year_month_day day(std::chrono::year(std::min(year, 9999)), std::chrono::month(unsigned(*date.month)),
                                        std::chrono::day(unsigned(*date.day)));
  if (!day.ok()) return std::nullopt;
  return Instant(std::chrono::sys_days(day).time_since_epoch() + *date.time);
}

std::optional<ParsedCookie> parse_cookie_line(std::string_view line, Instant now) {
  const std::size_t end = line.find(';');
  Pair pair = split_pair(line.substr(0, end));
  if (!line.substr(0, end).contains('=')) std::swap(pair.name, pair.value);
  if (pair.name.empty() && (pair.value.empty() || pair.value.contains('='))) return std::nullopt;
  if (has_control(pair.name) || has_control(pair.value)) return std::nullopt;
  if (pair.name.size() + pair.value.size() > k_name_and_value_bytes_max) return std::nullopt;

  Attributes attributes;
  if (end != std::string_view::npos)
    for (const std::string_view attribute : split(line.substr(end + 1), ';'))
      if (!read_attribute(attribute, attributes)) return std::nullopt;

  ParsedCookie cookie;
  cookie.name = pair.name;
  cookie.value = pair.value;
  cookie.domain = normalise_domain(attributes.domain);
  if (attributes.path.starts_with('/')) cookie.path = attributes.path;
  cookie.secure = attributes.secure;
  cookie.http_only = attributes.http_only;
  cookie.partitioned = attributes.partitioned;
  cookie.same_site = parse_same_site(attributes.same_site);
  cookie.lifetime_seconds = lifetime(attributes, now);
  return cookie;
}

std::string default_cookie_path(std::string_view url_path) {
  if (!url_path.starts_with('/')) return "/";
  const std::size_t last = url_path.rfind('/');
  return std::string(last == 0 ? "/" : url_path.substr(0, last));
}

bool is_domain_match(std::string_view host, std::string_view domain) {
  if (host == domain) return true;
  return !domain.empty() && host.size() > domain.size() && host.ends_with(domain) &&
         host[host.size() - domain.size() - 1] == '.' && !is_ip_address(host);
}

CookieKey cookie_key(const ParsedCookie& parsed, CookieOrigin origin) {
  CookieKey key;
  key.name = parsed.name;
  key.domain = parsed.domain.value_or(to_lower(origin.host));
  const bool is_dotless = !origin.host.contains('.');
  key.host_only = !parsed.domain || (key.domain == to_lower(origin.host) && (is_dotless || is_ip_address(origin.host)));
  key.path = parsed.path.value_or(default_cookie_path(origin.path));
  return key;
}

}  // namespace gannet::record
