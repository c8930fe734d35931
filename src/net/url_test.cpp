#include "net/url.hpp"

#include <gtest/gtest.h>

namespace gannet::net {
namespace {

std::string parsed(std::string_view text) {
  const auto url = Url::parse(text);
  return url ? url->to_string() : "error: " + url.error().message();
}

TEST(Url, is_read_as_browsers_read_it) {
  struct Case {
    const char* text;
    const char* expected;
  };
  static constexpr Case k_cases[] = {
      {"https://example.com", "https://example.com/"},
      {"  https://EXAMPLE.com/A \n", "https://example.com/A"},
      {"HTTP://example.com:80/", "http://example.com/"},
      {"https://example.com:443", "https://example.com/"},
      {"https://example.com:0443/", "https://example.com/"},
      {"https://example.com:/", "https://example.com/"},
      {"http://example.com:443/", "http://example.com:443/"},
      {"ws://example.com:80/chat", "ws://example.com/chat"},
      {"wss://example.com:443/chat", "wss://example.com/chat"},
      {"https:example.com/a", "https://example.com/a"},
      {"https:\\\\example.com\\a\\b", "https://example.com/a/b"},
      {"https:////example.com/a", "https://example.com/a"},
      {"https://exa\tmple.com/a\nb", "https://example.com/ab"},
      {"https://user:secret@example.com/", "https://example.com/"},
      {"https://a@b@example.com/", "https://example.com/"},
      {"https://example.com\\@evil.example/", "https://example.com/@evil.example/"},
      {"https://example.com?q", "https://example.com/?q"},
      {"https://example.com#top", "https://example.com/#top"},
      {"https://example.com/?#", "https://example.com/?#"},
      {"https://example.com/a/./b/../c", "https://example.com/a/c"},
      {"https://example.com/../../a", "https://example.com/a"},
      {"https://example.com/a/..", "https://example.com/"},
      {"https://example.com/a/b/..", "https://example.com/a/"},
      {"https://example.com/a/.", "https://example.com/a/"},
      {"https://example.com/%2E%2e/a/.%2E/b", "https://example.com/b"},
      {"https://example.com//a//b", "https://example.com//a//b"},
      {"https://example.com/a b\"<>`{}^é", "https://example.com/a%20b%22%3C%3E%60%7B%7D%5E%C3%A9"},
      {"https://example.com/?a b'\"é", "https://example.com/?a%20b%27%22%C3%A9"},
      {"https://example.com/#a b`é", "https://example.com/#a%20b%60%C3%A9"},
      {"https://example.com/%zz%4a", "https://example.com/%zz%4a"},
      {"https://Bücher.example/", "https://xn--bcher-kva.example/"},
      {"https://B%C3%BCcher.example/", "https://xn--bcher-kva.example/"},
      {"https://faß.de/", "https://xn--fa-hia.de/"},
      {"https://例え。テスト/", "https://xn--r8jz45g.xn--zckzah/"},
      {"https://r3---sn-apo3q.googlevideo.com/", "https://r3---sn-apo3q.googlevideo.com/"},
      {"https://under_score.example.com/", "https://under_score.example.com/"},
      {"https://example.com./", "https://example.com./"},
      {"http://2130706433/", "http://127.0.0.1/"},
      {"http://0x7f000001/", "http://127.0.0.1/"},
      {"http://0177.0.0.01/", "http://127.0.0.1/"},
      {"http://127.1/", "http://127.0.0.1/"},
      {"http://127.0.1/", "http://127.0.0.1/"},
      {"http://0x7f.1./", "http://127.0.0.1/"},
      {"http://%31%32%37.0.0.1/", "http://127.0.0.1/"},
      {"http://１２７.0.0.1/", "http://127.0.0.1/"},
      {"http://0/", "http://0.0.0.0/"},
      {"http://0x/", "http://0.0.0.0/"},
      {"http://4294967295/", "http://255.255.255.255/"},
      {"http://[::1]:8080/", "http://[::1]:8080/"},
      {"http://[0:0:0:0:0:0:0:0]/", "http://[::]/"},
      {"http://[2001:DB8:0:0:1:0:0:1]/", "http://[2001:db8::1:0:0:1]/"},
      {"http://[1:0:0:2:0:0:0:3]/", "http://[1:0:0:2::3]/"},
      {"http://[1:0:2:3:4:5:6:7]/", "http://[1:0:2:3:4:5:6:7]/"},
      {"http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/"},
  };
  for (const auto& [text, expected] : k_cases) {
    EXPECT_EQ(parsed(text), expected) << text;
    EXPECT_EQ(parsed(parsed(text)), expected) << "parsing must be stable: " << text;
  }
}

TEST(Url, refuses_what_is_no_web_address) {
  const std::string label_too_long(64, 'a');
  const std::string name_too_long = "https://" + std::string(120, 'a').replace(60, 1, ".") + "." +
                                    std::string(150, 'b').replace(60, 1, ".").replace(120, 1, ".");
  const std::vector<std::string> cases = {"",
                                          "example.com",
                                          "//example.com",
                                          "/path",
                                          "mailto:a@example.com",
                                          "javascript:alert(1)",
                                          "data:text/html,x",
                                          "file:///etc/passwd",
                                          "ftp://example.com/",
                                          "about:blank",
                                          "blob:https://example.com/x",
                                          "https://",
                                          "https:///",
                                          "https://?q",
                                          "https://#f",
                                          "https://:443/",
                                          "https://user@/",
                                          "https://exa mple.com/",
                                          "https://exa<mple.com/",
                                          "https://exa%00mple.com/",
                                          "https://exa%2fmple.com/",
                                          "https://a%5cb/",
                                          "https://example.com:port/",
                                          "https://example.com:65536/",
                                          "https://example.com:-1/",
                                          "https://example.com: 80/",
                                          "https://a..b/",
                                          "https://.example.com/",
                                          "https://[::1/",
                                          "https://[::g]/",
                                          "https://[fe80::1%25lo]/",
                                          "https://[1.2.3.4]/",
                                          "http://1.2.3.4.5/",
                                          "http://256.1.1.1/",
                                          "http://1.2.3.256/",
                                          "http://4294967296/",
                                          "http://08.1.1.1/",
                                          "http://example.0x1/",
                                          "http://1.2..3/",
                                          "https://" + label_too_long + ".com/",
                                          name_too_long,
                                          "https://xn--\xff/",
                                          "https://" + std::string(k_url_bytes_max, 'a')};
  for (const auto& text : cases) {
    const auto url = Url::parse(text);
    ASSERT_FALSE(url) << text.substr(0, 100) << " → " << url->to_string().substr(0, 100);
    EXPECT_EQ(url.error().kind(), ErrorKind::invalid);
  }
}

TEST(Url, gives_its_parts) {
  const auto url = Url::parse("https://u:p@Example.com:8443/a/b?x=1&y=2#frag");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme(), "https");
  EXPECT_EQ(url->host(), "example.com");
  EXPECT_EQ(url->port(), 8443);
  EXPECT_EQ(url->path(), "/a/b");
  EXPECT_EQ(url->query(), "x=1&y=2");
  EXPECT_EQ(url->fragment(), "frag");
  EXPECT_EQ(url->authority(), "example.com:8443");
  EXPECT_EQ(url->origin(), "https://example.com:8443");
  EXPECT_EQ(url->without_fragment(), "https://example.com:8443/a/b?x=1&y=2");
  EXPECT_TRUE(url->had_credentials());
  EXPECT_TRUE(url->is_secure());
  EXPECT_EQ(Url::parse("http://example.com/")->port(), 80);
}

// The normal and abnormal examples of RFC 3986 §5.4, on an http base, with the WHATWG standard's answers where they differ.
TEST(Url, resolves_references_as_the_standards_say) {
  struct Case {
    const char* reference;
    const char* expected;
  };
  static constexpr Case k_cases[] = {
      {"g", "http://a/b/c/g"},
      {"./g", "http://a/b/c/g"},
      {"g/", "http://a/b/c/g/"},
      {"/g", "http://a/g"},
      {"//g", "http://g/"},
      {"?y", "http://a/b/c/d;p?y"},
      {"g?y", "http://a/b/c/g?y"},
      {"#s", "http://a/b/c/d;p?q#s"},
      {"g#s", "http://a/b/c/g#s"},
      {"g?y#s", "http://a/b/c/g?y#s"},
      {";x", "http://a/b/c/;x"},
      {"g;x?y#s", "http://a/b/c/g;x?y#s"},
      {"", "http://a/b/c/d;p?q"},
      {".", "http://a/b/c/"},
      {"./", "http://a/b/c/"},
      {"..", "http://a/b/"},
      {"../g", "http://a/b/g"},
      {"../..", "http://a/"},
      {"../../g", "http://a/g"},
      {"../../../g", "http://a/g"},
      {"/./g", "http://a/g"},
      {"/../g", "http://a/g"},
      {"g.", "http://a/b/c/g."},
      {"..g", "http://a/b/c/..g"},
      {"./../g", "http://a/b/g"},
      {"g;x=1/../y", "http://a/b/c/y"},
      {"g?y/../x", "http://a/b/c/g?y/../x"},
      {"g#s/../x", "http://a/b/c/g#s/../x"},
      {"http:g", "http://a/b/c/g"},
      {"http:", "http://a/b/c/d;p?q"},
      {"https:g", "https://g/"},
      {"HTTPS://Other.example", "https://other.example/"},
      {"\\g", "http://a/g"},
      {"\\\\g\\h", "http://g/h"},
      {" g ", "http://a/b/c/g"},
      {"a b", "http://a/b/c/a%20b"},
      {"g:h", nullptr},
      {"mailto:x@y", nullptr},
      {"//", nullptr},
      {"http://[", nullptr},
  };
  const auto base = Url::parse("http://a/b/c/d;p?q#old");
  ASSERT_TRUE(base);
  for (const auto& [reference, expected] : k_cases) {
    const auto url = resolve(*base, reference);
    ASSERT_EQ(url.has_value(), expected != nullptr) << reference;
    if (expected) EXPECT_EQ(url->to_string(), expected) << reference;
  }
}

TEST(Url, has_one_identity_for_one_page) {
  const auto same = [](std::string_view a, std::string_view b) {
    return normalised_for_dedup(*Url::parse(a)) == normalised_for_dedup(*Url::parse(b));
  };
  EXPECT_TRUE(same("https://example.com/a#x", "https://EXAMPLE.com:443/a"));
  EXPECT_TRUE(same("https://example.com/a?", "https://example.com/a"));
  EXPECT_TRUE(same("https://example.com/%7euser/%c3%a9", "https://example.com/~user/é"));
  EXPECT_FALSE(same("https://example.com/a", "http://example.com/a"));
  EXPECT_FALSE(same("https://example.com/a", "https://example.com/a/"));
  EXPECT_FALSE(same("https://example.com/a%2Fb", "https://example.com/a/b"));
  EXPECT_FALSE(same("https://example.com/%%41B", "https://example.com/%ab"));
  EXPECT_FALSE(same("https://example.com/%C%33", "https://example.com/%c3"));
  EXPECT_FALSE(same("https://example.com/?a=1&b=2", "https://example.com/?b=2&a=1"));
}

TEST(ScanUrl, takes_what_people_type) {
  struct Case {
    const char* text;
    const char* expected;
  };
  static constexpr Case k_cases[] = {
      {"example.com", "https://example.com/"},
      {" example.com/shop?x=1 ", "https://example.com/shop?x=1"},
      {"example.com:8443", "https://example.com:8443/"},
      {"localhost:3000/app#/login", "https://localhost:3000/app#/login"},
      {"//example.com/a", "https://example.com/a"},
      {"http://example.com", "http://example.com/"},
      {"Bücher.example", "https://xn--bcher-kva.example/"},
      {"127.0.0.1:8080", "https://127.0.0.1:8080/"},
      {"[::1]:8080", "https://[::1]:8080/"},
      {"intranet", "https://intranet/"},
  };
  for (const auto& [text, expected] : k_cases) {
    const auto url = parse_scan_url(text);
    ASSERT_TRUE(url) << text << ": " << url.error().describe();
    EXPECT_EQ(url->to_string(), expected);
  }
}

TEST(ScanUrl, says_what_is_wrong_and_what_would_be_right) {
  struct Case {
    const char* text;
    const char* message;
  };
  static constexpr Case k_cases[] = {
      {"", "write a host like example.com"},
      {"   ", "the address is empty"},
      {"exa mple.com", "has a space"},
      {"https://example.com/a b", "write spaces in a path as %20"},
      {"ftp://example.com", "over http or https, not ftp"},
      {"file:///etc/passwd", "not file"},
      {"mailto:me@example.com", "not mailto"},
      {"javascript:alert(1)", "not javascript"},
      {"wss://example.com", "not wss"},
      {"https:example.com", "write https://example.com"},
      {"https://", "has no host"},
      {"https:///path", "has no host"},
      {"/path", "has no host"},
      {"://example.com", "has no host"},
      {"me@example.com", "user name or password before \"@\"; write https://example.com without it"},
      {"http://u:p@example.com", "write http://example.com without it"},
      {"example.com,other.com", "is not a host name"},
      {"example.com:0", "port 0"},
      {"example.com:99999", "is not a port"},
      {"a..b", "empty part between dots"},
      {"1.2.3.4.5", "not a valid IPv4 address"},
      {"http://[::1", "lacks the closing"},
  };
  for (const auto& [text, message] : k_cases) {
    const auto url = parse_scan_url(text);
    ASSERT_FALSE(url) << text;
    EXPECT_EQ(url.error().kind(), ErrorKind::invalid);
    EXPECT_NE(url.error().describe().find(message), std::string::npos) << text << ": " << url.error().describe();
  }
}

TEST(Authority, needs_both_parts) {
  EXPECT_EQ(parse_authority("Example.com:443"), (Authority{"example.com", 443}));
  EXPECT_EQ(parse_authority("[::1]:80"), (Authority{"[::1]", 80}));
  EXPECT_EQ(parse_authority("2130706433:80"), (Authority{"127.0.0.1", 80}));
  for (const char* text :
       {"", "example.com", "example.com:", ":443", "a:b:443", "::1:443", "[::1]", "a/b:443", "u@a:443", "a:65536", "a?:1"})
    EXPECT_FALSE(parse_authority(text)) << text;
}

TEST(RegistrableDomain, follows_the_public_suffix_list) {
  struct Case {
    const char* host;
    const char* expected;
  };
  static constexpr Case k_cases[] = {
      {"example.com", "example.com"},
      {"www.example.com", "example.com"},
      {"WWW.Example.COM.", "example.com"},
      {"a.b.example.co.uk", "example.co.uk"},
      {"co.uk", "co.uk"},
      {"com", "com"},
      {"github.io", "github.io"},
      {"me.github.io", "me.github.io"},
      {"a.me.github.io", "me.github.io"},
      {"www.ck", "www.ck"},
      {"a.b.c.ck", "b.c.ck"},
      {"a.xn--85x722f.xn--55qx5d.cn", "xn--85x722f.xn--55qx5d.cn"},
      {"a.b.test", "b.test"},
      {"localhost", "localhost"},
      {"127.0.0.1", "127.0.0.1"},
      {"[::1]", "[::1]"},
      {"", ""},
  };
  for (const auto& [host, expected] : k_cases) EXPECT_EQ(registrable_domain(host), expected) << host;
}

TEST(SameSite, ends_at_label_boundaries) {
  EXPECT_TRUE(is_same_site("www.example.com", "cdn.example.com"));
  EXPECT_TRUE(is_same_site("example.com.", "EXAMPLE.com"));
  EXPECT_TRUE(is_same_site("127.0.0.1", "127.0.0.1"));
  EXPECT_FALSE(is_same_site("evilexample.com", "example.com"));
  EXPECT_FALSE(is_same_site("example.com.evil.net", "example.com"));
  EXPECT_FALSE(is_same_site("a.co.uk", "b.co.uk"));
  EXPECT_FALSE(is_same_site("a.github.io", "b.github.io"));
  EXPECT_FALSE(is_same_site("10.0.0.1", "20.0.0.1"));
  EXPECT_FALSE(is_same_site("localhost", "example.com"));
}

}  // namespace
}  // namespace gannet::net
