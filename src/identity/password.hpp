// Passwords: the rules for new ones, and argon2id (RFC 9106) through libsodium. Hashing takes a sixth of a second and 64 MiB on
// purpose: never on the event loop, never in a transaction.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gannet::identity {

struct PasswordRules {
  /// PASSWORD_MIN_LENGTH; never below 8.
  std::size_t length_min = 8;
};

/// At least length_min characters with a lower-case letter, an upper-case letter and a digit, or 16 and more of any kind; at most
/// 256 bytes of UTF-8; not the e-mail address or its name part. Errors: `invalid`, naming the rule.
Result<void> check_password(std::string_view password, std::string_view email, const PasswordRules& rules = {});

/// How much work a hash is. Tests take `least`.
enum class PasswordCost { interactive, least };

/// "$argon2id$v=19$m=65536,t=2,p=1$…", with its salt. Errors: `exhausted` without memory.
Result<std::string> hash_password_blocking(std::string_view password, PasswordCost cost = PasswordCost::interactive);

/// False also for a hash that cannot be read.
bool verify_password_blocking(std::string_view password, const std::string& hash);

/// Whether the hash was made with another cost than is used now, so that a login should renew it.
bool needs_rehash(const std::string& hash, PasswordCost cost = PasswordCost::interactive);

/// 20 characters that satisfy check_password() and cannot be confused when read aloud (no 0, O, 1, l, I).
std::string make_password();

}  // namespace gannet::identity
