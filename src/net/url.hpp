// Url: an absolute http, https, ws or wss address as browsers read it (WHATWG URL Standard), and the questions asked of hosts:
// which site they belong to. Pure values; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gannet::net {

/// Longer texts are refused; Chromium's own limit (url::kMaxURLChars).
inline constexpr std::size_t k_url_bytes_max = 2 * 1024 * 1024;

class Url {
 public:
  /// Parses an absolute URL by the WHATWG rules for special schemes: white space around it is ignored, the host is decoded,
  /// lower-cased and converted to ASCII (UTS #46), numeric hosts become dotted IPv4, default ports and dot segments vanish, bad
  /// characters are percent-encoded. User name and password are dropped (see had_credentials). Errors: `invalid`.
  static Result<Url> parse(std::string_view text);

  /// "http", "https", "ws" or "wss".
  const std::string& scheme() const { return scheme_; }
  /// Lower-case ASCII name, dotted IPv4, or IPv6 in brackets.
  const std::string& host() const { return host_; }
  /// The port to connect to, the scheme's default where none was written.
  std::uint16_t port() const { return port_; }
  bool has_default_port() const;
  /// Begins with "/".
  const std::string& path() const { return path_; }
  /// Without "?"; empty both for none and for an empty one.
  std::string_view query() const { return query_.empty() ? std::string_view() : std::string_view(query_).substr(1); }
  /// Without "#".
  std::string_view fragment() const { return fragment_.empty() ? std::string_view() : std::string_view(fragment_).substr(1); }
  bool is_secure() const { return scheme_ == "https" || scheme_ == "wss"; }
  /// Whether the text that was parsed held a user name or password.
  bool had_credentials() const { return had_credentials_; }

  /// "example.com" or "example.com:8080".
  std::string authority() const;
  /// "https://example.com:8080".
  std::string origin() const;
  std::string to_string() const;
  std::string without_fragment() const;

  bool operator==(const Url& other) const { return to_string() == other.to_string(); }
  auto operator<=>(const Url& other) const { return to_string() <=> other.to_string(); }

 private:
  friend Result<Url> resolve(const Url& base, std::string_view reference);
  Url() = default;
  Result<void> parse_authority_part(std::string_view authority);
  void parse_tail(std::string_view tail);

  std::string scheme_;
  std::string host_;
  std::uint16_t port_ = 0;
  std::string path_;
  std::string query_;     // With its "?", or empty.
  std::string fragment_;  // With its "#", or empty.
  bool had_credentials_ = false;
};

/// What `reference` means on a page at `base` (a link, a redirect's Location). Errors: `invalid`, also for other schemes
/// (mailto:, data:).
Result<Url> resolve(const Url& base, std::string_view reference);

/// The identity of a page: no fragment, no empty query, escapes in their shortest form (RFC 3986 §6.2.2). Order of query
/// parameters counts, because servers may see it.
std::string normalised_for_dedup(const Url& url);

/// What a person typed as the address of a site: a bare host means https. Errors: `invalid`, naming what is wrong and what would
/// be right; among them other schemes, credentials, white space, empty hosts and names that DNS could not hold.
Result<Url> parse_scan_url(std::string_view text);

struct Authority {
  std::string host;  // As Url::host().
  std::uint16_t port = 0;
  bool operator==(const Authority&) const = default;
};

/// "host:port" with both parts present, as in a CONNECT request (RFC 9110 §9.3.6). Errors: `invalid`.
Result<Authority> parse_authority(std::string_view text);

/// The registrable domain of a host by the Public Suffix List with its private section ("a.b.example.co.uk" → "example.co.uk",
/// "me.github.io" → itself). An IP address, a single label or a public suffix is its own. A trailing dot is ignored.
std::string registrable_domain(std::string_view host);

/// Same site regardless of scheme: both hosts have the same registrable domain.
bool is_same_site(std::string_view host_a, std::string_view host_b);

}  // namespace gannet::net
