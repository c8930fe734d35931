#include "site/domain.hpp"

#include <gtest/gtest.h>

namespace gannet::site {
namespace {

TEST(Domain, may_be_written_as_in_any_guide) {
  struct Case {
    const char* sent;
    const char* domain;
    const char* start_url;
    const char* fallback_url;
  };
  for (const auto& [sent, domain, start_url, fallback_url] : {
           Case{"example.com", "example.com", "https://example.com/", "http://example.com/"},
           Case{"https://example.com", "example.com", "https://example.com/", nullptr},
           Case{"http://example.com", "example.com", "http://example.com/", nullptr},
           Case{"https://Example.COM/Shop/?q=1#top", "example.com", "https://example.com/Shop/?q=1", nullptr},
           Case{"example.com/shop", "example.com", "https://example.com/shop", "http://example.com/shop"},
           Case{"  example.com  ", "example.com", "https://example.com/", "http://example.com/"},
           Case{"https://example.com:443/", "example.com", "https://example.com/", nullptr},
           Case{"https://example.com:8443/", "example.com:8443", "https://example.com:8443/", nullptr},
           Case{"m\xc3\xbcnchen.example", "xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example/",
                "http://xn--mnchen-3ya.example/"},
       }) {
    const auto normal = normalise_domain(sent);
    ASSERT_TRUE(normal) << sent << ": " << normal.error().describe();
    EXPECT_EQ(normal->domain, domain);
    EXPECT_EQ(normal->start_url, start_url);
    EXPECT_EQ(normal->fallback_url, fallback_url ? std::optional<std::string>(fallback_url) : std::nullopt) << sent;
  }
  EXPECT_EQ(normalise_domain(" https://Example.com/Shop ")->as_sent, "https://Example.com/Shop") << "for the reply";
}

TEST(Domain, that_cannot_be_scanned_is_refused_by_name) {
  for (const auto* bad :
       {"", "   ", "ftp://example.com", "https://", "https://user:secret@example.com", "exa mple.com", "javascript:alert(1)"}) {
    const auto normal = normalise_domain(bad);
    ASSERT_FALSE(normal) << bad;
    EXPECT_EQ(normal.error().kind(), ErrorKind::invalid);
    EXPECT_TRUE(normal.error().describe().starts_with("domain")) << normal.error().describe();
    EXPECT_EQ(normal.error().describe().find("secret"), std::string::npos);
  }
  EXPECT_FALSE(normalise_domain("https://example.com/" + std::string(3000, 'a')));
}

}  // namespace
}  // namespace gannet::site
