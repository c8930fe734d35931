#include "site/site.hpp"

#include <gtest/gtest.h>

#include "site/fixture_for_test.hpp"

namespace gannet::site {
namespace {

class Sites : public SiteTest {
 protected:
  Site ensure(OrganisationId organisation, std::string id, std::string_view domain) {
    const SiteRequest request{
        .domain_config_id = std::move(id), .made_id = SiteId::make(clock, random), .domain = normalise_domain(domain).value()};
    return write([=](db::Tx& tx) { return ensure_site(tx, organisation, request); }).value();
  }
};

TEST_P(Sites, have_any_id_and_show_it_as_it_was_sent) {
  const auto text = ensure(here, "abc-123", "example.com");
  EXPECT_EQ(text.shown_id(), "abc-123");
  EXPECT_EQ(text.id, site_id_of(here, "abc-123").value());
  const auto uuid = ensure(here, "550E8400-E29B-11D4-A716-446655440000", "example.com");
  EXPECT_EQ(uuid.shown_id(), "550e8400-e29b-11d4-a716-446655440000") << "version 1, as the guides have it";
  const auto made = ensure(here, "", "example.com");
  EXPECT_EQ(made.id.to_string()[14], '7');
  EXPECT_EQ(write([=, this](db::Tx& tx) { return list_sites(tx, here, "example.com"); }).value().size(), 3U);
  for (const auto& bad : {std::string(), std::string("  "), std::string(256, 'x'), std::string("a\nb")})
    EXPECT_EQ(site_id_of(here, bad).error().kind(), ErrorKind::invalid);
}

TEST_P(Sites, get_another_domain_under_the_same_id) {
  const auto first = ensure(here, "abc-123", "example.com");
  clock.advance(std::chrono::seconds(1));
  const auto same = ensure(here, "abc-123", "https://example.com");
  EXPECT_EQ(same.updated_at, first.updated_at) << "nothing is different";
  const auto moved = ensure(here, "abc-123", "https://example.org/shop");
  EXPECT_EQ(moved.id, first.id);
  EXPECT_EQ(moved.domain, "example.org");
  EXPECT_EQ(moved.start_url, "https://example.org/shop");
  EXPECT_EQ(moved.created_at, first.created_at);
  EXPECT_EQ(moved.updated_at, clock.now());
}

TEST_P(Sites, of_two_organisations_are_two_whatever_they_are_called) {
  const auto mine = ensure(here, "abc-123", "example.com");
  const auto theirs = ensure(other, "abc-123", "example.org");
  EXPECT_NE(mine.id, theirs.id);
  ensure(here, "550e8400-e29b-11d4-a716-446655440000", "example.com");
  const auto same_uuid = ensure(other, "550e8400-e29b-11d4-a716-446655440000", "example.org");
  EXPECT_EQ(write([=, this](db::Tx& tx) { return find_site(tx, here, same_uuid.id); }).value()->domain, "example.com");
  EXPECT_FALSE(write([=, this](db::Tx& tx) { return find_site(tx, other, mine.id); }).value());
  EXPECT_EQ(write([=, this](db::Tx& tx) { return delete_site(tx, other, mine.id); }).error().kind(), ErrorKind::not_found);
  EXPECT_TRUE(write([=, this](db::Tx& tx) { return delete_site(tx, here, mine.id); }));
}

INSTANTIATE_TEST_SUITE_P(Engines, Sites, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::site
