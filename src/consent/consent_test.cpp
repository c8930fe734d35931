#include "consent/consent.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "consent/autoconsent.hpp"
#include "consent/fake_page_for_test.hpp"

namespace gannet::consent {
namespace {

using namespace std::chrono_literals;
using record::ConsentResult;

constexpr std::string_view k_rules = R"({"autoconsent":[
  {"name":"shopcmp","detectCmp":[{"exists":"#x"}],"optIn":[{"click":"#y"}],"optOut":[{"click":"#n"}]},
  {"name":"halfcmp","detectCmp":[{"exists":"#x"}],"optIn":[],"optOut":[{"click":"#n"}]}]})";

struct ConsentTest : testing::Test {
  ConsentTest() {
    options.detect_limit = 100ms;
    options.act_limit = 100ms;
    options.proof_limit = 20ms;
    options.pause = 1ms;
  }

  /// The ordinary banner; a click on either button hides it and writes a consent cookie.
  FakeBanner& add_banner() {
    const std::size_t index = page.banners.size();
    const auto answer = [this, index] {
      page.banners[index].is_visible = false;
      page.writes = {"cookie shop_consent"};
    };
    FakeBanner banner;
    banner.handle = 1;
    banner.buttons = {{.handle = 2, .text = "Accept all", .on_click = answer},
                      {.handle = 3, .text = "Reject all", .on_click = answer}};
    page.banners.push_back(std::move(banner));
    return page.banners.back();
  }

  /// Autoconsent finds the popup of `rule`; its opt-out does `act`.
  void add_rules(std::string_view rule, std::function<void()> act) {
    options.autoconsent = *Autoconsent::make("autoconsentSendMessage", k_rules);
    page.script_says_at_start = {R"({"type":"init"})"};
    page.script_replies["initResp"] = {fmt::format(R"({{"type":"popupFound","cmp":"{}"}})", rule)};
    page.script_replies["optOut"] = {R"({"type":"optOutResult","result":true,"scheduleSelfTest":true})"};
    page.script_replies["optIn"] = {R"({"type":"optInResult","result":true})"};
    page.script_replies["selfTest"] = {R"({"type":"selfTestResult","result":true})"};
    page.on_script_message = [act = std::move(act)](const std::string& type) {
      if (type == "optOut" || type == "optIn") act();
    };
  }

  Result<record::ConsentOutcome> settle(aio::Scope scope = aio::Scope::background().within(10s)) {
    return aio::run(context, settle_consent(std::move(scope), page, options));
  }

  bool happened(std::string_view what) const { return std::ranges::find(page.log, what) != page.log.end(); }
  long count(std::string_view what) const { return std::ranges::count(page.log, what); }

  aio::asio::io_context context{1};
  FakePage page{context.get_executor()};
  Options options;
};

TEST_F(ConsentTest, a_page_that_asks_nothing_has_no_banner) {
  const auto outcome = settle();
  ASSERT_TRUE(outcome) << outcome.error().describe();
  EXPECT_EQ(outcome->result, ConsentResult::no_banner);
  EXPECT_FALSE(happened("mark"));
}

TEST_F(ConsentTest, the_labelled_button_is_pressed_and_proved) {
  add_banner();
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::proved);
  EXPECT_EQ(outcome->method, "heuristic");
  EXPECT_EQ(outcome->button_text, "Reject all");
  EXPECT_EQ(outcome->clicks, 1);
  EXPECT_EQ(outcome->first_layer_buttons, (std::vector<std::string>{"Accept all", "Reject all"}));
  EXPECT_EQ(outcome->proofs, (std::vector<std::string>{"banner gone", "cookie shop_consent written"}));
  EXPECT_EQ(page.log, (std::vector<std::string>{"mark", "click Reject all"}));
}

TEST_F(ConsentTest, the_sites_selector_comes_before_all_else) {
  add_banner();
  add_rules("shopcmp", [] {});
  options.selectors.reject = "#no";
  page.selectors["#no"] = 3;
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->method, "selector");
  EXPECT_EQ(outcome->result, ConsentResult::proved);
  EXPECT_EQ(page.log, (std::vector<std::string>{"find #no", "mark", "click Reject all"}));
}

