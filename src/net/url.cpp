#include "net/url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "base/text.hpp"
#include "net/impl/host.hpp"

namespace gannet::net {
namespace {

struct SchemePort {
  std::string_view scheme;
  std::uint16_t port;
};
constexpr SchemePort k_schemes[] = {{"http", 80}, {"https", 443}, {"ws", 80}, {"wss", 443}};

std::optional<std::uint16_t> default_port(std::string_view scheme) {
  for (const auto& [name, port] : k_schemes)
    if (name == scheme) return port;
  return std::nullopt;
}

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_slash(char c) { return c == '/' || c == '\\'; }

/// The text before ":" where it is a scheme (RFC 3986 §3.1).
std::optional<std::string_view> find_scheme(std::string_view text) {
  if (text.empty() || !is_alpha(text[0])) return std::nullopt;
  for (std::size_t i = 1; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') return text.substr(0, i);
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return std::nullopt;
  }
  return std::nullopt;
}

/// What the standard removes before parsing: C0 controls and spaces at both ends, tabs and line breaks anywhere.
std::string cleaned(std::string_view text) {
  const auto is_edge = [](char c) { return std::uint8_t(c) <= 0x20; };
  while (!text.empty() && is_edge(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_edge(text.back())) text.remove_suffix(1);
  std::string out(text);
  std::erase_if(out, [](char c) { return c == '\t' || c == '\n' || c == '\r'; });
  return out;
}

constexpr std::string_view k_path_encoded = " \"#<>?^`{}";
constexpr std::string_view k_query_encoded = " \"#<>'";
constexpr std::string_view k_fragment_encoded = " \"<>`";

void append_encoded(std::string& out, std::string_view text, std::string_view encoded) {
  for (const char c : text) {
    const auto byte = std::uint8_t(c);
    if (byte < 0x20 || byte >= 0x7f || encoded.find(c) != std::string_view::npos)
      out += fmt::format("%{:02X}", byte);
    else
      out += c;
  }
}

bool is_single_dot(std::string_view segment) { return segment == "." || equals_ignoring_case(segment, "%2e"); }

bool is_double_dot(std::string_view segment) {
  return segment == ".." || equals_ignoring_case(segment, ".%2e") || equals_ignoring_case(segment, "%2e.") ||
         equals_ignoring_case(segment, "%2e%2e");
}

/// Splits at "/" and "\", removes dot segments, encodes. `text` begins with a slash or is empty.
std::string normalised_path(std::string_view text) {
  if (!text.empty()) text.remove_prefix(1);
  std::string out;
  while (true) {
    const auto end = std::min(text.find_first_of("/\\"), text.size());
    const auto segment = text.substr(0, end);
    const bool is_last = end == text.size();
    if (is_double_dot(segment)) {
      out.erase(out.empty() ? 0 : out.rfind('/'));
      if (is_last) out += '/';
    } else if (is_single_dot(segment)) {
      if (is_last) out += '/';
    } else {
      out += '/';
      append_encoded(out, segment, k_path_encoded);
    }
    if (is_last) return out;
    text.remove_prefix(end + 1);
  }
}

Result<std::optional<std::uint16_t>> parse_port(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port > 65535)
    return fail(ErrorKind::invalid, "\"{}\" is not a port; it must be 0 to 65535", printable(text, 20));
  return std::uint16_t(port);
}

/// Escapes of characters that need none are decoded, others get upper-case digits. "%%63f" keeps its escape: decoded it would
/// complete another one, "%cf", which is a different path.
std::string with_shortest_escapes(std::string_view text) {
  constexpr std::string_view k_hex_digits = "0123456789ABCDEFabcdef";
  std::string out;
  /// Where the last "%" stands that begins no escape.
  auto stray = std::string::npos;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto escape = text.substr(i, 3);
    const std::string byte = text[i] == '%' ? percent_decode(escape) : std::string();
    if (byte.size() != 1) {
      if (text[i] == '%') stray = out.size();
      out += text[i];
      continue;
    }
    const char c = byte[0];
    const bool is_plain = is_alpha(c) || is_digit(c) || std::string_view("-._~").find(c) != std::string_view::npos;
    const bool completes_escape =
        stray != std::string::npos && out.size() - stray <= 2 && k_hex_digits.find(c) != std::string_view::npos;
    if (is_plain && !completes_escape)
      out += c;
    else
      out += fmt::format("%{:02X}", std::uint8_t(c));
    i += 2;
  }
  return out;
}

}  // namespace

