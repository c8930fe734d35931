#include "base/json_writer.hpp"

#include <cmath>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet {
namespace {

/// What a terminal or a viewer would obey: controls, marks without width and turns of direction. U+2028 and U+2029 end a line in
/// JavaScript before ES2019.
bool needs_escape(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
         (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

void append_escaped(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    char32_t code = 0;
    const std::size_t length = utf8_sequence(text, code);
    if (length == 0)
      out += "\xef\xbf\xbd";
    else if (code == '"' || code == '\\')
      (out += '\\') += char(code);
    else if (code == '\n')
      out += "\\n";
    else if (needs_escape(code))
      out += fmt::format("\\u{:04x}", std::uint32_t(code));
    else
      out += text.substr(0, length);
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

}  // namespace

void JsonWriter::key(std::string_view name) {
  ASSERT_INVARIANT(!is_after_key_ && !has_content_.empty(), "a key stands in an object, before a value");
  before_value();
  append_escaped(out_, name);
  out_ += is_indented_ ? ": " : ":";
  is_after_key_ = true;
}

void JsonWriter::value(std::string_view text) {
  before_value();
  append_escaped(out_, text);
}

void JsonWriter::value(double number) { literal(std::isfinite(number) ? fmt::format("{:.1f}", number) : "0.0"); }

void JsonWriter::exact(double number) { literal(std::isfinite(number) ? fmt::format("{}", number) : "0"); }

void JsonWriter::open(char bracket) {
  before_value();
  out_ += bracket;
  has_content_.push_back(false);
}

void JsonWriter::close(char bracket) {
  ASSERT_INVARIANT(!is_after_key_ && !has_content_.empty(), "a container is closed after its last value");
  const bool had_content = has_content_.back();
  has_content_.pop_back();
  if (had_content) new_line();
  out_ += bracket;
}

void JsonWriter::literal(std::string_view text) {
  before_value();
  out_ += text;
}

void JsonWriter::before_value() {
  if (is_after_key_) {
    is_after_key_ = false;
    return;
  }
  if (has_content_.empty()) return;
  if (has_content_.back()) out_ += ',';
  has_content_.back() = true;
  new_line();
}

void JsonWriter::new_line() {
  if (!is_indented_) return;
  out_ += '\n';
  out_.append(has_content_.size() * 2, ' ');
}

}  // namespace gannet
