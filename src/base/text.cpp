#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include <fmt/format.h>

#include "base/units.hpp"

namespace gannet {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unsafe_to_print(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff || code >= 0xe0000;
}

std::optional<std::string> decode_base64_with(std::string_view text, char c62, char c63) {
  while (text.ends_with('=')) text.remove_suffix(1);
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  out.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    std::uint32_t value = 0;
    if (c >= 'A' && c <= 'Z')
      value = std::uint32_t(c - 'A');
    else if (c >= 'a' && c <= 'z')
      value = std::uint32_t(c - 'a' + 26);
    else if (c >= '0' && c <= '9')
      value = std::uint32_t(c - '0' + 52);
    else if (c == c62)
      value = 62;
    else if (c == c63)
      value = 63;
    else
      return std::nullopt;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += char(bits >> count & 0xff);
    }
  }
  return out;
}

}  // namespace

std::size_t utf8_sequence(std::string_view text, char32_t& code) {
  const auto byte = [&](std::size_t i) { return std::uint8_t(text[i]); };
  const std::uint8_t first = byte(0);
  if (first < 0x80) {
    code = first;
    return 1;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  code = first & (0xff >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3f);
  }
  static constexpr std::array<char32_t, 5> k_min = {0, 0, 0x80, 0x800, 0x10000};
  if (code < k_min[length] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return 0;
  return length;
}

std::string to_lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i) out += separator;
    out += parts[i];
  }
  return out;
}

std::string printable(std::string_view untrusted, std::size_t max_bytes) {
  std::string out;
  while (!untrusted.empty()) {
    if (out.size() >= max_bytes) return out + "…";
    char32_t code = 0;
    const std::size_t length = utf8_sequence(untrusted, code);
    if (length == 0) {
      out += fmt::format("\\x{:02x}", std::uint8_t(untrusted[0]));
      untrusted.remove_prefix(1);
      continue;
    }
    if (code == '\n')
      out += "\\n";
    else if (code == '\t')
      out += "\\t";
    else if (code == '\r')
      out += "\\r";
    else if (is_unsafe_to_print(code))
      out += fmt::format("\\u{{{:x}}}", std::uint32_t(code));
    else
      out += untrusted.substr(0, length);
    untrusted.remove_prefix(length);
  }
  return out;
}

std::string_view utf8_prefix(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  while (max_bytes > 0 && (std::uint8_t(text[max_bytes]) & 0xc0) == 0x80) --max_bytes;
  return text.substr(0, max_bytes);
}

std::optional<std::string> decode_base64(std::string_view text) { return decode_base64_with(text, '+', '/'); }
std::optional<std::string> decode_base64url(std::string_view text) { return decode_base64_with(text, '-', '_'); }

std::string encode_base64(std::string_view bytes) {
  static constexpr char k_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) { return i + k < bytes.size() ? std::uint32_t(std::uint8_t(bytes[i + k])) : 0U; };
    const std::uint32_t bits = at(0) << 16 | at(1) << 8 | at(2);
    out += k_alphabet[bits >> 18 & 63];
    out += k_alphabet[bits >> 12 & 63];
    out += i + 1 < bytes.size() ? k_alphabet[bits >> 6 & 63] : '=';
    out += i + 2 < bytes.size() ? k_alphabet[bits & 63] : '=';
  }
  return out;
}

std::string encode_base64url(std::string_view bytes) {
  auto text = encode_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::string encode_hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += fmt::format("{:02x}", std::uint8_t(c));
  return out;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out += char(high * 16 + low);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::string format_bytes(Bytes bytes) {
  const auto n = double(bytes.count);
  if (n < 1e3) return fmt::format("{} B", bytes.count);
  if (n < 1e6) return fmt::format("{:.1f} kB", n / 1e3);
  if (n < 1e9) return fmt::format("{:.1f} MB", n / 1e6);
  return fmt::format("{:.1f} GB", n / 1e9);
}

}  // namespace gannet