TEST_F(ConsentTest, a_selector_that_matches_nothing_leaves_it_to_the_other_methods) {
  add_banner();
  options.selectors.reject = "#old";
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->method, "heuristic");
  EXPECT_NE(outcome->note.find("'#old' matched nothing visible"), std::string::npos);
}

TEST_F(ConsentTest, only_the_selector_of_the_choice_is_used) {
  add_banner();
  options.selectors.accept = "#yes";
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(happened("find #yes"));
}

TEST_F(ConsentTest, a_selector_that_cannot_be_read_is_an_error_that_names_it) {
  options.selectors.reject = "button[";
  auto outcome = settle();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::invalid);
  EXPECT_NE(outcome.error().describe().find("'button['"), std::string::npos);

  options.selectors.reject = "a:::b";
  page.selectors["!a:::b"] = 0;
  outcome = settle();
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind(), ErrorKind::invalid);
  EXPECT_NE(outcome.error().describe().find("a:::b"), std::string::npos);
}

TEST_F(ConsentTest, autoconsent_comes_before_labelled_buttons) {
  auto& banner = add_banner();
  add_rules("shopcmp", [&banner] { banner.is_visible = false; });
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->method, "autoconsent");
  EXPECT_EQ(outcome->platform, "shopcmp");
  EXPECT_EQ(outcome->result, ConsentResult::proved);
  EXPECT_EQ(outcome->proofs, (std::vector<std::string>{"banner gone", "autoconsent self-test passed"}));
  EXPECT_EQ(outcome->first_layer_buttons.size(), 2U);
  EXPECT_FALSE(happened("click Reject all"));
}

TEST_F(ConsentTest, a_failed_self_test_is_a_disproof) {
  auto& banner = add_banner();
  add_rules("shopcmp", [&] {
    banner.is_visible = false;
    page.writes = {"cookie shop_consent"};
  });
  page.script_replies["selfTest"] = {R"({"type":"selfTestResult","result":false})"};
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::unproved);
  EXPECT_NE(outcome->note.find("contradicts"), std::string::npos);
}

TEST_F(ConsentTest, a_rule_that_leaves_the_banner_hands_over_to_the_labels) {
  add_banner();
  add_rules("shopcmp", [] {});
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->method, "heuristic");
  EXPECT_EQ(outcome->result, ConsentResult::proved);
  EXPECT_EQ(outcome->note.find("still there"), std::string::npos) << outcome->note;
  EXPECT_EQ(count("mark"), 1);
}

TEST_F(ConsentTest, a_rule_without_steps_for_the_choice_is_not_run) {
  add_banner();
  add_rules("halfcmp", [] {});
  options.choice = Choice::accept;
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_FALSE(happened("optIn"));
  EXPECT_EQ(outcome->method, "heuristic");
  EXPECT_EQ(outcome->button_text, "Accept all");
}

TEST_F(ConsentTest, autoconsents_eval_is_answered_from_the_pages_world) {
  auto& banner = add_banner();
  add_rules("shopcmp", [&banner] { banner.is_visible = false; });
  page.script_replies["initResp"] = {R"({"type":"eval","id":"7","code":"window.cmp.ready"})"};
  page.script_replies["evalResp"] = {R"({"type":"popupFound","cmp":"shopcmp"})"};
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(happened("page eval (async () => !!(await (window.cmp.ready)))()"));
  EXPECT_EQ(outcome->method, "autoconsent");
}

TEST_F(ConsentTest, a_reload_loop_ends_after_two_more_injections) {
  add_banner();
  add_rules("shopcmp", [this] { page.is_document_lost = true; });
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(count("inject main"), 3);
  EXPECT_EQ(outcome->result, ConsentResult::unproved);
  EXPECT_NE(outcome->note.find("stopped after two repetitions"), std::string::npos);
}

