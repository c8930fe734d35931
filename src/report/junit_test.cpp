#include "report/junit.hpp"

#include <gtest/gtest.h>

#include "change/compare.hpp"
#include "change/snapshot.hpp"
#include "report/document.hpp"
#include "report/testdata/examples.hpp"

// That the document satisfies the schema of Jenkins is checked by testdata/validate_formats.py.
namespace gannet::report {
namespace {

using record::Severity;

std::string junit_of(const Example& example, std::optional<Severity> fail_on = {}) {
  return scan_junit(example.scan, example.inspection, {.any = fail_on, .not_in_baseline = {}});
}

/// The case with its content; empty where there is none.
std::string find_case(const std::string& xml, const std::string& state, const std::string& name) {
  const std::string head = "<testcase name=\"" + name + "\" classname=\"gannet." + state + "\"";
  const auto begin = xml.find(head);
  if (begin == std::string::npos) return "";
  if (xml.substr(begin + head.size(), 2) == "/>") return head + "/>";
  return xml.substr(begin, xml.find("</testcase>", begin) - begin);
}

bool has_passed(const std::string& test_case) {
  for (const auto* element : {"<failure", "<error", "<skipped"})
    if (test_case.find(element) != std::string::npos) return false;
  return !test_case.empty();
}

TEST(ScanJunit, fails_the_case_of_a_finding_in_the_state_that_shows_it) {
  const std::string xml = junit_of(make_example("leaky"));
  const std::string failed = find_case(xml, "rejected", "cookie after reject");
  EXPECT_NE(failed.find("<failure type=\"finding\" message=\"The analytics cookie _mtr is written although"), std::string::npos);
  EXPECT_NE(failed.find("at setCookie https://tags.metrica.test/t.js:3:9"), std::string::npos);
  EXPECT_TRUE(has_passed(find_case(xml, "accepted", "cookie before consent")));
  EXPECT_EQ(find_case(xml, "untouched", "cookie after reject"), "") << "nothing was refused there";
}

TEST(ScanJunit, fails_with_a_baseline_only_what_decides_the_exit_code) {
  const Example leaky = make_example("leaky");
  const auto snapshot = [](const Example& example) {
    return change::parse_snapshot(scan_document_json(example.scan, example.inspection, Pretty::no)).value();
  };
  const FailOn new_low{.any = {}, .not_in_baseline = Severity::low};
  const auto same = change::compare(snapshot(leaky), snapshot(leaky)).value();
  EXPECT_EQ(scan_junit(leaky.scan, leaky.inspection, new_low, &same).find("<failure"), std::string::npos);
  const auto grown = change::compare(snapshot(make_example("lawful")), snapshot(leaky)).value();
  EXPECT_NE(scan_junit(leaky.scan, leaky.inspection, new_low, &grown).find("<failure"), std::string::npos);
}

TEST(ScanJunit, passes_every_case_of_a_clean_scan) {
  const std::string xml = junit_of(make_example("clean"));
  for (const auto* sign : {"<failure", "<error", "<skipped"}) EXPECT_EQ(xml.find(sign), std::string::npos) << sign;
  EXPECT_TRUE(has_passed(find_case(xml, "rejected", "tracker after reject")));
}

TEST(ScanJunit, skips_and_never_passes_what_was_not_established) {
  for (const auto* name : {"unproved", "no_banner", "partial"}) {
    const std::string test_case = find_case(junit_of(make_example(name)), "rejected", "tracker after reject");
    EXPECT_NE(test_case.find("<skipped>not established: "), std::string::npos) << name << test_case;
  }
  const std::string failed = junit_of(make_example("failed"));
  EXPECT_NE(failed.find("<error type=\"scan\" message=\"The scan failed: start page"), std::string::npos);
  EXPECT_FALSE(has_passed(find_case(failed, "untouched", "cookie before consent")));
}

TEST(ScanJunit, fails_only_from_the_asked_severity_on) {
  const Example example = make_example("leaky");
  EXPECT_NE(find_case(junit_of(example, Severity::low), "untouched", "cookie lifetime").find("<failure"), std::string::npos);
  const std::string passed = find_case(junit_of(example, Severity::high), "untouched", "cookie lifetime");
  EXPECT_TRUE(has_passed(passed));
  EXPECT_NE(passed.find("<system-out>The cookie _mtr asks to live for 730 days."), std::string::npos) << "it is still told";
}

TEST(ScanJunit, does_not_fail_for_an_unsure_finding) {
  EXPECT_TRUE(has_passed(find_case(junit_of(make_example("leaky")), "untouched", "storage before consent")));
}

TEST(ScanJunit, loses_no_finding_without_evidence) {
  Example example = make_example("leaky");
  example.inspection.findings[1].evidence.clear();
  EXPECT_NE(find_case(junit_of(example), "scan", "cookie before consent: cookie adid adnet.test").find("<failure"),
            std::string::npos);
}

TEST(ScanJunit, escapes_what_xml_cannot_hold) {
  EXPECT_EQ(escape_xml("<a b=\"c\">&\x01\xff\xef\xbf\xbf"), "&lt;a b=&quot;c&quot;&gt;&amp;\ufffd\ufffd\ufffd");
}

}  // namespace
}  // namespace gannet::report
