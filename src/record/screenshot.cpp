#include "record/screenshot.hpp"

#include "base/sha256.hpp"

namespace gannet::record {
namespace {

struct Size {
  int width = 0;
  int height = 0;
};

/// Big-endian, of two bytes.
std::size_t number_at(std::string_view bytes, std::size_t at) {
  return std::size_t(std::uint8_t(bytes[at])) << 8 | std::uint8_t(bytes[at + 1]);
}

/// Whether the segment is a frame header (SOF0 to SOF15 but for three of that range that are none; ITU-T T.81 table B.1).
bool is_frame_header(std::uint8_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

/// From the frame header, which segments of other kinds come before.
std::optional<Size> find_size(std::string_view bytes) {
  if (!bytes.starts_with("\xff\xd8")) return std::nullopt;
  // Marker, length of the segment, then for a frame header: precision, height, width.
  for (std::size_t at = 2; at + 9 <= bytes.size() && bytes[at] == '\xff'; at += 2 + number_at(bytes, at + 2))
    if (is_frame_header(std::uint8_t(bytes[at + 1]))) return Size{int(number_at(bytes, at + 7)), int(number_at(bytes, at + 5))};
  return std::nullopt;
}

}  // namespace

std::optional<Screenshot> describe_jpeg(std::string_view bytes) {
  const auto size = find_size(bytes);
  if (!size) return std::nullopt;
  return Screenshot{.sha256 = sha256_hex(bytes),
                    .media_type = "image/jpeg",
                    .width_pixels = size->width,
                    .height_pixels = size->height,
                    .size_bytes = bytes.size()};
}

}  // namespace gannet::record
