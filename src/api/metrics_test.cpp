#include "api/metrics.hpp"

#include <gtest/gtest.h>

namespace gannet::api {
namespace {

using namespace std::chrono_literals;

TEST(MetricsWriter, writes_families_and_escapes_labels) {
  MetricsWriter writer;
  writer.gauge("gannet_queue_depth", "Jobs that wait.", 3);
  writer.begin("gannet_scans_total", MetricsWriter::Type::counter, "Scans\nby status.");
  writer.sample(2, {{"status", "a\"b\\c\nd"}, {"mode", "quick"}});
  writer.sample(0.5);
  EXPECT_EQ(std::move(writer).take(),
            "# HELP gannet_queue_depth Jobs that wait.\n# TYPE gannet_queue_depth gauge\ngannet_queue_depth 3\n"
            "# HELP gannet_scans_total Scans\\nby status.\n# TYPE gannet_scans_total counter\n"
            "gannet_scans_total{status=\"a\\\"b\\\\c\\nd\",mode=\"quick\"} 2\ngannet_scans_total 0.5\n");
}

TEST(Histogram, counts_into_cumulative_buckets) {
  Histogram histogram;
  for (const auto duration : {900us, 1000us, 1001us, 20'000'000us}) histogram.observe(duration);
  MetricsWriter writer;
  writer.begin("d", MetricsWriter::Type::histogram, "D.");
  histogram.write(writer);
  const std::string text = std::move(writer).take();
  EXPECT_NE(text.find("d_bucket{le=\"0.001\"} 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("d_bucket{le=\"0.0025\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("d_bucket{le=\"10\"} 3\n"), std::string::npos);
  EXPECT_NE(text.find("d_bucket{le=\"+Inf\"} 4\n"), std::string::npos);
  EXPECT_NE(text.find("d_count 4\n"), std::string::npos);
}

}  // namespace
}  // namespace gannet::api
