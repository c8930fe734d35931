#include "base/ids.hpp"

#include <gtest/gtest.h>

namespace gannet {
namespace {

TEST(Uuid, version_7_sorts_by_time_and_reads_back) {
  ManualClock clock(*parse_instant("2026-11-21T00:00:00Z"));
  SeededRandom random(1);
  const auto first = ScanId::make(clock, random);
  clock.advance(std::chrono::milliseconds(1));
  const auto second = ScanId::make(clock, random);
  EXPECT_LT(first, second);
  EXPECT_EQ(first.to_string()[14], '7');
  EXPECT_EQ(*ScanId::parse(second.to_string()), second);
}

TEST(Uuid, version_5_agrees_with_the_published_examples) {
  const auto dns = *Uuid::parse("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  const auto url = *Uuid::parse("6ba7b811-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(Uuid::make_v5(dns, "www.example.com").to_string(), "2ed6657d-e927-568b-95e1-2665a8aea6a2") << "RFC 9562 §A.4";
  EXPECT_EQ(Uuid::make_v5(dns, "python.org").to_string(), "886313e1-3b8a-5372-9b90-0c9aee199e5d") << "Python's documentation";
  // The name and the padding around the edges of a block of SHA-1, by Python's uuid.uuid5.
  EXPECT_EQ(Uuid::make_v5(url, std::string(0, 'a')).to_string(), "1b4db7eb-4057-5ddf-91e0-36dec72071f5");
  EXPECT_EQ(Uuid::make_v5(url, std::string(38, 'a')).to_string(), "1692765d-1c95-5ac5-a073-ac1b4660febe");
  EXPECT_EQ(Uuid::make_v5(url, std::string(39, 'a')).to_string(), "615eac0e-03db-567b-8580-916c1aca1cc2");
  EXPECT_EQ(Uuid::make_v5(url, std::string(40, 'a')).to_string(), "c5c985c8-6875-5a42-b6e3-2872703afed4");
  EXPECT_EQ(Uuid::make_v5(url, std::string(47, 'a')).to_string(), "60100e11-180f-59cb-911f-bdb3aa734c9d");
  EXPECT_EQ(Uuid::make_v5(url, std::string(48, 'a')).to_string(), "aa33c522-9edc-58a5-b5af-e2a12995886e");
  EXPECT_EQ(Uuid::make_v5(url, std::string(49, 'a')).to_string(), "5f34ff08-c93f-5aca-811f-32e7d0b994bd");
  EXPECT_EQ(Uuid::make_v5(url, std::string(1000, 'a')).to_string(), "7f46a8f9-f8ba-5a67-983a-ffc2101475df");
}

TEST(Uuid, accepts_any_version_and_case_and_refuses_other_text) {
  EXPECT_TRUE(Uuid::parse("550E8400-E29B-11D4-A716-446655440000"));
  EXPECT_FALSE(Uuid::parse("abc-123"));
  EXPECT_FALSE(Uuid::parse("550e8400-e29b-11d4-a716-44665544000g"));
}

TEST(Uuid, of_foreign_text_is_itself_or_always_the_same) {
  const auto id = *Uuid::parse("550e8400-e29b-11d4-a716-446655440000");
  EXPECT_EQ(uuid_of("550E8400-e29b-11d4-a716-446655440000", Uuid()), id);
  EXPECT_EQ(uuid_of("abc-123", id), uuid_of("abc-123", id));
  EXPECT_NE(uuid_of("abc-123", id), uuid_of("abc-123", Uuid()));
  EXPECT_EQ(default_organisation().to_string(), "c383e082-c957-5d44-8307-64f667cb0347") << "as migrations spell it";
}

}  // namespace
}  // namespace gannet
