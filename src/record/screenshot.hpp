// Pictures of a page. A record says which there are; their bytes go beside it, since they are large, kept for a shorter time, and
// of no use to a judgement. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gannet::record {

struct Screenshot {
  /// Of the picture's bytes, in lower-case hex: its key in a ScreenshotSet.
  std::string sha256;
  /// "image/jpeg"
  std::string media_type;
  int width_pixels = 0;
  int height_pixels = 0;
  std::uint64_t size_bytes = 0;
  bool operator==(const Screenshot&) const = default;
};

/// The bytes of pictures by their SHA-256. Equal pictures are there once. One that a record names may be missing: it was not
/// kept, or its time is over.
using ScreenshotSet = std::map<std::string, std::string>;

/// Of a JPEG file (ITU-T T.81 annex B). Nothing for any other bytes.
std::optional<Screenshot> describe_jpeg(std::string_view bytes);

}  // namespace gannet::record
