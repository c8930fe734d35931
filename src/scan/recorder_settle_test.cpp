// When a page has come to rest. These tests wait for real: half a second of quiet is the shortest answer there is.
#include "scan/recorder_fixture_for_test.hpp"

namespace gannet::scan {
namespace {

using namespace std::chrono_literals;
using record::SettledBy;

struct SettleTest : RecorderFixture<SystemClock> {
  static aio::Scope patient() { return aio::Scope::background().within(60s); }
  Result<SettledBy> settle(std::chrono::milliseconds ceiling = 30s, aio::Scope scope = patient()) {
    return aio::run(context, recorder->settle(std::move(scope), ceiling));
  }
  /// It rests; a ceiling far away would otherwise fail the test by its length.
  void expect_quiet() {
    const auto settled = settle();
    ASSERT_TRUE(settled) << settled.error().describe();
    EXPECT_EQ(*settled, SettledBy::quiet);
  }
  /// It does not rest within a time that is enough for rest.
  void expect_unrest() {
    const auto settled = settle(600ms);
    ASSERT_TRUE(settled) << settled.error().describe();
    EXPECT_EQ(*settled, SettledBy::ceiling);
  }
  Result<void> wait_loaded(aio::Scope scope = patient()) { return aio::run(context, recorder->wait_loaded(std::move(scope))); }
  /// Runs in the loop while something waits.
  void later(std::function<void()> action) { boost::asio::post(context, std::move(action)); }

