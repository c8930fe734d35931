#include "change/impl/coverage.hpp"

#include <gtest/gtest.h>

#include "change/snapshots_for_test.hpp"

namespace gannet::change {
namespace {

using namespace testing;

struct Case {
  std::string name;
  /// Damages the state of the scan that does not have the cookie.
  void (*damage)(StateSnapshot&);
  std::optional<DoubtKind> doubt;
};

const Case k_cases[] = {
    {"all was seen", [](StateSnapshot&) {}, std::nullopt},
    {"still busy at the ceiling", [](StateSnapshot& state) { state.pages[0].settled_by = record::SettledBy::ceiling; },
     DoubtKind::page_not_settled},
    {"cut off at the deadline", [](StateSnapshot& state) { state.pages[0].settled_by = record::SettledBy::deadline; },
     DoubtKind::page_not_settled},
    {"partial", [](StateSnapshot& state) { state.pages[0].status = record::VisitStatus::partial; }, DoubtKind::page_not_seen},
    {"blocked", [](StateSnapshot& state) { state.pages[0].status = record::VisitStatus::blocked; }, DoubtKind::page_not_seen},
    {"failed", [](StateSnapshot& state) { state.pages[0].status = record::VisitStatus::failed; }, DoubtKind::page_not_seen},
    {"an error page", [](StateSnapshot& state) { state.pages[0].http_status = 503; }, DoubtKind::page_not_seen},
    {"left before it was loaded", [](StateSnapshot& state) { state.pages[0].is_without_phases = true; },
     DoubtKind::page_not_seen},
    {"another page", [](StateSnapshot& state) { state.pages[0].url = "https://shop.test/other"; }, DoubtKind::page_not_visited},
    {"no page", [](StateSnapshot& state) { state.pages.clear(); }, DoubtKind::page_not_visited},
    {"not established", [](StateSnapshot& state) { state.is_established = false; }, DoubtKind::state_not_established},
};

TEST(Coverage, proves_an_absence_only_where_the_thing_would_have_been_seen) {
  for (const Case& c : k_cases) {
    StateSnapshot without = state({}, ConsentState::accepted);
    c.damage(without);
    const Coverage coverage(snapshot({state({cookie("a")}, ConsentState::accepted)}), snapshot({without}));
    const auto doubt = coverage.doubt_of(ConsentState::accepted, cookie("a"));
    EXPECT_EQ(doubt ? std::optional(doubt->kind) : std::nullopt, c.doubt) << c.name;
    Item with_page = cookie("a");
    with_page.pages = {k_page};
    const auto doubt_with_page = coverage.doubt_of(ConsentState::accepted, with_page);
    EXPECT_EQ(doubt_with_page ? std::optional(doubt_with_page->kind) : std::nullopt, c.doubt) << c.name << ", by its page";
  }
}

TEST(Coverage, asks_only_for_the_pages_that_wrote_a_cookie) {
  StateSnapshot before = state({}), after = state({});
  before.pages = after.pages = {page(), page("https://shop.test/busy")};
  after.pages[1].settled_by = record::SettledBy::ceiling;
  Item on_start = cookie("a"), on_busy = cookie("b");
  on_start.pages = {k_page};
  on_busy.pages = {k_page, "https://shop.test/busy"};
  const Coverage coverage(snapshot({before}), snapshot({after}));
  EXPECT_EQ(coverage.doubt_of(ConsentState::untouched, on_start), std::nullopt);
  const Doubt busy{DoubtKind::page_not_settled, ConsentState::untouched, "https://shop.test/busy"};
  EXPECT_EQ(coverage.doubt_of(ConsentState::untouched, on_busy), busy);
  EXPECT_EQ(coverage.doubt_of(ConsentState::untouched, cookie("from any page")), busy);
}

TEST(Coverage, takes_two_scans_without_a_banner_for_comparable) {
  StateSnapshot before = state({}, ConsentState::rejected);
  before.is_established = false;
  before.consent_result = ConsentResult::no_banner;
  StateSnapshot after = before;
  EXPECT_EQ(Coverage(snapshot({before}), snapshot({after})).doubt_of(ConsentState::rejected), std::nullopt);
  before.consent_result = ConsentResult::proved;
  EXPECT_NE(Coverage(snapshot({before}), snapshot({after})).doubt_of(ConsentState::rejected), std::nullopt);
}

TEST(Coverage, says_nothing_of_a_state_that_was_not_visited) {
  const Coverage coverage(snapshot({state({}, ConsentState::accepted)}), snapshot({state({})}));
  EXPECT_EQ(coverage.doubt_of(ConsentState::accepted), (Doubt{DoubtKind::state_not_visited, ConsentState::accepted, ""}));
}

TEST(Coverage, does_not_miss_third_parties_where_the_browser_had_another_policy) {
  Snapshot after = snapshot({state({})});
  after.how["third_party_cookies"] = "block";
  const Coverage coverage(snapshot({state({})}), after);
  EXPECT_EQ(coverage.doubt_of(ConsentState::untouched, third_party("ads.test")),
            (Doubt{DoubtKind::third_party_cookies_differ, ConsentState::untouched, "block"}));
  EXPECT_EQ(coverage.doubt_of(ConsentState::untouched, cookie("own")), std::nullopt);
}

TEST(PagePath, is_the_same_for_other_schemes_and_ports) {
  EXPECT_EQ(page_path("http://shop.test:41234/a?b=<3>#c"), "/a?b=<3>");
  EXPECT_EQ(page_path("https://shop.test"), "/");
  EXPECT_EQ(page_path("about:blank"), "about:blank");
}

}  // namespace
}  // namespace gannet::change
