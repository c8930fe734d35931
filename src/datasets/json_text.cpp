#include "datasets/json_text.hpp"

#include <algorithm>

#include <boost/json/stream_parser.hpp>

#include "base/text.hpp"

namespace gannet::datasets {
namespace {

std::string place_of(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::ranges::count(before, '\n') + 1;
  return fmt::format("line {}, column {}", line, offset - (before.rfind('\n') + 1) + 1);
}

}  // namespace

Result<boost::json::value> parse_json(std::string_view text, std::string_view where) {
  boost::json::stream_parser parser;
  boost::json::error_code code;
  const std::size_t read = parser.write_some(text.data(), text.size(), code);
  // A value that is whole needs no end; what stands after it is told below.
  if (!code && !parser.done()) parser.finish(code);
  if (code) return fail(ErrorKind::invalid, "{}: not JSON at {}: {}", where, place_of(text, read), code.message());
  if (read != text.size())
    return fail(ErrorKind::invalid, "{}: more text after the JSON value, at {}", where, place_of(text, read));
  return parser.release();
}

Result<std::string> get_text(const boost::json::object& object, std::string_view field, std::string_view where) {
  if (!object.contains(field)) return fail(ErrorKind::invalid, "{}: the field \"{}\" is missing", where, field);
  return find_text(object, field, where);
}

Result<std::string> find_text(const boost::json::object& object, std::string_view field, std::string_view where) {
  const auto* value = object.if_contains(field);
  if (!value) return std::string();
  const auto* text = value->if_string();
  if (!text) return fail(ErrorKind::invalid, "{}.{}: must be a string", where, field);
  return std::string(*text);
}

Result<std::string> find_host(const boost::json::object& object, std::string_view field, std::string_view where) {
  std::string host = to_lower(TRY(find_text(object, field, where)));
  host.erase(0, host.find_first_not_of('.'));
  if (host.find_first_of("/:* ") != std::string::npos) {
    return fail(ErrorKind::invalid, "{}.{}: \"{}\" must be a host name such as \"example.com\"; it covers its subdomains", where,
                field, printable(host, 60));
  }
  return host;
}

}  // namespace gannet::datasets
