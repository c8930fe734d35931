// Cookies and storage that scripts write.
#include "scan/recorder_fixture_for_test.hpp"

namespace gannet::scan {
namespace {

struct ScriptTest : RecorderTest {
  ScriptTest() { load("https://shop.test/cart/view"); }

  record::CookieWrite only_write() {
    auto writes = finish().cookie_writes;
    EXPECT_EQ(writes.size(), 1U);
    return writes.empty() ? record::CookieWrite() : writes.front();
  }
  record::StorageEntry only_entry() {
    auto entries = finish().storage;
    EXPECT_EQ(entries.size(), 1U);
    return entries.empty() ? record::StorageEntry() : entries.front();
  }
  /// An object argument as the inspector previews the map that observe_writes.js puts it in.
  static std::string preview(const json::object& members, bool is_cut = false) {
    json::array properties;
    for (const auto& [name, value] : members)
      properties.push_back(json::object{{"name", name},
                                        {"type", value.is_bool() ? "boolean" : "string"},
                                        {"value", value.is_string() ? value : json::value(json::serialize(value))}});
    const json::object entry{{"key", json::object()}, {"value", json::object{{"properties", properties}, {"overflow", is_cut}}}};
    return json::serialize(
        json::array{json::object{{"type", "object"}, {"preview", json::object{{"entries", json::array{entry}}}}}});
  }
  void note_signals_of_no_interest() { event("Runtime.consoleAPICalled", R"({"args": [{"value": "hello"}]})"); }
};

TEST_F(ScriptTest, a_cookie_knows_the_line_that_wrote_it_and_who_called) {
  report("document.cookie", R"([{"type": "string", "value": "id=1"}])", R"([
    {"functionName": "setCookie", "url": "https://tags.test/tag.js", "lineNumber": 11, "columnNumber": 30},
    {"functionName": "main", "url": "https://shop.test/main.js", "lineNumber": 0, "columnNumber": 0}])");
  const auto writer = only_write().writer;
  EXPECT_EQ(writer.kind, record::WriterKind::script);
  EXPECT_EQ(writer.method, "document.cookie");
  EXPECT_EQ(writer.url, "https://tags.test/tag.js");
  EXPECT_EQ(writer.line, 12);
  EXPECT_EQ(writer.column, 31);
  EXPECT_EQ(writer.document_url, "https://shop.test/cart/view");
  EXPECT_EQ(writer.stack, (std::vector<record::StackFrame>{{"setCookie", "https://tags.test/tag.js", 12, 31},
                                                           {"main", "https://shop.test/main.js", 1, 1}}))
      << "without the observer's own two frames";
}

TEST_F(ScriptTest, a_script_without_a_file_keeps_its_frame_and_names_its_caller) {
  report("document.cookie", R"([{"type": "string", "value": "id=1"}])", R"([
    {"functionName": "onclick", "url": "", "lineNumber": 0, "columnNumber": 3},
    {"functionName": "main", "url": "https://shop.test/main.js", "lineNumber": 6, "columnNumber": 0}])");
  const auto writer = only_write().writer;
  EXPECT_EQ(writer.stack.size(), 2U);
  EXPECT_EQ(writer.stack[0].function, "onclick");
  EXPECT_EQ(writer.url, "https://shop.test/main.js");
  EXPECT_EQ(writer.line, 7);
}

TEST_F(ScriptTest, domain_and_path_default_to_the_documents) {
  write_cookie("a=1");
  write_cookie("b=1; Domain=.Shop.test; Path=/");
  write_cookie("c=1; Path=relative");
  write_cookie("d=1; Max-Age=3600; Secure; SameSite=None");
  const auto visit = finish();
  EXPECT_EQ(describe(visit.cookie_writes),
            (Lines{"a shop.test /cart", "b .shop.test /", "c shop.test /cart", "d shop.test /cart"}));
  EXPECT_EQ(visit.cookie_writes[3].declared_lifetime_seconds, 3600);
  EXPECT_EQ(visit.cookie_writes[3].cookie.expires, k_noon + std::chrono::hours(1));
  EXPECT_TRUE(visit.cookie_writes[3].cookie.secure);
}

