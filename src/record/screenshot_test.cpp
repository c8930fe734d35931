#include "record/screenshot.hpp"

#include <gtest/gtest.h>

namespace gannet::record {
namespace {

/// The head of a picture of 1366 × 768 that Chromium made, with `body` in the place of its data.
std::string picture(std::string_view body) {
  std::string bytes = "RIFF";
  bytes += std::string("\x20\x01\x00\x00", 4) + "WEBPVP8 " + std::string("\x14\x01\x00\x00", 4);
  bytes += std::string("\x50\x2e\x00\x9d\x01\x2a\x56\x05\x00\x03", 10);
  return bytes + std::string(body);
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

TEST(Screenshot, other_bytes_are_none) {
  const auto whole = picture("");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(describe_webp(whole.substr(0, size))) << size;
  EXPECT_FALSE(describe_webp("\x89PNG\r\n\x1a\n" + std::string(100, '\0')));
  EXPECT_FALSE(describe_webp("RIFF....WEBPVP8L" + std::string(100, '\0')));
}

}  // namespace
}  // namespace gannet::record
