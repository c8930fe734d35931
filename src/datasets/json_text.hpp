// Reading JSON files with errors that name the place. Internal to datasets and to inspect's rule files.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/error.hpp"

namespace gannet::datasets {

/// Error `invalid` with the parser's words and the line and column (in bytes), from 1, prefixed by `where`.
Result<boost::json::value> parse_json(std::string_view text, std::string_view where);

/// The text of a field. Error `invalid` naming `where` and the field when it is missing or no string.
Result<std::string> get_text(const boost::json::object& object, std::string_view field, std::string_view where);

/// Like get_text, but an absent field reads as "".
Result<std::string> find_text(const boost::json::object& object, std::string_view field, std::string_view where);

/// A host name in lower case without leading dots; "" where the field is absent. Error `invalid` for what is none.
Result<std::string> find_host(const boost::json::object& object, std::string_view field, std::string_view where);

}  // namespace gannet::datasets
