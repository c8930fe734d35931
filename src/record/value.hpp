// What is kept of a value that a site stored: enough to recognise it again and to judge whether it is an identifier, never the
// value itself. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace gannet::record {

enum class CharacterClass { empty, digits, hex, base64url, text, binary };
std::string_view to_string(CharacterClass character_class);

struct ValueDigest {
  std::uint64_t size_bytes = 0;
  CharacterClass character_class = CharacterClass::empty;
  /// Shannon entropy of the bytes, in bits a byte, times size_bytes: an estimate of how much it could identify.
  double entropy_bits = 0;
  /// First 16 bytes of HMAC-SHA256 under the installation's key, in hex: equal values give equal digests on one installation only.
  std::string hmac;

  bool operator==(const ValueDigest&) const = default;
};

/// Turns values into digests. Made once from the installation's key; const and free to use from any thread afterwards.
class Redactor {
 public:
  /// `key` is 32 secret bytes.
  explicit Redactor(std::string key);

  ValueDigest digest(std::string_view value) const;

  /// The URL with each query value replaced by its size ("?q=<5>&page=<1>"), user info and fragment value removed. Names, path and
  /// consent-mode parameters that carry no personal value (gcs, gcd, gdpr, gdpr_consent as <size>) keep their place.
  std::string url(std::string_view url) const;

 private:
  std::string key_;
};

}  // namespace gannet::record
