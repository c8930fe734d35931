// What is kept of a value that a site stored: enough to recognise it again and to judge whether it is an identifier, never the
// value itself. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gannet::record {

/// Which bytes a value consists of; the narrowest class that holds them all.
enum class CharacterClass {
  empty,
  digits,     // 0-9
  hex,        // 0-9, a-f, A-F
  base64url,  // letters, digits, '-' and '_'
  text,       // UTF-8 without control characters
  binary,
};
std::string_view to_string(CharacterClass character_class);

struct ValueDigest {
  std::uint64_t size_bytes = 0;
  CharacterClass character_class = CharacterClass::empty;
  /// Shannon entropy of the bytes, in bits a byte, times size_bytes: an estimate of how much it could identify.
  double entropy_bits = 0;
  /// First 16 bytes of HMAC-SHA256 under the installation's key, in hex: equal values give equal digests on one installation
  /// only.
  std::string hmac;

  bool operator==(const ValueDigest&) const = default;
};

/// Turns values into digests and takes values out of URLs. Made once from the installation's key; const and free to use from any
/// thread afterwards.
class Redactor {
 public:
  /// `key` is 32 secret bytes.
  explicit Redactor(std::string key);

  ValueDigest digest(std::string_view value) const;

  /// The URL without the values in it. "<n>" stands for n bytes, as they were written, that were taken out.
  ///
  /// Kept: scheme; host and port; path segments, but for those that look like an identifier or hold an e-mail address (a short
  /// file extension stays: "/img/<32>.js"); names of query and path parameters ("?name=", ";name="), but for such as look like an
  /// identifier; whole values of gcs, gcd, gdpr and us_privacy where they have that parameter's form, for they say what was
  /// consented. Taken out: user info; every other parameter value; a parameter without '='; the fragment ("#<n>").
  ///
  /// A URL that is not hierarchical keeps its scheme: "data:image/png,<n>" (with the MIME type), "mailto:<n>", "javascript:<n>";
  /// "about:blank" and "about:srcdoc" stay; "blob:" keeps the URL within, redacted. A relative reference is read as a path.
  ///
  /// Any bytes are fine: what is not printable ASCII comes out percent-encoded. What lies past 8 KiB is taken out as "…<n>".
  std::string url(std::string_view url) const;

  /// The value of the header `name`, in any case. As it is where the name is known to say nothing of the visitor (content type,
  /// caching, policies, …), with what lies past 512 bytes taken out as "…<n>"; as a URL where it is one; a content security
  /// policy without nonces and values; else "<n:digest>": its size and the first 16 hex digits of its HMAC.
  std::string header(std::string_view name, std::string_view value) const;

 private:
  std::string key_;
};

}  // namespace gannet::record
