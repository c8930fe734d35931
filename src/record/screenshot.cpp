#include "record/screenshot.hpp"

#include "base/sha256.hpp"

namespace gannet::record {
namespace {

/// As far as the sizes of the picture, in either form.
constexpr std::size_t k_header_bytes = 30;

struct Size {
  int width = 0;
  int height = 0;
};

/// Little-endian.
int number_at(std::string_view bytes, std::size_t at, std::size_t count) {
  int number = 0;
  for (std::size_t i = count; i > 0; --i) number = number << 8 | int(std::uint8_t(bytes[at + i - 1]));
  return number;
}

std::optional<Size> find_size(std::string_view bytes) {
  if (bytes.size() < k_header_bytes || !bytes.starts_with("RIFF")) return std::nullopt;
  const auto form = bytes.substr(8, 8);
  // The extended form has sizes less one; the simple one has 14 bits of size and 2 of scaling after its start code.
  if (form == "WEBPVP8X") return Size{1 + number_at(bytes, 24, 3), 1 + number_at(bytes, 27, 3)};
  if (form == "WEBPVP8 " && bytes.substr(23, 3) == "\x9d\x01\x2a")
    return Size{number_at(bytes, 26, 2) & 0x3fff, number_at(bytes, 28, 2) & 0x3fff};
  return std::nullopt;
}

}  // namespace

std::optional<Screenshot> describe_webp(std::string_view bytes) {
  const auto size = find_size(bytes);
  if (!size) return std::nullopt;
  return Screenshot{.sha256 = sha256_hex(bytes),
                    .media_type = "image/webp",
                    .width_pixels = size->width,
                    .height_pixels = size->height,
                    .size_bytes = bytes.size()};
}

}  // namespace gannet::record