TEST_F(ScriptTest, frames_without_an_address_write_for_the_document_that_made_them) {
  commit("https://ads.test/frame/x", "L2", "F1", "T");
  commit("about:srcdoc", "L3", "F2", "F1");
  event("Page.frameAttached", R"({"frameId": "F3", "parentFrameId": "F2"})");
  make_context(3, "F3", "https://ads.test");
  write_cookie("blank=1", 3);
  EXPECT_EQ(describe(only_write()), "blank ads.test /frame");
}

TEST_F(ScriptTest, the_origin_decides_the_host_when_the_frame_has_moved_on) {
  commit("https://old.test/a/b", "L2", "F1", "T");
  make_context(4, "F1", "https://new.test");
  write_cookie("moved=1", 4);
  EXPECT_EQ(only_write().cookie.key.domain, "new.test");
}

TEST_F(ScriptTest, a_context_that_ended_is_forgotten) {
  make_context(5, "T", "https://elsewhere.test");
  event("Runtime.executionContextDestroyed", R"({"executionContextId": 5})");
  write_cookie("late=1", 5);
  EXPECT_EQ(only_write().cookie.key.domain, "shop.test");
}

TEST_F(ScriptTest, a_report_without_the_token_is_the_pages_own_talk) {
  event("Runtime.consoleAPICalled", R"({"args": [{"value": "guess"}, {"value": "document.cookie"}, {"value": "id=1"}]})");
  note_signals_of_no_interest();
  EXPECT_TRUE(finish().cookie_writes.empty());
}

TEST_F(ScriptTest, what_gannet_did_is_marked_unless_a_file_of_the_site_did_it) {
  recorder->set_acting(true);
  report("document.cookie", R"([{"value": "ours=1"}])", "[]");
  write_cookie("theirs=1");
  recorder->set_acting(false);
  report("document.cookie", R"([{"value": "later=1"}])", "[]");
  const auto visit = finish();
  EXPECT_TRUE(visit.cookie_writes[0].writer.by_gannet);
  EXPECT_FALSE(visit.cookie_writes[1].writer.by_gannet);
  EXPECT_FALSE(visit.cookie_writes[2].writer.by_gannet);
}

