// Contexts and pages against a browser that does what Chromium will not do on demand.
#include "browser/page.hpp"

#include "browser/fake_browser_fixture_for_test.hpp"

namespace gannet::browser {
namespace {

using namespace std::chrono_literals;

struct PageTest : FakeBrowserTest {
  void SetUp() override {
    FakeBrowserTest::SetUp();
    const auto launched = launch();
    ASSERT_TRUE(launched) << launched.error().describe();
    // The browser's self-test had the first context and tab.
    auto opened = run(browser->open_context(patient(), "http://127.0.0.1:9", "observe()", "observeWorker()"));
    ASSERT_TRUE(opened) << opened.error().describe();
    jar = std::move(*opened);
    EXPECT_EQ(jar->id(), "C2");
    page = open_page(observer);
    EXPECT_EQ(page->session(), "S2");
  }

  void TearDown() override {
    page.reset();
    jar.reset();
    FakeBrowserTest::TearDown();
  }

  std::unique_ptr<Page> open_page(ListeningObserver& listener) {
    auto opened = run(jar->open_page(patient(), listener));
    EXPECT_TRUE(opened) << opened.error().describe();
    return opened ? std::move(*opened) : nullptr;
  }
  void close(std::unique_ptr<Page> closed) { EXPECT_TRUE(run(jar->close_page(patient(), std::move(closed)))); }

  json::object ask(std::string method, json::object params = {}) {
    auto reply = run(page->send(patient(), std::move(method), std::move(params)));
    EXPECT_TRUE(reply) << reply.error().describe();
    return reply ? *reply : json::object();
  }
  /// The browser sends these messages; they have arrived when this returns.
  void emit(std::string_view messages) { ask("Fake.emit", {{"messages", json::parse(messages)}}); }
  void add_rule(std::string_view rule) { ask("Fake.rule", json::parse(rule).as_object()); }

  /// "session method" of all commands that the browser got since the last call.
  std::vector<std::string> commands() {
    std::vector<std::string> lines;
    const auto log = ask("Fake.log");
    const auto& list = cdp::array(log, "commands");
    for (; commands_seen < list.size(); ++commands_seen) {
      const auto& command = cdp::as_object(list[commands_seen]);
      last_params[cdp::string(command, "method")] = json::serialize(cdp::object(command, "params"));
      lines.push_back(fmt::format("{} {}", cdp::text(command, "sessionId"), cdp::text(command, "method")));
    }
    return lines;
  }
  bool was_told(std::string_view command) {
    const auto all = commands();
    return std::ranges::find(all, command) != all.end();
  }

  Result<json::value> evaluate(std::string frame, World world = World::page, aio::Scope scope = patient()) {
    return run(page->evaluate(std::move(scope), std::move(frame), world, "1 + 1"));
  }
  /// An evaluation that runs while the test goes on.
  std::shared_ptr<std::optional<Result<json::value>>> begin_evaluate(std::string frame) {
    auto outcome = std::make_shared<std::optional<Result<json::value>>>();
    const auto task = [](Page& target, std::string id, auto result) -> aio::Task<void> {
      *result = co_await target.evaluate(patient(), std::move(id), World::page, "1 + 1");
    };
    group.spawn(task(*page, std::move(frame), outcome), "evaluate");
    return outcome;
  }
  void attach_iframe() {
    emit(R"([{"method": "Target.attachedToTarget", "sessionId": "S2", "params": {"sessionId": "I1", "waitingForDebugger": true,
      "targetInfo": {"targetId": "frame-1", "type": "iframe", "url": "https://ads.test/", "browserContextId": "C2"}}},
      {"method": "Runtime.executionContextCreated", "sessionId": "I1",
       "params": {"context": {"id": 9, "auxData": {"frameId": "frame-1", "isDefault": true}}}}])");
  }

  ListeningObserver observer;
  std::unique_ptr<BrowserContext> jar;
  std::unique_ptr<Page> page;
  std::size_t commands_seen = 0;
  std::map<std::string, std::string> last_params;
  aio::TaskGroup group{context.get_executor()};
};

