#include "base/ids.hpp"

namespace gannet {

Uuid Uuid::make_v7(const Clock& clock, Random& random) {
  Uuid id;
  const auto ms = std::uint64_t(std::chrono::duration_cast<std::chrono::milliseconds>(clock.now().time_since_epoch()).count());
  for (int i = 0; i < 6; ++i) id.bytes_[size_t(i)] = std::uint8_t(ms >> (40 - 8 * i));
  const std::uint64_t a = random.next(), b = random.next();
  for (size_t i = 0; i < 2; ++i) id.bytes_[6 + i] = std::uint8_t(a >> (8 * i));
  for (size_t i = 0; i < 8; ++i) id.bytes_[8 + i] = std::uint8_t(b >> (8 * i));
  id.bytes_[6] = std::uint8_t(0x70 | (id.bytes_[6] & 0x0f));
  id.bytes_[8] = std::uint8_t(0x80 | (id.bytes_[8] & 0x3f));
  return id;
}

Result<Uuid> Uuid::parse(std::string_view text) {
  const auto bad = [&] { return fail(ErrorKind::invalid, "'{}' is not a UUID like 0193f2a0-7e3c-7b1a-9c55-0123456789ab", text); };
  if (text.size() != 36) return bad();
  Uuid id;
  size_t nibble = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (c != '-') return bad();
      continue;
    }
    int value = 0;
    if (c >= '0' && c <= '9')
      value = c - '0';
    else if (c >= 'a' && c <= 'f')
      value = c - 'a' + 10;
    else if (c >= 'A' && c <= 'F')
      value = c - 'A' + 10;
    else
      return bad();
    id.bytes_[nibble / 2] = std::uint8_t(id.bytes_[nibble / 2] << 4 | value);
    ++nibble;
  }
  return id;
}

std::string Uuid::to_string() const {
  std::string text;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes_[i]);
  }
  return text;
}

}  // namespace gannet
