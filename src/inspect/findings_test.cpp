#include "inspect/findings.hpp"

#include <gtest/gtest.h>

#include "datasets/json_text.hpp"
#include "inspect/test_records.hpp"

namespace gannet::inspect {
namespace {

using namespace testing;
using record::Confidence;
using record::Severity;

/// A value that could tell visitors apart.
record::Cookie identifier(std::string name, std::int64_t lifetime_seconds) {
  record::Cookie made = cookie(std::move(name), "shop.test", lifetime_seconds);
  made.value.entropy_bits = 96;
  return made;
}

record::Visit page_writing(record::CookieWrite written) {
  record::Visit page = visit();
  page.cookie_writes = {std::move(written)};
  return page;
}

TEST(FindingId, depends_on_site_kind_and_subject_only) {
  EXPECT_EQ(finding_id("a.test", "k", "s"), finding_id("a.test", "k", "s"));
  EXPECT_EQ(finding_id("a.test", "k", "s").size(), 16U);
  EXPECT_NE(finding_id("a.test", "k", "s"), finding_id("a.test", "ks", ""));
  EXPECT_NE(finding_id("a.test", "k", "s"), finding_id("b.test", "k", "s"));
}

struct BeforeCase {
  std::string_view name;
  std::optional<Severity> severity;
  Confidence confidence;
};

TEST(CookieBeforeConsent, is_as_severe_as_its_purpose) {
  const BeforeCase cases[] = {
      {"_ga", Severity::high, Confidence::likely},          {"adsy_ref", Severity::high, Confidence::likely},
      {"ct_x", Severity::high, Confidence::unsure},         {"_lang", Severity::low, Confidence::likely},
      {"OptanonConsent", std::nullopt, Confidence::unsure}, {"PHPSESSID", std::nullopt, Confidence::unsure},
      {"mystery", std::nullopt, Confidence::unsure},
  };
  for (const auto& c : cases) {
    const auto inspection =
        inspected(scan_of(ConsentState::untouched, page_writing(write(cookie(std::string(c.name)), Phase::s0))));
    const auto found = findings_of(inspection, "cookie-before-consent");
    ASSERT_EQ(found.size(), c.severity ? 1U : 0U) << c.name;
    if (found.empty()) continue;
    EXPECT_EQ(found[0].severity, *c.severity) << c.name;
    EXPECT_EQ(found[0].confidence, c.confidence) << c.name;
    EXPECT_EQ(found[0].subject, fmt::format("cookie {} shop.test", c.name));
  }
}

TEST(CookieBeforeConsent, suspects_unknown_identifiers_that_last) {
  const auto lasting =
      inspected(scan_of(ConsentState::untouched, page_writing(write(identifier("mystery", 30 * k_day), Phase::s0))));
  const auto found = findings_of(lasting, "cookie-before-consent");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].confidence, Confidence::unsure);
  EXPECT_EQ(found[0].severity, Severity::medium);
  const auto brief = inspected(scan_of(ConsentState::untouched, page_writing(write(identifier("mystery", 3600), Phase::s0))));
  EXPECT_TRUE(findings_of(brief, "cookie-before-consent").empty());
}

TEST(CookieBeforeConsent, is_one_finding_with_evidence_from_each_state) {
  const record::Visit page = page_writing(write(cookie("_ga"), Phase::s0));
  const auto inspection =
      inspected(scan({state(ConsentState::untouched, {page}), state(ConsentState::rejected, {page}, ConsentResult::proved),
                      state(ConsentState::accepted, {page}, ConsentResult::proved)}));
  const auto found = findings_of(inspection, "cookie-before-consent");
  ASSERT_EQ(found.size(), 1U);
  ASSERT_EQ(found[0].evidence.size(), 3U);
  EXPECT_EQ(found[0].evidence[0].state, ConsentState::untouched);
  EXPECT_EQ(found[0].evidence[0].page_url, k_page);
  EXPECT_EQ(found[0].evidence[0].text,
            "cookie _ga written by script https://shop.test/app.js line 3 (document.cookie) while loading");
  EXPECT_EQ(found[0].evidence[0].stack.size(), 1U);
}

