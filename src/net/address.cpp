#include "net/address.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include <ifaddrs.h>
#include <netinet/in.h>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet::net {
namespace {

using AddressV4 = boost::asio::ip::address_v4;
using AddressV6 = boost::asio::ip::address_v6;

struct SpecialRange {
  Network network;
  std::string_view name;
};

struct RangeText {
  const char* network;
  std::string_view name;
};

// IANA "IPv4 Special-Purpose Address Registry", with multicast from "IPv4 Multicast Address Space". The narrower range comes
// first where two overlap.
constexpr RangeText k_v4_ranges[] = {
    {"0.0.0.0/8", "this network (RFC 791)"},
    {"10.0.0.0/8", "private use (RFC 1918)"},
    {"100.64.0.0/10", "carrier-grade NAT (RFC 6598)"},
    {"127.0.0.0/8", "loopback (RFC 1122)"},
    {"169.254.169.254/32", "link-local, cloud metadata service (RFC 3927)"},
    {"169.254.0.0/16", "link-local (RFC 3927)"},
    {"172.16.0.0/12", "private use (RFC 1918)"},
    {"192.0.0.0/24", "IETF protocol assignments (RFC 6890)"},
    {"192.0.2.0/24", "documentation TEST-NET-1 (RFC 5737)"},
    {"192.31.196.0/24", "AS112 (RFC 7535)"},
    {"192.52.193.0/24", "AMT (RFC 7450)"},
    {"192.88.99.0/24", "6to4 relay anycast (RFC 7526)"},
    {"192.168.0.0/16", "private use (RFC 1918)"},
    {"192.175.48.0/24", "AS112 (RFC 7534)"},
    {"198.18.0.0/15", "benchmarking (RFC 2544)"},
    {"198.51.100.0/24", "documentation TEST-NET-2 (RFC 5737)"},
    {"203.0.113.0/24", "documentation TEST-NET-3 (RFC 5737)"},
    {"224.0.0.0/4", "multicast (RFC 5771)"},
    {"255.255.255.255/32", "limited broadcast (RFC 919)"},
    {"240.0.0.0/4", "reserved (RFC 1112)"},
};

// IANA "IPv6 Special-Purpose Address Registry" and what RFC 4291 sets apart. The last two lines catch everything outside
// 2000::/3, the only space from which global unicast addresses are given out.
constexpr RangeText k_v6_ranges[] = {
    {"::/128", "unspecified address (RFC 4291)"},
    {"::1/128", "loopback (RFC 4291)"},
    {"64:ff9b:1::/48", "local-use NAT64 (RFC 8215)"},
    {"100::/64", "discard-only (RFC 6666)"},
    {"100:0:0:1::/64", "dummy prefix (RFC 9780)"},
    {"2001::/32", "Teredo (RFC 4380)"},
    {"2001::/23", "IETF protocol assignments (RFC 2928)"},
    {"2001:db8::/32", "documentation (RFC 3849)"},
    {"2620:4f:8000::/48", "AS112 (RFC 7534)"},
    {"3fff::/20", "documentation (RFC 9637)"},
    {"5f00::/16", "segment routing SIDs (RFC 9602)"},
    {"fc00::/7", "unique local (RFC 4193)"},
    {"fe80::/10", "link-local (RFC 4291)"},
    {"fec0::/10", "site-local (RFC 3879)"},
    {"ff00::/8", "multicast (RFC 4291)"},
    {"::/3", "not global unicast (RFC 4291)"},
    {"4000::/2", "not global unicast (RFC 4291)"},
    {"8000::/1", "not global unicast (RFC 4291)"},
};

template <std::size_t N>
std::vector<SpecialRange> parse_ranges(const RangeText (&texts)[N]) {
  std::vector<SpecialRange> ranges;
  for (const auto& [text, name] : texts) {
    auto network = Network::parse(text);
    ASSERT_INVARIANT(network.has_value(), "the tables above are well formed");
    ranges.push_back({*network, name});
  }
  return ranges;
}

const SpecialRange* find_special_range(const Address& address) {
  static const auto v4 = parse_ranges(k_v4_ranges);
  static const auto v6 = parse_ranges(k_v6_ranges);
  const auto& ranges = address.is_v4() ? v4 : v6;
  const auto found = std::ranges::find_if(ranges, [&](const SpecialRange& range) { return range.network.contains(address); });
  return found == ranges.end() ? nullptr : &*found;
}

template <std::size_t N>
bool have_equal_prefix(const std::array<std::uint8_t, N>& a, const std::array<std::uint8_t, N>& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) return false;
  const unsigned rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

template <class A>
A cleared_beyond(const A& address, unsigned bits) {
  auto bytes = address.to_bytes();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const unsigned kept = bits > i * 8 ? std::min(8U, bits - unsigned(i) * 8) : 0;
    bytes[i] = std::uint8_t(bytes[i] & (0xff00U >> kept));
  }
  return A(bytes);
}

AddressV4 embedded_v4(const AddressV6& address, std::size_t offset) {
  const auto bytes = address.to_bytes();
  return AddressV4({bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]});
}