TEST_F(PageTest, a_context_refuses_downloads_and_has_its_own_proxy) {
  ASSERT_TRUE(was_told(" Browser.setDownloadBehavior"));
  EXPECT_EQ(last_params["Browser.setDownloadBehavior"], R"({"behavior":"deny","browserContextId":"C2","eventsEnabled":true})");
  EXPECT_EQ(last_params["Target.createBrowserContext"],
            R"({"proxyServer":"http://127.0.0.1:9","proxyBypassList":"<-loopback>","disposeOnDetach":true})");
}

TEST_F(PageTest, a_tab_is_armed_before_its_first_script_runs) {
  const auto all = commands();
  const auto position = [&](std::string_view command) { return std::ranges::find(all, command) - all.begin(); };
  const auto run_it = position("S2 Runtime.runIfWaitingForDebugger");
  ASSERT_LT(std::size_t(run_it), all.size());
  for (const auto* method :
       {"Network.enable", "Runtime.enable", "Debugger.enable", "Debugger.setSkipAllPauses", "Page.enable", "DOMStorage.enable",
        "Audits.enable", "Emulation.setUserAgentOverride", "Page.addScriptToEvaluateOnNewDocument", "Target.setAutoAttach"})
    EXPECT_LT(position(fmt::format("S2 {}", method)), run_it) << method;
  EXPECT_EQ(last_params["Page.addScriptToEvaluateOnNewDocument"],
            R"~({"source":"observe()","includeCommandLineAPI":true,"runImmediately":true})~");
}

TEST_F(PageTest, a_service_worker_that_is_attached_twice_keeps_its_first_session) {
  emit(R"([{"method": "Target.attachedToTarget", "params": {"sessionId": "W1", "waitingForDebugger": true,
      "targetInfo": {"targetId": "sw", "type": "service_worker", "url": "https://shop.test/sw.js", "browserContextId": "C2"}}},
    {"method": "Target.attachedToTarget", "sessionId": "S2", "params": {"sessionId": "W2", "waitingForDebugger": true,
      "targetInfo": {"targetId": "sw", "type": "service_worker", "url": "https://shop.test/sw.js", "browserContextId": "C2"}}}])");
  const auto all = commands();
  const auto count = [&](std::string_view command) { return std::ranges::count(all, command); };
  EXPECT_EQ(count("W1 Network.enable"), 1);
  EXPECT_EQ(count("W1 Runtime.runIfWaitingForDebugger"), 1);
  EXPECT_EQ(count("W2 Network.enable"), 0);
  EXPECT_EQ(count("W2 Runtime.runIfWaitingForDebugger"), 0) << "it would run before the first session has armed it";
  EXPECT_EQ(count("S2 Target.detachFromTarget"), 1);
  EXPECT_EQ(last_params["Target.detachFromTarget"], R"({"sessionId":"W2"})");
  EXPECT_EQ(std::ranges::count(observer.events, "service_worker Gannet.sessionAttached"), 1);
}

TEST_F(PageTest, a_service_worker_is_observed_from_when_its_own_script_was_parsed) {
  emit(R"([{"method": "Target.attachedToTarget", "params": {"sessionId": "W1", "waitingForDebugger": true,
      "targetInfo": {"targetId": "sw", "type": "service_worker", "url": "https://shop.test/sw.js", "browserContextId": "C2"}}},
    {"method": "Debugger.scriptParsed", "sessionId": "W1", "params": {"url": "", "executionContextId": 7}}])");
  EXPECT_FALSE(was_told("W1 Runtime.evaluate"));
  emit(R"([{"method": "Debugger.scriptParsed", "sessionId": "W1",
      "params": {"url": "https://shop.test/sw.js", "executionContextId": 7}}])");
  EXPECT_TRUE(was_told("W1 Runtime.evaluate"));
  EXPECT_NE(last_params["Runtime.evaluate"].find(R"("includeCommandLineAPI":true,"contextId":7)"), std::string::npos)
      << last_params["Runtime.evaluate"];
}

