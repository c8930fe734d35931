// Requests, redirects and Set-Cookie headers.
#include "base/text.hpp"
#include "scan/recorder_fixture_for_test.hpp"

namespace gannet::scan {
namespace {

constexpr const char* k_found = R"({"status": 302, "encodedDataLength": 50, "protocol": "h2"})";

TEST_F(RecorderTest, each_hop_of_a_redirect_chain_answers_for_its_own_cookies) {
  load();
  // The headers of the first hop arrive before its request, those of the second after the third hop was announced.
  headers("R", "one=1");
  request("R", "https://a.test/px/go", {.type = "Image"});
  request("R", "https://b.test/sync", {.type = "Image", .redirect_response = k_found});
  request("R", "https://c.test/end", {.type = "Image", .redirect_response = k_found});
  headers("R", "two=2; Domain=b.test");
  headers("R", "three=3");
  respond("R", 204);
  complete("R");
  const auto visit = finish();

  ASSERT_EQ(visit.requests.size(), 4U);
  EXPECT_EQ(visit.requests[1].status, 302);
  EXPECT_EQ(visit.requests[1].redirects_to, "https://b.test/sync");
  EXPECT_EQ(visit.requests[1].initiator, record::InitiatorKind::parser);
  EXPECT_EQ(visit.requests[2].initiator, record::InitiatorKind::redirect);
  EXPECT_EQ(visit.requests[2].initiator_url, "https://a.test/px/go");
  EXPECT_EQ(visit.requests[2].protocol, "h2");
  EXPECT_EQ(visit.requests[3].status, 204);
  EXPECT_EQ(visit.requests[3].id, "R#2");
  EXPECT_EQ(describe(visit.cookie_writes), (Lines{"one a.test /px", "two .b.test /", "three c.test /"}));
  EXPECT_EQ(visit.cookie_writes[1].writer.kind, record::WriterKind::http);
  EXPECT_EQ(visit.cookie_writes[1].writer.url, "https://b.test/sync");
  EXPECT_EQ(visit.cookie_writes[1].writer.document_url, "https://shop.test/");
}

TEST_F(RecorderTest, a_cached_hop_in_the_middle_of_a_chain_takes_no_headers_from_its_neighbours) {
  load();
  request("R", "https://a.test/", {});
  headers("R", "one=1");
  request("R", "https://cached.test/", {.redirect_response = k_found});
  event("Network.requestServedFromCache", R"({"requestId": "R"})");
  request("R", "https://c.test/",
          {.redirect_response = R"({"status": 301, "fromDiskCache": false})", .redirect_has_extra = false});
  headers("R", "three=3");
  respond("R");
  const auto visit = finish();
  EXPECT_EQ(describe(visit.cookie_writes), (Lines{"one a.test /", "three c.test /"}));
  EXPECT_TRUE(visit.requests[2].from_cache);
  EXPECT_FALSE(visit.requests[3].from_cache);
}

TEST_F(RecorderTest, what_the_memory_cache_answers_is_from_a_cache) {
  load();
  request("R", "https://a.test/x.js");
  event("Network.requestServedFromCache", R"({"requestId": "R"})");
  respond("R", 200, false);
  complete("R");
  addresses["a.test"] = "192.0.2.1";
  const auto visit = finish();
  EXPECT_TRUE(visit.requests[1].from_cache);
  EXPECT_EQ(visit.requests[1].remote_address, "") << "nobody was asked";
}

TEST_F(RecorderTest, several_cookies_in_one_header_are_kept_in_order) {
  load();
  request("R", "https://a.test/");
  headers("R", "one=1; Path=/x\ntwo=2; Max-Age=0\nthree=3; Expires=Sat, 21 Nov 2026 12:01:40 GMT");
  respond("R");
  const auto visit = finish();
  EXPECT_EQ(describe(visit.cookie_writes), (Lines{"one a.test /x", "two a.test /", "three a.test /"}));
  EXPECT_TRUE(visit.cookie_writes[1].is_deletion);
  EXPECT_EQ(visit.cookie_writes[2].declared_lifetime_seconds, 100);
}

TEST_F(RecorderTest, a_refused_cookie_has_the_reasons_and_the_same_line_twice_each_its_own) {
  load();
  request("R", "https://a.test/");
  headers("R", "same=1\nfine=1\nsame=1\nsame=1",
          R"([{"cookieLine": "same=1", "blockedReasons": ["SameSiteLax"]},
              {"cookieLine": "same=1", "blockedReasons": []}, {"cookieLine": "other=1", "blockedReasons": ["X"]}])");
  respond("R");
  EXPECT_EQ(describe(finish().cookie_writes),
            (Lines{"same a.test / SameSiteLax", "fine a.test /", "same a.test / Unknown", "same a.test /"}));
}

TEST_F(RecorderTest, a_line_that_is_no_cookie_counts_only_where_the_browser_says_why) {
  load();
  request("R", "https://a.test/");
  const std::string giant = "big=" + std::string(5000, 'x');
  headers("R", giant + "\n=;\n" + giant + "2",
          json::serialize(
              json::array{json::object{{"cookieLine", giant}, {"blockedReasons", json::array{"NameValuePairExceedsMaxSize"}}}}));
  respond("R");
  EXPECT_EQ(describe(finish().cookie_writes), Lines{"big a.test / NameValuePairExceedsMaxSize"});
}

TEST_F(RecorderTest, a_partitioned_cookie_knows_its_top_level_site) {
  load();
  request("R", "https://a.test/");
  event("Network.responseReceivedExtraInfo",
        R"({"requestId": "R", "cookiePartitionKey": {"topLevelSite": "https://shop.test"},
            "headers": {"set-cookie": "p=1; Secure; Partitioned\nq=1; Secure"}})");
  respond("R");
  const auto visit = finish();
  EXPECT_EQ(visit.cookie_writes[0].cookie.key.partition_key, "https://shop.test");
  EXPECT_EQ(visit.cookie_writes[1].cookie.key.partition_key, "");
}

