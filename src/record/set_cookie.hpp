// The cookie string of a Set-Cookie header or a document.cookie assignment, read as Chromium reads it: RFC 6265bis §5.6 and §5.7,
// and where Chromium differs, what it was measured to do (testdata/chromium_cookies.json). Whether the browser then takes the
// cookie (secure channel, name prefixes, domain, HttpOnly from a script) is not decided here. Pure; any bytes are fine.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "record/cookie.hpp"

namespace gannet::record {

struct ParsedCookie {
  /// Empty for a nameless cookie ("value" or "=value").
  std::string name;
  std::string value;
  /// Lower case, one leading dot removed; nullopt for host-only (absent or empty attribute). A lone "." stays: it matches no
  /// host.
  std::optional<std::string> domain;
  /// nullopt unless it starts with '/'.
  std::optional<std::string> path;
  bool secure = false;
  bool http_only = false;
  bool partitioned = false;
  SameSite same_site = SameSite::unspecified;
  /// Relative to `now`; 0 or less means that the cookie is being removed, nullopt a session cookie. A well-formed Max-Age wins
  /// over Expires. As declared (Chromium keeps at most 400 days), but within ±10 000 years so that adding it to an Instant is
  /// safe.
  std::optional<std::int64_t> lifetime_seconds;
};

/// The last attribute of a name wins, even where its value is unusable; attribute values of more than 1024 bytes are ignored.
/// nullopt where Chromium ignores the whole line: name and value both empty, together over 4096 bytes, no name but '=' within the
/// value, or a control character anywhere (also a tab, other than around a name or value, which RFC 6265bis would allow).
std::optional<ParsedCookie> parse_cookie_line(std::string_view line, Instant now);

/// RFC 6265bis §5.1.1's lenient date in UTC; zone names and offsets are ignored. Years of up to five digits; those after 9999
/// count as 9999. nullopt when it is no date.
std::optional<Instant> parse_cookie_date(std::string_view text);

/// RFC 6265bis §5.1.4: the directory of the request path, "/" where there is none.
std::string default_cookie_path(std::string_view url_path);

/// RFC 6265bis §5.1.3: the host is the domain or lies below it. Both lower case, the domain without leading dot. An IP address
/// matches itself only.
bool is_domain_match(std::string_view host, std::string_view domain);

/// Where a cookie was written from.
struct CookieOrigin {
  /// Lower case; an IPv6 address in brackets.
  std::string_view host;
  /// The path of the URL, without query.
  std::string_view path;
};

/// The jar key of a parsed cookie. A domain that equals the host is host-only where the host is an IP address or a single label,
/// as in Chromium; a host that is a public suffix of several labels ("github.io") is not known as such here. The partition key
/// stays empty: it is the top-level site, which the caller knows.
CookieKey cookie_key(const ParsedCookie& parsed, CookieOrigin origin);

}  // namespace gannet::record
