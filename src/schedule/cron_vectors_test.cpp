// What five other implementations of cron, and the rule written once more in Python, say of 267 expressions. Whose answer is
// right where they differ stands in the file.
#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/file.hpp"
#include "schedule/time_spec.hpp"

namespace gannet::schedule {
namespace {

namespace json = boost::json;

TEST(CronVectors, are_what_the_expressions_give) {
  const auto file = json::parse(read_file(GANNET_SOURCE_DIR "/src/schedule/testdata/cron_vectors.json").value());
  const auto& vectors = file.at("vectors").as_array();
  EXPECT_GE(vectors.size(), 267U);
  for (const auto& vector : vectors) {
    const auto config = json::serialize(json::value{{"cron", vector.at("expression")}});
    const auto spec = TimeSpec::parse(
        {.frequency = "custom", .time_config = config, .timezone = std::string_view(vector.at("zone").as_string())});
    ASSERT_TRUE(spec) << spec.error().describe();
    auto at = parse_instant(vector.at("from").as_string()).value();
    for (const auto& expected : vector.at("expected").as_array()) {
      at = spec->next_after(at).value();
      EXPECT_EQ(at, parse_instant(expected.as_string()).value()) << json::serialize(vector) << "\ngave " << format_instant(at);
    }
  }
}

TEST(CronVectors, say_why_wherever_an_oracle_differs) {
  const auto file = json::parse(read_file(GANNET_SOURCE_DIR "/src/schedule/testdata/cron_vectors.json").value());
  std::size_t by_three = 0;
  for (const auto& value : file.at("vectors").as_array()) {
    const auto& vector = value.as_object();
    const bool is_unanimous = !vector.contains("differ") && !vector.at("agree").as_array().empty();
    EXPECT_TRUE(is_unanimous || vector.contains("why")) << json::serialize(vector);
    by_three += vector.at("agree").as_array().size() >= 3;
  }
  // The rest are forms that few take, and nights on which hardly two agree.
  EXPECT_GE(by_three, 225U);
}

}  // namespace
}  // namespace gannet::schedule
