#include "datasets/json_text.hpp"

#include <boost/json/stream_parser.hpp>

namespace gannet::datasets {

Result<boost::json::value> parse_json(std::string_view text, std::string_view where) {
  boost::json::stream_parser parser;
  boost::json::error_code code;
  const std::size_t read = parser.write_some(text.data(), text.size(), code);
  if (!code) parser.finish(code);
  if (code) return fail(ErrorKind::invalid, "{}: not JSON at byte {}: {}", where, read, code.message());
  if (read != text.size()) return fail(ErrorKind::invalid, "{}: more text after the JSON value, at byte {}", where, read);
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

}  // namespace gannet::datasets
