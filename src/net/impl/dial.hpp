// From a host and port to a connected socket: resolve once, check every address, connect to a checked one.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>

#include "net/forward_proxy.hpp"

namespace gannet::net {

/// An answer of our own to the browser.
struct Refusal {
  int status;
  std::string_view proxy_error;  // RFC 9209 §2.3.
  std::string reason;
  ConnectionRecord::State state = ConnectionRecord::State::failed;
};

struct Dialled {
  aio::asio::ip::tcp::socket socket;
  Address address;
  bool is_through_proxy = false;
};

/// Connects to `target`, through the upstream proxy where one is set. `group` runs the deadlines.
aio::Task<std::expected<Dialled, Refusal>> dial(const ProxyContext& context, aio::TaskGroup& group, aio::Scope scope,
                                                Authority target);

}  // namespace gannet::net