TEST_F(PageTest, a_service_worker_is_held_at_its_first_script_until_it_is_armed) {
  emit(R"([{"method": "Target.attachedToTarget", "params": {"sessionId": "W1", "waitingForDebugger": true,
      "targetInfo": {"targetId": "sw", "type": "service_worker", "url": "https://shop.test/sw.js", "browserContextId": "C2"}}}])");
  const auto held = commands();
  EXPECT_LT(std::ranges::find(held, "W1 Debugger.setInstrumentationBreakpoint"),
            std::ranges::find(held, "W1 Runtime.runIfWaitingForDebugger"));
  EXPECT_EQ(last_params["Debugger.setSkipAllPauses"], R"({"skip":false})");
  emit(R"([{"method": "Debugger.scriptParsed", "sessionId": "W1",
      "params": {"url": "https://shop.test/sw.js", "executionContextId": 7}},
    {"method": "Debugger.paused", "sessionId": "W1", "params": {"reason": "instrumentation"}}])");
  const auto freed = commands();
  EXPECT_LT(std::ranges::find(freed, "W1 Runtime.evaluate"), std::ranges::find(freed, "W1 Debugger.resume"));
  EXPECT_NE(std::ranges::find(freed, "W1 Debugger.resume"), freed.end());
  EXPECT_EQ(last_params["Debugger.setSkipAllPauses"], R"({"skip":true})");
}

TEST_F(PageTest, a_service_worker_is_heard_by_the_next_page_of_its_context) {
  emit(R"([{"method": "Target.attachedToTarget", "params": {"sessionId": "W1", "waitingForDebugger": true,
      "targetInfo": {"targetId": "sw", "type": "service_worker", "browserContextId": "C2"}}}])");
  close(std::move(page));
  ListeningObserver next;
  page = open_page(next);
  emit(R"([{"method": "Network.requestWillBeSent", "params": {}, "sessionId": "W1"}])");
  EXPECT_TRUE(next.has_heard("service_worker Network.requestWillBeSent"));
  EXPECT_FALSE(observer.has_heard("service_worker Network.requestWillBeSent"));
}

TEST_F(PageTest, a_service_worker_that_has_ended_is_not_handed_on) {
  emit(R"([{"method": "Target.attachedToTarget", "params": {"sessionId": "W1", "waitingForDebugger": true,
      "targetInfo": {"targetId": "sw", "type": "service_worker", "browserContextId": "C2"}}}])");
  add_rule(R"({"method": "Target.closeTarget", "emit": [
    {"method": "Target.detachedFromTarget", "params": {"sessionId": "W1"}}]})");
  close(std::move(page));
  ListeningObserver next;
  page = open_page(next);
  EXPECT_FALSE(next.has_heard("service_worker Gannet.sessionAttached"));
}

TEST_F(PageTest, a_popup_is_closed_and_no_part_of_the_page) {
  emit(R"([{"method": "Target.attachedToTarget", "params": {"sessionId": "P1", "waitingForDebugger": true,
      "targetInfo": {"targetId": "popup", "type": "page", "url": "https://ads.test/", "browserContextId": "C2"}}}])");
  const auto all = commands();
  EXPECT_EQ(std::ranges::count(all, "P1 Runtime.runIfWaitingForDebugger"), 1) << "or its opener would wait with it";
  EXPECT_NE(last_params["Network.emulateNetworkConditions"].find(R"("offline":true)"), std::string::npos)
      << "or it would load unseen";
  EXPECT_EQ(last_params["Target.closeTarget"], R"({"targetId":"popup"})");
  EXPECT_EQ(page->sessions().size(), 1U);
}

TEST_F(PageTest, a_popup_that_its_opener_offers_is_closed_as_well) {
  emit(R"([{"method": "Target.attachedToTarget", "sessionId": "S2", "params": {"sessionId": "P1", "waitingForDebugger": true,
      "targetInfo": {"targetId": "popup", "type": "page", "url": "https://ads.test/", "browserContextId": "C2"}}}])");
  EXPECT_TRUE(was_told(" Target.closeTarget"));
  EXPECT_EQ(last_params["Target.closeTarget"], R"({"targetId":"popup"})");
  EXPECT_EQ(page->sessions().size(), 1U);
}

