// What a hostile page or a broken browser can make the recorder do: nothing but a visit that says what is missing.
#include <sys/resource.h>

#include "record/json.hpp"
#include "scan/recorder_fixture_for_test.hpp"

namespace gannet::scan {
namespace {

/// The most memory this process ever had, in MiB.
long peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

/// Sanitizers take several times the memory; there only the words are checked.
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr bool k_is_sanitized = true;
#else
constexpr bool k_is_sanitized = false;
#endif
#endif

void fill(RecordSpace& space) {
  for (auto bytes = space.max().count; bytes > 0; bytes /= 2)
    while (space.take(bytes)) {
    }
}

struct BoundsTest : RecorderTest {
  BoundsTest() { load(); }

  void expect_growth_below(long mib) const {
    if (!k_is_sanitized) EXPECT_LT(peak_mib() - peak_before, mib);
  }

  long peak_before = peak_mib();
};

TEST_F(BoundsTest, more_requests_than_are_kept_are_said) {
  for (int i = 0; i < 6000; ++i) {
    const auto id = fmt::format("R{}", i);
    headers(id, "id=1; Path=/");
    request(id, "https://a.test/px");
    complete(id);
  }
  const auto visit = finish();
  EXPECT_EQ(visit.requests.size(), 5000U);
  EXPECT_EQ(visit.reason, "the page made more than 5000 requests; the rest is not recorded");
  EXPECT_EQ(std::ranges::count(visit.facts, "not observed", &record::Fact::kind), 1);
}

TEST_F(BoundsTest, headers_of_a_hop_that_is_not_kept_are_not_another_hops) {
  request("R", "https://first.test/");
  headers("R", "first=1");
  for (int i = 0; i < 5000; ++i) request(fmt::format("X{}", i), "https://a.test/px");
  request("R", "https://second.test/", {.redirect_response = R"({"status": 302})"});
  headers("R", "second=1");
  EXPECT_EQ(describe(finish().cookie_writes), Lines{"first first.test /"});
}

TEST_F(BoundsTest, ids_without_requests_do_not_pile_up) {
  for (int i = 0; i < 300'000; ++i) {
    const auto id = fmt::format("R{}", i);
    headers(id, "id=1");
    event("Network.requestWillBeSent", {{"requestId", "D" + id}, {"request", {{"url", "data:,x"}}}}, page);
  }
  expect_growth_below(60);
}

TEST_F(BoundsTest, one_request_without_end_does_not_pile_up) {
  request("R", "https://a.test/");
  for (int i = 0; i < 100'000; ++i) {
    headers("R", "");
    event("Network.requestWillBeSentExtraInfo", {{"requestId", "R"}, {"associatedCookies", json::array()}}, page);
  }
  expect_growth_below(30);
}

TEST_F(BoundsTest, more_cookie_writes_than_are_kept_are_said) {
  for (int i = 0; i < 6'000; ++i) write_cookie(fmt::format("c{}=1; Path=/", i));
  set_jar("[]");
  const auto visit = finish();
  EXPECT_EQ(visit.cookie_writes.size(), 5'000U);
  EXPECT_EQ(visit.cookie_writes.front().cookie.key.name, "c0");
  EXPECT_EQ(visit.cookie_writes.back().cookie.key.name, "c4999");
  EXPECT_TRUE(visit.cookie_writes.front().is_blocked());
  EXPECT_EQ(visit.reason, "the page wrote more than 5000 cookies; the rest is not recorded");
}

TEST_F(BoundsTest, more_storage_entries_than_are_kept_are_said) {
  for (int i = 0; i < 6'000; ++i) store("Added", "https://shop.test/", fmt::format("k{}", i));
  const auto visit = finish();
  EXPECT_EQ(visit.storage.size(), 5'000U);
  EXPECT_EQ(visit.reason, "the page stored more than 5000 entries; the rest is not recorded");
}

TEST_F(BoundsTest, texts_of_all_kinds_together_have_a_limit) {
  const std::string megabyte(1U << 20, 'x');
  for (int i = 0; i < 200; ++i) {
    request(fmt::format("R{}", i), fmt::format("https://a.test/{}{}", i, megabyte),
            {.initiator = json::serialize(json::object{{"type", "script"}, {"url", "https://a.test/" + megabyte}})});
    headers(fmt::format("R{}", i), "a=1; x=" + megabyte);
    write_cookie(fmt::format("c{}=1; x={}", i, megabyte));
    store("Added", "https://shop.test/", fmt::format("{}{}", i, megabyte));
    report("setItem", json::serialize(json::array{json::object{{"value", megabyte + std::to_string(i)}}}));
  }
  expect_growth_below(160);
  const auto visit = finish();
  EXPECT_EQ(visit.reason, "the page's requests and writes fill more than 16.8 MB; the rest is not recorded");
  EXPECT_GT(visit.requests.size(), 1U);
  for (const auto& request : visit.requests) EXPECT_LT(request.url.size(), 20'000U);
}

TEST_F(BoundsTest, deep_stacks_count_too) {
  json::array frames;
  for (int i = 0; i < 30; ++i)
    frames.push_back(
        json::object{{"functionName", std::string(5000, 'f')}, {"url", "https://a.test/" + std::string(50'000, 'u')}});
  const auto stack = json::serialize(frames);
  for (int i = 0; i < 1000; ++i) report("document.cookie", R"([{"value": "id=1"}])", stack);
  expect_growth_below(160);
  const auto visit = finish();
  EXPECT_LT(visit.cookie_writes.size(), 1000U);
  EXPECT_NE(visit.reason, "");
}

TEST_F(BoundsTest, what_json_makes_six_times_as_long_counts_as_much) {
  // Goal: whatever is recorded can be kept. Method: texts of control characters everywhere, then the stored form is measured.
  const std::string controls(900, '\x01');
  const auto stack = json::serialize(json::array(30, json::object{{"functionName", controls}, {"url", "https://a.test/"}}));
  for (int i = 0; i < 2000; ++i) {
    store("Added", "https://shop.test/", fmt::format("{}{}", controls, i));
    report("document.cookie", fmt::format(R"([{{"value": "id{}=1"}}])", i), stack);
    request(fmt::format("R{}", i), "https://a.test/",
            {.initiator = fmt::format(R"({{"type": "script", "stack": {{"callFrames": {}}}}})", stack)});
  }
  const auto visit = finish();
  EXPECT_EQ(visit.reason, "the page's requests and writes fill more than 16.8 MB; the rest is not recorded");
  const auto written = json::serialize(record::to_json(visit)).size();
  EXPECT_GT(written, 8U << 20) << "the texts were not kept at all";
  EXPECT_LT(written, 40U << 20) << "db::BlobStore::k_content_max is 64 MiB";
}

TEST_F(BoundsTest, consent_strings_that_name_all_vendors_are_bounded) {
  // Vendors 1 to 65535 in one range, for consent and for legitimate interest.
  const std::string all = "CO5rKAAO5rKAAAFABAENBkEgAAAAAAAAAAYn__wAYAA_____8AGAAP__gAA";
  for (int i = 0; i < 50; ++i) store("Added", "https://shop.test/", fmt::format("tcf{}", i), all);
  expect_growth_below(60);
  const auto visit = finish();
  ASSERT_FALSE(visit.consent_strings.empty());
  EXPECT_EQ(visit.consent_strings[0].tcf.value().vendor_consents.size(), 65'535U) << visit.consent_strings[0].error;
  EXPECT_LT(visit.consent_strings.size(), 50U);
  EXPECT_LT(json::serialize(record::to_json(visit)).size(), 40U << 20);
}

TEST_F(BoundsTest, half_a_jar_is_no_jar) {
  json::array cookies;
  for (int i = 0; i < 5000; ++i)
    cookies.push_back(
        json::object{{"name", fmt::format("{}{}", std::string(4000, 'n'), i)}, {"domain", "shop.test"}, {"value", "1"}});
  write_cookie("seen=1; Path=/");
  recorder->note_jar(cookies);
  const auto visit = finish();
  EXPECT_FALSE(visit.jars.contains(record::Phase::s0));
  EXPECT_FALSE(visit.cookie_writes.at(0).is_blocked()) << "what is not in half a jar was not refused for that";
  EXPECT_NE(visit.reason, "");
}

TEST_F(BoundsTest, long_links_and_frames_are_bounded) {
  json::array links;
  for (int i = 0; i < 2000; ++i) links.push_back(json::string(fmt::format("https://shop.test/{}{}", i, std::string(8000, 'l'))));
  for (int i = 0; i < 2000; ++i)
    commit(fmt::format("https://shop.test/{}{}", i, std::string(16'000, 'f')), "L1", fmt::format("F{}", i), "T");
  recorder->note_page("Long", links);
  expect_growth_below(100);
  const auto visit = finish();
  EXPECT_LT(visit.frames.size() + visit.links.size(), 4000U);
  EXPECT_LT(json::serialize(record::to_json(visit)).size(), 40U << 20);
}

TEST_F(BoundsTest, the_pages_of_one_scan_share_one_limit) {
  space.evidence.take(space.evidence.max().count - 10'000);
  for (int i = 0; i < 100; ++i) write_cookie(fmt::format("c{}=1; Path=/", i));
  const auto visit = finish();
  EXPECT_GT(visit.cookie_writes.size(), 0U);
  EXPECT_LT(visit.cookie_writes.size(), 100U);
  EXPECT_EQ(visit.reason, "what the scan's pages do fills more than 41.9 MB; the rest is not recorded");
}

TEST_F(BoundsTest, a_page_of_a_scan_that_is_full_has_answered_all_the_same) {
  fill(space.evidence);
  for (int i = 0; i < 100; ++i) load(fmt::format("https://shop.test/{}", i), fmt::format("L{}", i + 2));
  EXPECT_EQ(recorder->main_status(), 200);
  EXPECT_LT(finish().requests.size(), 100U);
}

TEST_F(BoundsTest, headers_past_the_scans_limit_cost_nothing_else) {
  fill(space.headers);
  event("Network.requestWillBeSentExtraInfo", R"({"requestId": "R", "headers": {"Accept": "*/*"}})");
  request("R", "https://a.test/x.js");
  const auto visit = finish();
  EXPECT_TRUE(visit.requests.at(1).request_headers.empty());
  EXPECT_EQ(visit.reason, "");
  ASSERT_EQ(visit.facts.size(), 1U);
  EXPECT_EQ(visit.facts[0].detail, "headers of the scan's requests past 16.8 MB");
}

TEST_F(BoundsTest, equal_stacks_and_headers_are_held_once) {
  const auto stack =
      R"({"type": "script", "stack": {"callFrames": [{"functionName": "f", "url": "https://a.test/a.js?id=12"}]}})";
  for (const auto* id : {"A", "B"}) {
    event("Network.requestWillBeSentExtraInfo", {{"requestId", id}, {"headers", {{"Accept", "text/something-long"}}}}, page);
    request(id, "https://a.test/x.js", {.initiator = stack});
  }
  const auto visit = finish();
  const auto& [a, b] = std::tie(visit.requests.at(1), visit.requests.at(2));
  EXPECT_EQ(a.initiator_stack.at(0).url, "https://a.test/a.js?id=<2>");
  EXPECT_EQ(a.initiator_stack.data(), b.initiator_stack.data());
  EXPECT_EQ(a.request_headers.at(0).value.view().data(), b.request_headers.at(0).value.view().data());
  EXPECT_EQ(a.frame_url.view().data(), b.frame_url.view().data());
}

TEST_F(BoundsTest, one_key_that_is_written_for_ever_costs_one_entry) {
  for (int i = 0; i < 50'000; ++i) {
    report("setItem", R"([{"value": "ticker"}])");
    store("Updated", "https://shop.test/", "ticker", std::to_string(i));
  }
  expect_growth_below(30);
  const auto visit = finish();
  EXPECT_EQ(visit.storage.size(), 1U);
  EXPECT_EQ(visit.reason, "");
}

TEST_F(BoundsTest, frames_and_contexts_that_come_and_go_do_not_pile_up) {
  for (int i = 0; i < 100'000; ++i) {
    const auto id = fmt::format("F{}", i);
    event("Page.frameAttached", {{"frameId", id}, {"parentFrameId", "T"}}, page);
    event("Page.frameStartedLoading", {{"frameId", id}}, page);
    commit("https://ads.test/", "L" + id, id, "T");
    make_context(i + 10, id, "https://ads.test");
    event("Runtime.executionContextDestroyed", {{"executionContextId", i + 10}}, page);
    event("Page.frameDetached", {{"frameId", id}, {"reason", "remove"}}, page);
  }
  expect_growth_below(30);
  EXPECT_LE(finish().frames.size(), 2000U);
}

TEST_F(BoundsTest, facts_and_audits_do_not_pile_up) {
  const std::string text(100'000, 'x');
  for (int i = 0; i < 3000; ++i) {
    event("Page.javascriptDialogOpening", {{"type", "alert"}, {"message", text}}, page);
    event("Audits.issueAdded",
          {{"issue",
            {{"code", "CookieIssue"},
             {"details",
              {{"cookieIssueDetails",
                {{"operation", "SetCookie"},
                 {"rawCookieLine", std::to_string(i) + text},
                 {"cookieExclusionReasons", json::array{"ExcludeX"}}}}}}}}},
          page);
  }
  expect_growth_below(30);
  EXPECT_LE(finish().facts.size(), 500U);
}

TEST_F(BoundsTest, frames_that_are_their_own_ancestors_are_no_trap) {
  event("Page.frameAttached", R"({"frameId": "A", "parentFrameId": "B"})");
  event("Page.frameAttached", R"({"frameId": "B", "parentFrameId": "A"})");
  make_context(9, "A", "https://shop.test");
  write_cookie("a=1", 9);
  EXPECT_EQ(finish().cookie_writes.size(), 1U);
}

TEST_F(BoundsTest, numbers_out_of_all_proportion_are_cut) {
  request("R", "https://a.test/", {.initiator = R"({"type": "script", "stack": {"callFrames": [
    {"url": "https://a.test/x.js", "lineNumber": 1e18, "columnNumber": -1e300}]}})"});
  event("Network.responseReceived", R"({"requestId": "R", "response": {"status": 1e300}})");
  event("Network.loadingFinished", R"({"requestId": "R", "encodedDataLength": -1e300})");
  request_document("https://shop.test/", "L9");
  event("Network.responseReceived", R"({"requestId": "L9", "response": {"status": -5, "securityDetails": {
    "validFrom": -1e300, "validTo": 1e18}}})");
  const auto visit = finish();
  EXPECT_EQ(visit.requests[1].initiator_stack.at(0).line, 1'000'000'001);
  EXPECT_EQ(visit.requests[1].initiator_stack.at(0).column, 1);
  EXPECT_EQ(visit.requests[1].transferred_bytes, 0U);
  EXPECT_EQ(visit.requests[2].status, 0);
}

/// Changes one place of a message in one of the ways in which it can be wrong.
void mutate(json::value& value, SeededRandom& random) {
  static const json::value k_values[] = {nullptr,
                                         true,
                                         -1,
                                         0,
                                         1e300,
                                         9'223'372'036'854'775'807,
                                         "",
                                         "T",
                                         "L1",
                                         "https://",
                                         "\xEF\xBF\xBD\x01",
                                         json::string(3000, 'x'),
                                         json::array(),
                                         json::object(),
                                         json::array{1, "a", nullptr}};
  auto* object = value.if_object();
  auto* array = value.if_array();
  const auto size = object ? object->size() : array ? array->size() : 0;
  if (size == 0 || random.next() % 4 == 0) {
    value = k_values[random.next() % std::size(k_values)];
    return;
  }
  const auto index = random.next() % size;
  if (array) return mutate((*array)[index], random);
  const auto member = object->begin() + std::ptrdiff_t(index);
  if (random.next() % 4 == 0)
    object->erase(member);
  else
    mutate(member->value(), random);
}

/// Goal: no shape of any message makes the recorder fail. Method: a valid visit, with one to three random changes in each
/// message, thousands of times; the sanitizers watch.
TEST_F(RecorderTest, messages_of_any_shape_are_survived) {
  const browser::SessionView frame{"I", "F1", "iframe", "https://ads.test/"};
  const std::pair<const char*, const char*> k_events[] = {
      {"Network.requestWillBeSent", R"({"requestId": "L1", "loaderId": "L1", "frameId": "T", "type": "Document",
        "request": {"url": "https://shop.test/", "method": "GET", "urlFragment": "#x"}, "initiator": {"type": "other"}})"},
      {"Network.requestWillBeSentExtraInfo",
       R"({"requestId": "L1", "associatedCookies": [{"blockedReasons": [], "cookie": {"name": "a"}}]})"},
      {"Network.responseReceivedExtraInfo",
       R"({"requestId": "L1", "headers": {"Set-Cookie": "a=1; Domain=shop.test\nb=2; Partitioned"},
        "blockedCookies": [{"cookieLine": "a=1; Domain=shop.test", "blockedReasons": ["X"]}], "cookiePartitionKey": {"topLevelSite": "https://s.test"}})"},
      {"Network.requestWillBeSent",
       R"({"requestId": "L1", "loaderId": "L1", "frameId": "T", "type": "Document", "redirectHasExtraInfo": true,
        "redirectResponse": {"status": 302, "protocol": "h2", "encodedDataLength": 10}, "request": {"url": "https://shop.test/2", "method": "GET"},
        "initiator": {"type": "script", "stack": {"callFrames": [{"url": "https://a.test/a.js", "lineNumber": 1, "columnNumber": 1}],
        "parent": {"callFrames": [{"url": "https://b.test/b.js"}]}}}})"},
      {"Network.responseReceived",
       R"({"requestId": "L1", "hasExtraInfo": true, "type": "Document", "response": {"status": 200, "mimeType": "text/html",
        "securityDetails": {"subjectName": "shop.test", "issuer": "CA", "validFrom": 1, "validTo": 2, "protocol": "TLS", "cipher": "C"}}})"},
      {"Page.frameNavigated", R"({"frame": {"id": "T", "loaderId": "L1", "url": "https://shop.test/2", "urlFragment": "#x"}})"},
      {"Runtime.executionContextCreated",
       R"({"context": {"id": 1, "origin": "https://shop.test", "auxData": {"frameId": "T", "isDefault": true}}})"},
      {"Page.frameAttached", R"({"frameId": "F1", "parentFrameId": "T"})"},
      {"Page.frameStartedLoading", R"({"frameId": "F1"})"},
      {"Page.frameScheduledNavigation", R"({"frameId": "F1", "delay": 1})"},
      {"Runtime.consoleAPICalled", R"({"executionContextId": 1, "args": [{"value": "report-token"}, {"value": "document.cookie"},
        {"value": "c=3; Expires=Sat, 21 Nov 2026 12:01:40 GMT"}, {}], "stackTrace": {"callFrames": [{"url": ""}, {"url": ""}, {"url": "https://a.test/a.js"}]}})"},
      {"Runtime.consoleAPICalled", R"({"executionContextId": 1, "args": [{"value": "report-token"}, {"value": "cookieStore.set"},
        {"preview": {"entries": [{"value": {"properties": [{"name": "name", "type": "string", "value": "d"},
          {"name": "expires", "type": "number", "value": "1e14"}]}}]}}]})"},
      {"Runtime.consoleAPICalled",
       R"({"executionContextId": 1, "args": [{"value": "report-token"}, {"value": "setItem"}, {"value": "k"}]})"},
      {"DOMStorage.domStorageItemAdded",
       R"({"storageId": {"storageKey": "https://shop.test/^0", "isLocalStorage": true}, "key": "k", "newValue": "v"})"},
      {"DOMStorage.domStorageItemRemoved", R"({"storageId": {"securityOrigin": "https://shop.test"}, "key": "k"})"},
      {"DOMStorage.domStorageItemsCleared", R"({"storageId": {"storageKey": "https://shop.test/"}})"},
      {"Audits.issueAdded", R"({"issue": {"code": "CookieIssue", "details": {"cookieIssueDetails": {"operation": "SetCookie",
        "rawCookieLine": "c=3", "cookie": {"name": "c"}, "cookieExclusionReasons": ["X"]}}}})"},
      {"Network.webSocketCreated",
       R"({"requestId": "W", "url": "wss://a.test/", "initiator": {"stack": {"callFrames": [{"url": "https://a.test/a.js"}]}}})"},
      {"Network.webSocketHandshakeResponseReceived",
       R"({"requestId": "W", "response": {"status": 101, "headers": {"set-cookie": "w=1"}}})"},
      {"Page.javascriptDialogOpening", R"({"type": "alert", "message": "x"})"},
      {"Page.windowOpen", R"({"url": "https://pop.test/"})"},
      {"Network.loadingFailed", R"({"requestId": "L1", "errorText": "net::ERR", "blockedReason": "csp", "canceled": false})"},
      {"Network.loadingFinished", R"({"requestId": "L1", "encodedDataLength": 5})"},
      {"Page.frameDetached", R"({"frameId": "F1", "reason": "remove"})"},
      {"Gannet.sessionDetached", "{}"},
  };
  const auto k_jar =
      json::parse(R"([{"name": "c", "domain": ".shop.test", "path": "/", "value": "3", "expires": 1e9, "sameSite": "Lax",
    "session": false, "partitionKey": {"topLevelSite": "https://s.test"}}])");
  const auto k_inventory = json::parse(
      R"({"origin": "https://shop.test", "databases": ["d"], "caches": ["c"], "workers": ["https://shop.test/sw.js"]})");
  std::vector<json::value> messages;
  for (const auto& [method, params] : k_events) messages.push_back(json::parse(params));

  constexpr std::uint64_t k_seed = 20261121;
  SeededRandom random(k_seed);
  std::size_t kept = 0;
  for (int round = 0; round < 3000; ++round) {
    ScanSpace room;
    Recorder fuzzed(
        context.get_executor(), {clock, redactor, room},
        {.url = "https://shop.test/",
         .report_token = k_token,
         .network = {[](std::string_view, std::uint16_t) { return ""; }, [](std::string_view, std::uint16_t) { return ""; }}});
    fuzzed.on_event(page, "Gannet.sessionAttached", {});
    for (std::size_t i = 0; i < messages.size(); ++i) {
      auto message = messages[random.next() % 8 == 0 ? random.next() % messages.size() : i];
      for (auto changes = random.next() % 4; changes > 0; --changes) mutate(message, random);
      if (message.is_object()) fuzzed.on_event(random.next() % 4 ? page : frame, k_events[i].first, message.get_object());
    }
    auto jar = k_jar;
    auto inventory = k_inventory;
    mutate(jar, random);
    mutate(inventory, random);
    if (jar.is_array()) fuzzed.note_jar(jar.get_array());
    if (inventory.is_object()) fuzzed.note_inventory(inventory.get_object());
    const auto visit = fuzzed.finish();
    kept += visit.requests.size() + visit.cookie_writes.size();
  }
  EXPECT_GT(kept, 3000U) << "seed " << k_seed << ": the changes left nothing to record";
}

}  // namespace
}  // namespace gannet::scan
