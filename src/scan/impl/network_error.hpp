// Chromium's network errors in plain words. Pure.
#pragma once

#include <string>
#include <string_view>

namespace gannet::scan {

/// "net::ERR_NAME_NOT_RESOLVED" → "the host name does not exist (net::ERR_NAME_NOT_RESOLVED)", with what would help where
/// something would. An error that has no words here stays as it is.
std::string words_for_network_error(std::string_view error);

}  // namespace gannet::scan
