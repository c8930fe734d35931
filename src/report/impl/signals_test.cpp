#include "report/impl/signals.hpp"

#include <gtest/gtest.h>

#include "report/testdata/examples.hpp"

namespace gannet::report {
namespace {

TEST(TcfWords, say_what_was_agreed_to) {
  record::TcfString tcf;
  EXPECT_TRUE(tcf_words(tcf).starts_with("TCF: agrees to no purpose; no vendor;"));
  tcf.purpose_consents = {1, 2, 3, 4, 7, 9, 10};
  tcf.vendor_consents = {755};
  EXPECT_TRUE(tcf_words(tcf).starts_with("TCF: agrees to purposes 1–4, 7, 9 and 10 of 11; 1 vendor;")) << tcf_words(tcf);
}

TEST(GppWords, say_what_was_opted_out_of) {
  record::GppString gpp;
  gpp.section_ids = {7};
  gpp.us_sections = {{7, {{"SaleOptOut", 1}, {"SharingOptOut", 2}, {"SensitiveDataProcessing1", 0}}}};
  EXPECT_EQ(gpp_words(gpp), "GPP: section 7; section 7: SaleOptOut yes, SharingOptOut no");
}

TEST(ConsentSignals, stand_once_with_all_states_that_show_them) {
  const auto rows = make_consent_signal_rows(make_example("leaky").scan);
  ASSERT_EQ(rows.size(), 5U);
  EXPECT_EQ(rows[0].source, "__tcfapi");
  EXPECT_EQ(rows[0].states.size(), 3U);
  EXPECT_EQ(rows[2].text, "could not be decoded: version 1 is not supported");
  EXPECT_EQ(rows[3].text, "the page sets default: ad_storage denied, analytics_storage denied for DE, AT");
  EXPECT_EQ(rows[4].text, "requests say: ad_storage denied, analytics_storage not said");
}

TEST(FactRows, count_what_happened_again_and_are_bounded) {
  Example example = make_example("leaky");
  EXPECT_EQ(make_fact_rows(example.scan).at(0).count, 3U);
  for (int i = 0; i < 1000; ++i) example.scan.states[0].visits[0].facts.push_back({"popup", std::to_string(i), {}});
  EXPECT_EQ(make_fact_rows(example.scan).size(), 60U);
}

}  // namespace
}  // namespace gannet::report