TEST_F(RecorderTest, the_cookies_that_were_sent_belong_to_their_hop) {
  load();
  event("Network.requestWillBeSentExtraInfo",
        R"({"requestId": "R", "associatedCookies": [{"cookie": {"name": "sent"}, "blockedReasons": []},
            {"cookie": {"name": "kept back"}, "blockedReasons": ["SameSiteLax"]}]})");
  request("R", "https://a.test/");
  request("R", "https://b.test/", {.redirect_response = k_found});
  event("Network.requestWillBeSentExtraInfo", R"({"requestId": "R", "associatedCookies": [{"cookie": {"name": "second"}}]})");
  respond("R");
  const auto visit = finish();
  EXPECT_EQ(visit.requests[1].cookies_sent, Lines{"sent"});
  EXPECT_EQ(visit.requests[2].cookies_sent, Lines{"second"});
}

TEST_F(RecorderTest, a_header_cookie_tells_what_made_the_request) {
  load();
  request("A", "https://tags.test/loader.js");
  request("B", "https://tags.test/tag.js", {.initiator = R"({"type": "script", "stack": {"callFrames": [
    {"functionName": "load", "url": "https://tags.test/loader.js", "lineNumber": 2, "columnNumber": 7}]}})"});
  request("C", "https://ads.test/px", {.type = "Image", .initiator = R"({"type": "script", "stack": {"callFrames": [],
    "parent": {"callFrames": [{"functionName": "fire", "url": "https://tags.test/tag.js", "lineNumber": 0, "columnNumber": 0}]}}})"});
  headers("C", "id=1");
  respond("C");
  const auto visit = finish();
  const auto& stack = visit.cookie_writes.at(0).writer.stack;
  ASSERT_EQ(stack.size(), 3U);
  EXPECT_EQ(stack[0], (record::StackFrame{"fire", "https://tags.test/tag.js", 1, 1}));
  EXPECT_EQ(stack[1].url, "https://tags.test/loader.js");
  EXPECT_EQ(stack[2].url, "https://shop.test/");
}

