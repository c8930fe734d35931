// JSON that this program wrote into the store.
#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/error.hpp"

namespace gannet::store::impl {

/// That it cannot be read is damage: error `internal`, naming `what`.
inline Result<boost::json::value> parse_stored(std::string_view text, const std::string& what) {
  boost::system::error_code error;
  auto value = boost::json::parse(text, error);
  if (error) return fail(ErrorKind::internal, "{} is damaged: {}", what, error.message());
  return value;
}

}  // namespace gannet::store::impl