TEST_F(PageTest, a_popup_is_told_from_the_tab_that_is_being_opened) {
  add_rule(R"({"method": "Target.createTarget", "emit": [{"method": "Target.attachedToTarget", "params": {"sessionId": "P1",
      "targetInfo": {"targetId": "popup", "type": "page", "browserContextId": "C2"}}}]})");
  ListeningObserver second;
  auto opened = open_page(second);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->session(), "S3");
  ASSERT_TRUE(was_told(" Target.closeTarget"));
  EXPECT_EQ(last_params["Target.closeTarget"], R"({"targetId":"popup"})");
}

TEST_F(PageTest, a_popup_is_closed_also_when_the_tab_cannot_be_opened) {
  add_rule(R"({"method": "Target.createTarget", "error": {"code": -32000, "message": "no more tabs"}, "emit": [
    {"method": "Target.attachedToTarget", "params": {"sessionId": "P1",
      "targetInfo": {"targetId": "popup", "type": "page", "browserContextId": "C2"}}}]})");
  ListeningObserver second;
  const auto opened = run(jar->open_page(patient(), second));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().describe(), "opening a tab: Target.createTarget: no more tabs");
  EXPECT_TRUE(was_told(" Target.closeTarget"));
  EXPECT_EQ(last_params["Target.closeTarget"], R"({"targetId":"popup"})");
}

TEST_F(PageTest, two_tabs_opened_at_once_do_not_take_each_other_for_popups) {
  commands();
  ListeningObserver observers[2];
  std::unique_ptr<Page> pages[2];
  const auto task = [](BrowserContext& owner, ListeningObserver& listener, std::unique_ptr<Page>& out) -> aio::Task<void> {
    auto opened = co_await owner.open_page(patient(), listener);
    if (opened) out = std::move(*opened);
  };
  for (int i = 0; i < 2; ++i) group.spawn(task(*jar, observers[i], pages[i]), "open");
  EXPECT_TRUE(run(group.wait_idle(patient())));
  ASSERT_TRUE(pages[0] && pages[1]);
  EXPECT_NE(pages[0]->session(), pages[1]->session());
  EXPECT_FALSE(was_told(" Target.closeTarget"));
}

TEST_F(PageTest, a_tab_without_a_session_is_a_protocol_error) {
  add_rule(R"({"method": "Target.createTarget", "result": {"targetId": "nowhere"}})");
  ListeningObserver second;
  const auto opened = run(jar->open_page(patient(), second));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().kind(), ErrorKind::protocol);
}

TEST_F(PageTest, a_session_that_cannot_be_armed_is_a_problem) {
  add_rule(R"({"method": "Debugger.enable", "error": {"code": -32601, "message": "no debugger in here"}})");
  attach_iframe();
  commands();
  EXPECT_EQ(observer.problems, std::vector<std::string>{"iframe: a frame of the page could not be watched from its start"});
}

TEST_F(PageTest, a_session_that_went_away_while_it_was_armed_is_no_problem) {
  add_rule(R"({"method": "Debugger.enable", "error": {"code": -32001, "message": "Session with given id not found."}})");
  attach_iframe();
  EXPECT_TRUE(was_told("I1 Debugger.enable"));
  EXPECT_TRUE(observer.problems.empty());
}

TEST_F(PageTest, frames_and_workers_belong_to_the_page_they_are_in) {
  attach_iframe();
  const auto frames = page->frames();
  ASSERT_EQ(frames.size(), 2U);
  EXPECT_TRUE(frames[0].is_main);
  EXPECT_EQ(frames[1].url, "https://ads.test/");
  EXPECT_TRUE(frames[1].is_out_of_process);
  commands();
  EXPECT_TRUE(evaluate("frame-1"));
  EXPECT_TRUE(was_told("I1 Runtime.evaluate"));
}