TEST_F(ScriptTest, requests_that_gannet_causes_are_marked) {
  recorder->set_acting(true);
  request("A", "https://cmp.test/choice", {.type = "Fetch", .initiator = R"({"type": "script"})"});
  request("B", "https://cmp.test/x.js", {.initiator = R"({"type": "script", "url": "https://cmp.test/cmp.js"})"});
  recorder->set_acting(false);
  const auto visit = finish();
  EXPECT_TRUE(visit.requests[1].by_gannet);
  EXPECT_FALSE(visit.requests[2].by_gannet);
}

TEST_F(ScriptTest, the_cookie_store_takes_name_and_value) {
  report("cookieStore.set", R"([{"type": "string", "value": "id"}, {"type": "string", "value": "42"}])");
  const auto write = only_write();
  EXPECT_EQ(describe(write), "id shop.test /") << "its path does not default to the document's";
  EXPECT_EQ(write.cookie.same_site, record::SameSite::strict);
  EXPECT_EQ(write.cookie.value, redactor.digest("42"));
}

TEST_F(ScriptTest, the_cookie_store_takes_options) {
  report("cookieStore.set",
         preview({{"name", "id"}, {"value", "42"}, {"domain", "Shop.test"}, {"path", "/a"}, {"sameSite", "none"}}));
  report("cookieStore.set", preview({{"name", "late"}, {"value", "1"}, {"expires", 1795262700000}, {"partitioned", true}}));
  const auto visit = finish();
  EXPECT_EQ(describe(visit.cookie_writes), (Lines{"id .shop.test /a/", "late shop.test /"}));
  EXPECT_EQ(visit.cookie_writes[0].cookie.same_site, record::SameSite::none);
  EXPECT_EQ(visit.cookie_writes[1].declared_lifetime_seconds, 1795262700 - k_noon.time_since_epoch().count() / 1'000'000);
}

TEST_F(ScriptTest, the_cookie_store_deletes) {
  report("cookieStore.delete", R"([{"type": "string", "value": "id"}])");
  report("cookieStore.delete", preview({{"name", "id"}, {"path", "/"}}));
  set_jar("[]");
  const auto visit = finish();
  EXPECT_EQ(describe(visit.cookie_writes), (Lines{"id shop.test /", "id shop.test /"}));
  for (const auto& write : visit.cookie_writes) EXPECT_TRUE(write.is_deletion);
}

TEST_F(ScriptTest, a_cookie_that_is_not_in_the_jar_was_refused) {
  write_cookie("kept=1; Path=/");
  write_cookie("refused=1; Path=/");
  set_jar(R"([{"name": "kept", "domain": "shop.test", "path": "/", "session": true}])");
  EXPECT_EQ(describe(finish().cookie_writes), (Lines{"kept shop.test /", "refused shop.test / NotInJar"}));
}

TEST_F(ScriptTest, the_audits_say_why_a_cookie_was_refused) {
  write_cookie("a=1; Path=/; SameSite=None");
  write_cookie("b=1; Path=/");
  write_cookie("c=1; Path=/");
  const auto audit = [&](std::string_view operation, std::string_view key, std::string_view value, std::string_view reasons) {
    event("Audits.issueAdded",
          fmt::format(R"({{"issue": {{"code": "CookieIssue", "details": {{"cookieIssueDetails": {{"operation": "{}",
              "{}": {}, "cookieExclusionReasons": {}}}}}}}}})",
                      operation, key, value, reasons));
  };
  audit("SetCookie", "rawCookieLine", R"("a=1; Path=/; SameSite=None")", R"(["ExcludeSameSiteNoneInsecure"])");
  audit("SetCookie", "cookie", R"({"name": "b"})", R"(["ExcludeThirdPartyPhaseout", 7])");
  audit("ReadCookie", "cookie", R"({"name": "c"})", R"(["ExcludeOther"])");
  audit("SetCookie", "cookie", R"({"name": "c"})", "[]");
  set_jar("[]");
  EXPECT_EQ(describe(finish().cookie_writes), (Lines{"a shop.test / ExcludeSameSiteNoneInsecure",
                                                     "b shop.test / ExcludeThirdPartyPhaseout", "c shop.test / NotInJar"}));
}

TEST_F(ScriptTest, absence_from_the_jar_proves_nothing_of_a_cookie_that_was_removed_again) {
  write_cookie("removed=1; Path=/");
  write_cookie("short=1; Path=/; Max-Age=5");
  write_cookie("removed=; Path=/; Max-Age=0");
  write_cookie("removed=2; Path=/");
  report("cookieStore.set", preview({{"name", "half known"}, {"value", "1"}}, true));
  set_jar("[]");
  recorder->set_phase(record::Phase::s1);
  write_cookie("unjudged=1; Path=/");
  EXPECT_EQ(describe(finish().cookie_writes),
            (Lines{"removed shop.test /", "short shop.test /", "removed shop.test /", "removed shop.test / NotInJar",
                   "half known shop.test /", "unjudged shop.test /"}))
      << "the phase without a jar judges nothing";
}

TEST_F(ScriptTest, a_cookie_in_the_jar_lends_its_partition) {
  write_cookie("p=1; Path=/; Secure; Partitioned");
  set_jar(R"([{"name": "p", "domain": "shop.test", "path": "/", "session": true,
               "partitionKey": {"topLevelSite": "https://top.test"}}])");
  EXPECT_EQ(only_write().cookie.key.partition_key, "https://top.test");
}

