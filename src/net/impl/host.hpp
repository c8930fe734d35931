// The host part of a URL (WHATWG URL Standard §3.5, "host parsing"). Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gannet::net {

/// Canonical form of what stood between "//" (or "@") and the port. Errors: `invalid`.
Result<std::string> parse_host(std::string_view text);

/// Whether a canonical host is a dotted IPv4 address or an IPv6 address in brackets.
bool is_ip_host(std::string_view host);

}  // namespace gannet::net
