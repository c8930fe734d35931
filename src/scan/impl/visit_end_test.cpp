#include "scan/impl/visit_end.hpp"

#include <gtest/gtest.h>

namespace gannet::scan {
namespace {

using namespace std::chrono_literals;

constexpr auto k_all_steps = {VisitStep::opening, VisitStep::loading, VisitStep::observing, VisitStep::choosing,
                              VisitStep::reloading};

VisitStop stop_at(VisitStep step) { return {step, "shop.test", 5s, "", ""}; }
Error timeout() { return Error(ErrorKind::timeout, "deadline passed").with_context("Page.navigate"); }

TEST(VisitEnd, names_the_host_that_did_not_answer_and_how_long_it_was_waited_for) {
  EXPECT_EQ(words_for_stop(stop_at(VisitStep::loading), timeout()), "no answer from shop.test within 5 s");
  EXPECT_EQ(words_for_stop(stop_at(VisitStep::reloading), timeout()),
            "no answer from shop.test within 5 s when the page was loaded again after the choice");
}

TEST(VisitEnd, says_nothing_in_the_words_of_a_protocol) {
  for (const auto step : k_all_steps)
    for (const auto kind : {ErrorKind::timeout, ErrorKind::cancelled, ErrorKind::unavailable, ErrorKind::not_found,
                            ErrorKind::invalid, ErrorKind::protocol}) {
      const auto words =
          words_for_stop(stop_at(step), Error(kind, "it is so").with_context("Page.navigate").with_context("navigation"));
      EXPECT_EQ(words.find("Page."), std::string::npos) << words;
      EXPECT_EQ(words.find("navigation"), std::string::npos) << words;
      EXPECT_FALSE(words.empty());
    }
}

TEST(VisitEnd, passes_on_what_is_about_the_site) {
  const Error refused(ErrorKind::unavailable, "the server refused the connection");
  EXPECT_EQ(words_for_stop(stop_at(VisitStep::loading), refused), "the server refused the connection");
  EXPECT_EQ(words_for_stop(stop_at(VisitStep::reloading), refused),
            "the page could not be loaded again after the choice: the server refused the connection");
}

TEST(VisitEnd, an_end_of_the_tab_or_the_browser_is_the_reason_whatever_noticed_it) {
  for (const auto step : k_all_steps) {
    auto stop = stop_at(step);
    stop.end_reason = "the tab crashed";
    EXPECT_EQ(words_for_stop(stop, timeout()), "the tab crashed");
    EXPECT_EQ(words_for_stop(stop, Error(ErrorKind::not_found, "the target is gone")), "the tab crashed");
  }
}

TEST(VisitEnd, an_interrupt_is_said_once_whatever_it_ended) {
  for (const auto step : k_all_steps)
    EXPECT_EQ(words_for_stop(stop_at(step), Error(ErrorKind::cancelled, "cancelled: interrupted")), "the scan was interrupted");
}

TEST(VisitEnd, names_the_budget_that_was_used_up) {
  auto stop = stop_at(VisitStep::choosing);
  EXPECT_EQ(words_for_stop(stop, timeout()), "the choice took longer than 60 s");
  stop.used_up_budget = "the time for one visit, 70 s,";
  EXPECT_EQ(words_for_stop(stop, timeout()), "the time for one visit, 70 s, was used up");
}

TEST(VisitEnd, seconds_are_written_without_what_they_do_not_need) {
  EXPECT_EQ(in_seconds(5000ms), "5 s");
  EXPECT_EQ(in_seconds(5500ms), "5.5 s");
  EXPECT_EQ(in_seconds(200s), "200 s");
}

TEST(VisitEnd, says_why_there_is_no_browser) {
  EXPECT_EQ(words_for_launch(timeout()), "the browser could not be started in time");
  EXPECT_EQ(words_for_launch(Error(ErrorKind::unavailable, "it ended at once").with_context("starting it")),
            "the browser could not be started: it ended at once");
}

TEST(Reasons, of_the_end_and_of_losses_are_both_told_but_nothing_twice) {
  EXPECT_EQ(join_reasons("it ended", "some was lost"), "it ended; some was lost");
  EXPECT_EQ(join_reasons("", "some was lost"), "some was lost");
  EXPECT_EQ(join_reasons("it ended", ""), "it ended");
  EXPECT_EQ(join_reasons("the tab crashed", "the session: the tab crashed"), "the session: the tab crashed");
}

}  // namespace
}  // namespace gannet::scan