TEST_F(ScriptTest, the_jar_is_read_as_chromium_tells_it) {
  set_jar(R"([{"name": "z", "domain": ".Shop.test", "path": "/", "value": "12345", "expires": 1795262400.5, "secure": true,
               "httpOnly": true, "sameSite": "Lax", "session": false},
              {"name": "a", "domain": "shop.test", "path": "/", "value": "", "expires": -1, "session": true},
              {"name": "far", "domain": "x.test", "path": "/", "expires": 1e300}])");
  const auto visit = finish();
  const auto& jar = visit.jars.at(record::Phase::s0);
  ASSERT_EQ(jar.size(), 3U);
  EXPECT_EQ(jar[0].key.name, "a");
  EXPECT_TRUE(jar[0].key.host_only);
  EXPECT_FALSE(jar[0].expires);
  EXPECT_EQ(jar[1].key.name, "far");
  EXPECT_EQ(jar[2].key.domain, "shop.test");
  EXPECT_FALSE(jar[2].key.host_only);
  EXPECT_EQ(jar[2].size_bytes, 6U);
  EXPECT_TRUE(jar[2].http_only);
  EXPECT_EQ(jar[2].same_site, record::SameSite::lax);
  EXPECT_EQ(format_instant(*jar[2].expires), "2026-11-21T12:00:00.500Z");
}

TEST_F(ScriptTest, a_storage_entry_knows_the_call_that_made_it) {
  report("setItem", R"([{"type": "string", "value": "k"}, {"type": "string", "value": "v"}])");
  store("Added", "https://shop.test/", "k", "v");
  const auto entry = only_entry();
  EXPECT_EQ(entry.area, record::StorageArea::local);
  EXPECT_EQ(entry.origin, "https://shop.test");
  EXPECT_EQ(entry.key, "k");
  EXPECT_EQ(entry.value, redactor.digest("v"));
  EXPECT_EQ(entry.writer.method, "localStorage.setItem");
  EXPECT_EQ(entry.writer.url, "https://shop.test/a.js");
  EXPECT_EQ(entry.writer.line, 10);
  EXPECT_TRUE(entry.is_present);
}

TEST_F(ScriptTest, a_storage_entry_that_nobody_called_for_was_assigned_as_a_property) {
  store("Added", "https://shop.test/", "k", "v", false);
  const auto entry = only_entry();
  EXPECT_EQ(entry.area, record::StorageArea::session);
  EXPECT_EQ(entry.writer.kind, record::WriterKind::script);
  EXPECT_EQ(entry.writer.method, "sessionStorage property");
  EXPECT_EQ(entry.writer.url, "");
}

