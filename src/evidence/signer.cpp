#include "evidence/signer.hpp"

#include <sodium.h>

#include "base/text.hpp"

namespace gannet::evidence {

namespace {

static_assert(k_signing_seed_bytes == crypto_sign_SEEDBYTES);

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

template <std::size_t N>
std::string to_hex(const std::array<unsigned char, N>& bytes) {
  return encode_hex(std::string_view(reinterpret_cast<const char*>(bytes.data()), N));
}

template <std::size_t N>
bool from_hex(std::string_view text, std::array<unsigned char, N>& bytes) {
  std::size_t length = 0;
  const char* end = nullptr;
  return text.size() == 2 * N && sodium_hex2bin(bytes.data(), N, text.data(), text.size(), nullptr, &length, &end) == 0 &&
         length == N && end == text.data() + text.size();
}

}  // namespace

Result<Signer> Signer::from_seed(std::string_view seed) {
  if (seed.size() != k_signing_seed_bytes)
    return fail(ErrorKind::invalid, "a signing key has {} bytes instead of {}", seed.size(), k_signing_seed_bytes);
  Signer signer;
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> public_key{};
  crypto_sign_seed_keypair(public_key.data(), signer.secret_.data(), bytes_of(seed));
  signer.public_key_ = to_hex(public_key);
  return signer;
}

std::string Signer::sign(std::string_view message) const {
  std::array<unsigned char, crypto_sign_BYTES> signature{};
  crypto_sign_detached(signature.data(), nullptr, bytes_of(message), message.size(), secret_.data());
  return to_hex(signature);
}

bool is_signed_by(std::string_view public_key, std::string_view message, std::string_view signature) {
  std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> key{};
  std::array<unsigned char, crypto_sign_BYTES> bytes{};
  return from_hex(public_key, key) && from_hex(signature, bytes) &&
         crypto_sign_verify_detached(bytes.data(), bytes_of(message), message.size(), key.data()) == 0;
}

}  // namespace gannet::evidence
