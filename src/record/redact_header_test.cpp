#include <gtest/gtest.h>

#include "record/value.hpp"

namespace gannet::record {
namespace {

const Redactor k_redactor(std::string(32, 'k'));

TEST(RedactHeader, what_describes_the_transfer_is_kept_as_it_is) {
  EXPECT_EQ(k_redactor.header("Content-Type", "text/html; charset=utf-8"), "text/html; charset=utf-8");
  EXPECT_EQ(k_redactor.header("cache-control", "no-store"), "no-store");
  EXPECT_EQ(k_redactor.header("Access-Control-Allow-Origin", "*"), "*");
}

TEST(RedactHeader, any_other_value_is_a_digest_that_is_equal_for_equal_values) {
  for (const char* name : {"Cookie", "Set-Cookie", "Authorization", "ETag", "X-Visitor", "Server-Timing", ""}) {
    const auto kept = k_redactor.header(name, "visitor=8fK2xQ");
    EXPECT_TRUE(kept.starts_with("<14:")) << name << ": " << kept;
    EXPECT_EQ(kept.size(), 4U + 16 + 1) << kept;
    EXPECT_EQ(kept, k_redactor.header("another", "visitor=8fK2xQ"));
    EXPECT_NE(kept, k_redactor.header(name, "visitor=8fK2xR"));
    EXPECT_NE(kept, Redactor(std::string(32, 'x')).header(name, "visitor=8fK2xQ"));
  }
  EXPECT_EQ(k_redactor.header("ETag", ""), "");
}

TEST(RedactHeader, an_address_loses_its_values_only) {
  EXPECT_EQ(k_redactor.header("Location", "https://t.test/in?user=8fK2xQ"), "https://t.test/in?user=<6>");
  EXPECT_EQ(k_redactor.header("referer", "/a?b=c"), "/a?b=<1>");
}

TEST(RedactHeader, a_content_policy_keeps_its_rules_but_no_nonce_and_no_value) {
  EXPECT_EQ(k_redactor.header("Content-Security-Policy",
                              "script-src 'self' 'nonce-8fK2xQ' https://cdn.test; report-uri https://r.test/c?visitor=8fK2xQ"),
            "script-src 'self' 'nonce-<6>' https://cdn.test; report-uri https://r.test/c?visitor=<6>");
}

TEST(RedactHeader, a_long_text_is_cut) {
  const auto kept = k_redactor.header("Vary", std::string(100'000, 'v'));
  EXPECT_EQ(kept, std::string(512, 'v') + "…<99488>");
  EXPECT_LT(k_redactor.header("Content-Security-Policy", std::string(100'000, 'v') + " 'nonce-8fK2xQ'").size(), 600U);
}

}  // namespace
}  // namespace gannet::record
