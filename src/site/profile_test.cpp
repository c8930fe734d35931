#include "site/profile.hpp"

#include <gtest/gtest.h>

#include "site/fixture_for_test.hpp"

namespace gannet::site {
namespace {

class Profiles : public SiteTest {
 protected:
  Result<Profile> create(OrganisationId organisation, const ProfileRequest& request) {
    const auto id = ProfileId::make(clock, random);
    return write([=, this](db::Tx& tx) { return create_profile(tx, organisation, "jane@example.com", id, request, check); });
  }
  /// Stands for the scan engine's: knows `max_pages` only.
  const CheckConfig check = [](std::string_view, std::string_view config) -> Result<void> {
    if (config == "{}" || config.contains("max_pages")) return {};
    return fail(ErrorKind::invalid, "unknown parameter");
  };
};

TEST(MergeParams, own_values_beat_the_profile) {
  EXPECT_EQ(merge_params(R"({"max_pages":100,"timeout":5000})", R"({"timeout":9000})").value(),
            R"({"max_pages":100,"timeout":9000})");
  EXPECT_EQ(merge_params(R"({"max_pages":100})", R"({"max_pages":null})").value(), "{}") << "back to the default";
  EXPECT_EQ(merge_params("", "").value(), "{}");
  EXPECT_EQ(merge_params(R"({"custom_pages":["/a","/b"]})", R"({"custom_pages":["/c"]})").value(), R"({"custom_pages":["/c"]})")
      << "a list is one value";
  for (const auto* bad : {"[]", "1", "{", "null", "{\"a\":1}x"})
    EXPECT_EQ(merge_params("", bad).error().kind(), ErrorKind::invalid) << bad;
}

TEST_P(Profiles, are_kept_and_used) {
  const auto made = create(here, {.name = "thorough", .scan_mode = "deep", .config = R"({"max_pages": 100})"}).value();
  EXPECT_EQ(made.version, 1);
  EXPECT_EQ(made.created_by, "jane@example.com");
  EXPECT_EQ(made.created_at, clock.now());
  const auto params = write([&](db::Tx& tx) { return effective_params(tx, here, made.id, R"({"timeout":9000})"); }).value();
  EXPECT_EQ(params, R"({"max_pages":100,"timeout":9000})");
  EXPECT_EQ(write([&](db::Tx& tx) { return list_profiles(tx, here, "deep"); }).value().size(), 1U);
  EXPECT_EQ(write([&](db::Tx& tx) { return list_profiles(tx, here, "quick"); }).value().size(), 0U);
  EXPECT_EQ(write([&](db::Tx& tx) { return count_profiles(tx, here, ""); }).value(), 1);
  EXPECT_TRUE(write([&](db::Tx& tx) { return delete_profile(tx, here, made.id); }));
  EXPECT_EQ(write([&](db::Tx& tx) { return effective_params(tx, here, made.id, ""); }).error().kind(), ErrorKind::not_found);
}

TEST_P(Profiles, that_no_scan_could_use_are_refused) {
  EXPECT_EQ(create(here, {.name = "x", .scan_mode = "slow"}).error().message(), "scan_mode is 'slow'; it must be quick or deep");
  EXPECT_EQ(create(here, {.name = " "}).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(create(here, {.name = std::string(256, 'x')}).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(create(here, {.name = "x", .scan_mode = "quick", .config = "[]"}).error().kind(), ErrorKind::invalid);
  EXPECT_EQ(create(here, {.name = "x", .scan_mode = "quick", .config = R"({"colour":1})"}).error().describe(),
            "config: unknown parameter");
  EXPECT_EQ(
      create(here, {.name = "x", .scan_mode = "quick", .config = "{\"a\":\"" + std::string(70'000, 'x') + "\"}"}).error().kind(),
      ErrorKind::invalid);
}

TEST_P(Profiles, have_a_name_of_their_own_in_their_organisation) {
  const auto mine = create(here, {.name = "default_quick"}).value();
  EXPECT_EQ(create(here, {.name = "default_quick"}).error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(create(other, {.name = "default_quick"}));
  const auto second = create(here, {.name = "default_deep"}).value();
  const auto rename = [&](ProfileId id, std::string name) {
    return write([&](db::Tx& tx) { return replace_profile(tx, here, id, {.name = name}, check); });
  };
  EXPECT_EQ(rename(second.id, "default_quick").error().kind(), ErrorKind::conflict);
  EXPECT_TRUE(rename(mine.id, "default_quick")) << "its own name is free to it";
}

TEST_P(Profiles, are_replaced_only_as_they_were_read) {
  const auto made = create(here, {.name = "x"}).value();
  const auto replace = [&](std::optional<std::int64_t> version) {
    return write([&](db::Tx& tx) {
      return replace_profile(tx, here, made.id, {.name = "y", .scan_mode = "deep", .config = R"({"max_pages":5})"}, check,
                             version);
    });
  };
  EXPECT_EQ(replace(1).value().version, 2);
  EXPECT_EQ(replace(1).error().kind(), ErrorKind::conflict) << "somebody was quicker";
  EXPECT_EQ(replace(std::nullopt).value().version, 3);
}

TEST_P(Profiles, of_another_organisation_are_not_found) {
  const auto made = create(here, {.name = "x"}).value();
  EXPECT_FALSE(write([&](db::Tx& tx) { return find_profile(tx, other, made.id); }).value());
  EXPECT_EQ(write([&](db::Tx& tx) { return delete_profile(tx, other, made.id); }).error().kind(), ErrorKind::not_found);
  EXPECT_EQ(write([&](db::Tx& tx) { return replace_profile(tx, other, made.id, {.name = "y"}, check); }).error().kind(),
            ErrorKind::not_found);
  EXPECT_EQ(write([&](db::Tx& tx) { return effective_params(tx, other, made.id, ""); }).error().kind(), ErrorKind::not_found);
}

INSTANTIATE_TEST_SUITE_P(Engines, Profiles, testing::ValuesIn(db::k_engines_for_test), db::engine_name);

}  // namespace
}  // namespace gannet::site
