// Access tokens: JSON Web Tokens (RFC 7519) in compact form with HMAC-SHA256 and nothing else (RFC 7515, RFC 8725). A small
// strict signer and verifier; pure, but for loading the key.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "identity/principal.hpp"

namespace gannet::identity {

inline constexpr std::size_t k_secret_bytes_min = 32;

/// The secrets that tokens are signed with.
struct TokenKeys {
  std::string current;
  /// Still accepted, never used for signing: what `current` was before the last rotation. Empty for none.
  std::string previous;

  /// From JWT_SECRET_KEY and JWT_SECRET_KEY_PREVIOUS; where the first is empty, from the file "token.key" in the data folder,
  /// which is made (0600, random) when absent. Errors: `invalid` for less than 32 bytes, or a file that others may read.
  static Result<TokenKeys> load(std::string_view secret, std::string_view previous_secret, const std::filesystem::path& data_dir);
};

/// base64url(header) "." base64url(payload) "." base64url(HMAC-SHA256). The header names the algorithm and the key.
std::string sign_token(std::string_view payload, const TokenKeys& keys);

/// The payload of a token that one of the keys signed. Refused, as `denied` and without saying which part was wrong to the byte:
/// any other algorithm ("none" above all), critical extensions, padding or other non-canonical base64url, more or fewer than
/// three parts, more than 8 KiB. Compares in constant time.
Result<std::string> verify_token(std::string_view token, const TokenKeys& keys);

/// The Principal and the times as claims: iss, sub, org, email, scopes, sid, iat, exp, jti.
std::string make_access_token(const Principal& principal, Instant now, std::chrono::seconds lifetime, const TokenKeys& keys);

/// What make_access_token() put in. Errors: `denied`: not ours, expired, or from more than a minute in the future.
Result<Principal> read_access_token(std::string_view token, Instant now, const TokenKeys& keys);

}  // namespace gannet::identity
