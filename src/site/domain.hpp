// A site as people and other systems write it: with or without scheme, with or without path. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gannet::site {

struct Domain {
  /// Host in lower-case ASCII, with its port where that is not the scheme's own: what filters compare and guides' SQL shows.
  std::string domain;
  /// Where a scan begins. A bare host means https and "/".
  std::string start_url;
  /// For a bare host: where a scan begins that found nobody at start_url. Tried once.
  std::optional<std::string> fallback_url;
  /// Without the white space around it; what replies echo.
  std::string as_sent;
};

/// Errors: `invalid`: no host, another scheme than http and https, credentials, more than 2000 bytes, a domain of more than 255.
Result<Domain> normalise_domain(std::string_view text);

}  // namespace gannet::site
