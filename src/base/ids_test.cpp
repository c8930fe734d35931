#include "base/ids.hpp"

#include <gtest/gtest.h>

namespace gannet {
namespace {

TEST(Uuid, version_7_sorts_by_time_and_reads_back) {
  ManualClock clock(*parse_instant("2026-11-21T00:00:00Z"));
  SeededRandom random(1);
  const auto first = ScanId::make(clock, random);
  clock.advance(std::chrono::milliseconds(1));
  const auto second = ScanId::make(clock, random);
  EXPECT_LT(first, second);
  EXPECT_EQ(first.to_string()[14], '7');
  EXPECT_EQ(*ScanId::parse(second.to_string()), second);
}

TEST(Uuid, accepts_any_version_and_case_and_refuses_other_text) {
  EXPECT_TRUE(Uuid::parse("550E8400-E29B-11D4-A716-446655440000"));
  EXPECT_FALSE(Uuid::parse("abc-123"));
  EXPECT_FALSE(Uuid::parse("550e8400-e29b-11d4-a716-44665544000g"));
}

}  // namespace
}  // namespace gannet
