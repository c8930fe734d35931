// Which addresses Gannet may connect to on behalf of a page. Used by the forward proxy and by Gannet's own fetches: after name
// resolution and for every redirect. The allow list is the operator's; nothing a page or an API caller sends reaches it.
// Belongs to the single thread of the event loop.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "base/error.hpp"

namespace gannet::net {

using Address = boost::asio::ip::address;

/// A CIDR block (RFC 4632 §3.1, RFC 4291 §2.3).
class Network {
 public:
  /// "10.0.0.0/8", "fd00::/8", or a single address. Errors: `invalid`, naming what is wrong and what would be right.
  static Result<Network> parse(std::string_view text);
  bool contains(const Address& address) const;
  std::string to_string() const;
  bool operator==(const Network&) const = default;

 private:
  Network(const Address& base, unsigned prefix) : base_(base), prefix_(prefix) {}
  Address base_;
  unsigned prefix_;
};

/// Reads an IPv4 or IPv6 address, the latter with or without brackets; no zone. Error `invalid` otherwise.
Result<Address> parse_address(std::string_view text);

/// The IPv4 address inside a v4-mapped (RFC 4291 §2.5.5.2), NAT64 (RFC 6052) or 6to4 (RFC 3056) address; otherwise the address
/// itself. What it reaches is what a rule must judge.
Address effective_address(const Address& address);

/// Whether the IANA special-purpose registries (RFC 6890 and updates) list it, or it lies outside IPv6 global unicast.
bool is_special_purpose(const Address& address);

class AddressPolicy {
 public:
  AddressPolicy() = default;
  explicit AddressPolicy(std::vector<Network> allowed) : allowed_(std::move(allowed)) {}

  void allow(Network network) { allowed_.push_back(network); }
  /// Refuses a port of this installation (its listeners, the database's) at every special-purpose address and at this machine's
  /// own ones, under any allow list. Public hosts elsewhere may use the same number. Counted: permit_port takes one back.
  void refuse_port(std::uint16_t port) { refused_ports_.insert(port); }
  void permit_port(std::uint16_t port);

  /// Error `denied`, naming the range and the option that would allow it.
  Result<void> check(const Address& address, std::uint16_t port) const;
  /// Only the part about refused ports: for addresses that the operator named.
  Result<void> check_port(const Address& address, std::uint16_t port) const;

 private:
  bool is_allowed(const Address& address) const;

  std::vector<Network> allowed_;
  std::multiset<std::uint16_t> refused_ports_;
};

}  // namespace gannet::net
