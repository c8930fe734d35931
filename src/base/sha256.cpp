#include "base/sha256.hpp"

#include <array>

#include <sodium.h>

#include "base/text.hpp"

namespace gannet {

std::string sha256_hex(std::string_view content) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(content.data()), content.size());
  return encode_hex(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace gannet
