#include "browser_host/impl/memory_watch.hpp"

#include <gtest/gtest.h>

namespace gannet::browser_host {
namespace {

constexpr MemoryCaps k_caps{100_MiB, 300_MiB};

TEST(MemoryWatch, within_the_caps_nothing_dies) {
  MemoryWatch watch(k_caps);
  EXPECT_TRUE(watch.judge(std::vector<ProcessMemory>{{1, false, 100_MiB}, {2, true, 100_MiB}, {3, true, 100_MiB}}).empty());
}

TEST(MemoryWatch, every_renderer_above_its_cap_dies) {
  MemoryWatch watch(k_caps);
  const auto kills = watch.judge(std::vector<ProcessMemory>{{1, false, 150_MiB}, {2, true, 101_MiB}, {3, true, 99_MiB}});
  ASSERT_EQ(kills.size(), 1U) << "the browser process itself is not a renderer";
  EXPECT_EQ(kills[0].what, MemoryVictim::renderer);
  EXPECT_EQ(kills[0].pid, 2);
  EXPECT_EQ(kills[0].excess.whose, MemoryVictim::renderer);
  EXPECT_EQ(kills[0].excess.used, 101_MiB);
  EXPECT_EQ(kills[0].excess.limit, 100_MiB);
}

TEST(MemoryWatch, a_browser_above_its_cap_loses_its_largest_renderer_first_and_dies_next) {
  MemoryWatch watch(k_caps);
  const std::vector<ProcessMemory> before{{1, false, 200_MiB}, {2, true, 50_MiB}, {3, true, 60_MiB}};
  auto kills = watch.judge(before);
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].what, MemoryVictim::renderer);
  EXPECT_EQ(kills[0].pid, 3);
  EXPECT_EQ(kills[0].excess.whose, MemoryVictim::browser) << "its own size was fine";
  EXPECT_EQ(kills[0].excess.used, 310_MiB);
  EXPECT_EQ(kills[0].excess.limit, 300_MiB);
  kills = watch.judge(std::vector<ProcessMemory>{{1, false, 260_MiB}, {2, true, 50_MiB}});
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].what, MemoryVictim::browser);
  EXPECT_EQ(kills[0].excess.used, 310_MiB);
}

TEST(MemoryWatch, a_browser_that_recovered_gets_its_chance_again) {
  MemoryWatch watch(k_caps);
  const std::vector<ProcessMemory> large{{1, false, 250_MiB}, {2, true, 60_MiB}};
  ASSERT_EQ(watch.judge(large).at(0).what, MemoryVictim::renderer);
  EXPECT_TRUE(watch.judge(std::vector<ProcessMemory>{{1, false, 250_MiB}}).empty());
  EXPECT_EQ(watch.judge(large).at(0).what, MemoryVictim::renderer);
}

TEST(MemoryWatch, a_browser_without_renderers_dies_at_once) {
  MemoryWatch watch(k_caps);
  const auto kills = watch.judge(std::vector<ProcessMemory>{{1, false, 301_MiB}});
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].what, MemoryVictim::browser);
}

TEST(MemoryWatch, what_a_killed_renderer_held_does_not_count_against_the_browser) {
  MemoryWatch watch(k_caps);
  const auto kills = watch.judge(std::vector<ProcessMemory>{{1, false, 100_MiB}, {2, true, 250_MiB}, {3, true, 90_MiB}});
  ASSERT_EQ(kills.size(), 1U);
  EXPECT_EQ(kills[0].pid, 2);
}

TEST(MemoryWatch, no_cap_is_no_limit) {
  MemoryWatch watch({});
  EXPECT_TRUE(watch.judge(std::vector<ProcessMemory>{{1, false, 900_GiB}, {2, true, 900_GiB}}).empty());
}

}  // namespace
}  // namespace gannet::browser_host
