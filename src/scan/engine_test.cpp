// What a scan's status is, from what its visits are.
#include "scan/engine.hpp"

#include <gtest/gtest.h>

namespace gannet::scan {
namespace {

using record::ConsentState;
using record::ScanStatus;
using record::VisitStatus;

record::StateRecord state_of(ConsentState state, const std::vector<VisitStatus>& visits) {
  record::StateRecord record;
  record.state = state;
  for (const auto status : visits) {
    record::Visit visit;
    visit.state = state;
    visit.requested_url = record.visits.empty() ? "https://shop.test/" : "https://shop.test/about";
    visit.status = status;
    if (status != VisitStatus::ok) visit.reason = fmt::format("it is {}", record::to_string(status));
    record.visits.push_back(std::move(visit));
  }
  return record;
}

using Judgement = std::pair<ScanStatus, std::string>;

TEST(JudgeScan, is_a_success_only_when_all_visits_are_fine) {
  EXPECT_EQ(judge_scan({state_of(ConsentState::untouched, {VisitStatus::ok, VisitStatus::ok}),
                        state_of(ConsentState::accepted, {VisitStatus::ok})},
                       false),
            Judgement(ScanStatus::success, ""));
}

TEST(JudgeScan, is_partial_with_the_first_reason_where_a_start_page_was_seen) {
  const Judgement partial{ScanStatus::partial, "https://shop.test/about in state untouched: it is failed"};
  EXPECT_EQ(judge_scan({state_of(ConsentState::untouched, {VisitStatus::ok, VisitStatus::failed}),
                        state_of(ConsentState::accepted, {VisitStatus::partial})},
                       false),
            partial);
  EXPECT_EQ(
      judge_scan({state_of(ConsentState::untouched, {VisitStatus::blocked}), state_of(ConsentState::accepted, {VisitStatus::ok})},
                 false),
      Judgement(ScanStatus::partial, "https://shop.test/ in state untouched: it is blocked"));
  EXPECT_EQ(judge_scan({state_of(ConsentState::untouched, {VisitStatus::partial})}, false).first, ScanStatus::partial);
}

TEST(JudgeScan, has_failed_when_no_start_page_was_seen_in_any_state) {
  EXPECT_EQ(judge_scan({state_of(ConsentState::untouched, {VisitStatus::failed, VisitStatus::ok}),
                        state_of(ConsentState::rejected, {VisitStatus::blocked})},
                       false),
            Judgement(ScanStatus::failed, "https://shop.test/ in state untouched: it is failed"));
  EXPECT_EQ(judge_scan({state_of(ConsentState::untouched, {VisitStatus::failed}),
                        state_of(ConsentState::rejected, {VisitStatus::failed})},
                       false),
            Judgement(ScanStatus::failed, "https://shop.test/: it is failed"));
  EXPECT_EQ(judge_scan({}, false), Judgement(ScanStatus::failed, "no page was visited"));
  EXPECT_EQ(judge_scan({state_of(ConsentState::untouched, {})}, false).first, ScanStatus::failed);
}

TEST(JudgeScan, a_state_that_was_not_visited_is_a_hole) {
  EXPECT_EQ(judge_scan({state_of(ConsentState::untouched, {VisitStatus::ok}), state_of(ConsentState::accepted, {})}, false).first,
            ScanStatus::partial);
}

TEST(JudgeScan, a_cancelled_scan_says_whether_anything_was_seen) {
  const Judgement unseen{ScanStatus::cancelled, "the scan was interrupted before any page was seen"};
  auto state = state_of(ConsentState::untouched, {VisitStatus::failed});
  EXPECT_EQ(judge_scan({}, true), unseen);
  EXPECT_EQ(judge_scan({state}, true), unseen);
  state.visits[0].phases.push_back({record::Phase::s0, record::SettledBy::quiet, 500});
  for (const auto status : {VisitStatus::ok, VisitStatus::partial}) {
    state.visits[0].status = status;
    EXPECT_EQ(judge_scan({state}, true),
              Judgement(ScanStatus::cancelled, "the scan was interrupted; what was recorded until then is kept"));
  }
}

}  // namespace
}  // namespace gannet::scan