  browser::SessionView frame{"I", "F1", "iframe", "https://ads.test/"};
};

TEST_F(SettleTest, half_a_second_without_activity_is_quiet) {
  load();
  const auto begin = clock.steady_now();
  expect_quiet();
  EXPECT_GE(clock.steady_now() - begin, 500ms);
}

TEST_F(SettleTest, quiet_that_has_lasted_is_not_waited_for_again_until_something_is_done) {
  load();
  expect_quiet();
  EXPECT_EQ(settle(0ms).value(), SettledBy::quiet);
  recorder->note_action();
  EXPECT_EQ(settle(0ms).value(), SettledBy::ceiling);
  recorder->set_phase(record::Phase::s1);
  EXPECT_EQ(settle(0ms).value(), SettledBy::ceiling);
}

TEST_F(SettleTest, a_request_in_flight_is_unrest_until_it_ends) {
  load();
  request("A", "https://a.test/x.js");
  expect_unrest();
  respond("A");
  expect_unrest();
  later([&] { complete("A"); });
  expect_quiet();
}

TEST_F(SettleTest, a_request_that_failed_is_over) {
  load();
  request("A", "https://a.test/x.js");
  break_off("A", "net::ERR_FAILED");
  expect_quiet();
}

TEST_F(SettleTest, connections_that_stay_open_by_design_do_not_count) {
  load();
  request("E", "https://a.test/events", {.type = "EventSource"});
  request("M", "https://a.test/film.mp4", {.type = "Media"});
  request("X", "https://a.test/stream", {.type = "Fetch"});
  event("Network.responseReceived", R"({"requestId": "X", "type": "EventSource", "response": {"status": 200}})");
  event("Network.webSocketCreated", R"({"requestId": "W", "url": "wss://a.test/"})");
  expect_quiet();
}

TEST_F(SettleTest, a_ceiling_ends_the_wait_for_a_page_that_never_rests) {
  load();
  request("A", "https://a.test/endless");
  EXPECT_EQ(*settle(30ms), SettledBy::ceiling);
  EXPECT_EQ(*settle(0ms), SettledBy::ceiling);
}

TEST_F(SettleTest, the_end_of_the_visits_time_is_told_from_the_ceiling) {
  load();
  EXPECT_EQ(*settle(30s, patient().within(30ms)), SettledBy::deadline);
}

TEST_F(SettleTest, a_cancelled_scan_does_not_settle) {
  load();
  aio::CancelSource source;
  later([&] { source.cancel("asked to end"); });
  const auto settled = settle(30s, aio::Scope(source));
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().kind(), ErrorKind::cancelled);
}

TEST_F(SettleTest, a_crash_of_the_tab_ends_the_wait) {
  load();
  later([&] { recorder->on_problem(page, Error(ErrorKind::unavailable, "the tab crashed")); });
  const auto settled = settle();
  ASSERT_FALSE(settled);
  EXPECT_EQ(settled.error().describe(), "the tab crashed");
  EXPECT_EQ(wait_loaded().error().kind(), ErrorKind::unavailable);
}

TEST_F(SettleTest, a_frame_that_loads_is_unrest) {
  load();
  event("Page.frameStartedLoading", R"({"frameId": "F1"})");
  expect_unrest();
  event("Page.frameStoppedLoading", R"({"frameId": "F1"})");
  expect_quiet();
}

TEST_F(SettleTest, a_near_navigation_is_waited_for_and_a_far_one_is_not) {
  load();
  event("Page.frameScheduledNavigation", R"({"frameId": "T", "delay": 300})");
  expect_quiet();
  event("Page.frameScheduledNavigation", R"({"frameId": "T", "delay": 1})");
  expect_unrest();
  event("Page.frameClearedScheduledNavigation", R"({"frameId": "T"})");
  expect_quiet();
}

TEST_F(SettleTest, a_link_that_opens_elsewhere_does_not_load_here) {
  load();
  for (const auto* disposition : {"newTab", "newWindow", "download"})
    event("Page.frameRequestedNavigation", {{"frameId", "T"}, {"disposition", disposition}}, page);
  expect_quiet();
  event("Page.frameRequestedNavigation", R"({"frameId": "T", "disposition": "currentTab"})");
  expect_unrest();
}

TEST_F(SettleTest, a_frame_that_is_removed_takes_its_requests_along) {
  load();
  event("Page.frameAttached", R"({"frameId": "F1", "parentFrameId": "T"})");
  event("Page.frameStartedLoading", R"({"frameId": "F1"})");
  request("A", "https://a.test/slow", {.frame = "F1", .loader = "L7"});
  expect_unrest();
  event("Page.frameDetached", R"({"frameId": "F1", "reason": "remove"})");
  expect_quiet();
}

TEST_F(SettleTest, a_process_that_goes_takes_its_requests_along) {
  load();
  event("Gannet.sessionAttached", "{}", frame);
  request("D", "https://ads.test/", {.type = "Document", .frame = "F1", .loader = "D"});
  request("A", "https://a.test/slow", {.frame = "F2", .loader = "L8"}, frame);
  event("Page.frameStartedLoading", R"({"frameId": "F1"})", frame);
  expect_unrest();
  event("Gannet.sessionDetached", "{}", frame);
  expect_quiet();
}

TEST_F(SettleTest, a_frame_that_crashed_takes_its_requests_along) {
  load();
  event("Gannet.sessionAttached", "{}", frame);
  request("A", "https://a.test/slow", {.frame = "F1", .loader = "L8"}, frame);
  event("Inspector.targetCrashed", "{}", frame);
  expect_quiet();
}

TEST_F(SettleTest, a_new_document_is_not_kept_from_rest_by_what_the_old_one_asked_for) {
  load();
  request("A", "https://a.test/slow", {.frame = "T", .loader = "L1"});
  request("B", "https://a.test/slow", {.frame = "F1", .loader = "L5"});
  event("Page.frameStartedLoading", R"({"frameId": "F1"})");
  load("https://shop.test/next", "L2");
  expect_quiet();
}

TEST_F(SettleTest, a_new_document_in_a_frame_ends_that_frames_requests_only) {
  load();
  request("A", "https://a.test/slow", {.frame = "F1", .loader = "L5"});
  commit("https://ads.test/2", "L6", "F1", "T");
  expect_quiet();
  request("B", "https://a.test/slow", {.frame = "F1", .loader = "L6"});
  request("C", "https://a.test/slow", {.frame = "T", .loader = "L1"});
  commit("https://ads.test/3", "L7", "F1", "T");
  expect_unrest();
}

TEST_F(SettleTest, a_service_workers_request_outlives_the_document) {
  browser::SessionView worker{"W", "sw", "service_worker", "https://shop.test/sw.js"};
  request("W1", "https://a.test/", {.frame = "", .loader = ""}, worker);
  load();
  expect_unrest();
  event("Gannet.sessionDetached", "{}", worker);
  expect_quiet();
}

TEST_F(SettleTest, a_write_is_activity) {
  load();
  int writes = 0;
  std::function<void()> write = [&] {
    store("Updated", "https://shop.test/", "ticker", std::to_string(writes));
    if (++writes < 5) later(write);
  };
  later(write);
  expect_quiet();
  EXPECT_EQ(writes, 5);
}

TEST_F(SettleTest, loading_ends_with_the_load_event_of_the_main_document) {
  recorder->expect_load();
  request_document("https://shop.test/");
  respond("L1");
  commit("https://shop.test/");
  later([&] { event("Page.loadEventFired", "{}", frame); });
  EXPECT_EQ(wait_loaded(patient().within(30ms)).error().kind(), ErrorKind::timeout) << "a frame's does not count";
  later([&] { event("Page.loadEventFired", "{}"); });
  EXPECT_TRUE(wait_loaded());
  recorder->expect_load();
  EXPECT_EQ(wait_loaded(patient().within(30ms)).error().kind(), ErrorKind::timeout) << "a reload has one of its own";
}

TEST_F(SettleTest, loading_fails_with_the_main_document) {
  recorder->expect_load();
  request_document("https://shop.test/");
  later([&] { break_off("L1", "net::ERR_CONNECTION_REFUSED"); });
  const auto loaded = wait_loaded();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().describe(), "net::ERR_CONNECTION_REFUSED");
}

TEST_F(SettleTest, phases_are_kept_as_they_ended) {
  load();
  recorder->note_phase_end({record::Phase::s0, SettledBy::quiet, 700});
  recorder->set_phase(record::Phase::s1);
  recorder->note_phase_end({record::Phase::s1, SettledBy::ceiling, 5000});
  const auto visit = finish();
  ASSERT_EQ(visit.phases.size(), 2U);
  EXPECT_EQ(visit.phases[1].settled_by, SettledBy::ceiling);
}

}  // namespace
}  // namespace gannet::scan
