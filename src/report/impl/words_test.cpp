#include "report/impl/words.hpp"

#include <gtest/gtest.h>

namespace gannet::report {
namespace {

TEST(RefusalWords, say_why_in_words_and_each_reason_once) {
  EXPECT_EQ(refusal_words({"SchemefulSameSiteUnspecifiedTreatedAsLax"}), "no SameSite, set across HTTP and HTTPS");
  EXPECT_EQ(refusal_words({"ThirdPartyPhaseout", "ThirdPartyBlockedInFirstPartySet"}), "third-party cookies are blocked");
  EXPECT_EQ(refusal_words({"SecureOnly", "SomethingNew"}), "Secure, but not set over HTTPS; SomethingNew");
}

TEST(HandfulWords, name_the_first_few_and_count_the_rest) {
  EXPECT_EQ(handful_words({"a", "b"}), "a and b");
  EXPECT_EQ(handful_words({"a", "b", "c", "d", "e"}), "a, b, c, d and e");
  EXPECT_EQ(handful_words({"a", "b", "c", "d", "e", "f", "g"}), "a, b, c, d, e and 2 more");
}

TEST(ChoiceWords, name_a_platform_only_where_one_is_known) {
  record::ConsentOutcome consent;
  consent.result = record::ConsentResult::proved;
  consent.method = consent.platform = "heuristic";
  consent.button_text = "Reject all";
  consent.clicks = 1;
  EXPECT_EQ(choice_words(consent), "clicked “Reject all” (heuristic, 1 click): proved");
  consent.platform = "klaro";
  EXPECT_EQ(choice_words(consent), "clicked “Reject all” of klaro (heuristic, 1 click): proved");
}

TEST(FrameWords, leave_out_a_line_that_is_not_known) {
  EXPECT_EQ(frame_words({"f", "https://a.test/", 3, 9}), "f https://a.test/:3:9");
  EXPECT_EQ(frame_words({"", "https://a.test/", 0, 0}), "(anonymous) https://a.test/");
}

TEST(UriOf, keeps_a_valid_url_and_encodes_what_a_url_may_not_hold) {
  EXPECT_EQ(uri_of("https://[2001:db8::1]:8/a%20b?c=d#e"), "https://[2001:db8::1]:8/a%20b?c=d#e");
  EXPECT_EQ(uri_of("https://a.test/<27>?q=[x]%zz#a#b"), "https://a.test/%3C27%3E?q=%5Bx%5D%25zz#a%23b");
  EXPECT_EQ(uri_of("https://a.test/\xc3\xbc \x01"), "https://a.test/%C3%BC%20%01");
  EXPECT_EQ(uri_of(""), "");
}

}  // namespace
}  // namespace gannet::report
