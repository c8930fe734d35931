#include <gtest/gtest.h>
#include <boost/json/parse.hpp>

#include "consent/impl/banner.hpp"
#include "consent/impl/proof.hpp"
#include "consent/impl/site_selector.hpp"

namespace gannet::consent {
namespace {

namespace json = boost::json;

Evidence gone(std::string_view after, std::string_view before = "{}") {
  return {.is_banner_gone = true,
          .self_test = {},
          .writes = {},
          .platform = "",
          .before = read_observation(json::parse(json::string_view(before))),
          .after = read_observation(json::parse(json::string_view(after)))};
}

TEST(Judge, takes_refused_tcf_purposes_for_proof_of_a_refusal_and_against_an_acceptance) {
  const auto evidence =
      gone(R"({"tcf":{"string":"CP","event":"useractioncomplete","applies":true,"consents":[],"interests":[2,7,8,9]}})");
  EXPECT_TRUE(judge(Choice::reject, evidence).is_proved);
  EXPECT_EQ(judge(Choice::reject, evidence).proofs.back(),
            "__tcfapi: all purposes refused (legitimate interest kept for 2, 7–9)");
  EXPECT_FALSE(judge(Choice::accept, evidence).is_proved);
  EXPECT_EQ(judge(Choice::accept, evidence).disproofs.size(), 1U);
}

TEST(Judge, takes_granted_tcf_purposes_against_a_refusal_even_when_a_cookie_was_written) {
  auto evidence = gone(R"({"tcf":{"string":"CP","event":"tcloaded","applies":true,"consents":[1,2,3]}})");
  evidence.writes = {"cookie euconsent-v2"};
  const auto verdict = judge(Choice::reject, evidence);
  EXPECT_FALSE(verdict.is_proved);
  EXPECT_EQ(verdict.disproofs, (std::vector<std::string>{"__tcfapi: purposes 1–3 still granted"}));
  EXPECT_TRUE(judge(Choice::accept, evidence).is_proved);
}

TEST(Judge, ignores_a_platform_that_still_asks) {
  EXPECT_FALSE(judge(Choice::reject, gone(R"({"tcf":{"string":"CP","event":"cmpuishown","applies":true}})")).is_proved);
  EXPECT_FALSE(
      judge(Choice::reject, gone(R"({"platforms":[{"name":"klaro","answered":false,"granted":0,"denied":2}]})")).is_proved);
}

TEST(Judge, believes_what_a_platform_says_of_its_services) {
  const auto evidence = gone(R"({"platforms":[{"name":"klaro","answered":true,"granted":0,"denied":2}]})");
  EXPECT_EQ(judge(Choice::reject, evidence).proofs, (std::vector<std::string>{"banner gone", "klaro: 0 on, 2 off"}));
  EXPECT_EQ(judge(Choice::accept, evidence).disproofs, (std::vector<std::string>{"klaro: 0 on, 2 off"}));
}

TEST(Judge, counts_only_gtag_updates_that_came_after_the_choice) {
  constexpr std::string_view before = R"({"gtag":[{"command":"update","types":{"ad_storage":"denied"}}]})";
  EXPECT_FALSE(judge(Choice::reject, gone(before, before)).is_proved);
  constexpr std::string_view after = R"({"gtag":[{"command":"update","types":{"ad_storage":"denied"}},
    {"command":"update","types":{"ad_storage":"granted","analytics_storage":"denied"}}]})";
  EXPECT_EQ(judge(Choice::reject, gone(after, before)).disproofs,
            (std::vector<std::string>{"gtag consent update: ad_storage granted"}));
  EXPECT_TRUE(judge(Choice::accept, gone(after, before)).is_proved);
}

TEST(Judge, takes_only_keys_of_consent_for_proof) {
  auto evidence = gone("{}");
  evidence.writes = {"cookie _ga", "cookie cookie_test", "localStorage cart"};
  EXPECT_FALSE(judge(Choice::accept, evidence).is_proved);
  evidence.writes.emplace_back("localStorage CookieConsent");
  EXPECT_TRUE(judge(Choice::accept, evidence).is_proved);
}

TEST(Judge, never_proves_while_the_banner_is_there) {
  auto evidence = gone(R"({"platforms":[{"name":"klaro","answered":true,"granted":0,"denied":2}]})");
  evidence.is_banner_gone = false;
  EXPECT_FALSE(judge(Choice::reject, evidence).is_proved);
}

TEST(ReadObservation, takes_nonsense_for_nothing) {
  for (const std::string_view text :
       {"null", "[]", "7", R"({"tcf":[],"gpp":1,"platforms":{},"gtag":"x"})",
        R"({"tcf":{"consents":[-1,1e300,"a",null,65]},"platforms":[null,{"granted":-5}],"gtag":[3,{"types":[1]}]})"}) {
    const auto observation = read_observation(json::parse(json::string_view(text)));
    EXPECT_TRUE(!observation.tcf || observation.tcf->consents.empty()) << text;
    EXPECT_TRUE(judge(Choice::reject,
                      {.is_banner_gone = true, .self_test = {}, .writes = {}, .platform = "", .before = {}, .after = observation})
                    .disproofs.empty());
  }
}

