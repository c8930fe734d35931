// Reading Chromium's messages without trusting their shape: a missing or wrongly typed member reads as the empty value.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace gannet::browser::cdp {

namespace json = boost::json;

inline const json::value* find(const json::object& object, std::string_view key) {
  const auto at = object.find(key);
  return at == object.end() ? nullptr : &at->value();
}

inline std::string_view text(const json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  return value && value->is_string() ? std::string_view(value->get_string()) : std::string_view();
}

inline std::string string(const json::object& object, std::string_view key) { return std::string(text(object, key)); }

inline double number(const json::object& object, std::string_view key, double otherwise = 0) {
  const auto* value = find(object, key);
  return value && value->is_number() ? value->to_number<double>() : otherwise;
}

inline std::int64_t integer(const json::object& object, std::string_view key, std::int64_t otherwise = 0) {
  const auto* value = find(object, key);
  if (!value || !value->is_number()) return otherwise;
  const double n = value->to_number<double>();
  return n > -9e18 && n < 9e18 ? std::int64_t(n) : otherwise;
}

inline bool boolean(const json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  return value && value->is_bool() && value->get_bool();
}

inline const json::object& object(const json::object& parent, std::string_view key) {
  static const json::object k_empty;
  const auto* value = find(parent, key);
  return value && value->is_object() ? value->get_object() : k_empty;
}

inline const json::array& array(const json::object& parent, std::string_view key) {
  static const json::array k_empty;
  const auto* value = find(parent, key);
  return value && value->is_array() ? value->get_array() : k_empty;
}

inline const json::object& as_object(const json::value& value) {
  static const json::object k_empty;
  return value.is_object() ? value.get_object() : k_empty;
}

}  // namespace gannet::browser::cdp
