// What crosses the SQL seam: one value of a parameter or column, and how C++ types become one and come back. Pure.
//
// A bool, an Instant and a Uuid keep their meaning up to the driver, which chooses how its database holds them: PostgreSQL as
// what it calls so (timestamptz, uuid); SQLite as 0 and 1, as integer microseconds since 1970, and as text with hyphens in lower
// case (which sorts as the bytes do, and which people can read).
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>

#include "base/clock.hpp"
#include "base/ids.hpp"

namespace gannet::db {

/// Bytes that are not text.
struct Blob {
  std::string bytes;
  bool operator==(const Blob&) const = default;
};

/// monostate is NULL.
using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, Blob, Instant, Uuid>;

/// "null", "an integer", "text", …: what a value is, for messages. Never what it holds.
std::string_view kind_of(const Value& value);

namespace detail {
bool decode_integer(const Value& value, std::int64_t& out);
bool decode_double(const Value& value, double& out);
bool decode_instant(const Value& value, Instant& out);
bool decode_uuid(const Value& value, Uuid& out);

template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
struct IsId : std::false_type {};
template <class Tag>
struct IsId<Id<Tag>> : std::true_type {};
}  // namespace detail

/// An empty optional becomes NULL. An unsigned 64-bit number must fit into a signed one.
template <class T>
Value to_value(const T& from) {
  if constexpr (std::convertible_to<const T&, std::string_view>) {
    return std::string(std::string_view(from));
  } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
    return std::int64_t(from);
  } else if constexpr (std::floating_point<T>) {
    return double(from);
  } else if constexpr (detail::IsOptional<T>::value) {
    return from ? to_value(*from) : Value();
  } else if constexpr (detail::IsId<T>::value) {
    return from.uuid();
  } else {
    return Value(from);
  }
}

/// False where the value is of another kind or does not fit; `out` is then unspecified. NULL fits an optional only.
template <class T>
[[nodiscard]] bool from_value(Value&& value, T& out) {
  if constexpr (detail::IsOptional<T>::value) {
    if (std::holds_alternative<std::monostate>(value)) {
      out.reset();
      return true;
    }
    return from_value(std::move(value), out.emplace());
  } else if constexpr (std::same_as<T, bool>) {
    std::int64_t number = 0;
    if (!detail::decode_integer(value, number) || (number != 0 && number != 1)) return false;
    out = number == 1;
    return true;
  } else if constexpr (std::integral<T>) {
    std::int64_t number = 0;
    if (!detail::decode_integer(value, number) || !std::in_range<T>(number)) return false;
    out = T(number);
    return true;
  } else if constexpr (std::same_as<T, double>) {
    return detail::decode_double(value, out);
  } else if constexpr (std::same_as<T, Instant>) {
    return detail::decode_instant(value, out);
  } else if constexpr (std::same_as<T, Uuid>) {
    return detail::decode_uuid(value, out);
  } else if constexpr (detail::IsId<T>::value) {
    Uuid uuid;
    if (!detail::decode_uuid(value, uuid)) return false;
    out = T(uuid);
    return true;
  } else {
    auto* held = std::get_if<T>(&value);
    if (!held) return false;
    out = std::move(*held);
    return true;
  }
}

}  // namespace gannet::db
