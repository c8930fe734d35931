#include "net/impl/host.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include <idn2.h>
#include <boost/asio/ip/address.hpp>

#include "base/text.hpp"

namespace gannet::net {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/// One part of an IPv4 host: decimal, octal with a leading 0, hexadecimal with 0x ("IPv4 number parser"). Saturates far above
/// 2^32.
std::optional<std::uint64_t> parse_ipv4_number(std::string_view text) {
  if (text.empty()) return std::nullopt;
  unsigned radix = 10;
  if (text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    radix = 16;
    text.remove_prefix(2);
  } else if (text.size() >= 2 && text[0] == '0') {
    radix = 8;
    text.remove_prefix(1);
  }
  std::uint64_t value = 0;
  for (const char c : text) {
    if (!is_hex_digit(c)) return std::nullopt;
    const unsigned digit = is_digit(c) ? unsigned(c - '0') : unsigned((c | 0x20) - 'a' + 10);
    if (digit >= radix) return std::nullopt;
    value = std::min<std::uint64_t>(value * radix + digit, std::uint64_t{1} << 40);
  }
  return value;
}

/// "ends-in-a-number checker": such a host is an IPv4 address or an error, never a name.
bool ends_in_number(std::string_view host) {
  auto labels = split(host, '.');
  if (labels.back().empty()) {
    if (labels.size() == 1) return false;
    labels.pop_back();
  }
  const auto last = labels.back();
  return (!last.empty() && std::ranges::all_of(last, is_digit)) || parse_ipv4_number(last).has_value();
}

Result<std::string> parse_ipv4(std::string_view host) {
  auto labels = split(host, '.');
  if (labels.back().empty() && labels.size() > 1) labels.pop_back();
  const auto bad = [&] { return fail(ErrorKind::invalid, "\"{}\" is not a valid IPv4 address", printable(host, 100)); };
  if (labels.size() > 4) return bad();
  std::uint64_t address = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto number = parse_ipv4_number(labels[i]);
    if (!number) return bad();
    // The last part fills all bytes that remain.
    const bool is_last = i + 1 == labels.size();
    const unsigned bits = is_last ? unsigned(8 * (5 - labels.size())) : 8;
    if (*number >> bits != 0) return bad();
    address |= is_last ? *number : *number << (8 * (3 - i));
  }
  return fmt::format("{}.{}.{}.{}", address >> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255);
}

/// RFC 5952 §4, but always in hexadecimal groups as the WHATWG serializer has it.
std::string format_ipv6(const boost::asio::ip::address_v6& address) {
  const auto bytes = address.to_bytes();
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i) groups[i] = unsigned(bytes[2 * i]) << 8 | bytes[2 * i + 1];
  std::size_t best = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && groups[i + length] == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  std::string out = "[";
  for (std::size_t i = 0; i < 8;) {
    if (i == best) {
      out += "::";
      i += best_length;
      continue;
    }
    if (i > 0 && !out.ends_with(':')) out += ':';
    out += fmt::format("{:x}", groups[i++]);
  }
  return out + "]";
}

Result<std::string> parse_ipv6(std::string_view text) {
  boost::system::error_code error;
  const auto address = boost::asio::ip::make_address_v6(std::string(text), error);
  if (error || text.find_first_of(std::string_view("%\0", 2)) != std::string_view::npos)
    return fail(ErrorKind::invalid, "\"[{}]\" is not a valid IPv6 address", printable(text, 100));
  return format_ipv6(address);
}

/// "forbidden domain code point", restricted to ASCII.
bool is_forbidden(char c) {
  const auto byte = std::uint8_t(c);
  return byte <= 0x20 || byte == 0x7f || std::string_view("#/:<>?@[\\]^|%").find(c) != std::string_view::npos;
}

/// UTS #46 non-transitional, as browsers do. A name that is ASCII already skips libidn2, whose rules on hyphens would refuse
/// hosts that exist ("r3---sn-x.googlevideo.com").
Result<std::string> to_ascii(const std::string& host) {
  if (std::ranges::all_of(host, [](char c) { return std::uint8_t(c) < 0x80; })) return to_lower(host);
  char* converted = nullptr;
  const int status = idn2_to_ascii_8z(host.c_str(), &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, void (*)(void*)> owner(converted, idn2_free);
  if (status != IDN2_OK)
    return fail(ErrorKind::invalid, "\"{}\" is not a valid international host name: {}", printable(host, 100),
                idn2_strerror(status));
  return to_lower(converted);
}

/// RFC 1035 §2.3.4: labels of 1 to 63 bytes, 253 in all, a final dot aside.
Result<void> check_lengths(std::string_view host) {
  std::string_view name = host;
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.size() > 253) return fail(ErrorKind::invalid, "the host name has {} characters; DNS allows 253", name.size());
  for (const auto label : split(name, '.')) {
    if (label.empty()) return fail(ErrorKind::invalid, "the host \"{}\" has an empty part between dots", printable(host, 100));
    if (label.size() > 63)
      return fail(ErrorKind::invalid, "\"{}\" is too long for a part of a host name; DNS allows 63 characters",
                  printable(label, 100));
  }
  return {};
}

}  // namespace

Result<std::string> parse_host(std::string_view text) {
  if (text.empty()) return fail(ErrorKind::invalid, "the host is missing");
  if (text.starts_with('[')) {
    if (!text.ends_with(']')) return fail(ErrorKind::invalid, "\"{}\" lacks the closing \"]\"", printable(text, 100));
    return parse_ipv6(text.substr(1, text.size() - 2));
  }
  // Percent-encoding can triple each byte of a character of up to four; whatever is longer cannot fit DNS.
  if (text.size() > 4096) return fail(ErrorKind::invalid, "the host has {} characters; DNS allows 253", text.size());
  const std::string decoded = percent_decode(text);
  if (const auto nul = decoded.find('\0'); nul != std::string::npos)
    return fail(ErrorKind::invalid, "the host \"{}\" has a character that no host may have", printable(text, 100));
  std::string host = TRY(to_ascii(decoded));
  if (host.empty()) return fail(ErrorKind::invalid, "the host is missing");
  if (const auto bad = std::ranges::find_if(host, is_forbidden); bad != host.end())
    return fail(ErrorKind::invalid, "the host \"{}\" has a character that no host may have: \"{}\"", printable(host, 100),
                printable(std::string_view(&*bad, 1)));
  if (ends_in_number(host)) return parse_ipv4(host);
  if (auto fits = check_lengths(host); !fits) return pass(fits);
  return host;
}

bool is_ip_host(std::string_view host) { return host.starts_with('[') || (!host.empty() && ends_in_number(host)); }

}  // namespace gannet::net
