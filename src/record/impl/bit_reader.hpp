// Reads the bit fields of a consent string straight from its base64url text, six bits a character. Unlike base64 proper, a
// consent string may end after any character (GPP pads to six bits, not to bytes). Running past the end sets a sticky failure, so
// that a decoder may read several fields and ask once.
#pragma once

#include <cstdint>
#include <string_view>

namespace gannet::record {

class BitReader {
 public:
  explicit BitReader(std::string_view base64url) : text_(base64url) {}

  /// The next `count` bits, most significant first; `count` is at most 36. 0 once failed.
  std::uint64_t bits(int count) {
    std::uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 1 | next();
    return has_failed_ ? 0 : value;
  }

  int integer(int count) { return int(bits(count)); }
  bool flag() { return bits(1) != 0; }

  /// Past the end, or a character outside the URL-safe alphabet (RFC 4648 section 5).
  bool has_failed() const { return has_failed_; }

 private:
  std::uint64_t next() {
    const std::size_t at = position_ / 6;
    const int sextet = at < text_.size() ? sextet_of(text_[at]) : -1;
    if (sextet < 0) {
      has_failed_ = true;
      return 0;
    }
    return std::uint64_t(sextet) >> (5 - position_++ % 6) & 1U;
  }

  static int sextet_of(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '-') return 62;
    if (c == '_') return 63;
    return -1;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  bool has_failed_ = false;
};

}  // namespace gannet::record