TEST_F(ConsentTest, one_reload_that_takes_the_banner_away_is_proved) {
  add_banner();
  add_rules("shopcmp", [this] {
    page.is_document_lost = true;
    page.banners.clear();
    page.writes = {"cookie shop_consent"};
    page.script_replies["initResp"] = {R"({"type":"report","lifecycle":"nothingDetected"})"};
  });
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(count("inject main"), 2);
  EXPECT_EQ(outcome->result, ConsentResult::proved);
  EXPECT_EQ(outcome->method, "autoconsent");
}

TEST_F(ConsentTest, a_vanished_banner_alone_is_no_proof) {
  auto& banner = add_banner();
  banner.buttons[1].on_click = [&banner] { banner.is_visible = false; };
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::unproved);
  EXPECT_EQ(outcome->proofs, (std::vector<std::string>{"banner gone"}));
}

TEST_F(ConsentTest, a_banner_that_stays_is_unproved_whatever_was_written) {
  add_banner().buttons[1].on_click = [this] { page.writes = {"cookie shop_consent"}; };
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::unproved);
  EXPECT_NE(outcome->note.find("still there"), std::string::npos);
}

TEST_F(ConsentTest, a_button_that_cannot_be_pressed_is_no_missing_button) {
  add_banner().buttons[1].is_covered = true;
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::unproved);
  EXPECT_EQ(outcome->clicks, 0);
  EXPECT_NE(outcome->note.find("something else covers it"), std::string::npos);
}

TEST_F(ConsentTest, a_banner_without_refusal_has_no_control) {
  add_banner().buttons.pop_back();
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::no_control);
  EXPECT_EQ(outcome->first_layer_buttons, (std::vector<std::string>{"Accept all"}));
  EXPECT_FALSE(happened("mark"));
}

TEST_F(ConsentTest, a_refusal_behind_the_settings_takes_two_clicks) {
  FakeBanner second;
  second.handle = 10;
  second.buttons = {{.handle = 11, .text = "Reject all", .on_click = [this] {
                       page.banners[0].is_visible = page.banners[1].is_visible = false;
                       page.writes = {"localStorage consent"};
                     }}};
  add_banner().buttons[1] = {.handle = 3, .text = "Settings", .on_click = [this, second] { page.banners.push_back(second); }};
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::proved);
  EXPECT_EQ(outcome->clicks, 2);
  EXPECT_EQ(outcome->first_layer_buttons, (std::vector<std::string>{"Accept all", "Settings"}));
}

TEST_F(ConsentTest, without_a_refusal_the_switches_are_turned_off_and_saved) {
  auto& banner = add_banner();
  std::map<int, bool> saved;
  banner.switches = {{20, true}, {21, false}, {22, true}};
  banner.buttons[1] = {.handle = 3, .text = "Save selection", .on_click = [&] {
                         saved = banner.switches;
                         banner.is_visible = false;
                         page.writes = {"cookie shop_consent"};
                       }};
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(saved, (std::map<int, bool>{{20, false}, {21, false}, {22, false}}));
  EXPECT_EQ(outcome->clicks, 3);
  EXPECT_EQ(outcome->result, ConsentResult::proved);
}

TEST_F(ConsentTest, a_banner_in_a_child_frame_is_answered_there) {
  add_banner().frame_id = "cmp";
  page.frame_list.push_back({.id = "cmp", .url = "https://cmp.test/", .is_main = false});
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::proved);
}

TEST_F(ConsentTest, the_end_of_the_scope_is_its_error) {
  page.silent_frames.insert("main");
  EXPECT_EQ(settle(aio::Scope::background().within(20ms)).error().kind(), ErrorKind::timeout);
  aio::CancelSource source;
  source.cancel("test");
  EXPECT_EQ(settle(aio::Scope(source)).error().kind(), ErrorKind::cancelled);
}

TEST_F(ConsentTest, a_main_frame_that_does_not_answer_is_not_taken_for_one_without_a_banner) {
  options.answer_limit = 20ms;
  page.silent_frames.insert("main");
  EXPECT_EQ(settle().error().kind(), ErrorKind::unavailable);
}

