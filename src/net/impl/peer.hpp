// Who is at the other end of a loopback connection.
#pragma once

#include <sys/types.h>

#include <boost/asio/ip/tcp.hpp>

#include "base/error.hpp"

namespace gannet::net {

/// The user whose process holds the far end of an IPv4 connection within this machine, from the kernel's socket table
/// (sock_diag(7), lookup of the exact four-tuple: some microseconds). Errors: `not_found` when the far end is gone already,
/// `unavailable` when the kernel does not answer.
Result<uid_t> find_peer_uid(const boost::asio::ip::tcp::endpoint& peer, const boost::asio::ip::tcp::endpoint& local);

}  // namespace gannet::net
