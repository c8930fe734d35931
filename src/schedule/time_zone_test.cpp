#include "schedule/time_zone.hpp"

#include <cstdlib>
#include <ctime>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/random.hpp"

namespace gannet::schedule {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

/// What the C library makes of the same file.
seconds offset_by_libc(const char* zone, std::time_t at) {
  if (const char* current = std::getenv("TZ"); !current || current != std::string_view(zone)) {
    setenv("TZ", zone, 1);
    tzset();
  }
  std::tm local{};
  localtime_r(&at, &local);
  return seconds(local.tm_gmtoff);
}

constexpr const char* k_zones[] = {"UTC",
                                   "Europe/Berlin",
                                   "Europe/Riga",
                                   "America/New_York",
                                   "Europe/Dublin",
                                   "Africa/Cairo",
                                   "Australia/Lord_Howe",
                                   "America/Asuncion",
                                   "Pacific/Apia",
                                   "Africa/Casablanca",
                                   "Asia/Kathmandu",
                                   "Antarctica/Troll",
                                   "America/Sao_Paulo",
                                   "Asia/Gaza",
                                   "Etc/GMT+5"};

TEST(TimeZone, has_the_offsets_of_the_c_library_from_1970_to_2150) {
  SeededRandom random(20261128);
  for (const char* name : k_zones) {
    const auto zone = find_zone(name);
    ASSERT_TRUE(zone) << name;
    for (int i = 0; i < 2000; ++i) {
      const auto at = std::time_t(random.next() % 5'680'000'000);
      ASSERT_EQ((*zone)->period_at(sys_seconds(seconds(at))).offset, offset_by_libc(name, at)) << name << " at " << at;
    }
  }
}

TEST(TimeZone, changes_at_the_second_at_which_the_c_library_does) {
  for (const char* name : k_zones) {
    const auto& zone = *find_zone(name).value();
    for (const auto& period : zone.periods()) {
      const auto at = period.begin.time_since_epoch().count();
      if (at < 0 || at > 5'000'000'000) continue;
      ASSERT_EQ(offset_by_libc(name, at), period.offset) << name << " at " << at;
      ASSERT_NE(offset_by_libc(name, at - 1), period.offset) << name << " before " << at;
    }
  }
}

TEST(TimeZone, goes_on_by_the_footer_of_a_file_that_lists_no_transition) {
  const auto bytes = read_file(GANNET_SOURCE_DIR "/src/schedule/testdata/tzif_fuzz/slim").value();
  const auto slim = TimeZone::parse("Test/Slim", bytes).value();
  const auto& berlin = *find_zone("Europe/Berlin").value();
  for (std::int64_t at = 1'000'000'000; at < 4'000'000'000; at += 86'400)
    ASSERT_EQ(slim.period_at(sys_seconds(seconds(at))).offset, berlin.period_at(sys_seconds(seconds(at))).offset) << at;
}

TEST(TimeZone, has_negative_summer_time_in_dublin_and_half_an_hour_on_lord_howe) {
  const auto& dublin = *find_zone("Europe/Dublin").value();
  EXPECT_EQ(dublin.period_at(sys_seconds(seconds(1'767'225'600))).offset, seconds(0));
  EXPECT_EQ(dublin.period_at(sys_seconds(seconds(1'782'864'000))).offset, seconds(3600));
  const auto& lord_howe = *find_zone("Australia/Lord_Howe").value();
  EXPECT_EQ(lord_howe.period_at(sys_seconds(seconds(1'767'225'600))).offset, seconds(39'600));
  EXPECT_EQ(lord_howe.period_at(sys_seconds(seconds(1'782'864'000))).offset, seconds(37'800));
}

TEST(TimeZone, is_refused_with_what_would_be_right) {
  for (const char* name : {"Mars/Phobos", "", "europe", "../../etc/passwd", "/etc/localtime", "posix/Europe/Berlin", "localtime",
                           "Europe/Berlin\n", "tzdata.zi", "Europe", "CEST5", "right/UTC"}) {
    const auto zone = find_zone(name);
    ASSERT_FALSE(zone) << name;
    EXPECT_EQ(zone.error().kind(), ErrorKind::invalid);
    EXPECT_NE(zone.error().message().find("Europe/Berlin"), std::string::npos) << zone.error().message();
  }
}

TEST(TimeZone, is_read_once_and_stays) {
  EXPECT_EQ(find_zone("Europe/Riga").value(), find_zone("Europe/Riga").value());
  EXPECT_EQ(find_zone("UTC").value(), &TimeZone::utc());
}

TEST(TzdataVersion, is_that_of_the_installed_files) {
  // A year and a letter, whatever is installed.
  ASSERT_EQ(tzdata_version().size(), 5U) << tzdata_version();
  EXPECT_TRUE(tzdata_version().starts_with("20"));
}

}  // namespace
}  // namespace gannet::schedule
