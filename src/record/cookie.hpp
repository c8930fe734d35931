// Cookies as a browser has them (RFC 6265bis) and the writes that made them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "record/shared.hpp"
#include "record/value.hpp"

namespace gannet::record {

/// One page load happens in one consent state.
enum class ConsentState { untouched, rejected, accepted };
std::string_view to_string(ConsentState state);

/// The ordered phases of a visit: s0 loaded and settled, s1 scrolled, s2 consent action taken, s3 reloaded in the same context.
enum class Phase { s0, s1, s2, s3 };
/// "S0" … "S3".
std::string_view to_string(Phase phase);

enum class SameSite { unspecified, none, lax, strict };
std::string_view to_string(SameSite same_site);

/// What makes two cookies the same one in a jar (RFC 6265bis §5.7: name, domain, host-only flag, path; plus the partition).
struct CookieKey {
  std::string name;
  /// Lower case, no leading dot.
  std::string domain;
  bool host_only = true;
  std::string path;
  /// Top-level site of a partitioned cookie (CHIPS), empty otherwise.
  std::string partition_key;
  auto operator<=>(const CookieKey&) const = default;
};

struct Cookie {
  CookieKey key;
  bool secure = false;
  bool http_only = false;
  SameSite same_site = SameSite::unspecified;
  /// Absent: a session cookie.
  std::optional<Instant> expires;
  /// Name and value together, as browsers count the limit of 4096.
  std::uint64_t size_bytes = 0;
  ValueDigest value;
};

enum class WriterKind {
  http,     // A Set-Cookie header; url is the response that carried it.
  script,   // A script in a frame or worker; url is the innermost script file on the stack, empty where it had none.
  unknown,  // No write was observed: a service worker, or something this version does not see. Never guessed.
};
std::string_view to_string(WriterKind kind);

/// Who wrote a cookie or a storage entry.
struct Writer {
  WriterKind kind = WriterKind::unknown;
  /// Redacted.
  std::string url;
  int line = 0;
  int column = 0;
  /// "Set-Cookie", "document.cookie", "cookieStore.set", "cookieStore.delete", "localStorage.setItem", "indexedDB.open" …
  std::string method;
  /// The document the write ran in, or that caused the request (redacted).
  std::string document_url;
  /// Script: the stack, innermost first, asynchronous callers after. HTTP: what caused the request, innermost first.
  CallStack stack;
  /// Written by Gannet's own consent action, not by the site.
  bool by_gannet = false;
};

/// One observed write: a Set-Cookie header or a script call, kept or refused by the browser.
struct CookieWrite {
  /// As declared by the write; domain and path after the defaults of RFC 6265bis §5.7.
  Cookie cookie;
  /// Max-Age or Expires as declared, relative to the write; absent for a session cookie. Browsers cap it (Chromium at 400 days).
  std::optional<std::int64_t> declared_lifetime_seconds;
  Writer writer;
  Phase phase = Phase::s0;
  /// The page (as asked for) that was being visited.
  std::string page_url;
  Instant at;
  /// Expired on arrival: the write removes a cookie.
  bool is_deletion = false;
  /// Chromium's names ("SameSiteNoneInsecure", "ThirdPartyPhaseout", …); empty when the browser took it.
  std::vector<std::string> blocked_reasons;
  bool is_blocked() const { return !blocked_reasons.empty(); }
};

}  // namespace gannet::record
