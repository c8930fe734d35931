#include "base/error.hpp"

#include <gtest/gtest.h>

namespace gannet {
namespace {

TEST(Error, describes_itself_from_the_outside_in) {
  auto error = Error(ErrorKind::unavailable, "connect refused").with_context("tracker.test").with_context("start page");
  EXPECT_EQ(error.describe(), "start page: tracker.test: connect refused");
}

TEST(Error, appends_the_text_of_errno) {
  Result<int> result = fail_errno(ErrorKind::not_found, ENOENT, "open {}", "x.json");
  EXPECT_EQ(result.error().describe(), "open x.json (No such file or directory)");
}

TEST(Error, try_returns_the_first_failure) {
  auto half = [](int n) -> Result<int> {
    if (n % 2) return fail(ErrorKind::invalid, "{} is odd", n);
    return n / 2;
  };
  auto quarter = [&](int n) -> Result<int> {
    const int halved = TRY(half(n));
    return TRY(half(halved));
  };
  EXPECT_EQ(*quarter(12), 3);
  EXPECT_EQ(quarter(6).error().message(), "3 is odd");
}

TEST(Error, try_also_takes_results_without_a_value) {
  auto check = [](bool is_good) -> Result<void> {
    if (!is_good) return fail(ErrorKind::denied, "no");
    return {};
  };
  auto both = [&](bool is_good) -> Result<int> {
    TRY(check(is_good));
    return 1;
  };
  EXPECT_EQ(*both(true), 1);
  EXPECT_EQ(both(false).error().kind(), ErrorKind::denied);
}

TEST(Error, kinds_decide_retry_and_status) {
  EXPECT_TRUE(is_retryable(ErrorKind::unavailable));
  EXPECT_FALSE(is_retryable(ErrorKind::denied));
  EXPECT_EQ(http_status(ErrorKind::invalid), 422);
  EXPECT_EQ(http_status(ErrorKind::exhausted), 429);
}

}  // namespace
}  // namespace gannet
