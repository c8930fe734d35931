#include "db/impl/postgres_values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cstring>

namespace gannet::db::impl {
namespace {

// Built-in types have the same OID on every server (pg_type.dat).
constexpr unsigned k_bool = 16;
constexpr unsigned k_bytea = 17;
constexpr unsigned k_int8 = 20;
constexpr unsigned k_int2 = 21;
constexpr unsigned k_int4 = 23;
constexpr unsigned k_text = 25;
constexpr unsigned k_oid = 26;
constexpr unsigned k_float4 = 700;
constexpr unsigned k_float8 = 701;
constexpr unsigned k_timestamp = 1114;
constexpr unsigned k_timestamptz = 1184;
constexpr unsigned k_numeric = 1700;
constexpr unsigned k_uuid = 2950;
constexpr unsigned k_inferred = 0;
/// Not a type of the server's.
constexpr unsigned k_null = 0;

constexpr int k_text_format = 0;
constexpr int k_binary_format = 1;

/// PostgreSQL counts microseconds from 2000-01-01.
constexpr std::int64_t k_epoch_offset_us = 946'684'800'000'000;

using Scratch = std::array<char, 16>;

struct Encoded {
  unsigned type = k_null;
  std::string_view bytes;
};

Encoded encode_number(unsigned type, std::uint64_t number, Scratch& scratch) {
  for (std::size_t i = 0; i < 8; ++i) scratch[i] = char(number >> (56 - 8 * i));
  return {type, {scratch.data(), 8}};
}

/// The bytes are the value's, or those of `scratch`.
Result<Encoded> encode(const Value& value, Scratch& scratch) {
  if (const auto* boolean = std::get_if<bool>(&value)) {
    scratch[0] = char(*boolean ? 1 : 0);
    return Encoded{k_bool, {scratch.data(), 1}};
  }
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return encode_number(k_int8, std::uint64_t(*integer), scratch);
  if (const auto* number = std::get_if<double>(&value))
    return encode_number(k_float8, std::bit_cast<std::uint64_t>(*number), scratch);
  if (const auto* instant = std::get_if<Instant>(&value))
    return encode_number(k_timestamptz, std::uint64_t(instant->time_since_epoch().count() - k_epoch_offset_us), scratch);
  if (const auto* uuid = std::get_if<Uuid>(&value)) {
    scratch = std::bit_cast<Scratch>(uuid->bytes());
    return Encoded{k_uuid, {scratch.data(), 16}};
  }
  if (const auto* blob = std::get_if<Blob>(&value)) return Encoded{k_bytea, blob->bytes};
  if (const auto* text = std::get_if<std::string>(&value)) {
    if (text->contains('\0')) return fail(ErrorKind::invalid, "a text has a NUL character, which PostgreSQL cannot store");
    return Encoded{k_text, *text};
  }
  return Encoded{};
}

unsigned array_of(unsigned type) {
  switch (type) {
    case k_bool: return 1000;
    case k_bytea: return 1001;
    case k_int8: return 1016;
    case k_float8: return 1022;
    case k_timestamptz: return 1185;
    case k_uuid: return 2951;
    default: return 1009;
  }
}

void append_number(std::string& bytes, std::int32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes += char(std::uint32_t(number) >> shift);
}

Value decode_number(std::string_view text) {
  std::int64_t integer = 0;
  if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
      error == std::errc() && end == text.data() + text.size())
    return integer;
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Value decode_double(std::string_view text) {
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/// "\x" and two digits a byte.
Value decode_bytea(std::string_view text) {
  Blob blob;
  for (std::size_t i = 2; i + 1 < text.size(); i += 2) blob.bytes += char(digit(text[i]) * 16 + digit(text[i + 1]));
  return blob;
}

/// "2026-11-21 12:00:00.123456+00", as the connection asks for with DateStyle ISO and TimeZone UTC. "infinity" and years before
/// Christ stay text.
Value decode_instant(std::string_view text) {
  const auto number = [&text](std::size_t at, std::size_t size, int& out) {
    if (at + size > text.size()) return false;
    const auto* end = text.data() + at + size;
    const auto [read, error] = std::from_chars(text.data() + at, end, out);
    return error == std::errc() && read == end;
  };
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  const bool is_read = number(0, 4, year) && number(5, 2, month) && number(8, 2, day) && number(11, 2, hour) &&
                       number(14, 2, minute) && number(17, 2, second) && text[4] == '-' && !text.ends_with("BC");
  if (!is_read) return std::string(text);
  int microseconds = 0;
  if (text.size() > 19 && text[19] == '.') {
    int scale = 100'000;
    for (std::size_t i = 20; i < text.size() && digit(text[i]) >= 0; ++i, scale /= 10) microseconds += digit(text[i]) * scale;
  }
  const auto date = std::chrono::year(year) / month / day;
  return Instant(std::chrono::sys_days(date)) + std::chrono::hours(hour) + std::chrono::minutes(minute) +
         std::chrono::seconds(second) + std::chrono::microseconds(microseconds);
}

}  // namespace

void PostgresParameters::add(unsigned oid, std::string_view bytes, int format) {
  oids_.push_back(oid);
  values_.push_back(bytes.data());
  lengths_.push_back(int(bytes.size()));
  formats_.push_back(format);
}

Result<PostgresParameters> PostgresParameters::make(std::span<const Value> values) {
  PostgresParameters made;
  // So that no address changes.
  made.encoded_.reserve(values.size());
  for (const auto& value : values) {
    const auto [type, bytes] = TRY(encode(value, made.encoded_.emplace_back()));
    if (type == k_null || type == k_text) {
      made.add(k_inferred, bytes, k_text_format);
    } else {
      made.add(type, bytes, k_binary_format);
    }
  }
  return made;
}

Result<PostgresParameters> PostgresParameters::make_arrays(std::span<const std::vector<Value>> rows) {
  PostgresParameters made;
  const auto columns = rows.front().size();
  made.arrays_.reserve(columns);
  for (std::size_t column = 0; column < columns; ++column) {
    const bool has_double = std::ranges::any_of(
        rows, [column](const auto& row) { return column < row.size() && std::holds_alternative<double>(row[column]); });
    auto type = k_null;
    std::string elements;
    for (const auto& row : rows) {
      if (row.size() != columns)
        return fail(ErrorKind::internal, "rows of {} and of {} values in one batch", columns, row.size());
      const auto* integer = std::get_if<std::int64_t>(&row[column]);
      Scratch scratch;
      const auto [type_of_one, bytes] =
          TRY(integer && has_double ? encode(double(*integer), scratch) : encode(row[column], scratch));
      if (type != k_null && type_of_one != k_null && type_of_one != type)
        return fail(ErrorKind::internal, "values of different kinds in column {} of a batch", column + 1);
      if (type_of_one != k_null) type = type_of_one;
      append_number(elements, type_of_one == k_null ? -1 : std::int32_t(bytes.size()));
      elements += bytes;
    }
    // Nothing but NULL: texts can become whatever the column is.
    if (type == k_null) type = k_text;
    auto& array = made.arrays_.emplace_back();
    // Its dimensions, flags that the server ignores, the type of its elements, how many they are, the index of the first.
    for (const auto number : {1, 0, std::int32_t(type), std::int32_t(rows.size()), 1}) append_number(array, number);
    array += elements;
    made.add(array_of(type), array, k_binary_format);
  }
  return made;
}

int count_parameters(std::string_view sql) {
  int last = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < sql.size(); ++i) {
    if (sql[i] == '\'') is_quoted = !is_quoted;
    if (is_quoted || sql[i] != '$') continue;
    int number = 0;
    std::from_chars(sql.data() + i + 1, sql.data() + sql.size(), number);
    last = std::max(last, number);
  }
  return last;
}

Value decode_column(unsigned oid, std::string_view text) {
  switch (oid) {
    case k_bool: return text == "t";
    case k_int2:
    case k_int4:
    case k_int8:
    case k_oid:
    case k_numeric: return decode_number(text);
    case k_float4:
    case k_float8: return decode_double(text);
    case k_bytea: return decode_bytea(text);
    case k_timestamp:
    case k_timestamptz: return decode_instant(text);
    case k_uuid:
      if (auto uuid = Uuid::parse(text)) return *uuid;
      return std::string(text);
    default: return std::string(text);
  }
}

}  // namespace gannet::db::impl