TEST_F(ConsentTest, a_banner_whose_frame_falls_silent_after_the_click_is_not_taken_for_gone) {
  options.answer_limit = 20ms;
  page.frame_list.push_back({.id = "cmp", .url = "https://cmp.test/", .is_main = false});
  auto& banner = add_banner();
  banner.frame_id = "cmp";
  banner.buttons[1].on_click = [this] {
    page.silent_frames.insert("cmp");
    page.writes = {"cookie shop_consent"};
  };
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::unproved);
}

TEST_F(ConsentTest, a_silent_child_frame_is_noted) {
  options.answer_limit = 20ms;
  page.frame_list.push_back({.id = "ad", .url = "https://ad.test/", .is_main = false});
  page.silent_frames.insert("ad");
  const auto outcome = settle();
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->result, ConsentResult::no_banner);
  EXPECT_NE(outcome->note.find("1 child frame(s) did not answer"), std::string::npos);
}

TEST_F(ConsentTest, looking_touches_nothing) {
  add_banner();
  const auto seen = aio::run(context, look(aio::Scope::background().within(10s), page));
  ASSERT_TRUE(seen);
  EXPECT_TRUE(seen->is_found);
  EXPECT_TRUE(seen->has_reject);
  EXPECT_TRUE(seen->has_accept);
  EXPECT_EQ(seen->first_layer_buttons, (std::vector<std::string>{"Accept all", "Reject all"}));
  EXPECT_TRUE(page.log.empty());
}

TEST_F(ConsentTest, signals_come_raw_with_their_source) {
  page.probed = boost::json::parse(R"({"tcf":{"string":"CPabc","event":"tcloaded","applies":true},"gpp":{"string":"DBAA"},
    "gtag":[{"command":"default","types":{"ad_storage":"denied"},"regions":["DE"]},{"command":"update","types":{"ad_storage":"granted"}}]})");
  const auto signals = aio::run(context, read_signals(aio::Scope::background().within(10s), page));
  ASSERT_TRUE(signals);
  ASSERT_EQ(signals->tcf_strings.size(), 1U);
  EXPECT_EQ(signals->tcf_strings[0].source, "__tcfapi");
  EXPECT_EQ(signals->tcf_strings[0].text, "CPabc");
  EXPECT_EQ(signals->gpp_strings.at(0).text, "DBAA");
  ASSERT_EQ(signals->google_consent_commands.size(), 2U);
  EXPECT_EQ(signals->google_consent_commands[0].regions, (std::vector<std::string>{"DE"}));
  EXPECT_EQ(signals->google_consent_commands[1].types.at("ad_storage"), "granted");
}

TEST(Autoconsent, refuses_what_is_not_a_rule_set) {
  EXPECT_EQ(Autoconsent::make("nothing", k_rules).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(Autoconsent::make("autoconsentSendMessage", "{").error().kind(), ErrorKind::invalid);
  EXPECT_EQ(Autoconsent::make("autoconsentSendMessage", R"({"autoconsent":[{}]})").error().kind(), ErrorKind::invalid);
}

TEST(Autoconsent, sends_a_frame_only_the_rules_for_it) {
  const auto rules = *Autoconsent::make("autoconsentSendMessage", R"({"autoconsent":[
    {"name":"everywhere","runContext":{"frame":true}}, {"name":"main only"},
    {"name":"one site","runContext":{"urlPattern":"^https://one\\."}}]})");
  EXPECT_EQ(rules->patterns_json(), R"(["^https://one\\."])");
  EXPECT_EQ(rules->init_response({.matching_patterns = {}}).find("main only"), std::string::npos);
  EXPECT_NE(rules->init_response({.matching_patterns = {}}).find("everywhere"), std::string::npos);
  EXPECT_EQ(rules->init_response({.is_main_frame = true, .matching_patterns = {}}).find("one site"), std::string::npos);
  EXPECT_NE(rules->init_response({.is_main_frame = true, .matching_patterns = {0, 99}}).find("one site"), std::string::npos);
}

}  // namespace
}  // namespace gannet::consent
