#include "report/verdict.hpp"

#include <algorithm>
#include <functional>

#include <gtest/gtest.h>

#include "report/exit_code.hpp"
#include "report/testdata/examples.hpp"

namespace gannet::report {
namespace {

using record::ConsentResult;
using record::ConsentState;
using record::ScanStatus;
using record::Severity;
using record::VisitStatus;

Verdict verdict_of(const Example& example) { return make_verdict(example.scan, example.inspection); }
ExitCode exit_code_of(const Example& example, std::optional<Severity> fail_on) {
  return decide(example.scan, example.inspection, {.any = fail_on, .not_in_baseline = {}});
}

TEST(Verdict, says_in_plain_words_what_was_found) {
  EXPECT_EQ(verdict_of(make_example("clean")).headline, "Nothing found that needs consent, in 3 states");
  EXPECT_EQ(verdict_of(make_example("leaky")).headline,
            "5 problems: 2 cookies and 1 tracker before consent, 1 cookie after refusal and 1 long-lived cookie");
  EXPECT_EQ(verdict_of(make_example("unproved")).headline,
            "Could not tell: the reject button “Nur notwendige” was clicked but nothing proves that it worked (the banner is "
            "still shown)");
  EXPECT_EQ(verdict_of(make_example("failed")).headline,
            "The scan failed: start page: the host gibt-es-nicht.test has no address (NXDOMAIN)");
}

TEST(Verdict, words_findings_that_are_not_about_a_moment) {
  Example example = make_example("clean");
  const auto add = [&](const std::string& kind) {
    record::Finding finding;
    finding.kind = kind;
    finding.severity = Severity::medium;
    example.inspection.findings.push_back(finding);
  };
  add("reject-missing");
  EXPECT_EQ(verdict_of(example).headline, "1 problem: no way to reject");
  add("cookie-insecure");
  add("cookie-insecure");
  add("mixed-content");
  add("form-insecure");
  add("form-insecure");
  EXPECT_EQ(verdict_of(example).headline, "6 problems: no way to reject, 2 insecure cookies, 1 mixed content and 2 others");
}

TEST(Verdict, does_not_call_a_site_free_of_trackers_that_loads_them_once_accepted) {
  const Verdict verdict = verdict_of(make_example("lawful"));
  EXPECT_EQ(verdict.kind, VerdictKind::clean);
  EXPECT_EQ(verdict.headline, "No problem found, in 3 states");
  EXPECT_EQ(verdict.detail, "Analytics or advertising was seen only where it was accepted");
}

TEST(Verdict, judges_only_the_untouched_state_where_no_banner_was_found) {
  const Verdict verdict = verdict_of(make_example("no_banner"));
  EXPECT_EQ(verdict.kind, VerdictKind::clean);
  EXPECT_EQ(verdict.established, std::vector{ConsentState::untouched});
  EXPECT_EQ(verdict.headline, "Nothing found that needs consent, in the state untouched");
  EXPECT_EQ(verdict.detail, "No consent banner was found, so no choice could be made");
}

TEST(Verdict, asks_for_a_person_where_only_unsure_things_are_left) {
  const Verdict verdict = verdict_of(make_example("review"));
  EXPECT_EQ(verdict.kind, VerdictKind::review);
  EXPECT_EQ(verdict.headline, "No certain problem in 3 states, but 1 cookie of unknown purpose to look at");
}

/// Ways in which a scan without findings may not have seen enough to be called clean.
struct Damage {
  std::string name;
  std::function<void(Example&)> apply;
};

std::vector<Damage> make_damages() {
  std::vector<Damage> damages;
  for (const ScanStatus status : {ScanStatus::partial, ScanStatus::failed, ScanStatus::cancelled})
    damages.push_back({"the scan ended as " + std::string(to_string(status)), [status](Example& e) { e.scan.status = status; }});
  for (std::size_t state = 0; state < 3; ++state) {
    const std::string where = fmt::format(" in state {}", state);
    for (const VisitStatus status : {VisitStatus::partial, VisitStatus::blocked, VisitStatus::failed}) {
      damages.push_back({std::string(to_string(status)) + " page" + where,
                         [=](Example& e) { e.scan.states[state].visits[0].status = status; }});
    }
    damages.push_back({"no visit" + where, [=](Example& e) { e.scan.states[state].visits.clear(); }});
    damages.push_back({"no phase" + where, [=](Example& e) { e.scan.states[state].visits[0].phases.clear(); }});
    damages.push_back({"deadline" + where,
                       [=](Example& e) { e.scan.states[state].visits[0].phases[0].settled_by = record::SettledBy::deadline; }});
    damages.push_back({"error page" + where, [=](Example& e) { e.scan.states[state].visits[0].http_status = 500; }});
    damages.push_back(
        {"not inspected" + where, [=](Example& e) { e.inspection.states.erase(e.inspection.states.begin() + int(state)); }});
  }
  for (std::size_t state = 1; state < 3; ++state) {
    for (const ConsentResult result : {ConsentResult::not_attempted, ConsentResult::no_control, ConsentResult::unproved}) {
      damages.push_back({fmt::format("consent {} in state {}", to_string(result), state),
                         [=](Example& e) { e.scan.states[state].consent.result = result; }});
    }
    damages.push_back({fmt::format("nothing seen after the choice in state {}", state),
                       [=](Example& e) { e.scan.states[state].visits[0].phases.resize(2); }});
  }
  damages.push_back({"no state at all", [](Example& e) { e.scan.states.clear(); }});
  return damages;
}

TEST(Verdict, is_never_clean_when_something_was_not_seen) {
  for (const Damage& damage : make_damages()) {
    SCOPED_TRACE(damage.name);
    Example example = make_example("clean");
    damage.apply(example);
    const Verdict verdict = verdict_of(example);
    EXPECT_TRUE(verdict.kind == VerdictKind::undetermined || verdict.kind == VerdictKind::failed);
    EXPECT_TRUE(verdict.headline.starts_with("Could not tell: ") || verdict.headline.starts_with("The scan failed") ||
                verdict.headline.starts_with("No page could be seen"))
        << verdict.headline;
    EXPECT_TRUE(verdict.has_blocking_gap());
    EXPECT_NE(exit_code_of(example, Severity::info), ExitCode::fine);
  }
}

TEST(Verdict, does_not_count_a_state_with_a_gap_as_established) {
  Example example = make_example("clean");
  example.scan.states[2].visits[0].status = VisitStatus::blocked;
  EXPECT_EQ(verdict_of(example).established, (std::vector{ConsentState::untouched, ConsentState::rejected}));
}

TEST(Verdict, says_that_there_may_be_more_problems_than_those_seen) {
  Example example = make_example("leaky");
  example.scan.states[2].visits[0].status = VisitStatus::blocked;
  const Verdict verdict = verdict_of(example);
  EXPECT_EQ(verdict.kind, VerdictKind::problems);
  EXPECT_EQ(verdict.detail,
            "Perhaps also 1 storage entry before consent. There may be more: not everything could be established");
}

TEST(Verdict, keeps_problems_seen_before_a_scan_failed) {
  Example example = make_example("leaky");
  example.scan.status = ScanStatus::failed;
  example.scan.reason = "the browser could not be started again";
  const Verdict verdict = verdict_of(example);
  EXPECT_EQ(verdict.headline, "The scan failed: the browser could not be started again");
  EXPECT_TRUE(verdict.detail.starts_with("Seen until then: 5 problems")) << verdict.detail;
}

TEST(Verdict, says_that_a_scan_was_interrupted_and_not_that_it_failed) {
  Example example = make_example("clean");
  example.scan.status = ScanStatus::cancelled;
  example.scan.reason = "the scan was interrupted before any page was seen";
  for (auto& state : example.scan.states)
    for (auto& visit : state.visits) {
      visit.status = VisitStatus::failed;
      visit.phases.clear();
    }
  const Verdict unseen = verdict_of(example);
  EXPECT_EQ(unseen.headline, "Could not tell: the scan was interrupted before any page was seen");
  EXPECT_EQ(unseen.detail, "This says nothing about the site");
  EXPECT_EQ(exit_code_of(example, Severity::info), ExitCode::partial);
  example.scan.states.clear();
  EXPECT_EQ(verdict_of(example).headline, unseen.headline);
  EXPECT_EQ(exit_code_of(example, Severity::info), ExitCode::partial);
}

TEST(Verdict, keeps_what_was_seen_before_an_interrupt) {
  Example example = make_example("leaky");
  example.scan.status = ScanStatus::cancelled;
  example.scan.reason = "the scan was interrupted; what was recorded until then is kept";
  const Verdict verdict = verdict_of(example);
  EXPECT_EQ(verdict.kind, VerdictKind::problems);
  EXPECT_EQ(std::ranges::count(verdict.gaps, example.scan.reason, &Gap::text), 1) << "said once, and in one sentence";
}

TEST(Verdict, groups_pages_that_were_refused_for_the_same_reason) {
  const Verdict verdict = verdict_of(make_example("partial"));
  const auto refused =
      std::ranges::count_if(verdict.gaps, [](const Gap& gap) { return gap.text.find("2 of 5 pages were refused") == 0; });
  EXPECT_EQ(refused, 1);
}

TEST(ExitCode, follows_the_precedence_failed_findings_partial_fine) {
  Example example = make_example("leaky");
  EXPECT_EQ(exit_code_of(example, Severity::critical), ExitCode::findings);
  example.scan.status = ScanStatus::partial;
  EXPECT_EQ(exit_code_of(example, Severity::critical), ExitCode::findings);
  example.scan.status = ScanStatus::failed;
  EXPECT_EQ(exit_code_of(example, Severity::critical), ExitCode::failed);
  EXPECT_EQ(exit_code_of(make_example("partial"), Severity::info), ExitCode::partial);
  EXPECT_EQ(exit_code_of(make_example("clean"), Severity::info), ExitCode::fine);
}

TEST(ExitCode, counts_findings_at_or_over_the_asked_severity_only) {
  Example example = make_example("leaky");
  std::erase_if(example.inspection.findings, [](const record::Finding& finding) { return finding.severity > Severity::low; });
  EXPECT_EQ(exit_code_of(example, Severity::low), ExitCode::findings);
  EXPECT_EQ(exit_code_of(example, Severity::medium), ExitCode::fine);
  EXPECT_EQ(exit_code_of(example, std::nullopt), ExitCode::fine);
}

TEST(ExitCode, does_not_count_unsure_findings) {
  Example example = make_example("leaky");
  std::erase_if(example.inspection.findings, [](const record::Finding& finding) { return finding.severity != Severity::medium; });
  ASSERT_EQ(example.inspection.findings.size(), 1U);
  EXPECT_EQ(exit_code_of(example, Severity::info), ExitCode::fine);
}

}  // namespace
}  // namespace gannet::report
