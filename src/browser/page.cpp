#include "browser/page.hpp"

#include <boost/json.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "browser/cdp/json.hpp"

namespace gannet::browser {

using namespace std::chrono_literals;

namespace {

/// Client hints that agree with the user agent (UA Client Hints, WICG).
json::object user_agent_override(const Identity& identity) {
  const std::string major = identity.full_version.substr(0, identity.full_version.find('.'));
  const auto brands = [](const std::string& version, const std::string& other) {
    return json::array{json::object{{"brand", "Chromium"}, {"version", version}},
                       json::object{{"brand", "Google Chrome"}, {"version", version}},
                       json::object{{"brand", "Not=A?Brand"}, {"version", other}}};
  };
  return {{"userAgent", identity.user_agent},
          {"acceptLanguage", identity.accept_language},
          {"platform", "Linux x86_64"},
          {"userAgentMetadata", json::object{{"brands", brands(major, "24")},
                                             {"fullVersionList", brands(identity.full_version, "24.0.0.0")},
                                             {"fullVersion", identity.full_version},
                                             {"platform", "Linux"},
                                             {"platformVersion", ""},
                                             {"architecture", "x86"},
                                             {"bitness", "64"},
                                             {"model", ""},
                                             {"mobile", false},
                                             {"wow64", false}}}};
}

/// A target for people who do not know the browser's words for it.
std::string words_for(std::string_view type) {
  if (type == "page") return "the page";
  if (type == "iframe") return "a frame of the page";
  return "a worker of the page";
}

bool has_documents(const SessionView& session) { return session.type == "page" || session.type == "iframe"; }

}  // namespace

Page::Page(cdp::Connection& connection, aio::Executor executor, Arming arming, PageObserver& observer, Hooks hooks)
    : connection_(connection),
      arming_(std::move(arming)),
      observer_(observer),
      hooks_(std::move(hooks)),
      contexts_changed_(std::move(executor)) {}

Page::~Page() { hooks_.forget(*this); }

void Page::post(const SessionView& session, std::string_view method, json::object params) {
  connection_.post(
      session.id, method, std::move(params), [this, token = std::weak_ptr(token_), id = session.id](const Error& error) {
        if (token.expired()) return;
        // A session that is gone needs no arming; anything else is a hole in what we see.
        const auto known = sessions_.find(id);
        if (known == sessions_.end() || error.kind() == ErrorKind::not_found || error.kind() == ErrorKind::unavailable) return;
        LOG_WARNING("browser", "arming a {}: {}", known->second.type, error.describe());
        observer_.on_problem(known->second, Error(error.kind(), fmt::format("{} could not be watched from its start",
                                                                            words_for(known->second.type))));
      });
}

void Page::on_attached(const SessionView& session, bool is_waiting) {
  if (session_.empty()) {
    session_ = session.id;
    target_id_ = session.target_id;
  }
  sessions_[session.id] = session;
  if (session.type == "iframe") {
    // The frame moved into a process of its own: its id is the target's.
    auto& frame = frames_[session.target_id];
    frame.session = session.id;
    frame.url = session.url;
    frame.is_out_of_process = true;
    frame.page_context = frame.isolated_context = 0;
  }
  arm(session, is_waiting);
  observer_.on_event(session, "Gannet.sessionAttached", {});
}

void Page::arm(const SessionView& session, bool is_waiting) {
  // All are sent at once; Chromium keeps their order within the session, and the last one lets the target run.
  post(session, "Network.enable", {{"maxTotalBufferSize", 1 << 20}, {"maxResourceBufferSize", 1 << 18}});
  post(session, "Runtime.enable");
  post(session, "Debugger.enable", {{"maxScriptsCacheSize", 1 << 20}});
  // A shared worker's first script waits until it is armed: what it does at once is seen as well.
  const bool is_held = is_waiting && is_armed_by_script(session);
  if (is_held) post(session, "Debugger.setInstrumentationBreakpoint", {{"instrumentation", "beforeScriptExecution"}});
  post(session, "Debugger.setSkipAllPauses", {{"skip", !is_held}});
  post(session, "Debugger.setAsyncCallStackDepth", {{"maxDepth", 4}});
  if (has_documents(session)) {
    post(session, "Page.enable");
    post(session, "DOMStorage.enable");
    post(session, "Audits.enable");
    post(session, "Emulation.setUserAgentOverride", user_agent_override(arming_.identity));
    if (!arming_.new_document_script.empty())
      post(session, "Page.addScriptToEvaluateOnNewDocument",
           {{"source", arming_.new_document_script}, {"includeCommandLineAPI", true}, {"runImmediately", true}});
  } else {
    post(session, "Network.setUserAgentOverride", user_agent_override(arming_.identity));
  }
  if (session.type == "page") {
    post(session, "Emulation.setDeviceMetricsOverride",
         {{"width", arming_.identity.viewport_width},
          {"height", arming_.identity.viewport_height},
          {"deviceScaleFactor", 1},
          {"mobile", false}});
    post(session, "Emulation.setFocusEmulationEnabled", {{"enabled", true}});
  }
  post(session, "Target.setAutoAttach", {{"autoAttach", true}, {"waitForDebuggerOnStart", true}, {"flatten", true}});
  if (is_waiting) post(session, "Runtime.runIfWaitingForDebugger");
}

bool Page::is_armed_by_script(const SessionView& session) const {
  return is_shared_target(session) && !arming_.worker_script.empty();
}

/// Called when the worker's own script was parsed: while a worker waits for us it has not all of its globals yet, CookieStore
/// among them.
void Page::arm_worker(const SessionView& session, std::int64_t context) {
  connection_.post(session.id, "Runtime.evaluate",
                   {{"expression", arming_.worker_script}, {"includeCommandLineAPI", true}, {"contextId", context}});
}

void Page::on_detached(const cdp::SessionId& session) {
  const auto known = sessions_.find(session);
  if (known == sessions_.end()) return;
  const SessionView view = known->second;
  sessions_.erase(known);
  // With a process go all documents in it; a frame that moved on has another session already.
  std::erase_if(frames_, [&](const auto& entry) { return entry.second.session == session; });
  const bool is_tab_gone = session == session_ && is_alive();
  if (is_tab_gone) end_reason_ = "the page closed its tab";
  contexts_changed_.notify_all();
  observer_.on_event(view, "Gannet.sessionDetached", {});
  if (is_tab_gone) observer_.on_problem(view, Error(ErrorKind::unavailable, end_reason_));
}

void Page::on_oversized(const cdp::SessionId& session) {
  const auto known = sessions_.find(session);
  if (known != sessions_.end())
    observer_.on_problem(known->second,
                         Error(ErrorKind::exhausted, "the browser sent a message over 32 MiB, which was not read"));
}

void Page::on_closed(const Error& error) {
  end_reason_ = error.message();
  contexts_changed_.notify_all();
  observer_.on_problem(SessionView{session_, target_id_, "page", ""}, error);
}

void Page::on_event(const cdp::SessionId& session, std::string_view method, const json::object& params) {
  const auto known = sessions_.find(session);
  if (known == sessions_.end()) return;
  const SessionView view = known->second;
  if (method == "Debugger.scriptParsed" && cdp::text(params, "url") == view.url && is_armed_by_script(view))
    arm_worker(view, cdp::integer(params, "executionContextId"));
  if (method == "Debugger.paused") {
    // The script that a worker was held at; it was armed when that was parsed.
    post(view, "Debugger.setSkipAllPauses", {{"skip", true}});
    post(view, "Debugger.resume");
  }
  track_frames(session, method, params);
  answer_what_would_block(view, method, params);
  observer_.on_event(view, method, params);
}

void Page::track_frames(const cdp::SessionId& session, std::string_view method, const json::object& params) {
  if (method == "Page.frameAttached") {
    auto& frame = frames_[cdp::string(params, "frameId")];
    frame.parent_id = cdp::string(params, "parentFrameId");
    frame.session = session;
  } else if (method == "Page.frameNavigated") {
    const auto& value = cdp::object(params, "frame");
    forget_frames_below(cdp::string(value, "id"));
    auto& frame = frames_[cdp::string(value, "id")];
    frame.url = cdp::string(value, "url") + cdp::string(value, "urlFragment");
    if (!cdp::text(value, "parentId").empty()) frame.parent_id = cdp::string(value, "parentId");
    frame.session = session;
  } else if (method == "Page.frameDetached") {
    // "swap": the frame lives on in another process; its new session tells.
    const auto id = cdp::string(params, "frameId");
    const auto frame = frames_.find(id);
    if (cdp::text(params, "reason") == "swap" || frame == frames_.end() || frame->second.session != session) return;
    frames_.erase(frame);
    contexts_changed_.notify_all();
  } else if (method == "Runtime.executionContextCreated") {
    const auto& context = cdp::object(params, "context");
    const auto& aux = cdp::object(context, "auxData");
    const auto id = cdp::string(aux, "frameId");
    if (id.empty()) return;
    auto& frame = frames_[id];
    if (frame.session != session && !frame.session.empty() && frame.is_out_of_process && session != id) {
      // A context of the frame's former process; the frame's own session decides.
      const auto owner = sessions_.find(frame.session);
      if (owner != sessions_.end() && owner->second.target_id == id) return;
    }
    frame.session = session;
    if (cdp::boolean(aux, "isDefault")) {
      frame.page_context = cdp::integer(context, "id");
      frame.isolated_context = 0;
    } else if (cdp::text(context, "name") == arming_.isolated_world) {
      frame.isolated_context = cdp::integer(context, "id");
    }
    contexts_changed_.notify_all();
  } else if (method == "Runtime.executionContextDestroyed" || method == "Runtime.executionContextsCleared") {
    const auto id = cdp::integer(params, "executionContextId", -1);
    for (auto& [frame_id, frame] : frames_) {
      if (frame.session != session) continue;
      if (id < 0 || frame.page_context == id) frame.page_context = 0;
      if (id < 0 || frame.isolated_context == id) frame.isolated_context = 0;
    }
  }
}

/// A new document begins without frames. Chromium tells of the old document's frames that ran in its process no end.
void Page::forget_frames_below(const std::string& id) {
  std::vector<std::string> parents{id};
  while (!parents.empty()) {
    const auto parent = std::move(parents.back());
    parents.pop_back();
    std::erase_if(frames_, [&](const auto& entry) {
      if (entry.second.parent_id != parent || entry.first == id) return false;
      parents.push_back(entry.first);
      return true;
    });
  }
  contexts_changed_.notify_all();
}

void Page::answer_what_would_block(const SessionView& session, std::string_view method, const json::object& params) {
  if (method == "Page.javascriptDialogOpening") {
    // beforeunload is let through, or the page could keep us; everything else is dismissed.
    connection_.post(session.id, "Page.handleJavaScriptDialog", {{"accept", cdp::text(params, "type") == "beforeunload"}});
  } else if (method == "Inspector.targetCrashed" && has_documents(session)) {
    // Chromium says the same of a shared worker that simply ended.
    on_crashed(session);
  }
}

void Page::on_crashed(const SessionView& session) {
  const bool is_main = session.id == session_;
  const auto why = hooks_.process_end();
  auto reason = why.empty() ? fmt::format("{} crashed", is_main ? "the tab" : words_for(session.type))
                            : fmt::format("Gannet ended the process of {}: {}", words_for(session.type), why);
  if (is_main) end_reason_ = reason;
  contexts_changed_.notify_all();
  observer_.on_problem(session, Error(ErrorKind::unavailable, std::move(reason)));
}

aio::Task<Result<Page::Navigation>> Page::navigate(aio::Scope scope, std::string url) {
  auto reply = co_await connection_.send(scope, session_, "Page.navigate", {{"url", url}});
  if (!reply) co_return pass(reply);
  Navigation navigation{cdp::string(*reply, "loaderId"), cdp::string(*reply, "errorText"), cdp::boolean(*reply, "isDownload")};
  if (navigation.error_text == "net::ERR_ABORTED" && !navigation.is_download) {
    // A tab that died while it loaded is told of after this reply, and before any later one.
    auto asked = co_await connection_.send(scope, "", "Target.getTargetInfo", {{"targetId", target_id_}});
    if (!asked) co_return pass(asked);
    if (!is_alive()) co_return fail(ErrorKind::unavailable, "{}", end_reason_);
  }
  co_return navigation;
}

aio::Task<Result<void>> Page::reload(aio::Scope scope) {
  auto reply = co_await connection_.send(scope, session_, "Page.reload", {});
  if (!reply) co_return pass(reply);
  co_return Result<void>{};
}

aio::Task<Result<json::object>> Page::send(aio::Scope scope, std::string method, json::object params) {
  co_return co_await connection_.send(std::move(scope), session_, std::move(method), std::move(params));
}

aio::Task<Result<json::value>> Page::evaluate(aio::Scope scope, std::string frame_id, World world, std::string expression) {
  auto frame = frames_.find(frame_id);
  // A document that is just being made has no context yet.
  while (frame != frames_.end() && frame->second.page_context == 0 && is_alive()) {
    auto changed = co_await contexts_changed_.wait(scope.within(5s));
    if (!changed) co_return pass(changed, "waiting for the frame's script context");
    frame = frames_.find(frame_id);
  }
  if (frame == frames_.end() || !is_alive()) co_return fail(ErrorKind::not_found, "the frame is gone");
  const auto session = frame->second.session;
  auto context = world == World::page ? frame->second.page_context : frame->second.isolated_context;
  if (context == 0) {
    auto made = co_await connection_.send(scope, session, "Page.createIsolatedWorld",
                                          {{"frameId", frame_id}, {"worldName", arming_.isolated_world}});
    if (!made) co_return pass(made);
    context = cdp::integer(*made, "executionContextId");
  }
  auto reply = co_await connection_.send(scope, session, "Runtime.evaluate",
                                         {{"expression", expression},
                                          {"contextId", context},
                                          {"returnByValue", true},
                                          {"awaitPromise", true},
                                          {"userGesture", true}});
  if (!reply) {
    if (reply.error().message().find("navigated") != std::string::npos)
      co_return fail(ErrorKind::not_found, "the frame navigated away");
    co_return pass(reply);
  }
  if (cdp::find(*reply, "exceptionDetails")) {
    const auto& details = cdp::object(*reply, "exceptionDetails");
    const auto description = cdp::text(cdp::object(details, "exception"), "description");
    co_return fail(ErrorKind::invalid, "script failed: {}",
                   printable(description.empty() ? cdp::text(details, "text") : description, 300));
  }
  const auto* value = cdp::find(cdp::object(*reply, "result"), "value");
  co_return value ? *value : json::value();
}

std::vector<FrameView> Page::frames() const {
  std::vector<FrameView> views;
  for (const auto& [id, frame] : frames_) {
    FrameView view{id, frame.parent_id, frame.url, id == target_id_, frame.is_out_of_process};
    if (view.is_main)
      views.insert(views.begin(), std::move(view));
    else
      views.push_back(std::move(view));
  }
  return views;
}

std::vector<SessionView> Page::sessions() const {
  std::vector<SessionView> views;
  for (const auto& [id, view] : sessions_) {
    if (id == session_)
      views.insert(views.begin(), view);
    else
      views.push_back(view);
  }
  return views;
}

}  // namespace gannet::browser