TEST_F(PageTest, what_is_attached_to_a_closed_page_runs_on_unobserved) {
  ListeningObserver second;
  auto other = open_page(second);
  close(std::move(other));
  emit(R"([{"method": "Target.attachedToTarget", "sessionId": "S3", "params": {"sessionId": "I7", "waitingForDebugger": true,
      "targetInfo": {"targetId": "frame-7", "type": "iframe", "browserContextId": "C2"}}},
      {"method": "Page.loadEventFired", "params": {}, "sessionId": "S3"}])");
  EXPECT_TRUE(was_told("I7 Runtime.runIfWaitingForDebugger"));
  EXPECT_EQ(page->sessions().size(), 1U);
  EXPECT_FALSE(observer.has_heard("iframe Gannet.sessionAttached"));
}

TEST_F(PageTest, a_page_that_is_dropped_hears_nothing_more) {
  auto listener = std::make_unique<ListeningObserver>();
  auto other = open_page(*listener);
  other.reset();
  listener.reset();
  emit(R"([{"method": "Page.loadEventFired", "params": {}, "sessionId": "S3"},
           {"method": "Target.detachedFromTarget", "params": {"sessionId": "S3"}}])");
  EXPECT_TRUE(page->is_alive());
}

TEST_F(PageTest, a_crash_of_the_tab_is_a_problem_and_the_end_of_the_page) {
  emit(R"([{"method": "Inspector.targetCrashed", "params": {}, "sessionId": "S2"}])");
  EXPECT_EQ(observer.problems, std::vector<std::string>{"page: the tab crashed"});
  EXPECT_FALSE(page->is_alive());
  const auto value = evaluate(page->main_frame_id());
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind(), ErrorKind::not_found);
}

TEST_F(PageTest, a_crash_of_a_frame_is_a_problem_that_the_page_survives) {
  attach_iframe();
  emit(R"([{"method": "Inspector.targetCrashed", "params": {}, "sessionId": "I1"}])");
  EXPECT_EQ(observer.problems, std::vector<std::string>{"iframe: a frame of the page crashed"});
  EXPECT_TRUE(page->is_alive());
  EXPECT_TRUE(evaluate(page->main_frame_id()));
}

TEST_F(PageTest, a_page_that_closes_its_tab_is_a_problem) {
  add_rule(R"({"method": "Fake.part", "silent": true, "emit": [
    {"method": "Target.detachedFromTarget", "params": {"sessionId": "S2", "targetId": "T2"}}]})");
  const auto reply = run(page->send(patient(), "Fake.part"));
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().kind(), ErrorKind::not_found) << reply.error().describe();
  EXPECT_EQ(observer.problems, std::vector<std::string>{"page: the page closed its tab"});
  EXPECT_FALSE(page->is_alive());
}

TEST_F(PageTest, a_tab_that_gannet_closes_is_no_problem) {
  close(std::move(page));
  EXPECT_TRUE(observer.problems.empty());
  page = open_page(observer);
}

TEST_F(PageTest, a_frame_that_goes_while_its_script_runs_is_not_found) {
  attach_iframe();
  add_rule(R"({"method": "Runtime.evaluate", "silent": true})");
  const auto value = begin_evaluate("frame-1");
  emit(R"([{"method": "Target.detachedFromTarget", "params": {"sessionId": "I1", "targetId": "frame-1"}}])");
  EXPECT_TRUE(run(group.wait_idle(patient())));
  ASSERT_TRUE(value->has_value() && !**value);
  EXPECT_EQ((*value)->error().kind(), ErrorKind::not_found);
  EXPECT_EQ(page->frames().size(), 1U);
  EXPECT_TRUE(observer.has_heard("iframe Gannet.sessionDetached"));
}

TEST_F(PageTest, a_frame_that_navigates_while_its_script_runs_is_not_found) {
  add_rule(R"({"method": "Runtime.evaluate", "error": {"code": -32000, "message": "Inspected target navigated or closed"}})");
  const auto value = evaluate(page->main_frame_id());
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind(), ErrorKind::not_found);
}

