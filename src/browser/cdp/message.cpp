#include "browser/cdp/message.hpp"

#include <charconv>

#include <boost/json/parse.hpp>

#include "base/text.hpp"

namespace gannet::browser::cdp {

namespace json = boost::json;

namespace {

constexpr std::string_view k_replacement_escape = "\\ufffd";
constexpr std::string_view k_replacement = "\xef\xbf\xbd";
constexpr std::size_t k_escape_size = 6;

/// The UTF-16 unit of the escape "\uXXXX" that the text starts with; 0 where it starts with none.
unsigned unit_escape(std::string_view text) {
  unsigned unit = 0;
  if (text.size() < k_escape_size || !text.starts_with("\\u")) return 0;
  const auto end = text.data() + k_escape_size;
  const auto [stop, error] = std::from_chars(text.data() + 2, end, unit, 16);
  return error == std::errc() && stop == end ? unit : 0;
}

bool is_high_surrogate(unsigned unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low_surrogate(unsigned unit) { return unit >= 0xdc00 && unit < 0xe000; }

}  // namespace

std::string repair_unicode(std::string_view json) {
  std::string repaired;
  repaired.reserve(json.size());
  while (!json.empty()) {
    std::size_t kept = 1;
    if (json.front() == '\\') {
      const unsigned unit = unit_escape(json);
      const bool is_pair = is_high_surrogate(unit) && is_low_surrogate(unit_escape(json.substr(k_escape_size)));
      if (!is_pair && (is_high_surrogate(unit) || is_low_surrogate(unit))) {
        repaired += k_replacement_escape;
        json.remove_prefix(k_escape_size);
        continue;
      }
      // Past the escaped character, so that the second of two backslashes does not start an escape.
      kept = std::min(json.size(), is_pair ? 2 * k_escape_size : std::size_t(2));
    } else if (static_cast<unsigned char>(json.front()) >= 0x80) {
      char32_t code = 0;
      kept = utf8_sequence(json, code);
      if (kept == 0) {
        repaired += k_replacement;
        json.remove_prefix(1);
        continue;
      }
    }
    repaired += json.substr(0, kept);
    json.remove_prefix(kept);
  }
  return repaired;
}

Result<json::value> parse_message(std::string_view bytes) {
  json::parse_options options;
  options.max_depth = k_message_depth_max;
  boost::system::error_code error;
  auto value = json::parse(bytes, error, {}, options);
  if (error) value = json::parse(repair_unicode(bytes), error, {}, options);
  if (error) return fail(ErrorKind::protocol, "not JSON: {}", error.message());
  return value;
}

}  // namespace gannet::browser::cdp