TEST(CookieBeforeConsent, says_when_scrolling_woke_it) {
  const auto inspection =
      inspected(scan_of(ConsentState::accepted, page_writing(write(cookie("_ga"), Phase::s1)), ConsentResult::proved));
  const auto found = findings_of(inspection, "cookie-before-consent");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_TRUE(found[0].evidence[0].text.ends_with("after scrolling"));
}

TEST(CookieBeforeConsent, includes_what_no_observed_write_made) {
  record::Visit page = visit();
  page.jars[Phase::s0] = {cookie("_ga")};
  const auto found = findings_of(inspected(scan_of(ConsentState::untouched, page)), "cookie-before-consent");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].evidence[0].text, "cookie _ga was in the jar while loading; no write was observed");
}

TEST(CookieBeforeConsent, does_not_blame_what_came_after_accepting) {
  record::Visit first = page_writing(write(cookie("_ga"), Phase::s2));
  record::Visit second = page_writing(write(cookie("adsy_ref"), Phase::s0));
  // The second page loads in a context that has already consented: its S0 is not before consent.
  const auto inspection = inspected(scan({state(ConsentState::accepted, {first, second}, ConsentResult::proved)}));
  EXPECT_TRUE(findings_of(inspection, "cookie-before-consent").empty());
}

TEST(CookieBeforeConsent, blames_every_page_that_had_a_context_of_its_own) {
  record::Visit second = page_writing(write(cookie("_ga"), Phase::s0));
  second.consent.result = ConsentResult::proved;
  auto accepted = state(ConsentState::accepted, {visit(), second}, ConsentResult::proved);
  accepted.has_fresh_context_per_page = true;
  EXPECT_EQ(findings_of(inspected(scan({accepted})), "cookie-before-consent").size(), 1U);
}

TEST(CookieBeforeConsent, ignores_writes_of_gannet_itself) {
  record::CookieWrite written = write(cookie("_ga"), Phase::s0);
  written.writer.by_gannet = true;
  EXPECT_TRUE(inspected(scan_of(ConsentState::untouched, page_writing(written))).findings.empty());
}

struct RejectCase {
  ConsentState state;
  ConsentResult result;
  Phase phase;
  std::optional<Confidence> confidence;
};

TEST(CookieAfterReject, needs_a_reject_and_is_as_sure_as_its_proof) {
  const RejectCase cases[] = {
      {ConsentState::rejected, ConsentResult::proved, Phase::s2, Confidence::likely},
      {ConsentState::rejected, ConsentResult::proved, Phase::s3, Confidence::likely},
      {ConsentState::rejected, ConsentResult::unproved, Phase::s3, Confidence::unsure},
      {ConsentState::rejected, ConsentResult::no_banner, Phase::s3, std::nullopt},
      {ConsentState::rejected, ConsentResult::no_banner, Phase::s0, std::nullopt},
      {ConsentState::rejected, ConsentResult::no_control, Phase::s2, std::nullopt},
      {ConsentState::accepted, ConsentResult::proved, Phase::s3, std::nullopt},
  };
  for (const auto& c : cases) {
    const auto inspection = inspected(scan_of(c.state, page_writing(write(cookie("_ga"), c.phase)), c.result));
    const auto found = findings_of(inspection, "cookie-after-reject");
    ASSERT_EQ(found.size(), c.confidence ? 1U : 0U)
        << to_string(c.state) << " " << to_string(c.result) << " " << to_string(c.phase);
    if (c.confidence) EXPECT_EQ(found[0].confidence, *c.confidence);
  }
}

TEST(CookieAfterReject, leaves_before_consent_findings_standing_without_a_banner) {
  const auto inspection =
      inspected(scan_of(ConsentState::rejected, page_writing(write(cookie("_ga"), Phase::s0)), ConsentResult::no_banner));
  EXPECT_EQ(findings_of(inspection, "cookie-before-consent").size(), 1U);
  EXPECT_TRUE(findings_of(inspection, "reject-missing").empty());
}

TEST(CookieAfterReject, counts_a_cookie_that_stays_in_the_jar_but_not_one_that_was_deleted) {
  record::Visit page = page_writing(write(cookie("_ga"), Phase::s0));
  page.jars[Phase::s3] = {cookie("_ga")};
  const auto stays = findings_of(inspected(scan_of(ConsentState::rejected, page, ConsentResult::proved)), "cookie-after-reject");
  ASSERT_EQ(stays.size(), 1U);
  EXPECT_TRUE(stays[0].evidence[0].text.ends_with("still in the jar after reject"));
  page.jars[Phase::s3] = {};
  EXPECT_TRUE(
      findings_of(inspected(scan_of(ConsentState::rejected, page, ConsentResult::proved)), "cookie-after-reject").empty());
}