Result<void> Url::parse_authority_part(std::string_view authority) {
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    had_credentials_ = true;
    authority.remove_prefix(at + 1);
  }
  const auto colon = authority.rfind(':');
  const auto bracket = authority.rfind(']');
  const bool has_port = colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  host_ = TRY(parse_host(has_port ? authority.substr(0, colon) : authority));
  port_ = TRY(parse_port(has_port ? authority.substr(colon + 1) : std::string_view())).value_or(*default_port(scheme_));
  return {};
}

void Url::parse_tail(std::string_view tail) {
  const auto hash = tail.find('#');
  fragment_.clear();
  if (hash != std::string_view::npos) {
    fragment_ = "#";
    append_encoded(fragment_, tail.substr(hash + 1), k_fragment_encoded);
    tail = tail.substr(0, hash);
  }
  const auto question = tail.find('?');
  query_.clear();
  if (question != std::string_view::npos) {
    query_ = "?";
    append_encoded(query_, tail.substr(question + 1), k_query_encoded);
    tail = tail.substr(0, question);
  }
  path_ = normalised_path(tail);
}

Result<Url> Url::parse(std::string_view text) {
  if (text.size() > k_url_bytes_max)
    return fail(ErrorKind::invalid, "the URL has {} bytes; at most {} are read", text.size(), k_url_bytes_max);
  const std::string clean = cleaned(text);
  const auto scheme = find_scheme(clean);
  if (!scheme)
    return fail(ErrorKind::invalid, "\"{}\" has no scheme; it must begin with https:// or http://", printable(clean, 200));
  Url url;
  url.scheme_ = to_lower(*scheme);
  if (!default_port(url.scheme_))
    return fail(ErrorKind::invalid, "the scheme \"{}\" is not one of http, https, ws, wss", printable(url.scheme_, 50));
  std::string_view rest = std::string_view(clean).substr(scheme->size() + 1);
  // "special authority ignore slashes": any number of them, forward or back.
  while (!rest.empty() && is_slash(rest.front())) rest.remove_prefix(1);
  const auto authority = rest.substr(0, rest.find_first_of("/\\?#"));
  if (auto parsed = url.parse_authority_part(authority); !parsed) return pass(parsed);
  url.parse_tail(rest.substr(authority.size()));
  return url;
}

Result<Url> resolve(const Url& base, std::string_view reference) {
  if (reference.size() > k_url_bytes_max)
    return fail(ErrorKind::invalid, "the URL has {} bytes; at most {} are read", reference.size(), k_url_bytes_max);
  std::string clean = cleaned(reference);
  if (const auto scheme = find_scheme(clean)) {
    const std::string_view after = std::string_view(clean).substr(scheme->size() + 1);
    const bool has_authority = after.size() >= 2 && is_slash(after[0]) && is_slash(after[1]);
    // "http:page.html" on an http page is relative (WHATWG "special relative or authority state").
    if (has_authority || to_lower(*scheme) != base.scheme_) return Url::parse(clean);
    clean.erase(0, scheme->size() + 1);
  }
  if (clean.size() >= 2 && is_slash(clean[0]) && is_slash(clean[1])) return Url::parse(base.scheme_ + ":" + clean);
  Url url = base;
  url.had_credentials_ = false;
  if (clean.empty() || clean[0] == '#') {
    const std::string query = url.query_;
    url.parse_tail(base.path_ + clean);
    url.query_ = query;
  } else if (clean[0] == '?') {
    url.parse_tail(base.path_ + clean);
  } else if (is_slash(clean[0])) {
    url.parse_tail(clean);
  } else {
    url.parse_tail(base.path_.substr(0, base.path_.rfind('/') + 1) + clean);
  }
  return url;
}

