#include "db/value.hpp"

namespace gannet::db {

std::string_view kind_of(const Value& value) {
  constexpr std::string_view k_kinds[] = {"null", "a boolean", "an integer", "a number", "text", "bytes", "an instant", "a UUID"};
  static_assert(std::size(k_kinds) == std::variant_size_v<Value>);
  return k_kinds[value.index()];
}

namespace detail {

bool decode_integer(const Value& value, std::int64_t& out) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out = *integer;
    return true;
  }
  const auto* boolean = std::get_if<bool>(&value);
  if (boolean) out = *boolean ? 1 : 0;
  return boolean;
}

bool decode_double(const Value& value, double& out) {
  if (const auto* number = std::get_if<double>(&value)) {
    out = *number;
    return true;
  }
  std::int64_t integer = 0;
  if (!decode_integer(value, integer)) return false;
  out = double(integer);
  return true;
}

bool decode_instant(const Value& value, Instant& out) {
  if (const auto* instant = std::get_if<Instant>(&value)) {
    out = *instant;
    return true;
  }
  std::int64_t microseconds = 0;
  if (!decode_integer(value, microseconds)) return false;
  out = Instant(std::chrono::microseconds(microseconds));
  return true;
}

bool decode_uuid(const Value& value, Uuid& out) {
  if (const auto* uuid = std::get_if<Uuid>(&value)) {
    out = *uuid;
    return true;
  }
  const auto* text = std::get_if<std::string>(&value);
  if (!text) return false;
  auto parsed = Uuid::parse(*text);
  if (parsed) out = *parsed;
  return parsed.has_value();
}

}  // namespace detail
}  // namespace gannet::db