TEST_F(ScriptTest, one_sites_call_does_not_explain_anothers_entry) {
  commit("https://ads.test/", "L2", "F1", "T");
  make_context(2, "F1", "https://ads.test");
  report("setItem", R"([{"value": "id"}])", R"([{"url": "https://ads.test/ads.js"}])", 2);
  store("Added", "https://shop.test/", "id");
  store("Added", "https://ads.test/^0https://shop.test", "id");
  const auto visit = finish();
  EXPECT_EQ(visit.storage[0].writer.method, "localStorage property");
  EXPECT_EQ(visit.storage[1].writer.url, "https://ads.test/ads.js");
  EXPECT_EQ(visit.storage[1].origin, "https://ads.test") << "without the partition";
}

TEST_F(ScriptTest, storage_is_followed_through_updates_and_removals) {
  for (const auto* key : {"updated", "removed", "back"}) store("Added", "https://shop.test/", key, "old");
  store("Added", "https://other.test/", "cleared");
  recorder->set_phase(record::Phase::s1);
  store("Updated", "https://shop.test/", "updated", "new");
  store("Removed", "https://shop.test/", "removed");
  store("Removed", "https://shop.test/", "back");
  store("Added", "https://shop.test/", "back", "new");
  store("Removed", "https://shop.test/", "never there");
  event("DOMStorage.domStorageItemsCleared",
        R"({"storageId": {"securityOrigin": "https://other.test", "isLocalStorage": true}})");
  const auto visit = finish();
  ASSERT_EQ(visit.storage.size(), 4U);
  EXPECT_EQ(visit.storage[0].value, redactor.digest("new"));
  EXPECT_EQ(visit.storage[0].phase, record::Phase::s0) << "when it was first seen";
  EXPECT_FALSE(visit.storage[1].is_present);
  EXPECT_TRUE(visit.storage[2].is_present);
  EXPECT_FALSE(visit.storage[3].is_present);
}

TEST_F(ScriptTest, clearing_one_area_leaves_the_other) {
  store("Added", "https://shop.test/", "a", "v", true);
  store("Added", "https://shop.test/", "a", "v", false);
  event("DOMStorage.domStorageItemsCleared", R"({"storageId": {"storageKey": "https://shop.test/", "isLocalStorage": false}})");
  const auto visit = finish();
  EXPECT_TRUE(visit.storage[0].is_present);
  EXPECT_FALSE(visit.storage[1].is_present);
}

TEST_F(ScriptTest, databases_caches_and_workers_come_from_the_inventory) {
  report("indexedDB.open", R"([{"value": "db"}])");
  recorder->set_phase(record::Phase::s1);
  const auto inventory = json::parse(R"({"origin": "https://shop.test", "databases": ["db", 7], "caches": ["c"],
    "workers": ["https://shop.test/sw.js"]})")
                             .as_object();
  recorder->note_inventory(inventory);
  recorder->note_inventory(inventory);
  recorder->note_inventory(json::parse(R"({"origin": "null", "databases": ["opaque"]})").as_object());
  const auto visit = finish();
  ASSERT_EQ(visit.storage.size(), 3U);
  EXPECT_EQ(visit.storage[0].writer.method, "indexedDB.open");
  EXPECT_EQ(visit.storage[0].phase, record::Phase::s0) << "when it was opened";
  EXPECT_EQ(visit.storage[1].writer.kind, record::WriterKind::unknown);
  EXPECT_EQ(visit.storage[2].area, record::StorageArea::service_worker);
}

TEST_F(ScriptTest, a_database_that_was_gone_before_the_inventory_is_evidence_too) {
  report("indexedDB.open", R"([{"value": "probe"}])");
  const auto entry = only_entry();
  EXPECT_EQ(entry.area, record::StorageArea::indexed_db);
  EXPECT_EQ(entry.origin, "https://shop.test");
  EXPECT_FALSE(entry.is_present);
}

TEST_F(ScriptTest, what_was_written_since_a_mark_is_the_sites_own) {
  write_cookie("before=1");
  store("Added", "https://shop.test/", "before");
  const auto mark = recorder->write_mark();
  write_cookie("after=1");
  write_cookie("after=; Max-Age=0");
  recorder->set_acting(true);
  report("document.cookie", R"([{"value": "ours=1"}])", "[]");
  recorder->set_acting(false);
  store("Updated", "https://shop.test/", "before");
  store("Added", "https://shop.test/", "new");
  EXPECT_EQ(recorder->writes_since(mark), (Lines{"cookie after", "localStorage before", "localStorage new"}));
  EXPECT_TRUE(recorder->writes_since(recorder->write_mark()).empty());
}

TEST_F(ScriptTest, a_consent_string_is_noted_once_however_often_it_is_written) {
  constexpr const char* k_tcf = "euconsent-v2=CPXxRfAPXxRfAAfKABENB-CgAAAAAAAAAAYgAAAAAAAA; Path=/";
  write_cookie(k_tcf);
  write_cookie(k_tcf);
  for (int i = 0; i < 100; ++i) write_cookie(fmt::format("id={}; Path=/", i));
  EXPECT_EQ(finish().consent_strings.size(), 1U);
}

TEST_F(ScriptTest, what_happened_besides_loading_is_a_fact_of_its_phase) {
  recorder->set_phase(record::Phase::s2);
  event("Page.javascriptDialogOpening", R"({"type": "alert", "message": "Hi\u0007"})");
  event("Page.downloadWillBegin", R"({"url": "https://shop.test/file.zip"})");
  recorder->on_problem({"I", "f", "iframe", ""}, Error(ErrorKind::unavailable, "the iframe crashed"));
  const auto visit = finish();
  ASSERT_EQ(visit.facts.size(), 3U);
  EXPECT_EQ(visit.facts[0].kind, "dialog");
  EXPECT_EQ(visit.facts[0].detail, "alert: Hi\\u{7}");
  EXPECT_EQ(visit.facts[0].phase, record::Phase::s2);
  EXPECT_EQ(visit.facts[1].kind, "download");
  EXPECT_EQ(visit.reason, "the iframe crashed");
}

}  // namespace
}  // namespace gannet::scan
