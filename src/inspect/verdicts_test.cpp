#include <gtest/gtest.h>

#include "datasets/json_text.hpp"
#include "inspect/test_records.hpp"

namespace gannet::inspect {
namespace {

using namespace testing;

const CookieVerdict* cookie_named(const StateInspection& state, std::string_view name) {
  for (const auto& verdict : state.cookies) {
    if (verdict.cookie.key.name == name) return &verdict;
  }
  return nullptr;
}

TEST(CookieVerdict, takes_phase_and_writer_from_the_first_kept_write) {
  record::Visit page = visit();
  page.cookie_writes = {write(cookie("a"), Phase::s0, response("https://shop.test/")), write(cookie("a"), Phase::s1),
                        write(cookie("a"), Phase::s1), write(cookie("a"), Phase::s1, response("https://shop.test/"))};
  const auto inspection = inspected(scan_of(ConsentState::untouched, page));
  ASSERT_EQ(inspection.states[0].cookies.size(), 1U);
  const CookieVerdict& verdict = inspection.states[0].cookies[0];
  EXPECT_EQ(verdict.phase, Phase::s0);
  EXPECT_EQ(verdict.set_by.kind, record::WriterKind::http);
  ASSERT_EQ(verdict.also_set_by.size(), 1U);
  EXPECT_EQ(verdict.also_set_by[0].url, "https://shop.test/app.js");
}

TEST(CookieVerdict, keeps_cookies_apart_that_differ_in_path_or_partition) {
  record::Visit page = visit();
  record::Cookie other_path = cookie("a");
  other_path.key.path = "/cart";
  record::Cookie partitioned = cookie("a");
  partitioned.key.partition_key = "https://shop.test";
  page.cookie_writes = {write(cookie("a"), Phase::s0), write(other_path, Phase::s0), write(partitioned, Phase::s0)};
  EXPECT_EQ(inspected(scan_of(ConsentState::untouched, page)).states[0].cookies.size(), 3U);
}

TEST(CookieVerdict, belongs_to_the_pages_that_wrote_it_not_to_later_jars) {
  record::Visit first = visit();
  first.cookie_writes = {write(cookie("a"), Phase::s0)};
  first.jars[Phase::s0] = {cookie("a")};
  record::Visit second = visit("https://shop.test/two");
  second.jars[Phase::s0] = {cookie("a")};
  const auto inspection = inspected(scan({state(ConsentState::untouched, {first, second})}));
  EXPECT_EQ(cookie_named(inspection.states[0], "a")->pages, std::vector<std::string>{"https://shop.test/"});
}

TEST(CookieVerdict, of_a_cookie_without_an_observed_write_has_no_writer_and_no_page) {
  record::Visit page = visit();
  page.jars[Phase::s0] = {};
  page.jars[Phase::s1] = {cookie("sw", "shop.test", 600)};
  const auto inspection = inspected(scan_of(ConsentState::untouched, page));
  const auto* verdict = cookie_named(inspection.states[0], "sw");
  ASSERT_NE(verdict, nullptr);
  EXPECT_EQ(verdict->set_by.kind, record::WriterKind::unknown);
  EXPECT_TRUE(verdict->pages.empty());
  EXPECT_EQ(verdict->phase, Phase::s1);
  EXPECT_EQ(verdict->lifetime_seconds, 600);
  EXPECT_FALSE(verdict->declared_lifetime_seconds);
}

TEST(CookieVerdict, tells_the_declared_lifetime_from_the_kept_one) {
  record::Visit page = visit();
  record::CookieWrite written = write(cookie("a", "shop.test", 730 * k_day), Phase::s0);
  written.at = start_of_scan() + std::chrono::seconds(5);
  page.cookie_writes = {written, write(cookie("minutes", "shop.test", 90), Phase::s0), write(cookie("session"), Phase::s0)};
  page.jars[Phase::s0] = {cookie("a", "shop.test", 400 * k_day + 5), cookie("minutes", "shop.test", 90), cookie("session")};
  const auto inspection = inspected(scan_of(ConsentState::untouched, page));
  EXPECT_EQ(cookie_named(inspection.states[0], "a")->declared_lifetime_seconds, 63'072'000);
  EXPECT_EQ(cookie_named(inspection.states[0], "a")->lifetime_seconds, 400 * k_day);
  EXPECT_EQ(cookie_named(inspection.states[0], "minutes")->lifetime_seconds, 90);
  EXPECT_FALSE(cookie_named(inspection.states[0], "session")->lifetime_seconds);
}

TEST(CookieVerdict, keeps_a_later_write_against_an_earlier_jar) {
  record::Visit page = visit();
  page.cookie_writes = {write(cookie("a", "shop.test", 10), Phase::s0), write(cookie("a", "shop.test", 99), Phase::s1)};
  page.jars[Phase::s0] = {cookie("a", "shop.test", 10)};
  const auto inspection = inspected(scan_of(ConsentState::untouched, page));
  EXPECT_EQ(cookie_named(inspection.states[0], "a")->lifetime_seconds, 99);
}

TEST(CookieVerdict, is_present_only_while_the_last_jar_holds_it) {
  record::Visit page = visit();
  record::CookieWrite deletion = write(cookie("gone"), Phase::s1);
  deletion.is_deletion = true;
  page.cookie_writes = {write(cookie("gone"), Phase::s0), deletion, write(cookie("stays"), Phase::s0)};
  for (const bool has_jars : {false, true}) {
    if (has_jars) page.jars = {{Phase::s0, {cookie("gone"), cookie("stays")}}, {Phase::s1, {cookie("stays")}}};
    const auto inspection = inspected(scan_of(ConsentState::untouched, page));
    EXPECT_FALSE(cookie_named(inspection.states[0], "gone")->is_present) << has_jars;
    EXPECT_TRUE(cookie_named(inspection.states[0], "stays")->is_present) << has_jars;
  }
}

TEST(CookieVerdict, of_pages_in_contexts_of_their_own_is_present_if_any_of_them_kept_it) {
  record::Visit first = visit();
  first.cookie_writes = {write(cookie("a"), Phase::s0)};
  first.jars[Phase::s0] = {cookie("a")};
  record::Visit second = visit("https://shop.test/two");
  second.jars[Phase::s0] = {};
  auto fresh = state(ConsentState::untouched, {first, second});
  EXPECT_FALSE(cookie_named(inspected(scan({fresh})).states[0], "a")->is_present);
  fresh.has_fresh_context_per_page = true;
  EXPECT_TRUE(cookie_named(inspected(scan({fresh})).states[0], "a")->is_present);
}

TEST(CookieVerdict, of_a_browser_that_was_lost_is_present_if_its_last_jar_held_it) {
  record::Visit before = visit();
  before.cookie_writes = {write(cookie("theme"), Phase::s0)};
  before.jars[Phase::s0] = {cookie("theme")};
  record::Visit after = visit();
  after.jars[Phase::s0] = {};
  const auto is_present = [&] {
    return inspected(scan({state(ConsentState::untouched, {before, after})})).states[0].cookies.at(0).is_present;
  };
  EXPECT_FALSE(is_present());
  after.facts.push_back({std::string(record::k_browser_restarted), "the browser ended unexpectedly", {}});
  EXPECT_TRUE(is_present());
}

TEST(CookieVerdict, is_surer_when_a_host_of_the_same_purpose_wrote_it) {
  record::Visit page = visit();
  page.cookie_writes = {write(cookie("_ga"), Phase::s0, script("https://js.stats.test/a.js"))};
  const auto inspection = inspected(scan_of(ConsentState::untouched, page));
  EXPECT_EQ(inspection.states[0].cookies[0].categorisation.confidence, record::Confidence::certain);
}

TEST(BlockedCookies, are_listed_once_per_key_reason_and_writer) {
  record::Visit page = visit();
  record::CookieWrite refused = write(cookie("a", "ads.test"), Phase::s0, response("https://ads.test/p"));
  refused.blocked_reasons = {"SameSiteNoneInsecure"};
  record::CookieWrite other = refused;
  other.blocked_reasons = {"ThirdPartyPhaseout"};
  page.cookie_writes = {refused, refused, other};
  const auto inspection = inspected(scan_of(ConsentState::untouched, page));
  EXPECT_EQ(inspection.states[0].blocked_cookies.size(), 2U);
  EXPECT_TRUE(inspection.states[0].cookies.empty());
}

TEST(StorageVerdict, sorts_keys_of_known_libraries) {
  record::Visit page = visit();
  page.storage = {storage("ph_phc_x_posthog", Phase::s0), storage("theme", Phase::s0), storage("ph_phc_x_posthog", Phase::s1)};
  const auto inspection = inspected(scan_of(ConsentState::untouched, page));
  ASSERT_EQ(inspection.states[0].storage.size(), 2U);
  EXPECT_EQ(inspection.states[0].storage[0].categorisation.category, Category::analytics);
  EXPECT_EQ(inspection.states[0].storage[0].entry.phase, Phase::s0);
  EXPECT_EQ(inspection.states[0].storage[1].categorisation.category, Category::unknown);
}

TEST(ThirdParty, gathers_requests_by_registrable_domain) {
  record::Visit page = visit();
  page.requests = {request("https://shop.test/app.js", Phase::s0), request("https://px.ads.test/a.gif", Phase::s1),
                   request("https://js.ads.test/a.js", Phase::s0), request("https://www.cdn.test/x.css", Phase::s0)};
  page.cookie_writes = {write(cookie("adsy_id", "ads.test"), Phase::s0, response("https://px.ads.test/a.gif"))};
  const auto inspection = inspected(scan_of(ConsentState::untouched, page));
  ASSERT_EQ(inspection.states[0].third_parties.size(), 2U);
  const ThirdParty& ads = inspection.states[0].third_parties[0];
  EXPECT_EQ(ads.domain, "ads.test");
  EXPECT_EQ(ads.hosts, (std::set<std::string>{"js.ads.test", "px.ads.test"}));
  EXPECT_EQ(ads.request_count, 2U);
  EXPECT_EQ(ads.transferred_bytes, 200U);
  EXPECT_EQ(ads.first_phase, Phase::s0);
  EXPECT_EQ(ads.cookie_names, std::vector<std::string>{"adsy_id"});
  EXPECT_EQ(ads.initiators, (std::vector<std::string>{"https://shop.test/app.js", "https://shop.test/"}));
  EXPECT_EQ(ads.owner.country, "FR");
  EXPECT_TRUE(ads.is_tracker);
  EXPECT_FALSE(inspection.states[0].third_parties[1].is_tracker);
}

TEST(ThirdParty, is_judged_by_the_worst_of_its_hosts) {
  record::Visit page = visit();
  page.requests = {request("https://static.ads.test/x.png", Phase::s0), request("https://px.ads.test/a.gif", Phase::s0),
                   request("https://static.ads.test/y.png", Phase::s0)};
  const auto inspection = inspected(scan_of(ConsentState::untouched, page));
  ASSERT_EQ(inspection.states[0].third_parties.size(), 1U);
  EXPECT_EQ(inspection.states[0].third_parties[0].categorisation.category, Category::advertising);
}

TEST(Inspection, lists_for_review_what_nobody_could_sort) {
  record::Visit page = visit();
  page.cookie_writes = {write(cookie("mystery"), Phase::s0), write(cookie("_ga"), Phase::s0)};
  const auto inspection = inspected(scan({state(ConsentState::untouched, {page}), state(ConsentState::accepted, {page})}));
  EXPECT_EQ(inspection.review, std::vector<std::string>{"mystery @ shop.test"});
}

TEST(Inspection, of_an_empty_record_is_empty_but_names_its_data_sets) {
  const auto inspection = inspected(scan({}));
  EXPECT_TRUE(inspection.findings.empty());
  EXPECT_EQ(inspection.datasets.size(), 8U);
  EXPECT_EQ(inspection.datasets[0].hash.size(), 64U);
}

}  // namespace
}  // namespace gannet::inspect
