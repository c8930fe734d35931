#include "change/impl/generated_names.hpp"

#include <gtest/gtest.h>

#include "change/snapshots_for_test.hpp"

namespace gannet::change {
namespace {

using namespace testing;

TEST(NameShape, replaces_what_looks_random_and_nothing_else) {
  struct Case {
    const char* name;
    const char* shape;
    bool is_beyond_doubt;
  };
  for (const Case& c :
       {Case{"PHPSESSID", "PHPSESSID", false}, Case{"_ga", "_ga", false}, Case{"wp-settings-time-1", "wp-settings-time-1", false},
        Case{"deadbeefcafe", "deadbeefcafe", false}, Case{"sess_8f3a91c2", "sess_*", false},
        Case{"_ga_7K2M9QX4TZ", "_ga_*", false}, Case{"_gat_UA-12345678-1", "_gat_UA-*-1", false},
        Case{"id.2f1b6c1e-9a4d-4f7e-8f00-0123456789ab.x", "id.*.x", true},
        Case{"wordpress_0123456789abcdef0123456789abcdef", "wordpress_*", true}, Case{"msg-1732312040123", "msg-*", true},
        Case{"k_aZ3kQ9mB2xT7vW1cN5pR", "k_*", true}, Case{"8f3a91c2.1732312040123", "*.*", false}}) {
    const NameShape shape = shape_of(c.name);
    EXPECT_EQ(shape.text, c.shape);
    EXPECT_EQ(shape.is_beyond_doubt, c.is_beyond_doubt) << c.name;
    EXPECT_EQ(shape.has_random_part, shape.text != c.name) << c.name;
  }
}

/// Whether the first name is taken for generated, given what each visitor of each scan was given.
bool is_generated(const std::vector<std::string>& before, const std::vector<std::string>& after) {
  const auto scan = [](const std::vector<std::string>& names) {
    constexpr ConsentState k_order[] = {ConsentState::untouched, ConsentState::rejected, ConsentState::accepted};
    std::vector<StateSnapshot> states;
    for (std::size_t i = 0; i < names.size(); ++i) states.push_back(state({cookie(names[i])}, k_order[i]));
    return snapshot(std::move(states));
  };
  const GeneratedNames names(scan(before), scan(after));
  return names.name_of(cookie(before[0]).key) != before[0];
}

TEST(GeneratedNames, are_those_that_differ_between_the_visitors_of_one_scan) {
  EXPECT_TRUE(is_generated({"sess_8f3a91c2", "sess_77b0e4d1"}, {"sess_19ac22ff", "sess_aa41b7c3"}));
  EXPECT_TRUE(is_generated({"sess_8f3a91c2", "sess_77b0e4d1"}, {}));
}

TEST(GeneratedNames, are_none_that_two_visitors_share) {
  EXPECT_FALSE(is_generated({"_ga_7K2M9QX4TZ", "_ga_7K2M9QX4TZ"}, {"_ga_1A2B3C4D5E", "_ga_1A2B3C4D5E"}));
  EXPECT_FALSE(is_generated({"test_8f3a91c2", "test_77b0e4d1"}, {"test_8f3a91c2", "test_77b0e4d1"}))
      << "the variants of an experiment";
  EXPECT_FALSE(is_generated({"wordpress_0123456789abcdef0123456789abcdef"}, {"wordpress_0123456789abcdef0123456789abcdef"}));
}

TEST(GeneratedNames, need_parts_beyond_doubt_where_each_scan_had_one_visitor) {
  EXPECT_FALSE(is_generated({"_ga_7K2M9QX4TZ"}, {"_ga_1A2B3C4D5E"}));
  EXPECT_TRUE(is_generated({"id.2f1b6c1e-9a4d-4f7e-8f00-0123456789ab"}, {"id.0c3d7a52-1111-4abc-9def-abcdefabcdef"}));
}

TEST(GeneratedNames, holds_for_places_and_for_the_words_of_a_finding) {
  const auto scan = [](std::string host) {
    Item entry = storage("state");
    entry.key.place = "https://" + host + ".frames.test";
    return snapshot({state({entry, third_party(host + ".edge.test")})});
  };
  const std::string first = "2f1b6c1e-9a4d-4f7e-8f00-0123456789ab", second = "0c3d7a52-1111-4abc-9def-abcdefabcdef";
  const Snapshot before = scan(first), after = scan(second);
  const GeneratedNames names(before, after);
  EXPECT_EQ(names.place_of(before.states[0].items[0].key), "https://*.frames.test");
  EXPECT_EQ(names.word_of(second + ".edge.test"), "*.edge.test");
  EXPECT_EQ(names.word_of("cookie"), "cookie");
  EXPECT_EQ(difference(before, after), Words{});
}

}  // namespace
}  // namespace gannet::change
