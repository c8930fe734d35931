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
constexpr unsigned k_oid = 26;
constexpr unsigned k_float4 = 700;
constexpr unsigned k_float8 = 701;
constexpr unsigned k_timestamp = 1114;
constexpr unsigned k_timestamptz = 1184;
constexpr unsigned k_numeric = 1700;
constexpr unsigned k_uuid = 2950;
constexpr unsigned k_inferred = 0;

constexpr int k_text_format = 0;
constexpr int k_binary_format = 1;

/// PostgreSQL counts microseconds from 2000-01-01.
constexpr std::int64_t k_epoch_offset_us = 946'684'800'000'000;

std::array<char, 16> big_endian(std::uint64_t number) {
  std::array<char, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = char(number >> (56 - 8 * i));
  return bytes;
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

void PostgresParameters::add(unsigned oid, const char* bytes, std::size_t size, int format) {
  oids_.push_back(oid);
  values_.push_back(bytes);
  lengths_.push_back(int(size));
  formats_.push_back(format);
}

Result<PostgresParameters> PostgresParameters::make(std::span<const Value> values) {
  PostgresParameters made;
  // So that no address changes.
  made.encoded_.reserve(values.size());
  const auto add_encoded = [&made](unsigned oid, const std::array<char, 16>& bytes, std::size_t size) {
    made.add(oid, made.encoded_.emplace_back(bytes).data(), size, k_binary_format);
  };
  for (const auto& value : values) {
    if (const auto* boolean = std::get_if<bool>(&value)) {
      add_encoded(k_bool, {char(*boolean ? 1 : 0)}, 1);
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      add_encoded(k_int8, big_endian(std::uint64_t(*integer)), 8);
    } else if (const auto* number = std::get_if<double>(&value)) {
      add_encoded(k_float8, big_endian(std::bit_cast<std::uint64_t>(*number)), 8);
    } else if (const auto* instant = std::get_if<Instant>(&value)) {
      add_encoded(k_timestamptz, big_endian(std::uint64_t(instant->time_since_epoch().count() - k_epoch_offset_us)), 8);
    } else if (const auto* uuid = std::get_if<Uuid>(&value)) {
      add_encoded(k_uuid, std::bit_cast<std::array<char, 16>>(uuid->bytes()), 16);
    } else if (const auto* blob = std::get_if<Blob>(&value)) {
      made.add(k_bytea, blob->bytes.data(), blob->bytes.size(), k_binary_format);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      if (text->contains('\0')) return fail(ErrorKind::invalid, "a text has a NUL character, which PostgreSQL cannot store");
      made.add(k_inferred, text->c_str(), text->size(), k_text_format);
    } else {
      made.add(k_inferred, nullptr, 0, k_text_format);
    }
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
