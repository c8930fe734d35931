// Connection: one TCP connection that a browser opened to a gate, from its request head to the last byte.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "net/impl/dial.hpp"
#include "net/impl/gate_state.hpp"
#include "net/impl/guard.hpp"
#include "net/impl/http_head.hpp"

namespace gannet::net {

/// States, in order: read head → dial → (CONNECT: tunnel | other: exchange | error: answer) → end. A plain request has its
/// connection to itself: we say "Connection: close" to both ends. An exchange becomes a tunnel when the site switches protocols.
class Connection {
 public:
  using Socket = aio::asio::ip::tcp::socket;

  Connection(const ProxyContext& context, aio::TaskGroup& group, std::shared_ptr<GateState> gate, Socket client);
  static aio::Task<void> serve(std::shared_ptr<Connection> self);

 private:
  static aio::Task<void> run_pump_up(std::shared_ptr<Connection> self);

  aio::Task<std::expected<RequestHead, Refusal>> read_head();
  aio::Task<void> tunnel(std::shared_ptr<Connection> self);
  aio::Task<void> exchange(std::shared_ptr<Connection> self, RequestHead head);
  aio::Task<bool> relay_response_head();
  /// Client to site until the client ends: the request's body, or everything in a tunnel.
  aio::Task<void> pump_up();
  /// Site to client until the site ends.
  aio::Task<void> pump_down();
  aio::Task<bool> send_up(std::string_view bytes);
  aio::Task<bool> send_down(std::string_view bytes);
  aio::Task<void> answer(Refusal refusal);

  void guard_both(std::chrono::milliseconds limit);
  void touch();
  /// Counts bytes against the caps; cuts and returns false above them.
  bool account(Bytes& direction, std::size_t count);
  /// Ends the record, unless it has ended, and both sockets.
  void end(ConnectionRecord::State state, std::string reason);
  void close_sockets();
  bool is_tunnel() const { return !body_.has_value(); }

  const ProxyContext& context_;
  aio::TaskGroup& group_;
  std::shared_ptr<GateState> gate_;
  aio::Scope scope_;
  Socket client_;
  Socket site_;
  std::shared_ptr<ConnectionRecord> record_;
  std::optional<BodyLength> body_;  // Of a plain request; absent in a tunnel.
  std::string received_;            // From the client, not yet relayed.
  std::string answered_;            // From the site, not yet relayed.
  bool is_pumping_up_ = false;
  bool is_up_ended_ = false;
  bool is_down_ended_ = false;
  aio::OneShot<void> up_done_;
  std::optional<Guard> guard_;
};

}  // namespace gannet::net
