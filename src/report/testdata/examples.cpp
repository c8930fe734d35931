#include "report/testdata/examples.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet::report {
namespace {

using namespace gannet::inspect;
using namespace gannet::record;

constexpr std::int64_t k_day = 86'400;
const std::string k_shop = "https://www.brunnen-shop.test/";

Instant at(std::int64_t seconds) {
  seconds = std::clamp<std::int64_t>(seconds, 0, 400 * 366 * k_day);  // Beyond it an Instant overflows.
  return Instant(std::chrono::seconds(1'795'300'640 + seconds) + std::chrono::milliseconds(123));
}

ScanRecord make_scan(const std::string& url) {
  ScanRecord scan;
  scan.id = ScanId(Uuid::parse("019aa8f2-6c1b-7d52-9b1e-3f0c5a7d2e11").value());
  scan.url = url;
  scan.status = ScanStatus::success;
  scan.started_at = at(0);
  scan.ended_at = at(21);
  scan.how = {"0.1.0",
              "Chromium 156.0.7444.60",
              "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
              "allow",
              true,
              "1366x768",
              ""};
  return scan;
}

Inspection make_inspection() {
  Inspection inspection;
  inspection.datasets = {{"open cookie database", "2026-10-02", "9f2c61d0a7"}, {"third-party-web", "0.27.0", "41be0c77f3"}};
  return inspection;
}

Visit make_visit(ConsentState state, const std::string& url) {
  Visit visit;
  visit.state = state;
  visit.requested_url = url;
  visit.final_url = url;
  visit.status = VisitStatus::ok;
  visit.http_status = 200;
  visit.title = "Brunnen Shop – Wasser für alle";
  visit.started_at = at(1);
  visit.duration_ms = 4210;
  visit.phases = {{Phase::s0, SettledBy::quiet, 1812}, {Phase::s1, SettledBy::quiet, 702}};
  if (state != ConsentState::untouched) {
    visit.phases.push_back({Phase::s2, SettledBy::quiet, 911});
    visit.phases.push_back({Phase::s3, SettledBy::quiet, 785});
  }
  return visit;
}

ConsentOutcome make_proved(ConsentState state) {
  const bool is_accept = state == ConsentState::accepted;
  return {ConsentResult::proved,
          "Cookiebot",
          "autoconsent",
          {"banner gone", "cookie CookieConsent written"},
          is_accept ? "Alle akzeptieren" : "Ablehnen",
          1,
          {"Alle akzeptieren", "Ablehnen", "Einstellungen"},
          ""};
}

/// Three states whose start page was seen in full and whose choices are proved.
void add_states(Example& example) {
  for (const ConsentState state : {ConsentState::untouched, ConsentState::rejected, ConsentState::accepted}) {
    StateRecord record{state, {}, {make_visit(state, example.scan.url)}, false};
    if (state != ConsentState::untouched) record.consent = make_proved(state);
    record.visits[0].consent = record.consent;
    example.scan.states.push_back(record);
    example.inspection.states.push_back({state, {}, {}, {}, {}});
  }
}

Writer make_script(const std::string& url, int line, const std::string& document_url) {
  return {WriterKind::script,
          url,
          line,
          9,
          "document.cookie",
          document_url,
          {{"setCookie", url, line, 9}, {"", document_url, 41, 3}},
          false};
}

Writer make_response(const std::string& url) { return {WriterKind::http, url, 0, 0, "Set-Cookie", k_shop, {}, false}; }

struct CookieInput {
  std::string name;
  std::string domain;
  Category category = Category::unknown;
  Confidence confidence = Confidence::certain;
  Party party = Party::first;
  Phase phase = Phase::s0;
  std::optional<std::int64_t> lifetime_seconds;
  Writer writer;
  Owner owner;
};

CookieVerdict make_cookie(const CookieInput& input) {
  CookieVerdict verdict;
  verdict.cookie.key = {input.name, input.domain, input.party == Party::first, "/", ""};
  verdict.cookie.secure = true;
  verdict.cookie.same_site = input.party == Party::third ? SameSite::none : SameSite::lax;
  if (input.lifetime_seconds) verdict.cookie.expires = at(*input.lifetime_seconds);
  verdict.cookie.size_bytes = 30;
  verdict.cookie.value = {27, CharacterClass::text, 96.1, "5c0f9a3be1d24477a0b6cc12de90f318"};
  verdict.phase = input.phase;
  verdict.set_by = input.writer;
  verdict.pages = {k_shop};
  verdict.party = input.party;
  verdict.categorisation = {input.category,
                            input.category == Category::unknown ? "" : "open cookie database",
                            input.name + " of its vendor",
                            input.confidence,
                            "",
                            ""};
  verdict.owner = input.owner;
  verdict.lifetime_seconds = input.lifetime_seconds;
  verdict.declared_lifetime_seconds = input.lifetime_seconds;
  return verdict;
}

CookieVerdict session_cookie() {
  CookieVerdict cookie = make_cookie({"PHPSESSID",
                                      "www.brunnen-shop.test",
                                      Category::necessary,
                                      Confidence::certain,
                                      Party::first,
                                      Phase::s0,
                                      std::nullopt,
                                      make_response(k_shop),
                                      {}});
  cookie.cookie.http_only = true;
  return cookie;
}

CookieVerdict consent_cookie() {
  return make_cookie({"CookieConsent",
                      "www.brunnen-shop.test",
                      Category::necessary,
                      Confidence::certain,
                      Party::first,
                      Phase::s2,
                      365 * k_day,
                      make_script("https://consent.cookiebot.test/uc.js", 1, k_shop),
                      {"Cybot", "DK"}});
}

Example make_clean() {
  Example example{"clean", make_scan(k_shop), make_inspection()};
  add_states(example);
  for (StateInspection& state : example.inspection.states) {
    state.cookies.push_back(session_cookie());
    if (state.state != ConsentState::untouched) state.cookies.push_back(consent_cookie());
    state.third_parties.push_back({"cookiebot.test",
                                   {"consent.cookiebot.test"},
                                   {"Cybot", "DK"},
                                   {Category::necessary, "vendor purpose", "", Confidence::likely, "", ""},
                                   3,
                                   48'211,
                                   Phase::s0,
                                   {},
                                   {k_shop},
                                   false});
  }
  return example;
}

/// Analytics, but only once it is accepted.
Example make_lawful() {
  Example example = make_clean();
  example.name = "lawful";
  StateInspection& accepted = example.inspection.states[2];
  accepted.cookies.push_back(make_cookie({"_mtr",
                                          "brunnen-shop.test",
                                          Category::analytics,
                                          Confidence::certain,
                                          Party::first,
                                          Phase::s2,
                                          390 * k_day,
                                          make_script("https://tags.metrica.test/t.js", 3, k_shop),
                                          {"Metrica Inc.", "US"}}));
  accepted.third_parties.push_back({"metrica.test",
                                    {"tags.metrica.test"},
                                    {"Metrica Inc.", "US"},
                                    {Category::analytics, "vendor purpose", "", Confidence::certain, "", ""},
                                    4,
                                    91'332,
                                    Phase::s2,
                                    {"_mtr"},
                                    {k_shop},
                                    true});
  return example;
}

Example make_no_banner() {
  Example example{"no_banner", make_scan("https://verein-am-see.test/"), make_inspection()};
  add_states(example);
  for (StateRecord& state : example.scan.states)
    if (state.state != ConsentState::untouched) state.consent = {ConsentResult::no_banner, "", "", {}, "", 0, {}, ""};
  return example;
}

TcfString make_tcf() {
  TcfString tcf;
  tcf.version = 2;
  tcf.created = tcf.last_updated = at(3);
  tcf.cmp_id = 134;
  tcf.cmp_version = 6;
  tcf.consent_screen = 1;
  tcf.consent_language = "DE";
  tcf.vendor_list_version = 142;
  tcf.policy_version = 5;
  tcf.is_service_specific = true;
  tcf.publisher_country = "DE";
  tcf.special_feature_opt_ins = {1};
  tcf.purpose_consents = {1, 2, 7};
  tcf.purpose_legitimate_interests = {9};
  tcf.vendor_consents = {755};
  tcf.vendor_legitimate_interests = {755, 793};
  tcf.disclosed_vendors = {755};
  return tcf;
}

/// What a visit keeps besides cookies, one of each.
void fill_visit(Visit& visit) {
  const auto request = [](std::string id, std::string url, std::string type, Phase phase) {
    Request made;
    made.id = std::move(id);
    made.url = std::move(url);
    made.method = "GET";
    made.type = std::move(type);
    made.phase = phase;
    made.status = 200;
    made.transferred_bytes = 4096;
    return made;
  };
  visit.requests = {request("1", k_shop, "document", Phase::s0),
                    request("2", "https://tags.metrica.test/t.js", "script", Phase::s0),
                    request("3", "https://tags.metrica.test/collect?gcs=G100&cid=<36>", "ping", Phase::s1),
                    request("4", "https://dead.test/x.png", "image", Phase::s0),
                    request("5", "https://consent.cookiebot.test/log", "xhr", Phase::s0)};
  visit.requests[0].duration_ms = 88;
  visit.requests[0].timing =
      Timing{.blocked_ms = 1, .dns_ms = {}, .connect_ms = 30, .ssl_ms = 20, .send_ms = 1, .wait_ms = 50, .receive_ms = 6};
  visit.requests[0].request_headers = {{"accept", "text/html"}, {"cookie", "<58:b0341122aabbccdd>"}};
  visit.requests[0].response_headers = {{"content-type", "text/html"}, {"set-cookie", "<30:b0341122aabbccdd>"}};
  visit.requests[0].response_body_bytes = 21'480;
  visit.requests[0].mime_type = "text/html";
  visit.requests[0].protocol = "h2";
  visit.requests[0].remote_address = "192.0.2.7";
  visit.requests[1].started_ms = 90;
  visit.requests[1].duration_ms = 40;
  visit.requests[1].initiator = InitiatorKind::parser;
  visit.requests[1].initiator_url = k_shop;
  visit.requests[1].remote_address = "2001:db8::7";
  visit.requests[2].started_ms = 1840;
  visit.requests[2].initiator = InitiatorKind::script;
  visit.requests[2].initiator_stack = {{"send", "https://tags.metrica.test/t.js", 9, 1}};
  visit.requests[2].cookies_sent = {"_mtr"};
  visit.requests[2].google_consent = GoogleConsentHit{false, std::nullopt, {{"ad_storage", "denied by default"}}};
  visit.requests[3].failure = "net::ERR_NAME_NOT_RESOLVED";
  visit.requests[4].by_gannet = true;
  visit.certificate = Certificate{"brunnen-shop.test", "Test CA", at(-90 * k_day), at(275 * k_day), "TLS 1.3", "AES_128_GCM"};
  visit.screenshots = {{Phase::s0, {"picture", "image/png", 1, 1, 67}}, {Phase::s1, {"picture", "image/png", 1, 1, 67}}};
  visit.facts = {{"popup", "https://ads.test/win", Phase::s1}};
  visit.consent_strings = {
      {"__tcfapi", make_tcf(), std::nullopt, ""},
      {"cookie __gpp", std::nullopt, GppString{{2, 7}, make_tcf(), "1YNN", {{7, {{"SaleOptOut", 1}, {"Gpc", 0}}}}}, ""},
      {"localStorage tcf", std::nullopt, std::nullopt, "version 1 is not supported"}};
  visit.google_consent_commands = {{"default", {{"ad_storage", "denied"}, {"analytics_storage", "denied"}}, {"DE", "AT"}}};
}

Finding make_finding(std::string id, std::string kind, Severity severity, std::string subject, std::string title,
                     std::string advice, Evidence evidence) {
  return {std::move(id),    std::move(kind),   severity,    Confidence::certain,  std::move(subject),
          std::move(title), std::move(advice), "consent/1", {std::move(evidence)}};
}

void add_leaky_findings(Inspection& inspection) {
  const CallStack stack = {{"setCookie", "https://tags.metrica.test/t.js", 3, 9}, {"", k_shop, 41, 3}};
  const std::string advice = "Load the tag only after the visitor agreed.";
  inspection.findings = {
      make_finding(
          "6f1d0c2a9b3e4857", "cookie-before-consent", Severity::high, "cookie _mtr brunnen-shop.test",
          "The analytics cookie _mtr is set before the visitor chose.", advice,
          {ConsentState::untouched, Phase::s0, k_shop, "cookie _mtr written by https://tags.metrica.test/t.js line 3", stack}),
      make_finding(
          "0a77e5b1c4d29f36", "cookie-before-consent", Severity::high, "cookie adid adnet.test",
          "The advertising cookie adid of Adnet is set before the visitor chose.", advice,
          {ConsentState::untouched, Phase::s0, k_shop, "Set-Cookie adid by GET https://px.adnet.test/p.gif?u=<12> → 200", {}}),
      make_finding("b83c19fe02647d5a", "tracker-before-consent", Severity::high, "metrica.test",
                   "Requests go to the tracker metrica.test before the visitor chose.", advice,
                   {ConsentState::untouched, Phase::s0, k_shop, "GET https://tags.metrica.test/t.js → 200", {}}),
      make_finding(
          "5d2e8f7a1c90b364", "cookie-after-reject", Severity::critical, "cookie _mtr brunnen-shop.test",
          "The analytics cookie _mtr is written although the visitor refused.",
          "Remove the tag's cookies when the visitor refuses, and do not load it again.",
          {ConsentState::rejected, Phase::s3, k_shop, "cookie _mtr written by https://tags.metrica.test/t.js line 3", stack}),
      make_finding("e4b07a63d81f295c", "cookie-lifetime", Severity::low, "cookie _mtr brunnen-shop.test",
                   "The cookie _mtr asks to live for 730 days.", "Keep cookies for 13 months at most.",
                   {ConsentState::untouched, Phase::s0, k_shop, "declared lifetime 730 d, kept by the browser for 400 d", {}}),
      make_finding("91ac3d5e7b20f486", "technology", Severity::info, "WooCommerce", "The site runs WooCommerce 9.4.", "",
                   {ConsentState::untouched, Phase::s0, k_shop, "script woocommerce.min.js?ver=<3>", {}})};
  Finding unsure =
      make_finding("c7f2916b4e08da35", "storage-before-consent", Severity::medium, "localStorage vid",
                   "The localStorage entry vid may identify the visitor before the choice.", "Find out what it is for.",
                   {ConsentState::untouched,
                    Phase::s1,
                    k_shop,
                    "localStorage.setItem vid in https://www.brunnen-shop.test/app.js line 210",
                    {}});
  unsure.confidence = Confidence::unsure;
  inspection.findings.push_back(unsure);
}

Example make_leaky() {
  Example example{"leaky", make_scan(k_shop), make_inspection()};
  add_states(example);
  const Writer tag = make_script("https://tags.metrica.test/t.js", 3, k_shop);
  const Writer pixel = make_response("https://px.adnet.test/p.gif?u=<12>");
  for (std::size_t i = 0; i < 3; ++i) {
    StateInspection& state = example.inspection.states[i];
    fill_visit(example.scan.states[i].visits[0]);
    state.cookies = {session_cookie(), make_cookie({"_mtr",
                                                    "brunnen-shop.test",
                                                    Category::analytics,
                                                    Confidence::certain,
                                                    Party::first,
                                                    Phase::s0,
                                                    400 * k_day,
                                                    tag,
                                                    {"Metrica Inc.", "US"}})};
    state.cookies[1].declared_lifetime_seconds = 730 * k_day;
    state.cookies[1].cookie.key.host_only = false;
    if (i != 1) {
      state.cookies.push_back(make_cookie({"adid",
                                           "adnet.test",
                                           Category::advertising,
                                           Confidence::likely,
                                           Party::third,
                                           Phase::s0,
                                           90 * k_day,
                                           pixel,
                                           {"Adnet GmbH", "DE"}}));
      state.cookies[2].cookie.key.partition_key = "https://brunnen-shop.test";
    }
    if (i != 0) state.cookies.push_back(consent_cookie());
    if (i == 2)
      state.cookies.push_back(make_cookie(
          {"tmp_q", "www.brunnen-shop.test", Category::unknown, Confidence::unsure, Party::first, Phase::s3, 1800, {}, {}}));
    if (i == 2) state.cookies.back().is_present = false;
    CookieWrite blocked;
    blocked.cookie.key = {"xsid", "adnet.test", true, "/", ""};
    blocked.writer = pixel;
    blocked.blocked_reasons = {"SameSiteNoneInsecure"};
    state.blocked_cookies.push_back(blocked);
    StorageEntry entry{StorageArea::local,
                       "https://www.brunnen-shop.test",
                       "vid",
                       {36, CharacterClass::hex, 128.4, "77a0b6cc12de90f3185c0f9a3be1d244"},
                       Phase::s1,
                       k_shop,
                       make_script("https://www.brunnen-shop.test/app.js", 210, k_shop),
                       true};
    entry.writer.method = "localStorage.setItem";
    state.storage.push_back({entry, Party::first, {Category::unknown, "", "", Confidence::unsure, "", ""}, {}});
    state.third_parties = {{"metrica.test",
                            {"tags.metrica.test"},
                            {"Metrica Inc.", "US"},
                            {Category::analytics, "vendor purpose", "", Confidence::certain, "", ""},
                            14 + i,
                            91'332,
                            Phase::s0,
                            {"_mtr"},
                            {k_shop},
                            true},
                           {"adnet.test",
                            {"px.adnet.test"},
                            {"Adnet GmbH", "DE"},
                            {Category::advertising, "vendor purpose", "", Confidence::likely, "", ""},
                            i == 1 ? 0U : 3U,
                            1204,
                            Phase::s0,
                            {"adid"},
                            {"https://tags.metrica.test/t.js"},
                            true},
                           {"cookiebot.test",
                            {"consent.cookiebot.test"},
                            {"Cybot", "DK"},
                            {Category::necessary, "vendor purpose", "", Confidence::likely, "", ""},
                            3,
                            48'211,
                            Phase::s0,
                            {},
                            {k_shop},
                            false}};
    if (i == 1) state.third_parties.erase(state.third_parties.begin() + 1);
  }
  add_leaky_findings(example.inspection);
  example.inspection.review = {"tmp_q @ www.brunnen-shop.test"};
  return example;
}

Example make_unproved() {
  Example example = make_clean();
  example.name = "unproved";
  example.scan.states[1].consent = {
      ConsentResult::unproved,    "heuristic", "heuristic", {}, "Nur notwendige", 1, {"OK", "Nur notwendige"},
      "the banner is still shown"};
  return example;
}

Example make_partial() {
  Example example = make_clean();
  example.name = "partial";
  example.scan.status = ScanStatus::partial;
  example.scan.reason = "the scan's budget of 60 s ended";
  for (const auto* path : {"kontakt", "warenkorb", "produkte/wasserfilter-edelstahl-gross", "blog"}) {
    for (StateRecord& state : example.scan.states) state.visits.push_back(make_visit(ConsentState::untouched, k_shop + path));
  }
  std::vector<Visit>& rejected = example.scan.states[1].visits;
  rejected[1].phases[0].settled_by = SettledBy::ceiling;
  for (const std::size_t i : {2U, 3U}) {
    rejected[i].status = VisitStatus::blocked;
    rejected[i].http_status = 403;
    rejected[i].reason = "the site answered with a bot wall (403 Forbidden)";
    rejected[i].phases.clear();
  }
  rejected[4].status = VisitStatus::partial;
  rejected[4].reason = "the renderer crashed in S1";
  example.scan.states[2].consent = {ConsentResult::no_control, "Cookiebot", "", {}, "", 0, {"Einstellungen"}, ""};
  example.scan.states[2].visits.resize(1);
  return example;
}

Example make_failed() {
  Example example{"failed", make_scan("https://gibt-es-nicht.test/"), make_inspection()};
  example.scan.status = ScanStatus::failed;
  example.scan.reason = "start page: the host gibt-es-nicht.test has no address (NXDOMAIN)";
  Visit visit = make_visit(ConsentState::untouched, example.scan.url);
  visit.status = VisitStatus::failed;
  visit.reason = "net::ERR_NAME_NOT_RESOLVED";
  visit.http_status = 0;
  visit.final_url.clear();
  visit.title.clear();
  visit.phases.clear();
  visit.attempts = 3;
  example.scan.states = {{ConsentState::untouched, {}, {visit}, false}};
  example.inspection.states = {{ConsentState::untouched, {}, {}, {}, {}}};
  return example;
}

Example make_many() {
  Example example{"many", make_scan("https://news.grossverlag.test/"), make_inspection()};
  add_states(example);
  static constexpr std::array k_categories = {Category::advertising, Category::advertising, Category::analytics,
                                              Category::functional, Category::unknown};
  for (int i = 0; i < 200; ++i) {
    const std::string vendor = fmt::format("sync{}.adexchange-{:02}.test", i % 7, i % 23);
    const Category category = k_categories[std::size_t(i) % k_categories.size()];
    const CookieVerdict cookie = make_cookie({fmt::format("{}_{:03}{}", category == Category::analytics ? "_an" : "uid", i,
                                                          i % 40 == 0 ? "_with_a_name_that_goes_on_for_rather_long" : ""),
                                              vendor,
                                              category,
                                              i % 3 ? Confidence::certain : Confidence::unsure,
                                              Party::third,
                                              Phase::s0,
                                              (i % 13 + 1) * 30 * k_day,
                                              make_response("https://" + vendor + "/cookie-sync/pixel.gif?partner=<4>"),
                                              {fmt::format("Exchange {:02} Ltd", i % 23), "GB"}});
    for (std::size_t state = 0; state < 3; ++state) {
      if (state == 2 || i % 5 == 0) example.inspection.states[state].cookies.push_back(cookie);
    }
    if (i % 5 || category == Category::necessary) continue;
    Finding finding = make_finding(
        fmt::format("{:016x}", 0x51ab00 + i), "cookie-before-consent", Severity::high,
        "cookie " + cookie.cookie.key.name + " " + vendor,
        fmt::format("The {} cookie {} is set before the visitor chose.", to_string(category), cookie.cookie.key.name),
        "Load the tag only after the visitor agreed.",
        {ConsentState::untouched,
         Phase::s0,
         example.scan.url,
         "Set-Cookie by GET https://" + vendor + "/cookie-sync/pixel.gif → 200",
         {}});
    example.inspection.findings.push_back(finding);
  }
  return example;
}

Example make_hostile() {
  Example example = make_leaky();
  example.name = "hostile";
  example.scan.url = "https://evil.test/<script>alert(1)</script>";
  StateInspection& state = example.inspection.states[0];
  state.cookies.push_back(make_cookie({"\x1b[2J\x1b]0;owned\x07",
                                       "evil.test",
                                       Category::unknown,
                                       Confidence::unsure,
                                       Party::first,
                                       Phase::s0,
                                       INT64_MAX,
                                       make_script("javascript:\"><img src=x onerror=alert(1)>", -7, "data:text/html,<h1>"),
                                       {"\xff\xfe broken \xc3", "\u202eSU"}}));
  state.cookies.push_back(make_cookie({std::string(4000, 'n'),
                                       "日本語の長いクッキー名.test",
                                       Category::unknown,
                                       Confidence::unsure,
                                       Party::third,
                                       Phase::s0,
                                       -5,
                                       {},
                                       {"株式会社データ追跡研究所ジャパン", "JP"}}));
  example.inspection.findings[0].title = "A <b>bold</b> & \"quoted\" title\r\nwith\tcontrols \x1b[31m and 'quotes'";
  example.inspection.findings[0].evidence[0].stack =
      std::vector<StackFrame>(500, {"recurse\xf0\x9f", "https://evil.test/loop.js", 1, 1});
  example.inspection.findings[1].evidence.clear();
  example.scan.states[0].visits[0].title = "</title><script>alert(document.domain)</script>";
  example.scan.states[1].consent.button_text = "\u202eevil";
  example.scan.states[1].consent.result = ConsentResult::unproved;
  return example;
}

Example make_review() {
  Example example = make_clean();
  example.name = "review";
  example.inspection.states[0].cookies.push_back(make_cookie({"k7",
                                                              "www.brunnen-shop.test",
                                                              Category::unknown,
                                                              Confidence::unsure,
                                                              Party::first,
                                                              Phase::s0,
                                                              365 * k_day,
                                                              make_script(k_shop + "app.js", 7, k_shop),
                                                              {}}));
  example.inspection.review = {"k7 @ www.brunnen-shop.test"};
  return example;
}

}  // namespace

std::vector<Example> make_examples() {
  return {make_clean(),   make_lawful(), make_no_banner(), make_leaky(),   make_unproved(),
          make_partial(), make_failed(), make_many(),      make_hostile(), make_review()};
}

record::ScreenshotSet make_pictures() {
  return {{"picture",
           decode_base64("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
               .value()}};
}

Example make_example(std::string_view name) {
  std::vector<Example> examples = make_examples();
  const auto found = std::ranges::find(examples, name, &Example::name);
  ASSERT_INVARIANT(found != examples.end(), "the example exists");
  return *found;
}

}  // namespace gannet::report
