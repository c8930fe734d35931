// Who really asks, when requests come through proxies. Pure.
#pragma once

#include <span>
#include <string_view>

#include "net/address.hpp"

namespace gannet::net {

/// The address to hold a client to. `peer` is the other end of the connection, `forwarded_for` the joined X-Forwarded-For fields.
/// Only what trusted networks report is believed: read from the right, the first address outside them is the client; an entry
/// that is no address ends the search at the last trusted one. With an untrusted peer the field is forged or meaningless, and
/// ignored.
Address client_address(const Address& peer, std::string_view forwarded_for, std::span<const Network> trusted);

/// The IPv4 address of a mapped one: a dual-stack listener shows IPv4 peers so, and limits and networks mean the same client.
Address unmapped(const Address& address);

bool is_trusted(const Address& address, std::span<const Network> trusted);

}  // namespace gannet::net
