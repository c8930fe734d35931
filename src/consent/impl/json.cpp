#include "consent/impl/json.hpp"

#include <boost/json/array.hpp>

#include "base/text.hpp"

namespace gannet::consent {

namespace json = boost::json;

const json::value& member(const json::value& object, std::string_view key) {
  static const json::value none;
  const auto* found = object.is_object() ? object.get_object().if_contains(key) : nullptr;
  return found ? *found : none;
}

const json::array& elements(const json::value& array) {
  static const json::array none;
  return array.is_array() ? array.get_array() : none;
}

std::string text_member(const json::value& object, std::string_view key, std::size_t max_bytes) {
  const auto& found = member(object, key);
  if (!found.is_string()) return "";
  return std::string(utf8_prefix(std::string_view(found.get_string()), max_bytes));
}

bool bool_member(const json::value& object, std::string_view key) {
  const auto& found = member(object, key);
  return found.is_bool() && found.get_bool();
}

std::optional<int> as_int(const json::value& value) {
  constexpr std::int64_t k_max = 1'000'000'000;
  // Chromium sends whole numbers as such, but a page's arithmetic may have made 3.0 of them.
  if (value.is_double() && value.get_double() >= 0 && value.get_double() <= double(k_max)) {
    const auto whole = static_cast<int>(value.get_double());
    return double(whole) == value.get_double() ? std::optional(whole) : std::nullopt;
  }
  if (value.is_uint64())
    return value.get_uint64() <= std::uint64_t(k_max) ? std::optional(int(value.get_uint64())) : std::nullopt;
  if (!value.is_int64() || value.get_int64() < 0 || value.get_int64() > k_max) return std::nullopt;
  return int(value.get_int64());
}

std::optional<int> int_member(const json::value& object, std::string_view key) { return as_int(member(object, key)); }

}  // namespace gannet::consent
