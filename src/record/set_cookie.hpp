// The cookie string of a Set-Cookie header or a document.cookie assignment, read as browsers read it (RFC 6265bis §5.6, §5.7). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "record/cookie.hpp"

namespace gannet::record {

struct ParsedCookie {
  std::string name;
  std::string value;
  /// As given, lower case, leading dot removed; absent or empty attribute: host-only.
  std::optional<std::string> domain;
  /// Only when it starts with '/'.
  std::optional<std::string> path;
  bool secure = false;
  bool http_only = false;
  bool partitioned = false;
  SameSite same_site = SameSite::unspecified;
  /// Max-Age wins over Expires. Relative to `now`; 0 or less means the cookie is being removed. Absent: session.
  std::optional<std::int64_t> lifetime_seconds;
};

/// nullopt where browsers ignore the whole line: name and value both empty, a control character (%x00-08 / %x0A-1F / %x7F), or name and value
/// over 4096 bytes.
std::optional<ParsedCookie> parse_cookie_line(std::string_view line, Instant now);

/// RFC 6265bis §5.1.1's lenient date. nullopt when it is no date.
std::optional<Instant> parse_cookie_date(std::string_view text);

/// RFC 6265bis §5.1.4: the directory of the request path, "/" where there is none.
std::string default_cookie_path(std::string_view url_path);

/// The jar key of a parsed cookie written from this host and path.
CookieKey cookie_key(const ParsedCookie& parsed, std::string_view host, std::string_view url_path);

}  // namespace gannet::record