TEST(CookieAfterReject, claims_no_cookie_stayed_where_no_jar_was_read_after_the_click) {
  record::Visit page = page_writing(write(cookie("_ga"), Phase::s0));
  page.jars[Phase::s1] = {cookie("_ga")};
  EXPECT_TRUE(
      findings_of(inspected(scan_of(ConsentState::rejected, page, ConsentResult::proved)), "cookie-after-reject").empty());
}

TEST(CookieAfterReject, includes_later_pages_of_the_same_context) {
  const auto rejected =
      state(ConsentState::rejected, {visit(), page_writing(write(cookie("_ga"), Phase::s0))}, ConsentResult::proved);
  EXPECT_EQ(findings_of(inspected(scan({rejected})), "cookie-after-reject").size(), 1U);
  EXPECT_TRUE(findings_of(inspected(scan({rejected})), "cookie-before-consent").empty());
}

TEST(CookieAfterReject, leaves_out_what_a_new_browser_wrote_before_the_choice_was_made_again) {
  const auto choosing = [](record::Visit page) {
    page.consent.result = ConsentResult::proved;
    return page;
  };
  auto again = choosing(page_writing(write(cookie("_ga"), Phase::s0)));
  const auto found = [&] {
    return findings_of(inspected(scan({state(ConsentState::rejected, {choosing(visit()), again}, ConsentResult::proved)})),
                       "cookie-after-reject");
  };
  EXPECT_EQ(found().size(), 1U) << "in the jar of the choice it is one";
  again.facts.push_back({std::string(record::k_browser_restarted), "the browser ended unexpectedly", {}});
  EXPECT_TRUE(found().empty());
}

TEST(Storage, is_judged_before_consent_and_after_reject) {
  record::Visit page = visit();
  page.jars[Phase::s3] = {};
  page.storage = {storage("ph_x_posthog", Phase::s0), storage("mp_x_mixpanel", Phase::s3), storage("theme", Phase::s0)};
  const auto inspection = inspected(scan_of(ConsentState::rejected, page, ConsentResult::proved));
  const auto before = findings_of(inspection, "storage-before-consent");
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].subject, "localStorage ph_x_posthog shop.test");
  EXPECT_EQ(before[0].severity, Severity::high);
  EXPECT_EQ(findings_of(inspection, "storage-after-reject").size(), 2U);
}

TEST(Tracker, is_judged_before_consent_and_after_reject) {
  record::Visit page = visit();
  page.requests = {request("https://px.ads.test/a.gif", Phase::s0), request("https://x.stats.test/b", Phase::s2),
                   request("https://www.cdn.test/c.css", Phase::s0), request("https://banner.test/d.js", Phase::s0)};
  const auto inspection = inspected(scan_of(ConsentState::rejected, page, ConsentResult::proved));
  const auto before = findings_of(inspection, "tracker-before-consent");
  ASSERT_EQ(before.size(), 1U);
  EXPECT_EQ(before[0].subject, "ads.test");
  EXPECT_EQ(before[0].severity, Severity::high);
  EXPECT_EQ(before[0].evidence[0].text, "GET https://px.ads.test/a.gif → 200 while loading");
  EXPECT_EQ(before[0].evidence[0].stack.size(), 1U);
  const auto after = findings_of(inspection, "tracker-after-reject");
  ASSERT_EQ(after.size(), 1U);
  EXPECT_EQ(after[0].subject, "stats.test");
}

TEST(Tracker, of_which_only_the_vendor_is_known_to_be_social_is_unsure) {
  record::Visit page = visit();
  page.requests = {request("https://friends.test/like.js", Phase::s0)};
  const auto found = findings_of(inspected(scan_of(ConsentState::untouched, page)), "tracker-before-consent");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].confidence, Confidence::unsure);
}

