#include "db/impl/postgres_errors.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace gannet::db::impl {
namespace {

struct Meaning {
  /// A whole code, or the class: its first two characters.
  std::string_view code;
  ErrorKind kind;
};

/// The first that fits.
constexpr Meaning k_meanings[] = {
    // The number of parameters is wrong: a bug, though its class is that of lost connections.
    {"08P01", ErrorKind::internal},    {"08", ErrorKind::unavailable},    {"21", ErrorKind::internal},
    {"22", ErrorKind::invalid},        {"23", ErrorKind::conflict},       {"25006", ErrorKind::denied},
    {"28", ErrorKind::denied},         {"3D000", ErrorKind::not_found},   {"40", ErrorKind::unavailable},
    {"42501", ErrorKind::denied},      {"53", ErrorKind::exhausted},      {"54", ErrorKind::exhausted},
    {"55P03", ErrorKind::unavailable}, {"55006", ErrorKind::unavailable}, {"57014", ErrorKind::timeout},
    {"57", ErrorKind::unavailable},    {"58", ErrorKind::unavailable},
};

std::string_view advice(std::string_view sqlstate) {
  if (sqlstate == "55P03") return "; another transaction has held the lock for too long";
  if (sqlstate.starts_with("XX00")) return "; where the server's log speaks of damage, restore a backup";
  return "";
}

}  // namespace

ErrorKind kind_of_sqlstate(std::string_view sqlstate) {
  const auto* found =
      std::ranges::find_if(k_meanings, [sqlstate](const Meaning& meaning) { return sqlstate.starts_with(meaning.code); });
  return found == std::end(k_meanings) ? ErrorKind::internal : found->kind;
}

bool ends_session(std::string_view sqlstate) {
  constexpr std::array<std::string_view, 5> k_codes = {"57P01", "57P02", "57P03", "57P05", "25P03"};
  return sqlstate.starts_with("08") ? sqlstate != "08P01" : std::ranges::find(k_codes, sqlstate) != k_codes.end();
}

std::string one_line(std::string_view message) {
  std::string line(message.substr(0, message.find_last_not_of(" \n") + 1));
  std::ranges::replace(line, '\n', ' ');
  return line;
}

std::string without_quoted(std::string_view message) {
  auto safe = one_line(message);
  // From the first to the last: what is quoted may have a quote of its own.
  if (const auto first = safe.find('"'); first != std::string::npos) safe.replace(first, safe.rfind('"') - first + 1, "\"…\"");
  return safe;
}

std::string describe_failure(std::string_view sqlstate, std::string_view message) {
  // Class 22, data exceptions, is the one that quotes values.
  const auto shown = sqlstate.starts_with("22") ? without_quoted(message) : std::string(message);
  return fmt::format("{} ({}){}", shown, sqlstate, advice(sqlstate));
}

ErrorKind kind_of_connection_failure(std::string_view message) {
  const auto says = [message](std::string_view words) { return message.contains(words); };
  if (says("authentication failed") || says("no password supplied") || says("pg_hba.conf") || says("permission denied") ||
      (says("role ") && says("does not exist")))
    return ErrorKind::denied;
  if (says("database ") && says("does not exist")) return ErrorKind::not_found;
  if (says("too many clients") || says("connection slots are reserved") || says("too many connections"))
    return ErrorKind::exhausted;
  return ErrorKind::unavailable;
}

}  // namespace gannet::db::impl
