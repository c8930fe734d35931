#include "record/value.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <sodium.h>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet::record {
namespace {

constexpr std::size_t k_hmac_bytes_kept = 16;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_base64url(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_'; }

CharacterClass classify(std::string_view value) {
  if (value.empty()) return CharacterClass::empty;
  if (std::ranges::all_of(value, is_digit)) return CharacterClass::digits;
  if (std::ranges::all_of(value, is_hex)) return CharacterClass::hex;
  if (std::ranges::all_of(value, is_base64url)) return CharacterClass::base64url;
  // printable() leaves exactly the text alone that is valid UTF-8 without control characters.
  return printable(value, value.size() + 1) == value ? CharacterClass::text : CharacterClass::binary;
}

double entropy_bits(std::string_view value) {
  std::array<std::size_t, 256> counts{};
  for (const char c : value) ++counts[std::uint8_t(c)];
  const auto size = double(value.size());
  double bits = 0;
  for (const std::size_t count : counts)
    if (count > 0) bits -= double(count) * std::log2(double(count) / size);
  // One byte value only gives -0.0 or a rounding error; no value has less than nothing.
  return std::max(bits, 0.0);
}

}  // namespace

Redactor::Redactor(std::string key) : key_(std::move(key)) {
  ASSERT_INVARIANT(key_.size() == crypto_auth_hmacsha256_KEYBYTES, "the installation's key has 32 bytes");
  ASSERT_INVARIANT(sodium_init() >= 0, "libsodium starts");
}

ValueDigest Redactor::digest(std::string_view value) const {
  const auto bytes = [](const std::string_view& text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256(mac.data(), bytes(value), value.size(), bytes(key_));
  ValueDigest digest;
  digest.size_bytes = value.size();
  digest.character_class = classify(value);
  digest.entropy_bits = entropy_bits(value);
  digest.hmac = encode_hex(std::string_view(reinterpret_cast<const char*>(mac.data()), k_hmac_bytes_kept));
  return digest;
}

}  // namespace gannet::record
