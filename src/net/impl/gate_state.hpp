// GateState: what a Gate and its connections share. Held by both; the last one frees it.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <boost/asio/ip/tcp.hpp>

#include "net/forward_proxy.hpp"

namespace gannet::net {

class GateState {
 public:
  GateState(const ProxyContext& context, GateOptions options, aio::asio::ip::tcp::acceptor acceptor);

  const GateOptions& options() const { return options_; }
  std::uint16_t port() const { return port_; }
  aio::asio::ip::tcp::acceptor& acceptor() { return acceptor_; }
  const aio::CancelSource& closed() const { return closed_; }
  /// Idempotent.
  void close();

  /// Adds a line to the log, which the connection goes on writing.
  std::shared_ptr<ConnectionRecord> add_record(std::string host, std::uint16_t port);
  void set_address(ConnectionRecord& record, const Address& address);

  std::size_t connections = 0;
  std::uint64_t refused_peers = 0;
  std::uint64_t log_entries_dropped = 0;
  Bytes bytes_relayed;
  const std::deque<std::shared_ptr<ConnectionRecord>>& log() const { return log_; }
  std::optional<Address> last_address(std::string_view host, std::uint16_t port) const;

 private:
  const Clock& clock_;
  AddressPolicy& policy_;
  GateOptions options_;
  aio::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  aio::CancelSource closed_;
  std::deque<std::shared_ptr<ConnectionRecord>> log_;
  std::map<std::pair<std::string, std::uint16_t>, Address> last_addresses_;
};

}  // namespace gannet::net
