#include "change/compare.hpp"

#include <gtest/gtest.h>

#include "base/random.hpp"
#include "change/snapshots_for_test.hpp"

namespace gannet::change {
namespace {

using namespace testing;
using record::Severity;

TEST(Compare, reports_what_was_added_and_what_is_gone) {
  const Snapshot before = snapshot({state({cookie("kept"), cookie("old"), storage("cart")})});
  const Snapshot after = snapshot({state({cookie("kept"), cookie("new"), third_party("ads.test")})});
  EXPECT_EQ(difference(before, after), (Words{"added new", "removed old", "removed cart", "added ads.test"}));
}

TEST(Compare, tells_cookies_apart_by_domain_path_and_partition) {
  const auto with = [](auto change) {
    Item item = cookie("id");
    change(item.key);
    return snapshot({state({item})});
  };
  const Snapshot before = snapshot({state({cookie("id")})});
  for (const Snapshot& after :
       {with([](ItemKey& key) { key.place = "www.shop.test"; }), with([](ItemKey& key) { key.part = "/a"; }),
        with([](ItemKey& key) { key.partition_key = "https://shop.test"; })})
    EXPECT_EQ(difference(before, after).size(), 2U);
}

TEST(Compare, names_the_attributes_that_changed_with_both_values) {
  const Snapshot before = snapshot({state({cookie("sid", {{"same_site", "Lax"}, {"secure", "yes"}})})});
  const Snapshot after = snapshot({state({cookie("sid", {{"same_site", "None"}, {"secure", "yes"}})})});
  EXPECT_EQ(difference(before, after), Words{"changed sid same_site Lax → None"});
}

TEST(Compare, takes_nothing_unknown_for_a_change) {
  const Snapshot before = snapshot({state({cookie("sid", {{"set_by", "script of shop.test"}, {"owner", ""}})})});
  const Snapshot after = snapshot({state({cookie("sid", {{"set_by", ""}, {"owner", "Adsy"}})})});
  EXPECT_EQ(difference(before, after), Words{});
}

TEST(Compare, lets_a_fixed_date_of_expiry_come_nearer) {
  const auto expiring = [](std::string lifetime, std::string expires) {
    Item item = cookie("campaign", {{"lifetime", std::move(lifetime)}});
    item.expires = std::move(expires);
    return snapshot({state({item})});
  };
  EXPECT_EQ(difference(expiring("over 13 months", "2028-01-01T00:00:00.000Z"),
                       expiring("13 months or less", "2028-01-01T00:00:00.000Z")),
            Words{});
  EXPECT_EQ(
      difference(expiring("a day or less", "2026-11-22T00:00:00.000Z"), expiring("a week or less", "2026-11-30T00:00:00.000Z")),
      Words{"changed campaign lifetime a day or less → a week or less"});
}

TEST(Compare, looks_at_each_state_by_itself) {
  const auto in = [](ConsentState which, std::vector<Item> items) { return state(std::move(items), which); };
  const Snapshot before = snapshot({in(ConsentState::untouched, {}), in(ConsentState::accepted, {cookie("_ga")})});
  const Snapshot after = snapshot({in(ConsentState::untouched, {cookie("_ga")}), in(ConsentState::accepted, {cookie("_ga")})});
  EXPECT_EQ(difference(before, after), Words{"added _ga in untouched"});
}

TEST(Compare, names_states_that_only_one_scan_visited_and_compares_nothing_in_them) {
  const Snapshot before = snapshot({state({}), state({cookie("_ga")}, ConsentState::accepted)});
  const Snapshot after = snapshot({state({}), state({cookie("_fbp")}, ConsentState::rejected)});
  const Comparison comparison = compare(before, after).value();
  EXPECT_EQ(words_of(comparison), Words{});
  EXPECT_EQ(comparison.only_before, std::vector{ConsentState::accepted});
  EXPECT_EQ(comparison.only_after, std::vector{ConsentState::rejected});
}

TEST(Compare, reports_another_outcome_of_the_choice_where_both_saw_the_start_page) {
  StateSnapshot before = state({}, ConsentState::rejected);
  StateSnapshot after = before;
  after.consent[0].value = "no_control";
  EXPECT_EQ(difference(snapshot({before}), snapshot({after})), Words{"consent result proved → no_control"});
  after.pages[0].status = record::VisitStatus::failed;
  EXPECT_EQ(difference(snapshot({before}), snapshot({after})), Words{});
}

TEST(Compare, tells_new_findings_from_resolved_and_changed_ones) {
  const Snapshot before = snapshot({state({})}, {finding("same"), finding("resolved"), finding("worse", Severity::low)});
  const Snapshot after = snapshot({state({})}, {finding("same"), finding("new"), finding("worse", Severity::critical)});
  const Comparison comparison = compare(before, after).value();
  EXPECT_EQ(words_of(comparison), (Words{"severity finding worse", "new finding new", "resolved finding resolved"}));
  EXPECT_EQ(comparison.same_findings_count, 1U);
  EXPECT_EQ(comparison.findings[0].severity_before, Severity::low);
}

TEST(Compare, a_finding_is_new_where_the_baseline_does_not_have_it_at_any_severity) {
  const auto is_new = [](const std::vector<FindingSnapshot>& baseline) {
    return compare(snapshot({state({})}, baseline), snapshot({state({})}, {finding("a")})).value().is_new_finding("id of a");
  };
  EXPECT_TRUE(is_new({}));
  EXPECT_TRUE(is_new({finding("b")}));
  EXPECT_FALSE(is_new({finding("a")}));
  EXPECT_FALSE(is_new({finding("a", Severity::low)}));
  EXPECT_FALSE(compare(snapshot({state({})}, {finding("a")}), snapshot({state({})})).value().is_new_finding("id of a"))
      << "resolved";
}

TEST(Compare, differs_only_by_what_is_certain) {
  const Snapshot with = snapshot({state({cookie("sid")})});
  Snapshot without = snapshot({state({})});
  EXPECT_TRUE(compare(with, without).value().has_differences());
  without.states[0].pages[0].settled_by = record::SettledBy::ceiling;
  EXPECT_EQ(difference(with, without), Words{"removed? sid"});
  EXPECT_FALSE(compare(with, without).value().has_differences());
  EXPECT_EQ(difference(without, with), Words{"added? sid"});
  EXPECT_TRUE(compare(without, with).value().has_differences()) << "what is added was seen";
}

TEST(Compare, names_how_the_scans_were_made_differently) {
  const Snapshot before = snapshot({state({})});
  Snapshot after = before;
  after.how["browser"] = "Chrome/151";
  after.how["data set open cookie database"] = "3.8.2 (0a1b)";
  EXPECT_EQ(compare(before, after).value().caveats, (std::vector<Caveat>{{"browser", "Chrome/150", "Chrome/151"},
                                                                         {"data set open cookie database", "", "3.8.2 (0a1b)"}}));
}

TEST(Compare, refuses_scans_of_different_hosts_unless_asked) {
  const Snapshot before = snapshot({state({})});
  Snapshot after = before;
  after.host = "other.test";
  const auto refused = compare(before, after);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().kind(), ErrorKind::invalid);
  EXPECT_EQ(refused.error().message(),
            "the scans are of different hosts, shop.test and other.test; --any-host compares them all the same");
  EXPECT_TRUE(compare(before, after, {.allows_other_host = true}).has_value());
}

TEST(Compare, takes_the_sites_of_two_hosts_for_the_same_when_asked) {
  const auto at = [](const std::string& host, const std::string& site) {
    Item sid = cookie("sid"), cart = storage("cart");
    sid.key.place = "www." + site;
    cart.key.place = "https://" + host + ":8443";
    Snapshot made = snapshot({state({sid, cart, third_party("ads.test")})}, {finding("cookie sid www." + site)});
    made.host = host;
    made.states[0].pages[0].url = "https://" + host + ":8443/";
    return made;
  };
  const Snapshot before = at("shop.test", "shop.test"), after = at("staging.firm.test", "firm.test");
  const Comparison comparison = compare(before, after, {.allows_other_host = true}).value();
  EXPECT_EQ(words_of(comparison), Words{});
  EXPECT_EQ(comparison.same_findings_count, 1U);
}

TEST(Compare, takes_names_made_up_for_each_visitor_for_one) {
  const auto visit = [](const char* name, ConsentState which) { return state({cookie(name)}, which); };
  Snapshot before = snapshot({visit("sess_8f3a91c2", ConsentState::untouched), visit("sess_77b0e4d1", ConsentState::accepted)},
                             {finding("cookie sess_8f3a91c2 shop.test")});
  Snapshot after = snapshot({visit("sess_19ac22ff", ConsentState::untouched), visit("sess_aa41b7c3", ConsentState::accepted)},
                            {finding("cookie sess_19ac22ff shop.test")});
  EXPECT_EQ(difference(before, after), Words{});
  after.states[1].items[0].attributes[0].value = "None";
  EXPECT_EQ(difference(before, after), Words{"changed sess_* same_site Lax → None in accepted"});
}

/// Snapshots of a few of the same things, some of them in visits that did not come to rest.
class RandomSnapshots {
 public:
  explicit RandomSnapshots(std::uint64_t seed) : random_(seed) {}