TEST_F(PageTest, a_frame_without_a_document_is_waited_for) {
  emit(R"([{"method": "Page.frameAttached", "params": {"frameId": "F9", "parentFrameId": "T2"}, "sessionId": "S2"}])");
  auto value = evaluate("F9", World::page, patient().within(30ms));
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind(), ErrorKind::timeout);
  EXPECT_EQ(value.error().describe(), "waiting for the frame's script context: deadline passed");
  const auto later = begin_evaluate("F9");
  emit(R"([{"method": "Runtime.executionContextCreated", "sessionId": "S2",
            "params": {"context": {"id": 12, "auxData": {"frameId": "F9", "isDefault": true}}}}])");
  EXPECT_TRUE(run(group.wait_idle(patient())));
  EXPECT_TRUE(later->has_value() && **later);
}

TEST_F(PageTest, a_frame_that_goes_while_it_is_waited_for_is_not_found) {
  emit(R"([{"method": "Page.frameAttached", "params": {"frameId": "F9", "parentFrameId": "T2"}, "sessionId": "S2"}])");
  const auto value = begin_evaluate("F9");
  emit(R"([{"method": "Page.frameDetached", "params": {"frameId": "F9", "reason": "remove"}, "sessionId": "S2"}])");
  EXPECT_TRUE(run(group.wait_idle(patient())));
  ASSERT_TRUE(value->has_value() && !**value);
  EXPECT_EQ((*value)->error().kind(), ErrorKind::not_found);
  EXPECT_EQ(evaluate("no such frame").error().kind(), ErrorKind::not_found);
}

TEST_F(PageTest, a_script_that_throws_is_invalid_with_its_own_words) {
  add_rule(R"({"method": "Runtime.evaluate", "result": {"result": {"type": "object"}, "exceptionDetails":
    {"text": "Uncaught", "exception": {"description": "TypeError: x is \u001b[31mnot a function"}}}})");
  const auto value = evaluate(page->main_frame_id());
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().kind(), ErrorKind::invalid);
  EXPECT_EQ(value.error().describe().find('\x1b'), std::string::npos);
  EXPECT_NE(value.error().describe().find("TypeError: x is"), std::string::npos);
}

TEST_F(PageTest, the_isolated_world_is_made_once_for_each_document) {
  commands();
  EXPECT_TRUE(evaluate("T2", World::isolated));
  EXPECT_TRUE(was_told("S2 Page.createIsolatedWorld"));
  EXPECT_NE(last_params["Runtime.evaluate"].find(R"("contextId":77)"), std::string::npos);
  const auto world = cdp::string(json::parse(last_params["Page.createIsolatedWorld"]).as_object(), "worldName");
  emit(R"([{"method": "Runtime.executionContextCreated", "sessionId": "S2", "params": {"context":
    {"id": 77, "name": ")" +
       world + R"(", "auxData": {"frameId": "T2", "isDefault": false}}}}])");
  commands();
  EXPECT_TRUE(evaluate("T2", World::isolated));
  EXPECT_FALSE(was_told("S2 Page.createIsolatedWorld"));
  EXPECT_TRUE(run(page->navigate(patient(), "https://shop.test/")));
  EXPECT_TRUE(evaluate("T2", World::isolated));
  EXPECT_TRUE(was_told("S2 Page.createIsolatedWorld")) << "the new document has none yet";
}

TEST_F(PageTest, a_frame_that_moves_to_another_process_stays_and_one_that_is_removed_goes) {
  emit(R"([{"method": "Page.frameAttached", "params": {"frameId": "frame-1", "parentFrameId": "T2"}, "sessionId": "S2"}])");
  attach_iframe();
  emit(R"([{"method": "Page.frameDetached", "params": {"frameId": "frame-1", "reason": "swap"}, "sessionId": "S2"},
    {"method": "Page.frameAttached", "params": {"frameId": "inner", "parentFrameId": "frame-1"}, "sessionId": "I1"}])");
  EXPECT_EQ(page->frames().size(), 3U);
  emit(R"([{"method": "Target.detachedFromTarget", "params": {"sessionId": "I1"}}])");
  EXPECT_EQ(page->frames().size(), 1U) << "with the process go all its frames";
}

