#include "report/sarif.hpp"

#include <algorithm>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "report/testdata/examples.hpp"

// That the document satisfies the SARIF 2.1.0 schema is checked by testdata/validate_formats.py.
namespace gannet::report {
namespace {

namespace json = boost::json;

json::object run_of(const Example& example) {
  return json::parse(scan_sarif(example.scan, example.inspection)).at("runs").as_array()[0].as_object();
}

json::object result_of(const json::object& run, std::string_view finding_id) {
  for (const json::value& result : run.at("results").as_array())
    if (result.at("partialFingerprints").at("gannetFindingId/v1").as_string() == finding_id) return result.as_object();
  return {};
}

TEST(ScanSarif, gives_each_finding_with_its_id_rule_and_level) {
  const json::object run = run_of(make_example("leaky"));
  EXPECT_EQ(run.at("results").as_array().size(), 7U);
  const json::object critical = result_of(run, "5d2e8f7a1c90b364");
  EXPECT_EQ(critical.at("level"), "error");
  EXPECT_EQ(critical.at("kind"), "fail");
  const auto rule = run.at("tool").at("driver").at("rules").at(std::size_t(critical.at("ruleIndex").as_int64()));
  EXPECT_EQ(rule.at("id"), "cookie-after-reject");
  EXPECT_EQ(result_of(run, "e4b07a63d81f295c").at("level"), "note") << "low";
}

TEST(ScanSarif, raises_no_alarm_for_what_is_unsure_or_only_worth_knowing) {
  const json::object run = run_of(make_example("leaky"));
  EXPECT_EQ(result_of(run, "c7f2916b4e08da35").at("kind"), "review");
  EXPECT_EQ(result_of(run, "c7f2916b4e08da35").at("level"), "none");
  EXPECT_EQ(result_of(run, "91ac3d5e7b20f486").at("kind"), "informational");
}

TEST(ScanSarif, proves_a_finding_by_page_state_and_stack) {
  const json::object result = result_of(run_of(make_example("leaky")), "6f1d0c2a9b3e4857");
  const json::value& location = result.at("locations").as_array()[0];
  EXPECT_EQ(location.at("physicalLocation").at("artifactLocation").at("uri"), "https://www.brunnen-shop.test/");
  EXPECT_EQ(location.at("logicalLocations").as_array()[0].at("fullyQualifiedName"), "untouched S0");
  const json::value& frame = result.at("stacks").as_array()[0].at("frames").as_array()[0];
  EXPECT_EQ(frame.at("location").at("physicalLocation").at("region").at("startLine"), 3);
}

TEST(ScanSarif, bounds_stacks_that_a_page_can_make_deep) {
  const json::object result = result_of(run_of(make_example("hostile")), "6f1d0c2a9b3e4857");
  EXPECT_EQ(result.at("stacks").as_array()[0].at("frames").as_array().size(), 20U);
}

TEST(ScanSarif, notifies_of_what_could_not_be_established) {
  const json::object run = run_of(make_example("partial"));
  const json::value& invocation = run.at("invocations").as_array()[0];
  EXPECT_EQ(invocation.at("executionSuccessful"), true);
  const auto& notifications = invocation.at("toolExecutionNotifications").as_array();
  const auto is_warning = [](const json::value& notification) { return notification.at("level") == "warning"; };
  EXPECT_GT(std::ranges::count_if(notifications, is_warning), 0);
  EXPECT_EQ(run_of(make_example("failed")).at("invocations").as_array()[0].at("executionSuccessful"), false);
}

}  // namespace
}  // namespace gannet::report