  Snapshot next() {
    std::vector<StateSnapshot> states;
    for (const ConsentState which : {ConsentState::untouched, ConsentState::rejected, ConsentState::accepted}) {
      if (one_in(5)) continue;
      std::vector<Item> items;
      for (const char* name : {"a", "b", "sess_8f3a91c2", "sess_77b0e4d1", "sess_19ac22ff"}) {
        if (one_in(2)) items.push_back(cookie(name, {{"same_site", one_in(2) ? "Lax" : "None"}}));
        if (one_in(3)) items.push_back(storage(name));
        if (one_in(3)) items.push_back(third_party(name));
      }
      states.push_back(state(std::move(items), which));
      if (one_in(4)) states.back().pages[0].settled_by = record::SettledBy::ceiling;
      if (one_in(6)) states.back().is_established = false;
    }
    std::vector<FindingSnapshot> findings;
    for (const char* subject : {"x", "y", "cookie sess_8f3a91c2 shop.test"})
      if (one_in(2)) findings.push_back(finding(subject, one_in(2) ? Severity::high : Severity::low));
    return snapshot(std::move(states), std::move(findings));
  }

 private:
  bool one_in(std::uint64_t n) { return random_.next() % n == 0; }

  SeededRandom random_;
};

TEST(CompareProperty, a_scan_does_not_differ_from_itself) {
  RandomSnapshots snapshots(7);
  for (int i = 0; i < 500; ++i) {
    const Snapshot scan = snapshots.next();
    const Comparison comparison = compare(scan, scan).value();
    EXPECT_EQ(words_of(comparison), Words{}) << "snapshot " << i << " of seed 7";
    EXPECT_FALSE(comparison.has_differences());
  }
}

/// What a comparison says, with the directions exchanged.
Words turned(const Comparison& comparison) {
  Comparison other = comparison;
  for (StateComparison& compared : other.states) {
    for (ItemChange& change : compared.items) {
      if (change.kind != ChangeKind::changed)
        change.kind = change.kind == ChangeKind::added ? ChangeKind::removed : ChangeKind::added;
      for (AttributeChange& attribute : change.attributes) std::swap(attribute.before, attribute.after);
    }
  }
  for (FindingChange& change : other.findings) {
    if (change.kind != FindingChangeKind::severity)
      change.kind = change.kind == FindingChangeKind::resolved ? FindingChangeKind::appeared : FindingChangeKind::resolved;
  }
  Words words = words_of(other);
  std::ranges::sort(words);
  return words;
}

TEST(CompareProperty, what_is_added_one_way_is_removed_the_other_way_and_equally_doubtful) {
  RandomSnapshots snapshots(11);
  for (int i = 0; i < 500; ++i) {
    const Snapshot a = snapshots.next(), b = snapshots.next();
    const Comparison there = compare(a, b).value();
    Words back = words_of(compare(b, a).value());
    std::ranges::sort(back);
    EXPECT_EQ(turned(there), back) << "pair " << i << " of seed 11";
  }
}

}  // namespace
}  // namespace gannet::change
