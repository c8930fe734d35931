#include "record/screenshot.hpp"

#include <array>

#include <sodium.h>

#include "base/text.hpp"

namespace gannet::record {

std::string sha256_of_picture(std::string_view bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return encode_hex(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace gannet::record
