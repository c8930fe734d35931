#include "record/value.hpp"

#include <gtest/gtest.h>

#include "record/impl/test_vectors.hpp"

namespace gannet::record {
namespace {

const Redactor k_redactor(std::string(32, 'k'));

// RFC 4231 §4.2: HMAC pads a short key with zeros, so the 20-byte key of the test case is also one of 32 bytes.
TEST(ValueDigest, hmac_is_the_first_half_of_hmac_sha256) {
  const Redactor redactor(std::string(20, '\x0b') + std::string(12, '\0'));
  EXPECT_EQ(redactor.digest("Hi There").hmac, "b0344c61d8db38535ca8afceaf0bf12b");
}

TEST(ValueDigest, depends_on_the_installations_key) {
  EXPECT_EQ(k_redactor.digest("a"), Redactor(std::string(32, 'k')).digest("a"));
  EXPECT_NE(k_redactor.digest("a").hmac, Redactor(std::string(32, 'x')).digest("a").hmac);
}

TEST(ValueDigest, names_the_narrowest_character_class) {
  const auto class_of = [](std::string_view value) { return k_redactor.digest(value).character_class; };
  EXPECT_EQ(class_of(""), CharacterClass::empty);
  EXPECT_EQ(class_of("2026"), CharacterClass::digits);
  EXPECT_EQ(class_of("5f2A"), CharacterClass::hex);
  EXPECT_EQ(class_of("aZ0-_"), CharacterClass::base64url);
  EXPECT_EQ(class_of("GA1.1.5"), CharacterClass::text);
  EXPECT_EQ(class_of("Größe {1}"), CharacterClass::text);
  EXPECT_EQ(class_of(std::string(5000, '.')), CharacterClass::text);
  EXPECT_EQ(class_of("a\x01"), CharacterClass::binary);
  EXPECT_EQ(class_of("\xff"), CharacterClass::binary);
}

TEST(ValueDigest, estimates_entropy_over_the_whole_value) {
  EXPECT_EQ(k_redactor.digest("").entropy_bits, 0);
  EXPECT_EQ(k_redactor.digest("aaaaaaaa").entropy_bits, 0);
  EXPECT_DOUBLE_EQ(k_redactor.digest("abcdefgh").entropy_bits, 24);
  EXPECT_EQ(k_redactor.digest("abcdefgh").size_bytes, 8U);
}

struct UrlCase {
  const char* url;
  const char* redacted;
};

class RedactedUrl : public testing::TestWithParam<UrlCase> {};

TEST_P(RedactedUrl, holds_no_value) { EXPECT_EQ(k_redactor.url(GetParam().url), GetParam().redacted); }

INSTANTIATE_TEST_SUITE_P(
    Parts, RedactedUrl,
    testing::Values(UrlCase{"https://shop.test/", "https://shop.test/"},
                    UrlCase{"https://Shop.test:8443/a/b.html?q=shoes&page=1", "https://Shop.test:8443/a/b.html?q=<5>&page=<1>"},
                    UrlCase{"https://user:secret@shop.test/x", "https://shop.test/x"},
                    UrlCase{"https://a@b@shop.test/x", "https://shop.test/x"},
                    UrlCase{"https://shop.test/x#access_token=abc", "https://shop.test/x#<16>"},
                    UrlCase{"https://shop.test/x#", "https://shop.test/x"},
                    UrlCase{"https://shop.test?jane", "https://shop.test?<4>"},
                    UrlCase{"https://shop.test/?a=&&b", "https://shop.test/?a=<0>&&<1>"},
                    UrlCase{"https://shop.test/?next=https://shop.test/?token=1", "https://shop.test/?next=<18>?token=<1>"},
                    UrlCase{"https://shop.test/?jane%40mail.test=1", "https://shop.test/?<16>=<1>"},
                    UrlCase{"https://t.test/activityi;src=1234;u1=jane;gcs=G101?",
                            "https://t.test/activityi;src=<4>;u1=<4>;gcs=G101?"},
                    UrlCase{"https://t.test/user=jane/x", "https://t.test/user=<4>/x"},
                    UrlCase{"https://[2001:db8::1]:81/x", "https://[2001:db8::1]:81/x"},
                    UrlCase{"//cdn.test/a.js?v=3", "//cdn.test/a.js?v=<1>"}, UrlCase{"/login?user=jane", "/login?user=<4>"},
                    UrlCase{"https:\\\\u:p@shop.test\\x", "https:<17>"},
                    UrlCase{"https://shop.test/a b\xc3\xa4<1>", "https://shop.test/a%20b%C3%A4%3C1%3E"}, UrlCase{"", ""}));

INSTANTIATE_TEST_SUITE_P(ConsentFacts, RedactedUrl,
                         testing::Values(UrlCase{"https://g.test/collect?gcs=G1-1&gcd=13l3p3r3u5l1&gdpr=1&us_privacy=1YNN",
                                                 "https://g.test/collect?gcs=G1-1&gcd=13l3p3r3u5l1&gdpr=1&us_privacy=1YNN"},
                                         UrlCase{"https://g.test/?gdpr_consent=CQHnaNVQ&gpp=DBAA",
                                                 "https://g.test/?gdpr_consent=<8>&gpp=<4>"},
                                         UrlCase{"https://g.test/?gcs=jane&gcd=1jane&gdpr=jane&us_privacy=jane",
                                                 "https://g.test/?gcs=<4>&gcd=<5>&gdpr=<4>&us_privacy=<4>"}));

INSTANTIATE_TEST_SUITE_P(
    PathSegments, RedactedUrl,
    testing::Values(UrlCase{"https://s.test/u/jane@mail.test/x", "https://s.test/u/<14>/x"},
                    UrlCase{"https://s.test/u/jane%2540mail.test", "https://s.test/u/<18>"},
                    UrlCase{"https://s.test/s/550e8400-e29b-41d4-a716-446655440000", "https://s.test/s/<36>"},
                    UrlCase{"https://s.test/s/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
                            "https://s.test/s/<81>"},
                    UrlCase{"https://s.test/a/3b5d5c3712955042212316173ccf37be.js", "https://s.test/a/<32>.js"},
                    UrlCase{"https://s.test/card/4111111111111111", "https://s.test/card/<16>"},
                    UrlCase{"https://s.test/t/AbCdEfGhIjKlMnOpQrStUv", "https://s.test/t/<22>"},
                    UrlCase{"https://s.test/blog/ten-tips-for-2026-and-beyond.html",
                            "https://s.test/blog/ten-tips-for-2026-and-beyond.html"},
                    UrlCase{"https://s.test/assets/main.3f2a9c1b.min.js", "https://s.test/assets/main.3f2a9c1b.min.js"},
                    UrlCase{"https://s.test/p/4006381333931", "https://s.test/p/4006381333931"},
                    UrlCase{"https://s.test/SearchResultsPageController", "https://s.test/SearchResultsPageController"}));

INSTANTIATE_TEST_SUITE_P(
    OtherSchemes, RedactedUrl,
    testing::Values(UrlCase{"data:image/png;base64,iVBORw0KGgo=", "data:image/png,<12>"}, UrlCase{"data:,hello", "data:,<5>"},
                    UrlCase{"data:secret", "data:<6>"}, UrlCase{"data:jane@mail.test,x", "data:,<1>"},
                    UrlCase{"blob:https://shop.test/550e8400-e29b-41d4-a716-446655440000", "blob:https://shop.test/<36>"},
                    UrlCase{"blob:null/550e8400", "blob:<13>"}, UrlCase{"about:blank", "about:blank"},
                    UrlCase{"about:blank#secret", "about:<12>"}, UrlCase{"mailto:jane@mail.test", "mailto:<14>"},
                    UrlCase{"javascript:alert('secret')", "javascript:<15>"},
                    UrlCase{"chrome-extension://abcdefghijklmnopabcdefghijklmnop/x.js",
                            "chrome-extension://abcdefghijklmnopabcdefghijklmnop/x.js"}));

TEST(Redactor, bounds_a_long_url) {
  const std::string url = "https://shop.test/?a=" + std::string(1'000'000, 'x');
  const std::string redacted = k_redactor.url(url);
  EXPECT_LT(redacted.size(), 100U);
  EXPECT_TRUE(redacted.ends_with("…<991829>")) << redacted;
  EXPECT_EQ(k_redactor.url("data:text/html," + std::string(1'000'000, 'x')), "data:text/html,<1000000>");
  EXPECT_LT(k_redactor.url(std::string(1'000'000, '&')).size(), 40'000U);
  EXPECT_LT(k_redactor.url("/?" + std::string(1'000'000, '=')).size(), 40'000U);
}

// Goal: no value survives in any part. Method: plant a secret at every place of a URL that holds values, cut the URL at every
// byte.
TEST(Redactor, leaves_no_planted_secret_at_any_cut) {
  const std::string secret = "S3cr3tS3cr3tS3cr3t";
  for (const std::string& url :
       {"https://h.test/" + secret + "/x", "https://h.test/?a=" + secret + "&b", "https://h.test/?" + secret,
        "https://h.test/;p=" + secret, "https://h.test/#" + secret, "data:text/plain," + secret, "javascript:" + secret}) {
    for (std::size_t size = 0; size <= url.size(); ++size) {
      const std::string redacted = k_redactor.url(ExactCopy(url.substr(0, size)).view());
      EXPECT_EQ(redacted.find(secret), std::string::npos) << url.substr(0, size);
    }
  }
}

}  // namespace
}  // namespace gannet::record