/// Whether `address` is one that this machine's interfaces have. Asks the kernel; some tens of microseconds.
bool is_own_address(const Address& address) {
  ifaddrs* list = nullptr;
  if (getifaddrs(&list) != 0) return true;  // Unknown counts as ours: the caller is about to refuse a port of ours.
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owner(list, freeifaddrs);
  for (const ifaddrs* entry = list; entry; entry = entry->ifa_next) {
    if (!entry->ifa_addr) continue;
    if (entry->ifa_addr->sa_family == AF_INET && address.is_v4()) {
      const auto* own = reinterpret_cast<const sockaddr_in*>(entry->ifa_addr);
      if (ntohl(own->sin_addr.s_addr) == address.to_v4().to_uint()) return true;
    } else if (entry->ifa_addr->sa_family == AF_INET6 && address.is_v6()) {
      const auto* own = reinterpret_cast<const sockaddr_in6*>(entry->ifa_addr);
      if (std::ranges::equal(own->sin6_addr.s6_addr, address.to_v6().to_bytes())) return true;
    }
  }
  return false;
}

}  // namespace

Result<Address> parse_address(std::string_view text) {
  std::string_view inner = text;
  const bool has_brackets = inner.starts_with('[') && inner.ends_with(']');
  if (has_brackets) inner = inner.substr(1, inner.size() - 2);
  boost::system::error_code error;
  auto address = boost::asio::ip::make_address(std::string(inner), error);
  // Asio accepts a zone ("fe80::1%eth0"), and C strings end at a NUL.
  const bool is_plain = inner.find_first_of(std::string_view("%\0", 2)) == std::string_view::npos;
  if (error || !is_plain || (has_brackets && !address.is_v6()))
    return fail(ErrorKind::invalid, "\"{}\" is not an IPv4 or IPv6 address", printable(text, 100));
  return address;
}

Result<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  auto address = parse_address(text.substr(0, slash));
  if (!address)
    return fail(ErrorKind::invalid, "\"{}\" is not a network; write one like 10.0.0.0/8 or fd00::/8", printable(text, 100));
  if (address->is_v6() && address->to_v6().is_v4_mapped())
    return fail(ErrorKind::invalid, "{} is an IPv4-mapped network; write the IPv4 network itself", printable(text, 100));
  const unsigned prefix_max = address->is_v4() ? 32 : 128;
  unsigned prefix = prefix_max;
  if (slash != std::string_view::npos) {
    const auto digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    if (error != std::errc() || end != digits.data() + digits.size() || prefix > prefix_max)
      return fail(ErrorKind::invalid, "\"{}\": the prefix length after \"/\" must be 0 to {}", printable(text, 100), prefix_max);
  }
  const Address base =
      address->is_v4() ? Address(cleared_beyond(address->to_v4(), prefix)) : Address(cleared_beyond(address->to_v6(), prefix));
  if (base != *address)
    return fail(ErrorKind::invalid, "\"{}\" has bits set beyond its prefix; write {}/{}", printable(text, 100), base.to_string(),
                prefix);
  return Network(base, prefix);
}

bool Network::contains(const Address& address) const {
  if (address.is_v4() != base_.is_v4()) return false;
  return address.is_v4() ? have_equal_prefix(address.to_v4().to_bytes(), base_.to_v4().to_bytes(), prefix_)
                         : have_equal_prefix(address.to_v6().to_bytes(), base_.to_v6().to_bytes(), prefix_);
}

std::string Network::to_string() const { return fmt::format("{}/{}", base_.to_string(), prefix_); }

Address effective_address(const Address& address) {
  static const auto nat64 = Network::parse("64:ff9b::/96");
  static const auto six_to_four = Network::parse("2002::/16");
  if (address.is_v4()) return address;
  if (address.to_v6().is_v4_mapped() || nat64->contains(address)) return embedded_v4(address.to_v6(), 12);
  if (six_to_four->contains(address)) return embedded_v4(address.to_v6(), 2);
  return address;
}

bool is_special_purpose(const Address& address) { return find_special_range(effective_address(address)) != nullptr; }

void AddressPolicy::permit_port(std::uint16_t port) {
  if (const auto found = refused_ports_.find(port); found != refused_ports_.end()) refused_ports_.erase(found);
}

bool AddressPolicy::is_allowed(const Address& address) const {
  return std::ranges::any_of(allowed_, [&](const Network& network) { return network.contains(address); });
}

Result<void> AddressPolicy::check(const Address& address, std::uint16_t port) const {
  if (auto port_allowed = check_port(address, port); !port_allowed) return port_allowed;
  const Address effective = effective_address(address);
  const auto* range = find_special_range(effective);
  if (!range || is_allowed(effective) || is_allowed(address)) return {};
  const std::string through = effective == address ? "" : fmt::format(" (it leads to {})", effective.to_string());
  return fail(ErrorKind::denied, "{}{} is refused: {}; allow it with --allow-net {}", address.to_string(), through, range->name,
              range->network.to_string());
}

Result<void> AddressPolicy::check_port(const Address& address, std::uint16_t port) const {
  if (!refused_ports_.contains(port)) return {};
  const Address effective = effective_address(address);
  if (!is_special_purpose(effective) && !is_own_address(effective)) return {};
  return fail(ErrorKind::denied, "port {} at {} is refused: it belongs to this installation of Gannet", port,
              address.to_string());
}

}  // namespace gannet::net
