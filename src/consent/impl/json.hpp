// Reading JSON that a page made: everything may be missing or of another type, and then counts as empty.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

namespace gannet::consent {

/// The member, or null.
const boost::json::value& member(const boost::json::value& object, std::string_view key);
/// The elements, or none.
const boost::json::array& elements(const boost::json::value& array);
/// At most `max_bytes`, cut between characters.
std::string text_member(const boost::json::value& object, std::string_view key, std::size_t max_bytes = 4000);
bool bool_member(const boost::json::value& object, std::string_view key);
/// nullopt unless it is a whole number from 0 to 1,000,000,000.
std::optional<int> int_member(const boost::json::value& object, std::string_view key);
std::optional<int> as_int(const boost::json::value& value);

}  // namespace gannet::consent
