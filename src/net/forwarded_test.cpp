#include "net/forwarded.hpp"

#include <gtest/gtest.h>

namespace gannet::net {
namespace {

std::string client(const char* peer, std::string_view forwarded_for, std::vector<std::string> trusted) {
  std::vector<Network> networks;
  for (const auto& text : trusted) networks.push_back(*Network::parse(text));
  return client_address(*parse_address(peer), forwarded_for, networks).to_string();
}

TEST(ClientAddress, is_the_peer_when_the_peer_is_not_trusted) {
  EXPECT_EQ(client("192.0.2.7", "203.0.113.1", {}), "192.0.2.7");
  EXPECT_EQ(client("192.0.2.7", "203.0.113.1", {"127.0.0.1"}), "192.0.2.7");
}

TEST(ClientAddress, is_the_right_most_untrusted_entry) {
  EXPECT_EQ(client("127.0.0.1", "203.0.113.1", {"127.0.0.1"}), "203.0.113.1");
  EXPECT_EQ(client("127.0.0.1", "198.51.100.9, 203.0.113.1", {"127.0.0.1"}), "203.0.113.1") << "the left one may be forged";
  EXPECT_EQ(client("127.0.0.1", "203.0.113.1, 10.0.0.5", {"127.0.0.1", "10.0.0.0/8"}), "203.0.113.1");
  EXPECT_EQ(client("10.0.0.2", "10.0.0.1", {"10.0.0.0/8"}), "10.0.0.1") << "a trusted network asks for itself";
}

TEST(ClientAddress, reads_ports_brackets_and_mapped_addresses) {
  EXPECT_EQ(client("::ffff:127.0.0.1", "203.0.113.1:4711", {"127.0.0.1"}), "203.0.113.1");
  EXPECT_EQ(client("::1", "[2001:db8::1]:443", {"::1"}), "2001:db8::1");
  EXPECT_EQ(client("::ffff:192.0.2.7", "", {}), "192.0.2.7");
}

TEST(ClientAddress, stops_at_what_is_no_address) {
  EXPECT_EQ(client("127.0.0.1", "203.0.113.1, unknown", {"127.0.0.1"}), "127.0.0.1");
  EXPECT_EQ(client("127.0.0.1", "203.0.113.1, evil, 10.0.0.5", {"127.0.0.1", "10.0.0.0/8"}), "10.0.0.5");
}

}  // namespace
}  // namespace gannet::net
