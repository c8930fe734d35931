#include "net/forwarded.hpp"

#include <algorithm>
#include <ranges>

#include "base/text.hpp"

namespace gannet::net {
namespace {

/// An entry of X-Forwarded-For: an address, for which some proxies write a port as well.
Result<Address> parse_entry(std::string_view entry) {
  entry = trim(entry);
  if (auto plain = parse_address(entry)) return plain;
  const auto colon = entry.rfind(':');
  if (colon == std::string_view::npos) return fail(ErrorKind::invalid, "no address");
  return parse_address(entry.substr(0, colon));
}

}  // namespace

Address unmapped(const Address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
  return address;
}

bool is_trusted(const Address& address, std::span<const Network> trusted) {
  return std::ranges::any_of(trusted, [&](const Network& network) { return network.contains(unmapped(address)); });
}

Address client_address(const Address& peer, std::string_view forwarded_for, std::span<const Network> trusted) {
  Address client = unmapped(peer);
  if (forwarded_for.empty()) return client;
  for (const auto entry : split(forwarded_for, ',') | std::views::reverse) {
    if (!is_trusted(client, trusted)) break;
    auto reported = parse_entry(entry);
    if (!reported) break;
    client = unmapped(*reported);
  }
  return client;
}

}  // namespace gannet::net
