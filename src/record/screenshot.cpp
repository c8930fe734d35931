#include "record/screenshot.hpp"

#include <array>

#include <sodium.h>

#include "base/text.hpp"

namespace gannet::record {
namespace {

/// RIFF and chunk headers; then frame tag, start code and two sizes, or flags and two sizes.
constexpr std::size_t k_header_bytes = 30;

struct Size {
  int width = 0;
  int height = 0;
};

std::optional<Size> size_in_header(std::string_view bytes) {
  const auto byte = [&](std::size_t at) { return int(std::uint8_t(bytes[at])); };
  if (bytes.size() < k_header_bytes || !bytes.starts_with("RIFF")) return std::nullopt;
  const auto form = bytes.substr(8, 8);
  if (form == "WEBPVP8 " && bytes.substr(23, 3) == "\x9d\x01\x2a") {
    // 14 bits of size, 2 of scaling.
    const auto size_at = [&](std::size_t at) { return (byte(at) | byte(at + 1) << 8) & 0x3fff; };
    return Size{size_at(26), size_at(28)};
  }
  if (form == "WEBPVP8X") {
    const auto size_at = [&](std::size_t at) { return (byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16) + 1; };
    return Size{size_at(24), size_at(27)};
  }
  return std::nullopt;
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256(hash.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return encode_hex(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace

std::optional<Screenshot> describe_webp(std::string_view bytes) {
  const auto size = size_in_header(bytes);
  if (!size) return std::nullopt;
  return Screenshot{.sha256 = sha256_hex(bytes),
                    .media_type = "image/webp",
                    .width_pixels = size->width,
                    .height_pixels = size->height,
                    .size_bytes = bytes.size()};
}

}  // namespace gannet::record
