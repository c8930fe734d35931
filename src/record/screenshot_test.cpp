#include "record/screenshot.hpp"

#include <gtest/gtest.h>

namespace gannet::record {
namespace {

/// The head of a picture of 1366 × 768 as Chromium makes it, with `body` in the place of its data.
std::string picture(std::string_view body) {
  std::string bytes = "RIFF";
  bytes += std::string("\xa4\x5e\x00\x00", 4) + "WEBPVP8X" + std::string("\x0a\x00\x00\x00\x20\x00\x00\x00", 8);
  bytes += std::string("\x55\x05\x00\xff\x02\x00", 6);
  return bytes + std::string(body);
}

/// The same in the simple form.
std::string simple_picture() {
  std::string bytes = "RIFF";
  bytes += std::string("\x20\x01\x00\x00", 4) + "WEBPVP8 " + std::string("\x14\x01\x00\x00", 4);
  return bytes + std::string("\x50\x2e\x00\x9d\x01\x2a\x56\x05\x00\x03", 10);
}

TEST(Screenshot, is_described_by_its_own_header_and_hash) {
  const auto screenshot = describe_webp(picture("abc"));
  ASSERT_TRUE(screenshot);
  EXPECT_EQ(screenshot->media_type, "image/webp");
  EXPECT_EQ(screenshot->width_pixels, 1366);
  EXPECT_EQ(screenshot->height_pixels, 768);
  EXPECT_EQ(screenshot->size_bytes, 33U);
  EXPECT_EQ(screenshot->sha256.size(), 64U);
  EXPECT_EQ(describe_webp(picture("abc")), screenshot);
  EXPECT_NE(describe_webp(picture("abd"))->sha256, screenshot->sha256);
}

TEST(Screenshot, may_have_the_simple_form) {
  EXPECT_EQ(describe_webp(simple_picture())->width_pixels, 1366);
  EXPECT_EQ(describe_webp(simple_picture())->height_pixels, 768);
}

TEST(Screenshot, other_bytes_are_none) {
  for (const auto& whole : {picture(""), simple_picture()})
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(describe_webp(whole.substr(0, size))) << size;
  EXPECT_FALSE(describe_webp("\x89PNG\r\n\x1a\n" + std::string(100, '\0')));
  EXPECT_FALSE(describe_webp("RIFF....WEBPVP8L" + std::string(100, '\0')));
}

}  // namespace
}  // namespace gannet::record
