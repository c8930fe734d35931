#include "record/json.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>
#include <boost/pfr/tuple_size.hpp>

#include "base/random.hpp"

namespace gannet::record {
namespace {

using namespace std::chrono;

const Instant k_at{sys_days(2026y / November / 21) + 22h + 37min + 20s + 123456us};

Cookie full_cookie() {
  Cookie cookie;
  cookie.key = {.name = "_ga", .domain = "shop.test", .host_only = false, .path = "/a", .partition_key = "https://shop.test"};
  cookie.secure = cookie.http_only = true;
  cookie.same_site = SameSite::strict;
  cookie.expires = k_at;
  cookie.size_bytes = 30;
  cookie.value = {.size_bytes = 27, .character_class = CharacterClass::hex, .entropy_bits = 96.125, .hmac = "b034"};
  return cookie;
}

Writer full_writer() {
  Writer writer;
  writer.kind = WriterKind::script;
  writer.url = "https://t.test/t.js";
  writer.line = 3;
  writer.column = 9;
  writer.method = "document.cookie";
  writer.document_url = "https://shop.test/";
  writer.stack = {{.function = "f", .url = "https://t.test/t.js", .line = 3, .column = 9},
                  {.function = "", .url = "", .line = 0, .column = 0}};
  writer.by_gannet = true;
  return writer;
}

Request full_request() {
  Request request;
  request.id = "12.0";
  request.url = "https://t.test/p?x=<1>";
  request.method = "GET";
  request.type = "image";
  request.phase = Phase::s1;
  request.started_ms = 120;
  request.duration_ms = 45;
  request.timing =
      Timing{.blocked_ms = 1, .dns_ms = 2, .connect_ms = 30, .ssl_ms = 20, .send_ms = 3, .wait_ms = 4, .receive_ms = 5};
  request.frame_url = "https://shop.test/";
  request.is_main_frame_navigation = true;
  request.initiator = InitiatorKind::redirect;
  request.initiator_url = "https://t.test/t.js";
  request.initiator_stack = full_writer().stack;
  request.redirects_to = "https://u.test/";
  request.status = 302;
  request.mime_type = "image/gif";
  request.protocol = "h2";
  request.transferred_bytes = 1ULL << 63;
  request.request_body_bytes = 17;
  request.response_body_bytes = 43;
  request.request_headers = {{.name = "accept", .value = "*/*"}};
  request.response_headers = {{.name = "set-cookie", .value = "<30:b0341122aabbccdd>"}, {.name = "", .value = ""}};
  request.remote_address = "192.0.2.1:443";
  request.from_cache = true;
  request.failure = "net::ERR_FAILED";
  request.cookies_sent = {"_ga", ""};
  request.google_consent =
      GoogleConsentHit{.ad_storage = false, .analytics_storage = true, .by_type = {{"ad_storage", "not set"}}};
  request.by_gannet = true;
  return request;
}

ConsentString full_consent_string() {
  TcfString tcf;
  tcf.version = 2;
  tcf.created = tcf.last_updated = k_at;
  tcf.cmp_id = 5;
  tcf.cmp_version = 6;
  tcf.consent_screen = 7;
  tcf.consent_language = "EN";
  tcf.vendor_list_version = 8;
  tcf.policy_version = 4;
  tcf.is_service_specific = tcf.purpose_one_treatment = true;
  tcf.publisher_country = "DE";
  tcf.special_feature_opt_ins = {1};
  tcf.purpose_consents = {1, 2};
  tcf.purpose_legitimate_interests = {7};
  tcf.vendor_consents = {1, 755};
  tcf.vendor_legitimate_interests = {2};
  tcf.disclosed_vendors = {1, 2, 755};
  ConsentString found;
  found.source = "cookie euconsent-v2";
  found.tcf = tcf;
  found.gpp = GppString{
      .section_ids = {2, 8}, .tcf_eu = tcf, .us_privacy = "1YNN", .us_sections = {{8, {{"Gpc", 1}, {"SaleOptOut", 2}}}}};
  found.error = "none";
  return found;
}

/// Every member differs from its default.
Visit full_visit() {
  Visit visit;
  visit.state = ConsentState::rejected;
  visit.requested_url = "https://shop.test/";
  visit.final_url = "https://shop.test/home";
  visit.status = VisitStatus::partial;
  visit.reason = "a frame could not be armed";
  visit.http_status = 200;
  visit.title = "Größe \"1\"\n";
  visit.started_at = k_at;
  visit.duration_ms = 8123;
  visit.attempts = 2;
  visit.phases = {{.phase = Phase::s1, .settled_by = SettledBy::ceiling, .duration_ms = 812}};
  visit.requests = {full_request(), Request()};
  CookieWrite write;
  write.cookie = full_cookie();
  write.declared_lifetime_seconds = -5;
  write.writer = full_writer();
  write.phase = Phase::s2;
  write.page_url = "https://shop.test/";
  write.at = k_at;
  write.is_deletion = true;
  write.blocked_reasons = {"SameSiteNoneInsecure"};
  visit.cookie_writes = {write};
  visit.jars = {{Phase::s0, {}}, {Phase::s3, {full_cookie()}}};
  visit.storage = {{.area = StorageArea::indexed_db,
                    .origin = "https://shop.test",
                    .key = "k",
                    .value = full_cookie().value,
                    .phase = Phase::s3,
                    .page_url = "https://shop.test/",
                    .writer = full_writer(),
                    .is_present = false}};
  visit.frames = {{.url = "https://t.test/f", .parent_url = "https://shop.test/", .is_out_of_process = true}};
  visit.facts = {{.kind = "popup", .detail = "closed", .phase = Phase::s2}};
  visit.links = {"https://shop.test/a"};
  visit.certificate = Certificate{.subject = "shop.test",
                                  .issuer = "CA",
                                  .valid_from = k_at,
                                  .valid_to = k_at + 24h,
                                  .protocol = "TLS 1.3",
                                  .cipher = "AES_128_GCM"};
  visit.consent = {.result = ConsentResult::proved,
                   .platform = "klaro",
                   .method = "heuristic",
                   .proofs = {"banner gone"},
                   .button_text = "Reject",
                   .clicks = 2,
                   .first_layer_buttons = {"Accept", "Reject"},
                   .note = "n"};
  visit.consent_strings = {full_consent_string()};
  visit.google_consent_commands = {{.command = "default", .types = {{"ad_storage", "denied"}}, .regions = {"DE"}}};
  visit.screenshots = {
      {Phase::s0,
       {.sha256 = "ab", .media_type = "image/webp", .width_pixels = 1366, .height_pixels = 768, .size_bytes = 41'000}}};
  return visit;
}

ScanRecord full_record() {
  const ManualClock clock(k_at);
  SeededRandom random(1);
  ScanRecord record;
  record.id = ScanId::make(clock, random);
  record.url = "https://shop.test/";
  record.status = ScanStatus::partial;
  record.reason = "one page failed";
  record.started_at = k_at;
  record.ended_at = k_at + 8s;
  record.states = {{.state = ConsentState::accepted,
                    .consent = full_visit().consent,
                    .visits = {full_visit(), Visit()},
                    .has_fresh_context_per_page = true}};
  record.how = {.gannet_version = "0.1.0",
                .browser = "HeadlessChrome/156",
                .user_agent = "Mozilla",
                .third_party_cookies = "allow",
                .is_sandboxed = false,
                .viewport = "1366x768",
                .proxy = "http://proxy.test"};
  return record;
}

Judgement full_judgement() {
  Judgement judgement;
  judgement.judged_at = k_at;
  judgement.gannet_version = "0.1.0";
  judgement.datasets = {{.name = "owners", .version = "1.2", .hash = "ab"}};
  judgement.findings = {{.id = "0123456789abcdef",
                         .kind = "cookie-before-consent",
                         .severity = Severity::high,
                         .confidence = Confidence::certain,
                         .subject = "cookie _ga shop.test",
                         .title = "t",
                         .advice = "a",
                         .rule = "r",
                         .evidence = {{.state = ConsentState::rejected,
                                       .phase = Phase::s2,
                                       .page_url = "https://shop.test/",
                                       .text = "GET",
                                       .stack = full_writer().stack}}}};
  judgement.categories = {{"cookie _ga shop.test", "analytics"}};
  return judgement;
}

std::string problem(const boost::json::value& json) {
  const auto record = scan_record_from_json(json);
  return record ? "" : record.error().message();
}

/// A visit of default members, with one of each structure that full_visit() has.
Visit plain_visit() {
  Visit visit;
  visit.phases.resize(1);
  visit.requests.resize(1);
  visit.requests[0].timing.emplace();
  visit.requests[0].request_headers.resize(1);
  visit.screenshots[Phase::s0] = {};
  visit.cookie_writes.resize(1);
  visit.jars[Phase::s3].resize(1);
  visit.storage.resize(1);
  visit.frames.resize(1);
  visit.facts.resize(1);
  visit.certificate.emplace();
  visit.consent_strings.resize(1);
  visit.consent_strings[0].tcf.emplace();
  return visit;
}

/// Where both have a member, they must differ.
void expect_all_differ(const boost::json::value& full, const boost::json::value& plain, const std::string& path) {
  if (full.is_object()) {
    for (const auto& [name, value] : full.as_object())
      if (const auto* other = plain.as_object().if_contains(name))
        expect_all_differ(value, *other, path + "." + std::string(name));
  } else if (full.is_array() && !plain.as_array().empty()) {
    expect_all_differ(full.at(0), plain.at(0), path + "[0]");
  } else {
    EXPECT_NE(full, plain) << path << " is at its default in the test";
  }
}

/// Everything that is written when no member is empty: as many names as the structure has members.
template <class T>
void expect_all_written(const boost::json::value& json) {
  EXPECT_EQ(json.as_object().size(), boost::pfr::tuple_size_v<T>) << boost::json::serialize(json);
}

TEST(RecordJson, gives_back_a_full_record) {
  const boost::json::value json = to_json(full_record());
  const auto parsed = boost::json::parse(boost::json::serialize(json));
  const auto back = scan_record_from_json(parsed);
  ASSERT_TRUE(back) << back.error().describe();
  EXPECT_EQ(to_json(*back), json);
  EXPECT_EQ(back->id, full_record().id);
  EXPECT_EQ(back->started_at, k_at) << "microseconds survive";
  const Visit& visit = back->states.at(0).visits.at(0);
  EXPECT_EQ(visit.title, full_visit().title);
  EXPECT_EQ(visit.requests.at(0).transferred_bytes, 1ULL << 63);
  EXPECT_EQ(visit.requests.at(0).timing, full_request().timing);
  EXPECT_EQ(visit.requests.at(0).response_headers, full_request().response_headers);
  EXPECT_EQ(visit.screenshots, full_visit().screenshots);
  EXPECT_EQ(visit.requests.at(0).google_consent, full_request().google_consent);
  EXPECT_EQ(visit.cookie_writes.at(0).cookie.key, full_cookie().key);
  EXPECT_EQ(visit.cookie_writes.at(0).cookie.value, full_cookie().value);
  EXPECT_EQ(visit.cookie_writes.at(0).writer.stack, full_writer().stack);
  EXPECT_EQ(visit.consent_strings.at(0).gpp, full_consent_string().gpp);
  EXPECT_TRUE(visit.jars.contains(Phase::s0)) << "an empty jar is not an absent one";
}

// Goal: a member that json.cpp forgets, or that these tests leave at its default, fails here, since the round trip would not see
// it. Method: count the members of each structure in the JSON of the full record, and compare scalars with a record of defaults.
TEST(RecordJson, every_member_is_written_and_tested) {
  boost::json::object record = to_json(full_record()).as_object(), plain = to_json(plain_visit()).as_object();
  record.erase("schema");
  plain.erase("schema");
  const boost::json::value& state = record.at("states").at(0);
  const boost::json::value& visit = state.at("visits").at(0);
  expect_all_written<ScanRecord>(record);
  expect_all_written<How>(record.at("how"));
  expect_all_written<StateRecord>(state);
  expect_all_written<ConsentOutcome>(state.at("consent"));
  expect_all_written<Visit>(visit);
  expect_all_written<PhaseEnd>(visit.at("phases").at(0));
  expect_all_written<Request>(visit.at("requests").at(0));
  expect_all_written<Timing>(visit.at("requests").at(0).at("timing"));
  expect_all_written<Header>(visit.at("requests").at(0).at("request_headers").at(0));
  expect_all_written<Screenshot>(visit.at("screenshots").at("S0"));
  expect_all_written<GoogleConsentHit>(visit.at("requests").at(0).at("google_consent"));
  expect_all_written<StackFrame>(visit.at("requests").at(0).at("initiator_stack").at(0));
  expect_all_written<CookieWrite>(visit.at("cookie_writes").at(0));
  expect_all_written<Writer>(visit.at("cookie_writes").at(0).at("writer"));
  expect_all_written<Cookie>(visit.at("jars").at("S3").at(0));
  expect_all_written<CookieKey>(visit.at("jars").at("S3").at(0).at("key"));
  expect_all_written<ValueDigest>(visit.at("jars").at("S3").at(0).at("value"));
  expect_all_written<StorageEntry>(visit.at("storage").at(0));
  expect_all_written<Frame>(visit.at("frames").at(0));
  expect_all_written<Fact>(visit.at("facts").at(0));
  expect_all_written<Certificate>(visit.at("certificate"));
  expect_all_written<ConsentString>(visit.at("consent_strings").at(0));
  expect_all_written<TcfString>(visit.at("consent_strings").at(0).at("tcf"));
  expect_all_written<GppString>(visit.at("consent_strings").at(0).at("gpp"));
  expect_all_written<GoogleConsentCommand>(visit.at("google_consent_commands").at(0));
  expect_all_differ(visit, plain, "visit");
}

TEST(RecordJson, gives_back_a_judgement_with_every_member_of_it) {
  const boost::json::value json = to_json(full_judgement());
  const auto back = judgement_from_json(json);
  ASSERT_TRUE(back) << back.error().describe();
  EXPECT_EQ(to_json(*back), json);
  Judgement plain;
  plain.datasets.resize(1);
  plain.findings.resize(1);
  plain.findings[0].evidence.resize(1);
  boost::json::object full = json.as_object(), defaults = to_json(plain).as_object();
  full.erase("schema");
  defaults.erase("schema");
  expect_all_written<Judgement>(full);
  expect_all_written<DatasetVersion>(full.at("datasets").at(0));
  expect_all_written<Finding>(full.at("findings").at(0));
  expect_all_written<Evidence>(full.at("findings").at(0).at("evidence").at(0));
  expect_all_differ(full, defaults, "judgement");
}

TEST(RecordJson, stays_readable_when_a_page_uses_bytes_that_are_not_utf_8) {
  Visit visit;
  visit.title = "a\xff\xc3(\xed\xa0\x80\xe2\x82\xac";
  visit.google_consent_commands = {{.command = "default", .types = {{"\xff", "denied"}}, .regions = {}}};
  const auto back = visit_from_json(boost::json::parse(boost::json::serialize(to_json(visit))));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->title, "a\ufffd\ufffd(\ufffd\ufffd\ufffd\u20ac");
}

TEST(RecordJson, gives_back_a_visit_alone) {
  const auto back = visit_from_json(to_json(full_visit()));
  ASSERT_TRUE(back);
  EXPECT_EQ(to_json(*back), to_json(full_visit()));
}

TEST(RecordJson, an_optional_structure_without_content_stays_present) {
  Visit visit;
  visit.requests.resize(2);
  visit.requests[0].google_consent.emplace();
  const auto back = visit_from_json(to_json(visit));
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->requests[0].google_consent);
  EXPECT_FALSE(back->requests[1].google_consent);
}

TEST(RecordJson, a_missing_member_reads_as_its_default_and_an_unknown_one_is_ignored) {
  const auto visit = visit_from_json(boost::json::parse(R"({"schema": 1, "from_the_future": [1]})"));
  ASSERT_TRUE(visit);
  EXPECT_EQ(visit->attempts, 1);
}

TEST(RecordJson, wrong_types_name_the_place) {
  const auto in_visit = [](std::string_view member) {
    return problem(boost::json::parse(fmt::format(R"({{"schema": 1, "states": [{{"visits": [{{}}, {{{}}}]}}]}})", member)));
  };
  EXPECT_EQ(in_visit(R"("requests": [{}, {"status": "200"}])"), "states[0].visits[1].requests[1].status: expected an integer");
  EXPECT_EQ(in_visit(R"("requests": [{"status": 1.5}])"), "states[0].visits[1].requests[0].status: expected an integer");
  EXPECT_EQ(in_visit(R"("requests": [{"status": 99999999999}])"),
            "states[0].visits[1].requests[0].status: expected a smaller integer");
  EXPECT_EQ(in_visit(R"("requests": [{"transferred_bytes": -1}])"),
            "states[0].visits[1].requests[0].transferred_bytes: expected an integer of 0 or more");
  EXPECT_EQ(in_visit(R"("requests": {})"), "states[0].visits[1].requests: expected a list");
  EXPECT_EQ(in_visit(R"("requests": [null])"), "states[0].visits[1].requests[0]: expected an object");
  EXPECT_EQ(in_visit(R"("title": 1)"), "states[0].visits[1].title: expected text");
  EXPECT_EQ(in_visit(R"("state": "maybe")"), "states[0].visits[1].state: expected one of untouched, rejected, accepted");
  EXPECT_EQ(in_visit(R"("jars": {"S9": []})"), "states[0].visits[1].jars.S9: expected another name");
  EXPECT_EQ(in_visit(R"("jars": {"S1": [{"secure": 0}]})"), "states[0].visits[1].jars.S1[0].secure: expected true or false");
  EXPECT_EQ(in_visit(R"("started_at_us": "2026")"), "states[0].visits[1].started_at_us: expected an integer");
}

TEST(RecordJson, refuses_what_is_no_record) {
  EXPECT_EQ(problem(boost::json::parse("[]")), "record: expected an object");
  EXPECT_EQ(problem(boost::json::parse("{}")), "schema: expected an integer");
  EXPECT_EQ(problem(boost::json::parse(R"({"schema": 2})")), "schema: expected 1, found 2");
  EXPECT_EQ(problem(boost::json::parse(R"({"schema": 1, "id": "x"})")), "id: expected a UUID");
}

}  // namespace
}  // namespace gannet::record