TEST(Reject, that_is_missing_or_buried_is_a_finding) {
  auto rejected = state(ConsentState::rejected, {visit()}, ConsentResult::no_control);
  rejected.consent.platform = "klaro";
  rejected.consent.first_layer_buttons = {"OK", "Settings"};
  const auto missing = findings_of(inspected(scan({rejected})), "reject-missing");
  ASSERT_EQ(missing.size(), 1U);
  EXPECT_EQ(missing[0].evidence[0].text, "The banner of klaro was found; its first layer offers \"OK\", \"Settings\"");

  rejected.consent.result = ConsentResult::proved;
  rejected.consent.clicks = 1;
  EXPECT_TRUE(inspected(scan({rejected})).findings.empty());
  rejected.consent.clicks = 2;
  EXPECT_EQ(findings_of(inspected(scan({rejected})), "reject-buried").size(), 1U);
}

TEST(Consent, that_is_unproved_is_told_for_each_state) {
  const auto inspection = inspected(scan({state(ConsentState::rejected, {visit()}, ConsentResult::unproved),
                                          state(ConsentState::accepted, {visit()}, ConsentResult::unproved)}));
  EXPECT_EQ(findings_of(inspection, "consent-unproved").size(), 2U);
}

struct InsecureCase {
  std::string_view name;
  std::string_view domain;
  bool secure;
  bool http_only;
  record::SameSite same_site;
  std::optional<Severity> severity;
};

TEST(CookieInsecure, names_missing_protection) {
  using record::SameSite;
  const InsecureCase cases[] = {
      {"connect.sid", "shop.test", true, true, SameSite::lax, std::nullopt},
      {"connect.sid", "shop.test", true, false, SameSite::lax, Severity::medium},
      {"connect.sid", "shop.test", false, true, SameSite::lax, Severity::medium},
      {"XSRF-TOKEN", "shop.test", true, false, SameSite::lax, std::nullopt},
      {"_hjSession_1", "shop.test", true, false, SameSite::lax, std::nullopt},
      {"theme", "shop.test", false, false, SameSite::lax, std::nullopt},
      {"theme", "shop.test", false, false, SameSite::none, Severity::low},
      {"theme", "cdn.test", false, false, SameSite::unspecified, Severity::low},
      {"inside", "shop.test", true, false, SameSite::lax, std::nullopt},
  };
  for (const auto& c : cases) {
    record::Cookie made = cookie(std::string(c.name), std::string(c.domain));
    made.secure = c.secure;
    made.http_only = c.http_only;
    made.same_site = c.same_site;
    const auto found =
        findings_of(inspected(scan_of(ConsentState::untouched, page_writing(write(made, Phase::s0)))), "cookie-insecure");
    ASSERT_EQ(found.size(), c.severity ? 1U : 0U) << c.name << " " << c.domain;
    if (c.severity) EXPECT_EQ(found[0].severity, *c.severity) << c.name;
  }
}

TEST(CookieInsecure, asks_for_no_secure_flag_on_a_plain_http_site) {
  record::Visit page = visit("http://shop.test/");
  record::CookieWrite written = write(cookie("connect.sid"), Phase::s0);
  written.cookie.secure = false;
  written.cookie.http_only = true;
  written.page_url = "http://shop.test/";
  page.cookie_writes = {written};
  EXPECT_TRUE(
      findings_of(inspected(scan({state(ConsentState::untouched, {page})}, "http://shop.test/")), "cookie-insecure").empty());
}

TEST(CookieInsecure, tells_of_writes_that_browsers_refuse) {
  record::CookieWrite refused = write(cookie("a", "ads.test"), Phase::s0, response("https://ads.test/p"));
  refused.blocked_reasons = {"SameSiteNoneInsecure"};
  const auto found = findings_of(inspected(scan_of(ConsentState::untouched, page_writing(refused))), "cookie-insecure");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].evidence[0].text, "the write by the response of https://ads.test/p was refused: SameSiteNoneInsecure");
}

TEST(CookieLifetime, counts_from_the_day_after_the_limit) {
  const std::pair<std::int64_t, std::size_t> cases[] = {{395 * k_day, 0}, {395 * k_day + 1, 1}, {730 * k_day, 1}, {60, 0}};
  for (const auto& [seconds, count] : cases) {
    const auto inspection =
        inspected(scan_of(ConsentState::untouched, page_writing(write(cookie("_ga", "shop.test", seconds), Phase::s0))));
    EXPECT_EQ(findings_of(inspection, "cookie-lifetime").size(), count) << seconds;
  }
  SiteRules strict;
  strict.lifetime_days_max = 30;
  const auto page = page_writing(write(cookie("_ga", "shop.test", 31 * k_day), Phase::s0));
  const auto found = findings_of(inspected(scan_of(ConsentState::untouched, page), strict), "cookie-lifetime");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].title, "Cookie _ga (analytics) is meant to live 31 days; 30 is the limit.");
}

