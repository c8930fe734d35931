// A Recorder fed by hand: the events of a page's sessions in the shape that Chromium gives them. Test only.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "scan/recorder.hpp"

namespace gannet::scan {

inline constexpr const char* k_token = "report-token";

/// ClockType: ManualClock, or SystemClock where waiting is tested.
template <class ClockType>
struct RecorderFixture : testing::Test {
  template <class... ClockArguments>
  explicit RecorderFixture(ClockArguments... arguments) : clock(arguments...) {
    start();
  }

  /// The next visit of the same scan.
  void start() {
    Recorder::Options options;
    options.url = "https://shop.test/?visitor=4711";
    options.report_token = k_token;
    options.network = {[this](std::string_view host, std::uint16_t) { return addresses[std::string(host)]; },
                       [this](std::string_view host, std::uint16_t) { return failures[std::string(host)]; }};
    recorder.emplace(context.get_executor(), Recorder::Parts{clock, redactor, space}, options);
    event("Gannet.sessionAttached", "{}");
  }

  void event(std::string_view method, const json::object& params, const browser::SessionView& session) {
    recorder->on_event(session, method, params);
  }
  void event(std::string_view method, std::string_view params) { event(method, json::parse(params).as_object(), page); }
  void event(std::string_view method, std::string_view params, const browser::SessionView& session) {
    event(method, json::parse(params).as_object(), session);
  }

  struct RequestOptions {
    std::string type = "Script";
    std::string frame = "T";
    std::string loader = "L1";
    std::string initiator = R"({"type": "parser", "url": "https://shop.test/"})";
    /// The response of the former hop, where this is the next one.
    std::string redirect_response = {};
    bool redirect_has_extra = true;
  };
  void request(std::string_view id, std::string_view url, const RequestOptions& options, const browser::SessionView& session) {
    json::object params{{"requestId", id},
                        {"loaderId", options.loader},
                        {"frameId", options.frame},
                        {"type", options.type},
                        {"request", {{"url", url}, {"method", "GET"}}},
                        {"initiator", json::parse(options.initiator)}};
    if (!options.redirect_response.empty()) {
      params["redirectResponse"] = json::parse(options.redirect_response);
      params["redirectHasExtraInfo"] = options.redirect_has_extra;
    }
    event("Network.requestWillBeSent", params, session);
  }
  void request(std::string_view id, std::string_view url, const RequestOptions& options) { request(id, url, options, page); }
  void request(std::string_view id, std::string_view url) { request(id, url, {}, page); }

  /// The response headers as the network stack saw them. `blocked`: JSON list of {blockedReasons, cookieLine}.
  void headers(std::string_view id, std::string_view set_cookie, std::string_view blocked = "[]") {
    json::object params{{"requestId", id}, {"headers", json::object{}}, {"blockedCookies", json::parse(blocked)}};
    if (!set_cookie.empty()) params["headers"].as_object()["Set-Cookie"] = set_cookie;
    event("Network.responseReceivedExtraInfo", params, page);
  }
  void respond(std::string_view id, int status = 200, bool has_extra = true) {
    event("Network.responseReceived",
          {{"requestId", id}, {"hasExtraInfo", has_extra}, {"response", {{"status", status}, {"mimeType", "text/html"}}}}, page);
  }
  void complete(std::string_view id) { event("Network.loadingFinished", {{"requestId", id}, {"encodedDataLength", 100}}, page); }
  void break_off(std::string_view id, std::string_view error, bool is_cancelled = false) {
    event("Network.loadingFailed", {{"requestId", id}, {"errorText", error}, {"canceled", is_cancelled}}, page);
  }

