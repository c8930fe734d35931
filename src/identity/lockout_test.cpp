#include "identity/impl/lockout.hpp"

#include <gtest/gtest.h>

namespace gannet::identity::impl {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Instant k_start = parse_instant("2026-11-21T12:00:00Z").value();

/// A lockout behind which tries at these times lie.
Lockout after(std::initializer_list<seconds> tries) {
  Lockout lockout({}, "");
  for (const auto at : tries) lockout.begin_try(k_start + at);
  return lockout;
}

TEST(Lockout, begins_with_the_fifth_try_and_ends_after_fifteen_minutes) {
  auto lockout = after({seconds(0), seconds(1), seconds(2), seconds(3)});
  EXPECT_FALSE(lockout.locked_until(k_start + seconds(4)));
  EXPECT_EQ(lockout.tries_left(k_start + seconds(4)), 1);
  lockout.begin_try(k_start + seconds(5));
  EXPECT_EQ(lockout.tries_left(k_start + seconds(5)), 0);
  EXPECT_EQ(lockout.locked_until(k_start + seconds(5)), k_start + seconds(5) + minutes(15));
  EXPECT_TRUE(lockout.locked_until(k_start + seconds(4) + minutes(15)));
  EXPECT_FALSE(lockout.locked_until(k_start + seconds(5) + minutes(15)));
}

TEST(Lockout, counts_in_a_window_that_slides) {
  // Four at the end of one quarter of an hour and one at the beginning of the next are five within fifteen minutes.
  EXPECT_TRUE(after({minutes(14), minutes(14), minutes(14), minutes(14), minutes(16)}).locked_until(k_start + minutes(17)));
  EXPECT_FALSE(after({minutes(0), minutes(4), minutes(8), minutes(12), minutes(16)}).locked_until(k_start + minutes(16)));
}

TEST(Lockout, after_a_lock_one_more_try_does_not_lock_again) {
  auto lockout = after({seconds(0), seconds(0), seconds(0), seconds(0), seconds(0)});
  lockout.begin_try(k_start + minutes(15));
  EXPECT_FALSE(lockout.locked_until(k_start + minutes(15) + seconds(1)));
  EXPECT_EQ(lockout.tries_left(k_start + minutes(15) + seconds(1)), 4) << "those before the lock are fifteen minutes old";
}

TEST(Lockout, is_kept_as_text_of_bounded_length) {
  Lockout lockout({}, "");
  for (int i = 0; i < 100; ++i) lockout.begin_try(k_start + minutes(i));
  const auto kept = lockout.to_string();
  EXPECT_LT(kept.size(), 100U);
  EXPECT_EQ(Lockout({}, kept).to_string(), kept);
  EXPECT_EQ(Lockout({}, "x 1795262400000000y  ").to_string(), "") << "damaged text is no try";
}

}  // namespace
}  // namespace gannet::identity::impl
