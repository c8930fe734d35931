#include "inspect/review.hpp"

#include <gtest/gtest.h>

#include "inspect/inventory.hpp"
#include "inspect/test_records.hpp"

namespace gannet::inspect {
namespace {

using namespace testing;

record::ScanRecord scan_with(std::vector<record::CookieWrite> writes, Instant at = start_of_scan(),
                             std::string url = std::string(k_page)) {
  auto page = visit(url);
  page.cookie_writes = std::move(writes);
  auto made = scan({state(ConsentState::untouched, {page}), state(ConsentState::accepted, {page}, ConsentResult::proved)}, url);
  made.started_at = at;
  return made;
}

std::vector<ReviewEntry> review_of(const std::vector<record::ScanRecord>& scans) {
  ReviewList list(test_datasets());
  for (const auto& scan : scans) list.add(scan, inspected(scan));
  return std::move(list).take();
}

TEST(ReviewList, counts_scans_and_joins_what_is_known) {
  const auto later = start_of_scan() + std::chrono::hours(24);
  const auto entries = review_of(
      {scan_with({write(cookie("zz"), Phase::s0), write(cookie("rare"), Phase::s0), write(cookie("_ga"), Phase::s0)}, later),
       scan_with({write(cookie("zz"), Phase::s0)})});
  ASSERT_EQ(entries.size(), 2U) << "a cookie that is known needs no review";
  EXPECT_EQ(entries[0].name, "zz");
  EXPECT_EQ(entries[0].domain, "shop.test");
  EXPECT_EQ(entries[0].scan_count, 2U);
  EXPECT_EQ(entries[0].hosts, std::set<std::string>{"shop.test"});
  EXPECT_EQ(entries[0].states, (std::set{ConsentState::untouched, ConsentState::accepted}));
  EXPECT_EQ(entries[0].first_seen, start_of_scan());
  EXPECT_EQ(entries[0].last_seen, later);
  EXPECT_EQ(entries[1].name, "rare");
}

TEST(Hint, comes_from_the_writer_then_from_the_name_elsewhere_then_from_its_words) {
  const auto hint = [](std::string_view name, std::string url) {
    return find_hint(test_datasets(), name, script(std::move(url)));
  };
  EXPECT_EQ(hint("zz", "https://px.ads.test/t.js")->category, Category::advertising);
  EXPECT_EQ(hint("adsy_id", "https://shop.test/a.js")->category, Category::advertising);
  EXPECT_EQ(hint("user_lang", "https://shop.test/a.js")->category, Category::functional);
  EXPECT_EQ(hint("userLang", "https://shop.test/a.js")->category, Category::functional);
  for (const std::string_view name : {"langoustine", "slang", "cartoon", "zz", ""})
    EXPECT_FALSE(hint(name, "https://shop.test/a.js")) << name;
}

TEST(SettlingCommand, can_be_pasted_whatever_the_name) {
  const auto command = [](std::string name) {
    ReviewEntry entry;
    entry.name = std::move(name);
    entry.domain = "shop.test";
    return settling_command(entry);
  };
  EXPECT_EQ(command("a_b"), "gannet cookies set --domain shop.test --category CATEGORY a_b");
  EXPECT_EQ(command("$(rm -rf)`x`"), "gannet cookies set --domain shop.test --category CATEGORY '$(rm -rf)`x`'");
  EXPECT_EQ(command("--site"), "gannet cookies set --domain shop.test --category CATEGORY -- --site");
  EXPECT_EQ(command("a'b\x1b\\"), "gannet cookies set --domain shop.test --category CATEGORY $'a\\'b\\033\\\\'");
  EXPECT_EQ(command(""), "") << "no rule can name it";
}

TEST(Inventory, has_each_cookie_once_with_its_longest_life) {
  auto page = visit();
  page.cookie_writes = {write(cookie("a", "shop.test", 10 * k_day), Phase::s0)};
  auto longer = visit();
  longer.cookie_writes = {write(cookie("a", "shop.test", 90 * k_day), Phase::s0)};
  longer.storage = {storage("k", Phase::s0)};
  const auto items = make_inventory(
      inspected(scan({state(ConsentState::untouched, {page}), state(ConsentState::accepted, {longer}, ConsentResult::proved)})));
  ASSERT_EQ(items.size(), 2U);
  EXPECT_EQ(items[0].name, "a");
  EXPECT_FALSE(items[0].area);
  EXPECT_EQ(items[0].declared_lifetime_seconds, 90 * k_day);
  EXPECT_EQ(items[0].states.size(), 2U);
  EXPECT_EQ(items[1].area, record::StorageArea::local);
  EXPECT_EQ(items[1].domain, "https://shop.test");
}

}  // namespace
}  // namespace gannet::inspect