bool Url::has_default_port() const { return port_ == default_port(scheme_); }
std::string Url::authority() const { return has_default_port() ? host_ : fmt::format("{}:{}", host_, port_); }
std::string Url::origin() const { return scheme_ + "://" + authority(); }
std::string Url::without_fragment() const { return origin() + path_ + query_; }
std::string Url::to_string() const { return without_fragment() + fragment_; }

std::string normalised_for_dedup(const Url& url) {
  std::string out = url.origin() + with_shortest_escapes(url.path());
  if (!url.query().empty()) out += "?" + with_shortest_escapes(url.query());
  return out;
}

Result<Url> parse_scan_url(std::string_view text) {
  const std::string typed(trim(text));
  const std::string shown = printable(typed, 200);
  if (typed.empty())
    return fail(ErrorKind::invalid, "the address is empty; write a host like example.com or a URL like https://example.com/shop");
  if (std::ranges::any_of(typed, [](char c) { return std::uint8_t(c) <= 0x20 || c == 0x7f; }))
    return fail(ErrorKind::invalid, "\"{}\" has a space or control character in it; write spaces in a path as %20", shown);
  std::string absolute = typed;
  const auto scheme = find_scheme(typed);
  const auto after_scheme = scheme ? std::string_view(typed).substr(scheme->size() + 1) : std::string_view();
  // "localhost:8080" is a host with a port, "mailto:me" is a scheme.
  const bool is_host_with_port = scheme && (after_scheme.empty() || is_digit(after_scheme[0]));
  if (scheme && !is_host_with_port) {
    const std::string name = to_lower(*scheme);
    if (name != "http" && name != "https")
      return fail(ErrorKind::invalid, "\"{}\": websites are scanned over http or https, not {}", shown, name);
    if (!after_scheme.starts_with("//"))
      return fail(ErrorKind::invalid, "\"{}\" lacks \"//\" after {}:; write {}://{}", shown, name, name,
                  printable(after_scheme, 200));
  } else {
    absolute = typed.starts_with("//") ? "https:" + typed : "https://" + typed;
  }
  const auto begin = absolute.find("//") + 2;
  if (begin == absolute.size() || std::string_view("/\\?#:").find(absolute[begin]) != std::string_view::npos)
    return fail(ErrorKind::invalid, "\"{}\" has no host; write one like https://example.com", shown);
  auto url = Url::parse(absolute);
  if (!url) return pass(url, fmt::format("\"{}\"", shown));
  if (url->had_credentials())
    return fail(ErrorKind::invalid, "the address has a user name or password before \"@\"; write {}://{} without it",
                url->scheme(), url->authority());
  if (url->port() == 0) return fail(ErrorKind::invalid, "\"{}\": nothing can listen on port 0", shown);
  const auto is_host_character = [](char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; };
  if (!url->host().starts_with('[') && !std::ranges::all_of(url->host(), is_host_character))
    return fail(ErrorKind::invalid, "\"{}\" is not a host name; it may have letters, digits, hyphens and dots",
                printable(url->host(), 200));
  return url;
}

Result<Authority> parse_authority(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto bad = [&] { return fail(ErrorKind::invalid, "\"{}\" is not host:port", printable(text, 200)); };
  if (colon == std::string_view::npos || colon + 1 == text.size()) return bad();
  const auto host = text.substr(0, colon);
  if (!host.starts_with('[') && host.find(':') != std::string_view::npos) return bad();
  const auto port = TRY(parse_port(text.substr(colon + 1)));
  return Authority{TRY(parse_host(host)), *port};
}

}  // namespace gannet::net