TEST_F(PageTest, a_new_document_begins_without_the_frames_of_the_old_one) {
  // Chromium sends no frameDetached for frames of the document's own process (measured with 156).
  emit(R"([{"method": "Page.frameAttached", "params": {"frameId": "child", "parentFrameId": "T2"}, "sessionId": "S2"},
    {"method": "Page.frameAttached", "params": {"frameId": "grandchild", "parentFrameId": "child"}, "sessionId": "S2"},
    {"method": "Page.frameAttached", "params": {"frameId": "sibling", "parentFrameId": "T2"}, "sessionId": "S2"},
    {"method": "Page.frameNavigated", "sessionId": "S2",
     "params": {"frame": {"id": "child", "parentId": "T2", "url": "https://shop.test/next"}}}])");
  EXPECT_EQ(page->frames().size(), 3U) << "only what was below the frame that navigated is gone";
  const auto value = begin_evaluate("child");
  emit(R"([{"method": "Page.frameNavigated", "sessionId": "S2",
     "params": {"frame": {"id": "T2", "url": "https://shop.test/"}}}])");
  EXPECT_TRUE(run(group.wait_idle(patient())));
  ASSERT_TRUE(value->has_value() && !**value);
  EXPECT_EQ((*value)->error().kind(), ErrorKind::not_found);
  ASSERT_EQ(page->frames().size(), 1U);
  EXPECT_TRUE(page->frames()[0].is_main);
}

TEST_F(PageTest, dialogs_are_dismissed_except_the_question_whether_to_leave) {
  emit(R"([{"method": "Page.javascriptDialogOpening", "params": {"type": "confirm", "message": "Sure?"}, "sessionId": "S2"}])");
  commands();
  EXPECT_EQ(last_params["Page.handleJavaScriptDialog"], R"({"accept":false})");
  emit(R"([{"method": "Page.javascriptDialogOpening", "params": {"type": "beforeunload"}, "sessionId": "S2"}])");
  commands();
  EXPECT_EQ(last_params["Page.handleJavaScriptDialog"], R"({"accept":true})");
}

TEST_F(PageTest, an_oversized_message_is_a_problem_of_its_page) {
  ask("Fake.huge", {{"sessionId", "S2"}});
  ask("Fake.huge", {{"sessionId", "nobody"}});
  EXPECT_EQ(observer.problems, std::vector<std::string>{"page: the browser sent a message over 32 MiB, which was not read"});
}

TEST_F(PageTest, the_end_of_the_browser_is_a_problem_of_each_page) {
  ListeningObserver second;
  auto other = open_page(second);
  const auto reply = run(page->send(patient(), "Fake.exit", {{"code", 3}}));
  EXPECT_EQ(reply.error().kind(), ErrorKind::unavailable);
  for (const auto* listener : {&observer, &second})
    EXPECT_EQ(listener->problems, std::vector<std::string>{"page: the browser ended unexpectedly"});
  EXPECT_FALSE(page->is_alive());
  EXPECT_FALSE(browser->is_alive());
  EXPECT_EQ(browser->death_reason(), "the browser ended unexpectedly");
  EXPECT_EQ(run(jar->cookies(patient())).error().kind(), ErrorKind::unavailable);
}

TEST_F(PageTest, a_context_is_disposed_of_once) {
  add_rule(R"({"method": "Storage.getCookies", "result": {"cookies": [{"name": "a"}]}})");
  const auto cookies = run(jar->cookies(patient()));
  ASSERT_TRUE(cookies);
  EXPECT_EQ(json::serialize(*cookies), R"([{"name":"a"}])");
  commands();
  EXPECT_TRUE(run(jar->dispose(patient())));
  EXPECT_TRUE(run(jar->dispose(patient())));
  const auto all = commands();
  EXPECT_EQ(std::ranges::count(all, " Target.disposeBrowserContext"), 1);
}

}  // namespace
}  // namespace gannet::browser
