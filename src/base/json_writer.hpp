// JsonWriter: JSON text (RFC 8259) written straight into one string, with or without indentation. Not a document model:
// Boost.JSON 1.81 cannot indent, writes 96.1 as 9.61E1 and hands invalid UTF-8 on. Pure.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gannet {

/// Calls must nest as JSON does: in an object each value follows a key(). The text is complete once the outermost container is
/// closed.
class JsonWriter {
 public:
  explicit JsonWriter(bool is_indented) : is_indented_(is_indented) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  void key(std::string_view name);

  /// Invalid UTF-8 becomes U+FFFD, one for each byte.
  void value(std::string_view text);
  void value(const std::string& text) { value(std::string_view(text)); }
  void value(const char* text) { value(std::string_view(text)); }
  template <std::integral T>
  void value(T number) {
    if constexpr (std::same_as<T, bool>)
      literal(number ? "true" : "false");
    else
      literal(std::to_string(number));
  }
  /// With one decimal; what JSON cannot say (infinity, not a number) becomes 0.
  void value(double number);
  /// With as many digits as tell it from its neighbours.
  void exact(double number);
  void null() { literal("null"); }
  /// Text that is JSON already.
  void raw(std::string_view json) { literal(json); }

  template <class T>
  void field(std::string_view name, const T& content) {
    key(name);
    value(content);
  }

  /// A container with what `write()` writes into it: a value of an array, or the member `name` of an object.
  template <class Write>
  void object(Write write) {
    begin_object();
    write();
    end_object();
  }
  template <class Write>
  void object(std::string_view name, Write write) {
    key(name);
    object(write);
  }
  template <class Write>
  void array(std::string_view name, Write write) {
    key(name);
    begin_array();
    write();
    end_array();
  }

  std::string take() && { return std::move(out_); }

 private:
  void open(char bracket);
  void close(char bracket);
  void literal(std::string_view text);
  void before_value();
  void new_line();

  bool is_indented_;
  std::string out_;
  /// For each open container: whether it holds anything yet.
  std::vector<bool> has_content_;
  bool is_after_key_ = false;
};

}  // namespace gannet
