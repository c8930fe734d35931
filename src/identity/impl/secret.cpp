#include "identity/impl/secret.hpp"

#include <array>

#include <sodium.h>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet::identity::impl {

namespace {

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

}  // namespace

std::string make_secret(std::size_t bytes) {
  ASSERT_INVARIANT(sodium_init() >= 0, "libsodium cannot be used");
  std::string random(bytes, '\0');
  randombytes_buf(random.data(), random.size());
  return encode_base64url(random);
}

bool is_same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  std::array<unsigned char, crypto_auth_hmacsha256_BYTES> mac{};
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, bytes_of(key), key.size());
  crypto_auth_hmacsha256_update(&state, bytes_of(message), message.size());
  crypto_auth_hmacsha256_final(&state, mac.data());
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

}  // namespace gannet::identity::impl
