#include "record/screenshot.hpp"

#include <array>

#include <sodium.h>

#include "base/text.hpp"

namespace gannet::record {
namespace {

/// RIFF and chunk headers, frame tag, start code and the two sizes.
constexpr std::size_t k_header_bytes = 30;

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return encode_hex(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace

std::optional<Screenshot> describe_webp(std::string_view bytes) {
  if (bytes.size() < k_header_bytes || !bytes.starts_with("RIFF") || bytes.substr(8, 8) != "WEBPVP8 " ||
      bytes.substr(23, 3) != "\x9d\x01\x2a")
    return std::nullopt;
  // 14 bits of size, 2 of scaling.
  const auto size_at = [&](std::size_t at) {
    return (int(std::uint8_t(bytes[at])) | int(std::uint8_t(bytes[at + 1])) << 8) & 0x3fff;
  };
  return Screenshot{.sha256 = sha256_hex(bytes),
                    .media_type = "image/webp",
                    .width_pixels = size_at(26),
                    .height_pixels = size_at(28),
                    .size_bytes = bytes.size()};
}

}  // namespace gannet::record
