#include "report/comparison.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "report/exit_code.hpp"
#include "report/html.hpp"
#include "report/impl/layout.hpp"
#include "report/snapshot_test.hpp"
#include "report/testdata/examples.hpp"

namespace gannet::report {
namespace {

namespace json = boost::json;

change::Snapshot snapshot_of(const Example& example) {
  const auto snapshot = change::parse_snapshot(scan_document_json(example.scan, example.inspection, Pretty::no));
  EXPECT_TRUE(snapshot.has_value()) << example.name << ": " << snapshot.error().describe();
  return *snapshot;
}

change::Comparison compare(const Example& before, const Example& after) {
  return change::compare(snapshot_of(before), snapshot_of(after), {.allows_other_host = true}).value();
}

change::Comparison compare(std::string_view before, std::string_view after) {
  return compare(make_example(before), make_example(after));
}

TEST(ScanDocument, can_be_compared_whatever_the_scan_was) {
  for (const Example& example : make_examples()) EXPECT_FALSE(compare(example, example).has_differences()) << example.name;
}

TEST(ScanDocument, says_which_states_are_established) {
  const auto is_established = [](std::string_view name, record::ConsentState state) {
    return snapshot_of(make_example(name)).find_state(state)->is_established;
  };
  EXPECT_TRUE(is_established("leaky", record::ConsentState::rejected));
  EXPECT_FALSE(is_established("unproved", record::ConsentState::rejected));
  EXPECT_FALSE(is_established("no_banner", record::ConsentState::accepted));
}

TEST(ComparisonText, reads_as_reviewed) {
  expect_snapshot("comparison_worse.100.txt", comparison_text(compare("lawful", "leaky"), {.width = 100}));
  expect_snapshot("comparison_better.100.txt", comparison_text(compare("leaky", "lawful"), {.width = 100}));
  expect_snapshot("comparison_unseen.100.txt", comparison_text(compare("leaky", "failed"), {.width = 100}));
  expect_snapshot("comparison_same.100.txt", comparison_text(compare("leaky", "leaky"), {.width = 100}));
  expect_snapshot("since_baseline.60.txt", since_baseline_text(compare("lawful", "leaky"), {.width = 60}));
}

TEST(ComparisonText, fits_any_width_from_60_and_cannot_speak_to_the_terminal) {
  for (const std::string_view name : {"leaky", "many", "hostile"}) {
    for (const int width : {60, 79, 100, 200}) {
      for (const std::string& text : {comparison_text(compare("clean", name), {.width = width}),
                                      since_baseline_text(compare(name, "clean"), {.width = width})}) {
        EXPECT_EQ(text.find('\x1b'), std::string::npos);
        for (const std::string_view line : split(text, '\n')) ASSERT_LE(display_width(line), width) << name << "\n" << line;
      }
    }
  }
}

TEST(ComparisonText, colours_only_when_asked) {
  const change::Comparison comparison = compare("lawful", "leaky");
  EXPECT_NE(comparison_text(comparison, {.colour = true}).find('\x1b'), std::string::npos);
  EXPECT_EQ(comparison_text(comparison, {.colour = false}).find('\x1b'), std::string::npos);
}

TEST(ComparisonText, names_the_data_that_may_explain_a_difference) {
  Example after = make_example("leaky");
  after.inspection.datasets.at(0).version = "9.9.9";
  const std::string text = comparison_text(compare(make_example("leaky"), after), {.width = 200});
  EXPECT_NE(text.find("categories, owners and findings may have changed with it"), std::string::npos) << text;
  EXPECT_NE(text.find("9.9.9"), std::string::npos) << text;
}

TEST(ComparisonJson, says_what_the_comparison_says) {
  const json::object document = json::parse(comparison_json(compare("lawful", "leaky"), Pretty::no)).as_object();
  EXPECT_EQ(document.at("different"), true);
  EXPECT_EQ(document.at("schema_version"), k_comparison_version);
  bool has_new_tracker = false;
  for (const json::value& finding : document.at("findings").at("changes").as_array())
    has_new_tracker = has_new_tracker || (finding.at("change") == "new" && finding.at("kind") == "tracker-before-consent");
  EXPECT_TRUE(has_new_tracker);
  EXPECT_EQ(json::parse(comparison_json(compare("leaky", "leaky"), Pretty::yes)).at("different"), false);
}

TEST(SinceBaseline, stands_in_the_scan_document_and_in_the_html_report) {
  const Example example = make_example("hostile");
  const change::Comparison comparison = compare(make_example("clean"), example);
  const json::value document = json::parse(scan_document_json(example.scan, example.inspection, Pretty::no, &comparison));
  EXPECT_EQ(document.at("since_baseline"), json::parse(comparison_json(comparison, Pretty::no)));
  const std::string html = scan_html(example.scan, example.inspection, {}, &comparison);
  EXPECT_NE(html.find("<h2>Since the baseline</h2>"), std::string::npos);
  EXPECT_EQ(html.find("<script"), std::string::npos);
  EXPECT_EQ(scan_html(example.scan, example.inspection).find("Since the baseline"), std::string::npos);
}

TEST(ExitCode, counts_only_findings_that_the_baseline_does_not_have_where_asked) {
  const Example leaky = make_example("leaky");
  const change::Comparison grown = compare(make_example("lawful"), leaky), same = compare(leaky, leaky);
  const FailOn new_high{.any = {}, .not_in_baseline = record::Severity::high};
  EXPECT_EQ(decide(leaky.scan, leaky.inspection, new_high, &grown), ExitCode::findings);
  EXPECT_EQ(decide(leaky.scan, leaky.inspection, new_high, &same), ExitCode::fine);
  const FailOn both{.any = record::Severity::low, .not_in_baseline = record::Severity::high};
  EXPECT_EQ(decide(leaky.scan, leaky.inspection, both, &same), ExitCode::findings);
  const Example failed = make_example("failed");
  const change::Comparison nothing_seen = compare(leaky, failed);
  EXPECT_EQ(decide(failed.scan, failed.inspection, new_high, &nothing_seen), ExitCode::failed);
}

TEST(ExitCode, new_findings_decide_only_where_they_are_severe_and_sure_enough) {
  const Example leaky = make_example("leaky");
  const change::Comparison grown = compare(make_example("lawful"), leaky);
  const auto decides_new = [&](const record::Finding& finding, record::Severity from) {
    return decides(finding, {.any = {}, .not_in_baseline = from}, &grown);
  };
  const auto found = std::ranges::find_if(leaky.inspection.findings, [&](const record::Finding& finding) {
    return grown.is_new_finding(finding.id) && finding.severity == record::Severity::high &&
           finding.confidence != record::Confidence::unsure;
  });
  ASSERT_NE(found, leaky.inspection.findings.end());
  record::Finding finding = *found;
  EXPECT_TRUE(decides_new(finding, record::Severity::high));
  EXPECT_TRUE(decides_new(finding, record::Severity::low));
  EXPECT_FALSE(decides_new(finding, record::Severity::critical));
  EXPECT_FALSE(decides(finding, {.any = {}, .not_in_baseline = record::Severity::low})) << "there is no baseline";
  finding.confidence = record::Confidence::unsure;
  EXPECT_FALSE(decides_new(finding, record::Severity::low));
}

}  // namespace
}  // namespace gannet::report