TEST(UnclassifiedCookie, is_one_finding_for_all) {
  record::Visit page = visit();
  for (int i = 0; i < 9; ++i) page.cookie_writes.push_back(write(cookie(fmt::format("mystery{}", i)), Phase::s0));
  const auto found = findings_of(inspected(scan_of(ConsentState::untouched, page)), "unclassified-cookie");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].title, "9 cookies could not be sorted into a category.");
  EXPECT_EQ(found[0].evidence.size(), 5U);
}

TEST(Findings, weigh_a_rule_file_s_category_like_any_other) {
  SiteRules rules;
  rules.rules =
      datasets::NameRules::parse(
          datasets::parse_json(R"([{"name": "a", "category": "Analytics"}, {"name": "b", "category": "NECESSARY"}])", "test")
              .value(),
          "test")
          .value();
  record::Visit page = visit();
  page.cookie_writes = {write(cookie("a"), Phase::s0), write(cookie("b"), Phase::s0)};
  const auto found = findings_of(inspected(scan_of(ConsentState::untouched, page), rules), "cookie-before-consent");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].severity, Severity::high);
  EXPECT_EQ(found[0].confidence, Confidence::certain);
}

TEST(Findings, keep_their_ids_and_order_whatever_the_order_of_states) {
  const auto untouched = state(ConsentState::untouched, {page_writing(write(cookie("_ga"), Phase::s0))});
  const auto accepted = state(ConsentState::accepted, {page_writing(write(cookie("_lang"), Phase::s0))}, ConsentResult::proved);
  const auto one = inspected(scan({untouched, accepted})).findings;
  const auto other = inspected(scan({accepted, untouched})).findings;
  ASSERT_EQ(one.size(), other.size());
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i].id, other[i].id);
  EXPECT_EQ(one[0].severity, Severity::high);
}

TEST(Findings, come_gravest_first) {
  record::Visit page = visit();
  page.requests = {request("https://px.ads.test/a.gif", Phase::s0)};
  page.cookie_writes = {write(cookie("_lang"), Phase::s0)};
  const auto inspection = inspected(scan_of(ConsentState::accepted, page, ConsentResult::unproved));
  std::vector<std::string> kinds;
  for (const auto& finding : inspection.findings) kinds.push_back(finding.kind);
  EXPECT_EQ(kinds, (std::vector<std::string>{"tracker-before-consent", "cookie-before-consent", "consent-unproved"}));
}

TEST(Findings, are_as_sure_as_their_surest_sighting) {
  const auto unsure = page_writing(write(cookie("_ga"), Phase::s0));
  const auto sure = page_writing(write(cookie("_ga"), Phase::s0, script("https://js.stats.test/a.js")));
  const auto found =
      findings_of(inspected(scan({state(ConsentState::untouched, {unsure}), state(ConsentState::accepted, {sure})})),
                  "cookie-before-consent");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].confidence, Confidence::certain);
}

TEST(Findings, cite_the_earliest_phase) {
  auto untouched = state(ConsentState::untouched,
                         {page_writing(write(cookie("_ga"), Phase::s1)), page_writing(write(cookie("_ga"), Phase::s0))});
  const auto found = findings_of(inspected(scan({untouched})), "cookie-before-consent");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].evidence[0].phase, Phase::s0);
}

TEST(Findings, make_hostile_names_safe_to_print) {
  record::Visit page = visit();
  page.storage = {storage("ph_\x1b[31m\n_posthog", Phase::s0)};
  const auto found = findings_of(inspected(scan_of(ConsentState::untouched, page)), "storage-before-consent");
  ASSERT_EQ(found.size(), 1U);
  for (const std::string& text : {found[0].subject, found[0].title, found[0].evidence[0].text}) {
    EXPECT_EQ(text.find_first_of("\x1b\n"), std::string::npos) << text;
  }
}

}  // namespace
}  // namespace gannet::inspect