std::optional<Banner> choose(std::string_view candidates) {
  return choose_banner(read_banners("main", json::parse(json::string_view(fmt::format(R"({{"candidates":{}}})", candidates)))));
}

TEST(ChooseBanner, prefers_the_layer_to_its_row_of_buttons_and_to_the_page_around_it) {
  const std::string buttons = R"([{"handle":8,"text":"Accept"},{"handle":9,"text":"Reject"}])";
  const auto chosen = choose(fmt::format(R"([
    {{"handle":1,"reason":"name","text":"Accept Reject cookies","buttons":{0}}},
    {{"handle":2,"reason":"layer","text":"We use cookies. Privacy policy.","buttons":{0}}},
    {{"handle":3,"reason":"name","text":"{1}","buttons":{0}}}])",
                                         buttons, "cookies privacy " + std::string(2900, 'x')));
  ASSERT_TRUE(chosen);
  EXPECT_EQ(chosen->handle, 2);
}

TEST(ChooseBanner, needs_words_of_consent_and_a_choice) {
  EXPECT_FALSE(
      choose(R"([{"handle":1,"reason":"dialog","text":"Subscribe to our newsletter","buttons":[{"handle":2,"text":"OK"}]}])"));
  EXPECT_FALSE(choose(R"([{"handle":1,"reason":"layer","text":"Cookies","buttons":[{"handle":2,"text":"Cookie settings"}]}])"));
  EXPECT_TRUE(choose(R"([{"handle":1,"reason":"dialog","platform":"Didomi","text":"","buttons":[{"handle":2,"text":"OK"}]}])"));
}

TEST(ChooseBanner, never_offers_a_button_that_leaves_the_page_or_sends_a_form) {
  const auto chosen = choose(R"([{"handle":1,"reason":"layer","text":"cookies","buttons":[{"handle":2,"text":"Accept"},
    {"handle":3,"text":"Reject","leaves":true},{"handle":4,"text":"Decline","submits":true},{"handle":5,"text":"Deny","expands":true}]}])");
  ASSERT_TRUE(chosen);
  EXPECT_EQ(find_button(*chosen, Label::reject), nullptr);
}

TEST(ChooseBanner, survives_a_page_that_lies_about_everything) {
  EXPECT_FALSE(choose(
      R"([null,7,{"handle":-1},{"handle":1e12,"buttons":[{}]},{"handle":1,"buttons":{"a":1}},{"handle":2,"text":5,"buttons":[null]}])"));
}

TEST(SiteSelector, reads_css_texts_chains_and_alternatives) {
  const auto parse = [](std::string_view text) { return *parse_site_selector(text); };
  EXPECT_EQ(parse("button[data-role='accept']"),
            (std::vector<SelectorChain>{{{.css = "button[data-role='accept']", .text = "", .is_exact = false}}}));
  EXPECT_EQ(parse("button:has-text(\"Accept\")"),
            (std::vector<SelectorChain>{{{.css = "button", .text = "Accept", .is_exact = false}}}));
  EXPECT_EQ(parse(":has-text('Yes (all)')"),
            (std::vector<SelectorChain>{{{.css = "*", .text = "Yes (all)", .is_exact = false}}}));
  EXPECT_EQ(parse("text=Yes, accept"), (std::vector<SelectorChain>{{{.css = "", .text = "Yes, accept", .is_exact = false}}}));
  EXPECT_EQ(parse("text=\"OK\""), (std::vector<SelectorChain>{{{.css = "", .text = "OK", .is_exact = true}}}));
  EXPECT_EQ(
      parse("#cmp >>> .no, css=a.b"),
      (std::vector<SelectorChain>{{{.css = "#cmp", .text = "", .is_exact = false}, {.css = ".no", .text = "", .is_exact = false}},
                                  {{.css = "a.b", .text = "", .is_exact = false}}}));
  EXPECT_EQ(parse("iframe >> text=No").at(0).size(), 2U);
}

TEST(SiteSelector, names_what_is_wrong) {
  for (const std::string_view text : {"", "a[", "a)", "text=", "text=/re/i", "xpath=//a", "//button", "a >>> ", "a,,b",
                                      "b:has-text(x)", "b:has-text(\"x\") span", "'open"}) {
    const auto parsed = parse_site_selector(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind(), ErrorKind::invalid);
    EXPECT_NE(parsed.error().describe().find(text), std::string::npos);
  }
  EXPECT_FALSE(parse_site_selector(std::string(3000, 'a')));
}

}  // namespace
}  // namespace gannet::consent