TEST_F(RecorderTest, scripts_that_load_each_other_have_no_endless_cause) {
  load();
  request("A", "https://a.test/", {.initiator = R"({"type": "script", "url": "https://b.test/"})"});
  request("B", "https://b.test/", {.initiator = R"({"type": "script", "url": "https://a.test/"})"});
  headers("A", "id=1");
  respond("A");
  EXPECT_EQ(finish().cookie_writes.at(0).writer.stack.size(), 3U);
}

TEST_F(RecorderTest, writes_of_scripts_and_headers_come_in_the_order_of_time) {
  load();
  write_cookie("first=1");
  clock.advance(std::chrono::milliseconds(5));
  request("R", "https://a.test/");
  headers("R", "second=1");
  clock.advance(std::chrono::milliseconds(5));
  recorder->set_phase(record::Phase::s1);
  write_cookie("third=1");
  respond("R");
  const auto visit = finish();
  EXPECT_EQ(describe(visit.cookie_writes), (Lines{"first shop.test /", "second a.test /", "third shop.test /"}));
  EXPECT_EQ(visit.cookie_writes[1].phase, record::Phase::s0);
  EXPECT_EQ(visit.cookie_writes[2].phase, record::Phase::s1);
}

TEST_F(RecorderTest, no_url_in_the_record_has_values) {
  browser::SessionView worker{"W", "sw", "service_worker", "https://shop.test/sw.js?key=secret"};
  event("Gannet.sessionAttached", "{}", worker);
  load("https://shop.test/?session=secret");
  request("R", "https://a.test/?a=secret", {.initiator = R"({"type": "script", "url": "https://shop.test/x.js?v=secret"})"});
  request("W", "https://a.test/?b=secret", {.frame = ""}, worker);
  headers("R", "id=1");
  headers("W", "id=2");
  write_cookie("c=1");
  store("Added", "https://shop.test/", "k");
  recorder->note_inventory(
      json::parse(R"({"origin": "https://shop.test", "workers": ["https://shop.test/sw.js?key=secret"]})").as_object());
  event("Page.windowOpen", R"({"url": "https://pop.test/?p=secret"})");
  const auto visit = finish();
  std::string all = visit.final_url;
  for (const auto& request : visit.requests)
    all += "\n" + request.url + "\n" + request.frame_url.string() + "\n" + request.initiator_url;
  for (const auto& write : visit.cookie_writes)
    all += "\n" + write.page_url + "\n" + write.writer.url + "\n" + write.writer.document_url;
  for (const auto& entry : visit.storage) all += "\n" + entry.page_url + "\n" + entry.key + "\n" + entry.writer.document_url;
  for (const auto& fact : visit.facts) all += "\n" + fact.detail;
  for (const auto& frame : visit.frames) all += "\n" + frame.url;
  EXPECT_EQ(all.find("secret"), std::string::npos) << all;
  EXPECT_EQ(all.find("4711"), std::string::npos) << all;
}

TEST_F(RecorderTest, a_workers_request_has_its_script_for_a_document) {
  load();
  browser::SessionView worker{"W", "sw", "service_worker", "https://shop.test/sw.js"};
  request("W", "https://a.test/", {.frame = "", .loader = ""}, worker);
  headers("W", "id=2");
  respond("W");
  const auto visit = finish();
  EXPECT_EQ(visit.requests[1].frame_url, "https://shop.test/sw.js");
  EXPECT_EQ(visit.cookie_writes.at(0).writer.document_url, "https://shop.test/sw.js");
}

TEST_F(RecorderTest, embedded_data_is_no_request) {
  load();
  for (const auto* url : {"data:text/plain,x", "blob:https://shop.test/1", "about:blank"}) request("D", url);
  EXPECT_EQ(finish().requests.size(), 1U);
}

TEST_F(RecorderTest, a_web_socket_is_a_request_with_cookies_of_its_own) {
  load();
  event("Network.webSocketCreated", R"({"requestId": "W", "url": "wss://live.test/feed", "initiator": {"type": "script",
    "stack": {"callFrames": [{"functionName": "go", "url": "https://shop.test/a.js", "lineNumber": 1, "columnNumber": 1}]}}})");
  event("Network.webSocketHandshakeResponseReceived",
        R"({"requestId": "W", "response": {"status": 101, "headers": {"Set-Cookie": "live=1"}}})");
  event("Network.webSocketFrameReceived", R"({"requestId": "unknown"})");
  event("Network.webSocketFrameError", R"({"requestId": "W", "errorMessage": "closed early"})");
  const auto visit = finish();
  ASSERT_EQ(visit.requests.size(), 2U);
  EXPECT_EQ(visit.requests[1].type, "websocket");
  EXPECT_EQ(visit.requests[1].status, 101);
  EXPECT_EQ(visit.requests[1].failure, "closed early");
  EXPECT_EQ(visit.requests[1].initiator_url, "https://shop.test/a.js");
  EXPECT_EQ(describe(visit.cookie_writes), Lines{"live live.test /"});
}

TEST_F(RecorderTest, what_the_proxy_answers_in_a_sites_place_is_a_failure) {
  load();
  failures["gone.test"] = "no such host";
  addresses["a.test"] = "192.0.2.7";
  request("A", "http://gone.test/");
  respond("A", 502);
  request("B", "http://a.test/");
  respond("B");
  const auto visit = finish();
  EXPECT_EQ(visit.requests[1].failure, "no such host");
  EXPECT_EQ(visit.requests[1].status, 0);
  EXPECT_EQ(visit.requests[2].remote_address, "192.0.2.7");
}

TEST_F(RecorderTest, a_request_that_was_stopped_says_by_whom) {
  load();
  request("R", "http://a.test/");
  event("Network.loadingFailed",
        R"({"requestId": "R", "errorText": "net::ERR_BLOCKED_BY_RESPONSE", "blockedReason": "mixed-content"})");
  EXPECT_EQ(finish().requests[1].failure, "net::ERR_BLOCKED_BY_RESPONSE (mixed-content)");
}

TEST_F(RecorderTest, the_main_document_decides_status_address_and_certificate) {
  request_document("https://shop.test/start");
  request("L1", "https://shop.test/home",
          {.type = "Document", .initiator = R"({"type": "other"})", .redirect_response = k_found});
  event("Network.responseReceived",
        R"({"requestId": "L1", "response": {"status": 404, "securityDetails": {"subjectName": "shop.test",
    "issuer": "Test CA", "validFrom": 1763683200, "validTo": 1795219200, "protocol": "TLS 1.3", "cipher": "AES_128_GCM"}}})");
  commit("https://shop.test/home");
  const auto visit = finish();
  EXPECT_EQ(visit.http_status, 404);
  EXPECT_EQ(visit.final_url, "https://shop.test/home");
  ASSERT_TRUE(visit.certificate);
  EXPECT_EQ(visit.certificate->issuer, "Test CA");
  EXPECT_EQ(format_instant(visit.certificate->valid_from), "2025-11-21T00:00:00.000Z");
  EXPECT_TRUE(visit.requests[1].is_main_frame_navigation);
  EXPECT_EQ(visit.requests[0].initiator, record::InitiatorKind::navigation);
}

TEST_F(RecorderTest, a_navigation_that_another_replaced_is_no_failure) {
  request_document("https://shop.test/old", "L1");
  request_document("https://shop.test/new", "L2");
  break_off("L1", "net::ERR_ABORTED", true);
  EXPECT_EQ(recorder->main_failure(), "");
  break_off("L1", "net::ERR_CONNECTION_RESET");
  EXPECT_EQ(recorder->main_failure(), "") << "nobody waits for that one any more";
  respond("L2");
  commit("https://shop.test/new", "L2");
  EXPECT_EQ(recorder->main_url(), "https://shop.test/new");
  EXPECT_EQ(finish().http_status, 200);
}

TEST_F(RecorderTest, a_redirect_to_where_nobody_answers_is_a_failure_there) {
  request_document("https://shop.test/");
  request("L1", "https://gone.test/", {.type = "Document", .redirect_response = k_found});
  break_off("L1", "net::ERR_NAME_NOT_RESOLVED");
  event("Page.frameNavigated", R"({"frame": {"id": "T", "loaderId": "L1", "url": "chrome-error://chromewebdata/",
                                             "unreachableUrl": "https://gone.test/"}})");
  EXPECT_EQ(recorder->main_failure(), "net::ERR_NAME_NOT_RESOLVED");
  EXPECT_EQ(recorder->main_url(), "https://gone.test/") << "not the browser's error page";
}

TEST_F(RecorderTest, a_download_leaves_the_page_as_it_is) {
  load();
  request_document("https://shop.test/file.zip", "L2");
  respond("L2", 200);
  break_off("L2", "net::ERR_ABORTED", true);
  EXPECT_EQ(recorder->main_failure(), "");
  EXPECT_EQ(recorder->main_url(), "https://shop.test/");
  EXPECT_EQ(finish().reason, "");
}

TEST_F(RecorderTest, a_loaded_page_that_goes_on_to_nowhere_is_not_complete) {
  load();
  request_document("https://gone.test/", "L2");
  break_off("L2", "net::ERR_NAME_NOT_RESOLVED");
  EXPECT_EQ(finish().reason,
            "the page went on to an address that failed: the host name does not exist (net::ERR_NAME_NOT_RESOLVED)");
}

TEST_F(RecorderTest, a_document_that_was_cut_off_is_a_page_with_a_hole) {
  request_document("https://shop.test/");
  respond("L1");
  commit("https://shop.test/");
  break_off("L1", "net::ERR_CONTENT_LENGTH_MISMATCH");
  EXPECT_EQ(recorder->main_failure(), "");
  EXPECT_EQ(finish().reason, "the page was cut off: the answer is shorter than it says (net::ERR_CONTENT_LENGTH_MISMATCH)");
}

TEST_F(RecorderTest, knows_which_address_was_asked_for_the_page_before_any_answer) {
  EXPECT_EQ(recorder->main_asked_url(), "");
  request_document("https://shop.test/");
  request("P", "https://other.test/px", {.type = "Image"});
  EXPECT_EQ(recorder->main_asked_url(), "https://shop.test/");
  request("L1", "https://shop2.test/", {.type = "Document", .redirect_response = k_found});
  EXPECT_EQ(recorder->main_asked_url(), "https://shop2.test/");
}

TEST_F(RecorderTest, knows_when_the_page_wants_to_be_asked_again_and_not_its_images) {
  request_document("https://shop.test/");
  event("Network.responseReceived", R"({"requestId": "L1", "response": {"status": 503, "headers": {"retry-after": "120"}}})");
  request("P", "https://shop.test/px", {.type = "Image"});
  event("Network.responseReceived", R"({"requestId": "P", "response": {"status": 503, "headers": {"Retry-After": "9"}}})");
  EXPECT_EQ(recorder->main_retry_after(), "120");
  request_document("https://shop.test/", "L2");
  respond("L2");
  EXPECT_EQ(recorder->main_retry_after(), "") << "the newest answer counts";
}

TEST_F(RecorderTest, a_request_keeps_the_headers_of_the_network_with_digests_for_what_may_identify) {
  load();
  request("R", "https://a.test/px");
  event("Network.requestWillBeSentExtraInfo",
        R"({"requestId": "R", "associatedCookies": [], "headers": {"Accept": "*/*", "Cookie": "id=8fK2xQ", "Content-Length": "17",
            "Authorization": "Bearer 8fK2xQ", "Referer": "https://shop.test/?visitor=8fK2xQ"}})");
  event("Network.responseReceivedExtraInfo",
        R"({"requestId": "R", "headers": {"Content-Type": "image/gif", "Set-Cookie": "id=8fK2xQ\nb=8fK2xQ", "ETag": "8fK2xQ"}})");
  event("Network.responseReceived", R"({"requestId": "R", "hasExtraInfo": true, "response": {"status": 200,
            "headers": {"Content-Type": "image/gif"}}})");
  const auto visit = finish();
  const auto& request = visit.requests.at(1);
  EXPECT_EQ(request.request_body_bytes, 17U);
  ASSERT_EQ(request.request_headers.size(), 5U);
  EXPECT_EQ(request.request_headers[0], (record::Header{"accept", "*/*"}));
  EXPECT_EQ(request.request_headers[4], (record::Header{"referer", "https://shop.test/?visitor=<6>"}));
  ASSERT_EQ(request.response_headers.size(), 4U) << "those that the network saw, not those that the page sees";
  for (const auto* headers : {&request.request_headers, &request.response_headers})
    for (const auto& header : *headers) EXPECT_EQ(header.value.view().find("8fK2xQ"), std::string::npos) << header.name.view();
}

TEST_F(RecorderTest, an_answer_without_headers_of_the_network_keeps_those_it_was_stored_with) {
  load();
  request("R", "https://a.test/x.js");
  event("Network.responseReceived",
        R"({"requestId": "R", "hasExtraInfo": false, "response": {"status": 200, "fromDiskCache": true,
            "headers": {"Content-Type": "text/javascript"}}})");
  const auto visit = finish();
  EXPECT_EQ(visit.requests.at(1).response_headers, (std::vector<record::Header>{{"content-type", "text/javascript"}}));
  EXPECT_FALSE(visit.requests.at(1).timing);
}

TEST_F(RecorderTest, each_hop_has_its_own_times) {
  event("Network.requestWillBeSent", R"({"requestId": "R", "type": "Image", "timestamp": 50.0, "wallTime": 1795262400.25,
            "request": {"url": "https://a.test/go", "method": "GET"}})");
  event("Network.requestWillBeSent", R"({"requestId": "R", "type": "Image", "timestamp": 50.1, "wallTime": 1795262400.35,
            "request": {"url": "https://b.test/end", "method": "GET"}, "redirectResponse": {"status": 302, "timing":
              {"requestTime": 50.0, "sendStart": 10, "sendEnd": 10, "receiveHeadersEnd": 90}}})");
  event("Network.responseReceived", R"({"requestId": "R", "response": {"status": 200, "timing":
              {"requestTime": 50.1, "sendStart": 0, "sendEnd": 0, "receiveHeadersEnd": 40}}})");
  event("Network.dataReceived", R"({"requestId": "R", "dataLength": 700})");
  event("Network.dataReceived", R"({"requestId": "R", "dataLength": 300})");
  event("Network.loadingFinished", R"({"requestId": "R", "encodedDataLength": 400, "timestamp": 50.2})");
  const auto visit = finish();
  ASSERT_EQ(visit.requests.size(), 2U);
  EXPECT_EQ(visit.requests[0].started_ms, 250) << "the visit began at noon";
  EXPECT_EQ(visit.requests[0].duration_ms, 100);
  EXPECT_EQ(visit.requests[0].timing->wait_ms, 80);
  EXPECT_EQ(visit.requests[1].started_ms, 350);
  EXPECT_EQ(visit.requests[1].duration_ms, 100);
  EXPECT_EQ(visit.requests[1].timing->receive_ms, 60);
  EXPECT_EQ(visit.requests[1].response_body_bytes, 1000U);
}

}  // namespace
}  // namespace gannet::scan