  void commit(std::string_view url, std::string_view loader = "L1", std::string_view frame = "T", std::string_view parent = "") {
    json::object value{{"id", frame}, {"loaderId", loader}, {"url", url}};
    if (!parent.empty()) value["parentId"] = parent;
    event("Page.frameNavigated", {{"frame", value}}, page);
  }
  /// The main document's request; its id is its loader's.
  void request_document(std::string_view url, std::string_view loader = "L1") {
    request(loader, url, {.type = "Document", .loader = std::string(loader), .initiator = R"({"type": "other"})"});
  }
  /// The main document, from request to load event.
  void load(std::string_view url = "https://shop.test/", std::string_view loader = "L1") {
    request_document(url, loader);
    respond(loader);
    commit(url, loader);
    make_context(1, "T", "https://shop.test");
    complete(loader);
    event("Page.loadEventFired", "{}");
  }
  void make_context(int id, std::string_view frame, std::string_view origin) {
    event("Runtime.executionContextCreated",
          {{"context", {{"id", id}, {"origin", origin}, {"auxData", {{"frameId", frame}, {"isDefault", true}}}}}}, page);
  }

  /// What observe_writes.js reports; `arguments` and `frames` are JSON lists, innermost frame first.
  void report(std::string_view method, std::string_view arguments,
              std::string_view frames = R"([{"functionName": "track", "url": "https://shop.test/a.js", "lineNumber": 9,
                                             "columnNumber": 4}])",
              int context_id = 1) {
    json::array values{json::object{{"type", "string"}, {"value", k_token}}, json::object{{"type", "string"}, {"value", method}}};
    const auto own_values = json::parse(arguments);
    for (const auto& argument : own_values.get_array()) values.push_back(argument);
    json::array stack;
    for (int own = 0; own < 2; ++own) stack.push_back(json::object{{"functionName", ""}, {"url", ""}});
    const auto callers = json::parse(frames);
    for (const auto& frame : callers.get_array()) stack.push_back(frame);
    event("Runtime.consoleAPICalled",
          {{"args", values}, {"executionContextId", context_id}, {"stackTrace", {{"callFrames", stack}}}}, page);
  }
  void write_cookie(std::string_view line, int context_id = 1) {
    report("document.cookie", json::serialize(json::array{json::object{{"type", "string"}, {"value", line}}}),
           R"([{"url": "https://shop.test/a.js", "lineNumber": 9, "columnNumber": 4}])", context_id);
  }
  void store(std::string_view event_name, std::string_view origin, std::string_view key, std::string_view value = "v",
             bool is_local = true) {
    event(fmt::format("DOMStorage.domStorageItem{}", event_name),
          {{"storageId", {{"storageKey", origin}, {"isLocalStorage", is_local}}}, {"key", key}, {"newValue", value}}, page);
  }
  void set_jar(std::string_view cookies) { recorder->note_jar(json::parse(cookies).as_array()); }

  record::Visit finish() { return recorder->finish(); }

  aio::asio::io_context context{1};
  ClockType clock;
  record::Redactor redactor{std::string(32, 'k')};
  ScanSpace space;
  browser::SessionView page{"S", "T", "page", "about:blank"};
  std::map<std::string, std::string> addresses;
  std::map<std::string, std::string> failures;
  std::optional<Recorder> recorder;
};

/// "NAME DOMAIN PATH", with a dot before a domain that subdomains share, then the reasons of a refusal.
inline std::string describe(const record::CookieWrite& write) {
  const auto& key = write.cookie.key;
  return fmt::format("{} {}{} {}{}", key.name, key.host_only ? "" : ".", key.domain, key.path,
                     write.is_blocked() ? " " + join(write.blocked_reasons, ",") : "");
}

inline std::vector<std::string> describe(const std::vector<record::CookieWrite>& writes) {
  std::vector<std::string> lines;
  for (const auto& write : writes) lines.push_back(describe(write));
  return lines;
}

using Lines = std::vector<std::string>;

/// A Saturday noon.
inline const Instant k_noon = *parse_instant("2026-11-21T12:00:00Z");

struct RecorderTest : RecorderFixture<ManualClock> {
  RecorderTest() : RecorderFixture(k_noon) {}
};

}  // namespace gannet::scan
