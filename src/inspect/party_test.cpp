#include "inspect/party.hpp"

#include <gtest/gtest.h>

namespace gannet::inspect {
namespace {

TEST(HostOf, finds_the_host_of_any_absolute_url) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"https://Shop.Test:8443/a?b#c", "shop.test"},
      {"http://user:pw@shop.test/", "shop.test"},
      {"http://[::1]:80/", "::1"},
      {"wss://shop.test?x", "shop.test"},
      {"http://127.0.0.1:9/", "127.0.0.1"},
      {"about:blank", ""},
      {"data:text/html,http://x.test/", ""},
      {"", ""},
  };
  for (const auto& [url, host] : cases) EXPECT_EQ(host_of(url), host) << url;
}

TEST(RegistrableDomain, follows_the_public_suffix_list) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"www.example.com", "example.com"},
      {".www.Example.com.", "example.com"},
      {"shop.example.co.uk", "example.co.uk"},
      {"alice.github.io", "alice.github.io"},
      {"github.io", "github.io"},
      {"www.shop.test", "shop.test"},
      {"localhost", "localhost"},
      {"127.0.0.1", "127.0.0.1"},
      {"::1", "::1"},
      {"www.xn--55qx5d.cn", "www.xn--55qx5d.cn"},
      {"", ""},
  };
  for (const auto& [host, domain] : cases) EXPECT_EQ(registrable_domain(host), domain) << host;
  const std::string with_nul("example.com\0.evil.test", 22);
  EXPECT_EQ(registrable_domain(with_nul), with_nul);
}

struct PartyCase {
  std::string_view site;
  std::string_view domain;
  Party party;
};

TEST(Site, tells_first_from_third_party) {
  const PartyCase cases[] = {
      {"https://example.com/", "example.com", Party::first},     {"https://www.example.com/", ".example.com", Party::first},
      {"https://example.com/", "cdn.example.com", Party::first}, {"https://example.com/", "evilexample.com", Party::third},
      {"https://shop.co.uk/", "other.co.uk", Party::third},      {"https://alice.github.io/", "bob.github.io", Party::third},
      {"http://localhost:8080/", "localhost", Party::first},     {"http://127.0.0.1:8080/", "127.0.0.1", Party::first},
      {"http://127.0.0.1:8080/", "10.0.0.1", Party::third},      {"http://intranet/", "intranet", Party::first},
  };
  for (const auto& [site, domain, party] : cases) {
    record::ScanRecord scan;
    scan.url = site;
    EXPECT_EQ(Site(scan).party_of(domain), party) << site << " " << domain;
  }
}

TEST(Site, includes_where_its_start_page_led) {
  record::ScanRecord scan;
  scan.url = "https://short.test/";
  record::Visit visit;
  visit.final_url = "https://www.long.test/home";
  scan.states.emplace_back().visits.push_back(visit);
  const Site site(scan);
  EXPECT_EQ(site.party_of("long.test"), Party::first);
  EXPECT_EQ(site.party_of("short.test"), Party::first);
  EXPECT_EQ(site.party_of("other.test"), Party::third);
}

}  // namespace
}  // namespace gannet::inspect
