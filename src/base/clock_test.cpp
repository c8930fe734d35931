#include "base/clock.hpp"

#include <gtest/gtest.h>

namespace gannet {
namespace {

TEST(Instant, reads_back_what_it_writes) {
  auto at = parse_instant("2026-11-21T22:37:20.123Z");
  ASSERT_TRUE(at);
  EXPECT_EQ(format_instant(*at), "2026-11-21T22:37:20.123Z");
  EXPECT_EQ(format_instant(*parse_instant("2024-02-29T00:00:00Z")), "2024-02-29T00:00:00.000Z");
}

TEST(Instant, refuses_what_is_not_a_time) {
  for (auto text :
       {"", "2026-02-30T00:00:00Z", "2026-11-21", "2026-11-21T25:00:00Z", "2026-11-21T22:37:20+01:00", "2026-11-21T22:37:20.Z"})
    EXPECT_FALSE(parse_instant(text)) << text;
}

TEST(Duration, reads_well) {
  using namespace std::chrono_literals;
  EXPECT_EQ(format_duration(350ms), "350 ms");
  EXPECT_EQ(format_duration(1200ms), "1.2 s");
  EXPECT_EQ(format_duration(185s), "3 min 5 s");
  EXPECT_EQ(format_duration(24h * 400), "400 d");
}

}  // namespace
}  // namespace gannet
