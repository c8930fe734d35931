#include "net/address.hpp"

#include <gtest/gtest.h>

namespace gannet::net {
namespace {

Address address(std::string_view text) { return *parse_address(text); }

TEST(AddressPolicy, refuses_every_special_purpose_range_at_both_ends_and_names_it) {
  struct Case {
    const char* first;
    const char* last;
    const char* name;
  };
  static constexpr Case k_cases[] = {
      {"0.0.0.0", "0.255.255.255", "this network"},
      {"10.0.0.0", "10.255.255.255", "private use"},
      {"100.64.0.0", "100.127.255.255", "carrier-grade NAT"},
      {"127.0.0.1", "127.255.255.255", "loopback"},
      {"169.254.0.0", "169.254.255.255", "link-local"},
      {"169.254.169.254", "169.254.169.254", "cloud metadata"},
      {"172.16.0.0", "172.31.255.255", "private use"},
      {"192.0.0.0", "192.0.0.255", "IETF protocol"},
      {"192.0.2.0", "192.0.2.255", "TEST-NET-1"},
      {"192.31.196.0", "192.31.196.255", "AS112"},
      {"192.52.193.0", "192.52.193.255", "AMT"},
      {"192.88.99.0", "192.88.99.255", "6to4 relay"},
      {"192.168.0.0", "192.168.255.255", "private use"},
      {"192.175.48.0", "192.175.48.255", "AS112"},
      {"198.18.0.0", "198.19.255.255", "benchmarking"},
      {"198.51.100.0", "198.51.100.255", "TEST-NET-2"},
      {"203.0.113.0", "203.0.113.255", "TEST-NET-3"},
      {"224.0.0.0", "239.255.255.255", "multicast"},
      {"240.0.0.0", "255.255.255.254", "reserved"},
      {"255.255.255.255", "255.255.255.255", "broadcast"},
      {"::", "::", "unspecified"},
      {"::1", "::1", "loopback"},
      {"::2", "::ffff", "not global unicast"},
      {"::ffff:127.0.0.1", "::ffff:127.255.255.255", "loopback"},
      {"::ffff:10.0.0.0", "::ffff:10.255.255.255", "private use"},
      {"64:ff9b::127.0.0.1", "64:ff9b::127.255.255.255", "loopback"},
      {"64:ff9b::169.254.169.254", "64:ff9b::169.254.169.254", "cloud metadata"},
      {"64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "local-use NAT64"},
      {"100::", "100::ffff:ffff:ffff:ffff", "discard-only"},
      {"2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo"},
      {"2001:1::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "IETF protocol"},
      {"2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
      {"2002:7f00:1::", "2002:7fff:ffff:ffff:ffff:ffff:ffff:ffff", "loopback"},
      {"2002:c0a8::", "2002:c0a8:ffff:ffff:ffff:ffff:ffff:ffff", "private use"},
      {"2620:4f:8000::", "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "AS112"},
      {"3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "documentation"},
      {"4000::", "5eff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "not global unicast"},
      {"5f00::", "5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "segment routing"},
      {"fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "unique local"},
      {"fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local"},
      {"fec0::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "site-local"},
      {"ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "multicast"},
  };
  const AddressPolicy policy;
  for (const auto& [first, last, name] : k_cases) {
    for (const char* text : {first, last}) {
      const auto checked = policy.check(address(text), 443);
      ASSERT_FALSE(checked) << text;
      EXPECT_EQ(checked.error().kind(), ErrorKind::denied);
      EXPECT_NE(checked.error().message().find(name), std::string::npos) << text << ": " << checked.error().message();
      EXPECT_TRUE(is_special_purpose(address(text))) << text;
    }
  }
}

TEST(AddressPolicy, permits_the_neighbours_of_special_ranges_and_public_hosts) {
  const AddressPolicy policy;
  for (const char* text : {"1.0.0.0",         "9.255.255.255",   "11.0.0.0",         "100.63.255.255",  "100.128.0.0",
                           "126.255.255.255", "128.0.0.0",       "169.253.255.255",  "169.255.0.0",     "172.15.255.255",
                           "172.32.0.0",      "191.255.255.255", "192.0.1.0",        "192.0.3.0",       "192.167.255.255",
                           "192.169.0.0",     "198.17.255.255",  "198.20.0.0",       "223.255.255.255", "8.8.8.8",
                           "2000::1",         "2001:200::",      "2001:db7:ffff::",  "2001:db9::",      "2606:4700::1111",
                           "3ffe::1",         "::ffff:8.8.8.8",  "64:ff9b::8.8.8.8", "2002:808:808::1"})
    EXPECT_TRUE(policy.check(address(text), 443)) << text;
}

TEST(AddressPolicy, says_how_to_allow_what_it_refuses) {
  const auto checked = AddressPolicy().check(address("127.0.0.1"), 80);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().message(), "127.0.0.1 is refused: loopback (RFC 1122); allow it with --allow-net 127.0.0.0/8");
  const auto mapped = AddressPolicy().check(address("::ffff:10.1.2.3"), 80);
  ASSERT_FALSE(mapped);
  EXPECT_EQ(mapped.error().message(),
            "::ffff:10.1.2.3 (it leads to 10.1.2.3) is refused: private use (RFC 1918); allow it with --allow-net 10.0.0.0/8");
}

TEST(AddressPolicy, an_allowed_network_opens_itself_and_nothing_else) {
  const AddressPolicy policy({*Network::parse("127.0.0.0/9"), *Network::parse("fd00::/8")});
  EXPECT_TRUE(policy.check(address("127.0.0.1"), 80));
  EXPECT_TRUE(policy.check(address("::ffff:127.0.0.1"), 80));
  EXPECT_TRUE(policy.check(address("fd12::1"), 80));
  EXPECT_FALSE(policy.check(address("127.128.0.1"), 80));
  EXPECT_FALSE(policy.check(address("::1"), 80));
  EXPECT_FALSE(policy.check(address("fc00::1"), 80));
}

TEST(AddressPolicy, refused_ports_hold_under_an_allowed_network) {
  AddressPolicy policy({*Network::parse("0.0.0.0/0"), *Network::parse("::/0")});
  policy.refuse_port(8000);
  policy.refuse_port(8000);
  for (const char* text : {"127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.9", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1"}) {
    EXPECT_FALSE(policy.check(address(text), 8000)) << text;
    EXPECT_TRUE(policy.check(address(text), 8001)) << text;
  }
  EXPECT_TRUE(policy.check(address("8.8.8.8"), 8000)) << "a public host may use the number of a port of ours";
  policy.permit_port(8000);
  EXPECT_FALSE(policy.check(address("127.0.0.1"), 8000)) << "refused twice, permitted once";
  policy.permit_port(8000);
  EXPECT_TRUE(policy.check(address("127.0.0.1"), 8000));
}

TEST(Network, reads_what_operators_write_and_explains_the_rest) {
  for (const char* text : {"10.0.0.0/8", "0.0.0.0/0", "192.168.1.0/25", "fd00::/8", "::1/128", "2000::/3"}) {
    const auto network = Network::parse(text);
    ASSERT_TRUE(network) << text;
    EXPECT_EQ(network->to_string(), text);
  }
  EXPECT_EQ(Network::parse("10.1.2.3")->to_string(), "10.1.2.3/32");
  EXPECT_EQ(Network::parse("::1")->to_string(), "::1/128");
  struct Case {
    const char* text;
    const char* message;
  };
  static constexpr Case k_cases[] = {
      {"", "is not a network"},           {"localhost", "is not a network; write one like 10.0.0.0/8"},
      {"10.0.0.0/33", "must be 0 to 32"}, {"fd00::/129", "must be 0 to 128"},
      {"10.0.0.0/", "must be 0 to 32"},   {"10.0.0.0/8x", "must be 0 to 32"},
      {"10.0.0.0/-1", "must be 0 to 32"}, {"10.0.0.1/8", "write 10.0.0.0/8"},
      {"fd00::1/8", "write fd00::/8"},    {"10.0/8", "is not a network"},
      {"fe80::1%lo", "is not a network"}, {"::ffff:10.0.0.0/104", "write the IPv4 network itself"},
  };
  for (const auto& [text, message] : k_cases) {
    const auto network = Network::parse(text);
    ASSERT_FALSE(network) << text;
    EXPECT_NE(network.error().message().find(message), std::string::npos) << network.error().message();
  }
}

}  // namespace
}  // namespace gannet::net
