// Signer: the key by which an installation vouches for what it saw. Ed25519 (RFC 8032). Immutable; any thread may sign.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gannet::evidence {

/// Length of the secret that a Signer is made from.
inline constexpr std::size_t k_signing_seed_bytes = 32;

class Signer {
 public:
  /// Error `invalid` where the seed has another length.
  static Result<Signer> from_seed(std::string_view seed);

  /// 64 hex digits, to be published.
  const std::string& public_key() const { return public_key_; }
  /// 128 hex digits.
  std::string sign(std::string_view message) const;

 private:
  Signer() = default;
  std::array<unsigned char, 64> secret_{};
  std::string public_key_;
};

/// Both in hex. False for what is no key or no signature as well.
bool is_signed_by(std::string_view public_key, std::string_view message, std::string_view signature);

}  // namespace gannet::evidence
