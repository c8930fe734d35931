#include "queue/transition.hpp"

#include <gtest/gtest.h>

namespace gannet::queue {
namespace {

using namespace std::chrono_literals;
using Kind = Transition::Kind;

TEST(Transition, a_failure_is_tried_again_until_its_attempts_are_spent) {
  SeededRandom random(1);
  const auto again = decide(Failed{"no answer"}, {.made = 2, .max = 3}, random);
  EXPECT_EQ(again.kind, Kind::retry);
  EXPECT_TRUE(again.spends_attempt);
  EXPECT_EQ(again.error, "no answer");
  EXPECT_EQ(decide(Failed{"no answer"}, {.made = 3, .max = 3}, random).kind, Kind::fail);
  EXPECT_EQ(decide(Failed{.error = "wrong payload", .is_final = true}, {.made = 1, .max = 3}, random).kind, Kind::fail);
}

TEST(Transition, what_was_put_off_or_given_back_spends_no_attempt) {
  SeededRandom random(1);
  const auto snoozed = decide(Snoozed{90s}, {.made = 3, .max = 3}, random);
  EXPECT_EQ(snoozed.kind, Kind::retry);
  EXPECT_EQ(snoozed.delay, 90s);
  EXPECT_FALSE(snoozed.spends_attempt);
  const auto released = decide(Released{}, {.made = 3, .max = 3}, random);
  EXPECT_EQ(released.kind, Kind::retry);
  EXPECT_EQ(released.delay, 0s);
  EXPECT_FALSE(released.spends_attempt);
}

TEST(Transition, the_pause_doubles_up_to_an_hour_and_differs_between_jobs) {
  SeededRandom random(1);
  for (int attempt = 1; attempt < 100; ++attempt) {
    const auto whole = std::min<std::chrono::milliseconds>(1h, 2s * (1LL << std::min(attempt - 1, 20)));
    const auto pause = backoff(attempt, random);
    EXPECT_LE(pause, whole) << attempt;
    EXPECT_GE(pause, whole * 3 / 4) << attempt;
  }
  EXPECT_NE(backoff(5, random), backoff(5, random));
}

}  // namespace
}  // namespace gannet::queue
