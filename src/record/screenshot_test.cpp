#include "record/screenshot.hpp"

#include <gtest/gtest.h>

namespace gannet::record {
namespace {

/// The head of a picture of 1366 × 768 as Chromium makes it, its tables left out, with `body` in the place of its data.
std::string picture(std::string_view body) {
  std::string bytes("\xff\xd8", 2);
  bytes += std::string("\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00", 18);
  bytes += std::string("\xff\xc0\x00\x11\x08\x03\x00\x05\x56", 9);
  return bytes + std::string(body);
}

TEST(Screenshot, is_described_by_its_own_header_and_hash) {
  const auto screenshot = describe_jpeg(picture("abc"));
  ASSERT_TRUE(screenshot);
  EXPECT_EQ(screenshot->media_type, "image/jpeg");
  EXPECT_EQ(screenshot->width_pixels, 1366);
  EXPECT_EQ(screenshot->height_pixels, 768);
  EXPECT_EQ(screenshot->size_bytes, 32U);
  EXPECT_EQ(screenshot->sha256.size(), 64U);
  EXPECT_EQ(describe_jpeg(picture("abc")), screenshot);
  EXPECT_NE(describe_jpeg(picture("abd"))->sha256, screenshot->sha256);
}

TEST(Screenshot, other_bytes_are_none) {
  const auto whole = picture("");
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(describe_jpeg(whole.substr(0, size))) << size;
  EXPECT_FALSE(describe_jpeg("\x89PNG\r\n\x1a\n" + std::string(100, '\0')));
  EXPECT_FALSE(describe_jpeg("\xff\xd8" + std::string(100, '\xff'))) << "a segment past the end";
  EXPECT_FALSE(describe_jpeg("\xff\xd8\xff\xc4" + std::string(100, '\0'))) << "a table is no frame";
}

}  // namespace
}  // namespace gannet::record
