#include "record/shared_pool.hpp"

#include <gtest/gtest.h>

namespace gannet::record {
namespace {

TEST(SharedPool, makes_equal_texts_one) {
  SharedPool pool;
  const auto first = pool.share("https://shop.test/app.js");
  EXPECT_EQ(pool.share(std::string("https://shop.test/app.js")).view().data(), first.view().data());
  EXPECT_NE(pool.share("https://shop.test/app.css").view().data(), first.view().data());
  EXPECT_EQ(pool.find("https://shop.test/app.js")->view().data(), first.view().data());
  EXPECT_FALSE(pool.find("https://shop.test/"));
  EXPECT_TRUE(pool.share("").empty());
}

TEST(SharedPool, makes_equal_lists_one_and_tells_different_ones_apart) {
  SharedPool pool;
  const auto stack = [](int line) { return CallStack{{"track", "https://a.test/a.js", line, 2}}; };
  const auto first = pool.share(stack(1));
  EXPECT_EQ(pool.share(stack(1)).data(), first.data());
  EXPECT_EQ(pool.share(stack(2)).at(0).line, 2);
  const auto headers = pool.share(Headers{{"accept", "*/*"}, {"dnt", "1"}});
  EXPECT_EQ(pool.share(Headers{{"accept", "*/*"}, {"dnt", "1"}}).data(), headers.data());
  EXPECT_NE(pool.share(Headers{{"dnt", "1"}, {"accept", "*/*"}}).data(), headers.data());
  EXPECT_FALSE(pool.find(Headers{{"accept", "*/*"}}));
  EXPECT_TRUE(pool.share(Headers{}).empty());
}

}  // namespace
}  // namespace gannet::record
