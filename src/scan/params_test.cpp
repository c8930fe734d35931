#include "scan/params.hpp"

#include <gtest/gtest.h>

namespace gannet::scan {
namespace {

using namespace std::chrono_literals;

TEST(ScanParams, reads_every_field) {
  auto params = parse_scan_params(R"({"custom_pages": ["/a"], "consent_states": ["accepted"], "accept_selector": "#yes",
    "reject_selector": "#no", "timeout": 5000, "wait_for_dynamic_content": 0, "wait_strategy": "timeout", "max_retries": 5, "concurrency": 1, "screenshots": "all"})");
  ASSERT_TRUE(params) << params.error().describe();
  EXPECT_EQ(params->custom_pages, std::vector<std::string>{"/a"});
  EXPECT_EQ(params->consent_states, std::vector{record::ConsentState::accepted});
  EXPECT_EQ(params->timeout.count(), 5000);
  EXPECT_EQ(params->wait_strategy, WaitStrategy::timeout);
}

TEST(ScanParams, refuses_what_is_wrong_and_says_what_would_be_right) {
  const std::pair<const char*, const char*> k_cases[] = {
      {R"({"timeout": 4999})", "timeout (ms) is 4999; it must be a whole number from 5000 to 120000"},
      {R"({"timeout": "fast"})", "timeout (ms) is a text; it must be a whole number from 5000 to 120000"},
      {R"({"max_retries": 6})", "max_retries is 6; it must be a whole number from 0 to 5"},
      {R"({"custom_pages": "x"})", "custom_pages is a text; it must be a list of texts"},
      {R"({"consent_states": ["maybe"]})", "'maybe' is not a consent state; known are untouched, rejected and accepted"},
      {R"([1])", "a list instead of a JSON object with scan parameters"},
  };
  for (const auto& [text, message] : k_cases) {
    auto params = parse_scan_params(text);
    ASSERT_FALSE(params) << text;
    EXPECT_EQ(params.error().describe(), message);
  }
  EXPECT_TRUE(
      parse_scan_params(R"({"max_pages": 3})").error().describe().starts_with("'max_pages' is not a scan parameter; known are"));
  EXPECT_TRUE(parse_scan_params("{").error().describe().starts_with("not JSON"));
}

TEST(PagesToVisit, are_resolved_and_each_once) {
  auto pages = pages_to_visit("https://shop.test/",
                              {"/about", "about#team", "https://shop.test:443/", "https://shop.test/about/../about", "b"});
  ASSERT_TRUE(pages);
  EXPECT_EQ(*pages, (std::vector<std::string>{"https://shop.test/", "https://shop.test/about", "https://shop.test/b"}));
}

TEST(PagesToVisit, names_the_page_that_cannot_be_visited) {
  auto pages = pages_to_visit("https://shop.test/", {"mailto:x@shop.test"});
  ASSERT_FALSE(pages);
  EXPECT_NE(pages.error().describe().find("mailto:x@shop.test"), std::string::npos);
}

TEST(VisitBudget, holds_each_load_with_its_settlings_and_the_choice) {
  ScanParams params;
  EXPECT_EQ(visit_budget(params, false), 70s);
  EXPECT_EQ(visit_budget(params, true), 200s);
  params.timeout = 5s;
  params.wait_for_dynamic_content = 0s;
  EXPECT_EQ(visit_budget(params, false), 35s);
  EXPECT_EQ(visit_budget(params, true), 130s);
}

TEST(StateBudget, is_the_same_for_states_that_run_one_after_the_other_and_passes_on_what_is_left) {
  EXPECT_EQ(state_budget(30min, {3, 1}), 10min);
  EXPECT_EQ(state_budget(20min, {2, 1}), 10min) << "the first one took its share";
  EXPECT_EQ(state_budget(28min, {2, 1}), 14min) << "the first one did not need it";
  EXPECT_EQ(state_budget(30min, {1, 1}), 30min);
}

TEST(StateBudget, is_all_of_the_time_for_states_that_run_at_once) {
  EXPECT_EQ(state_budget(30min, {3, 3}), 30min);
  EXPECT_EQ(state_budget(30min, {3, 2}), 15min);
  EXPECT_EQ(state_budget(15min, {1, 2}), 15min);
}

}  // namespace
}  // namespace gannet::scan
