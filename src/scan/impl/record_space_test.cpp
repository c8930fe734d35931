#include "scan/impl/record_space.hpp"

#include <gtest/gtest.h>

namespace gannet::scan {
namespace {

record::CallStack stack_of(const std::string& function) { return {{function, "https://a.test/a.js", 1, 2}}; }

TEST(RecordSpace, ends_at_its_size) {
  RecordSpace space(Bytes{100});
  EXPECT_TRUE(space.take(60));
  EXPECT_FALSE(space.take(41));
  EXPECT_TRUE(space.take(40)) << "what was refused took nothing";
  space.give_back(10);
  EXPECT_TRUE(space.take(10));
  EXPECT_FALSE(space.take(~std::size_t{0})) << "sums do not overflow";
}

TEST(RecordSpace, holds_and_counts_equal_texts_once) {
  RecordSpace space(Bytes{200});
  const auto first = space.share("text/html; charset=utf-8");
  for (int i = 0; i < 100; ++i) {
    const auto again = space.share(std::string("text/html; charset=utf-8"));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->view().data(), first->view().data());
  }
  EXPECT_FALSE(space.share(std::string(200, 'x')));
  EXPECT_TRUE(space.share("text/html; charset=utf-8")) << "what is held already needs no room";
  EXPECT_TRUE(space.share(""));
}

TEST(RecordSpace, holds_and_counts_equal_stacks_once) {
  RecordSpace space(Bytes{250});
  const auto first = space.share(stack_of("track"));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(space.share(stack_of("track"))->data(), first->data());
  const auto other = space.share(stack_of("other"));
  ASSERT_TRUE(other);
  EXPECT_EQ(other->at(0).function, "other");
  EXPECT_FALSE(space.share(stack_of(std::string(250, 'f'))));
}

}  // namespace
}  // namespace gannet::scan
