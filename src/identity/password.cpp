#include "identity/password.hpp"

#include <algorithm>
#include <array>

#include <sodium.h>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet::identity {

namespace {

constexpr std::size_t k_password_bytes_max = 256;
constexpr std::size_t k_passphrase_length = 16;

struct Work {
  unsigned long long operations;
  std::size_t memory_bytes;
};

Work work_of(PasswordCost cost) {
  switch (cost) {
    case PasswordCost::interactive: return {crypto_pwhash_OPSLIMIT_INTERACTIVE, crypto_pwhash_MEMLIMIT_INTERACTIVE};
    case PasswordCost::least: return {crypto_pwhash_OPSLIMIT_MIN, crypto_pwhash_MEMLIMIT_MIN};
  }
  return {};
}

/// Characters of UTF-8, or nothing where it is not valid.
std::optional<std::size_t> length_of(std::string_view text) {
  std::size_t length = 0;
  for (; !text.empty(); ++length) {
    char32_t code = 0;
    const auto size = utf8_sequence(text, code);
    if (size == 0) return std::nullopt;
    text.remove_prefix(size);
  }
  return length;
}

bool has(std::string_view text, char first, char last) {
  return std::ranges::any_of(text, [=](char c) { return c >= first && c <= last; });
}

}  // namespace

Result<void> check_password(std::string_view password, std::string_view email, const PasswordRules& rules) {
  const auto length = length_of(password);
  if (!length || password.size() > k_password_bytes_max)
    return fail(ErrorKind::invalid, "password: it must be UTF-8 text of at most {} bytes", k_password_bytes_max);
  const auto length_min = std::max<std::size_t>(rules.length_min, 8);
  if (*length < length_min)
    return fail(ErrorKind::invalid, "password: it has {} characters; it must have {} or more", *length, length_min);
  const bool is_mixed = has(password, 'a', 'z') && has(password, 'A', 'Z') && has(password, '0', '9');
  if (!is_mixed && *length < k_passphrase_length)
    return fail(ErrorKind::invalid,
                "password: it must have a lower-case letter, an upper-case letter and a digit, or {} characters of any kind",
                k_passphrase_length);
  const auto lower = to_lower(password);
  const auto address = to_lower(email);
  if (!address.empty() && (lower == address || lower == address.substr(0, address.find('@'))))
    return fail(ErrorKind::invalid, "password: it must not be the e-mail address or its first part");
  return {};
}

Result<std::string> hash_password_blocking(std::string_view password, PasswordCost cost) {
  ASSERT_INVARIANT(sodium_init() >= 0, "libsodium cannot be used");
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  const auto work = work_of(cost);
  if (crypto_pwhash_str(hash.data(), password.data(), password.size(), work.operations, work.memory_bytes) != 0)
    return fail(ErrorKind::exhausted, "no memory for hashing a password ({} MiB)", work.memory_bytes >> 20);
  return std::string(hash.data());
}

bool verify_password_blocking(std::string_view password, const std::string& hash) {
  ASSERT_INVARIANT(sodium_init() >= 0, "libsodium cannot be used");
  return crypto_pwhash_str_verify(hash.c_str(), password.data(), password.size()) == 0;
}

bool needs_rehash(const std::string& hash, PasswordCost cost) {
  const auto work = work_of(cost);
  return crypto_pwhash_str_needs_rehash(hash.c_str(), work.operations, work.memory_bytes) != 0;
}

std::string make_password() {
  static constexpr std::string_view k_alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
  ASSERT_INVARIANT(sodium_init() >= 0, "libsodium cannot be used");
  std::string password(20, '\0');
  do {
    for (auto& c : password) c = k_alphabet[randombytes_uniform(std::uint32_t(k_alphabet.size()))];
  } while (!check_password(password, ""));
  return password;
}

}  // namespace gannet::identity
