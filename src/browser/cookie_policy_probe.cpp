// The self-test behind BrowserOptions::third_party_cookies: a page with a frame of another site, both answered by ourselves
// through interception (nothing reaches the network), where the frame writes a cookie and reads it back. What the browser does is
// what counts: distributions patch the default, and preferences are ignored by some builds.
#include <boost/json.hpp>

#include "base/text.hpp"
#include "browser/browser.hpp"
#include "browser/cdp/json.hpp"

namespace gannet::browser {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view k_first_url = "https://first.gannet-probe.invalid/";
constexpr std::string_view k_third_url = "https://third.gannet-probe-other.invalid/";

class ProbeObserver final : public PageObserver {
 public:
  explicit ProbeObserver(cdp::Connection& connection, aio::Executor executor)
      : connection_(connection), loaded(std::move(executor)) {}

  void on_event(const SessionView& session, std::string_view method, const json::object& params) override {
    if (method == "Fetch.requestPaused") fulfil(session.id, params);
    if (method == "Page.loadEventFired" && session.type == "page") {
      is_loaded = true;
      loaded.notify_all();
    }
  }
  void on_problem(const SessionView&, const Error&) override {}

  bool is_loaded = false;

 private:
  void fulfil(const cdp::SessionId& session, const json::object& params) {
    const auto url = cdp::text(cdp::object(params, "request"), "url");
    const std::string body = url == k_first_url
                                 ? fmt::format("<!doctype html><iframe src='{}'></iframe>", k_third_url)
                                 : "<!doctype html><script>document.cookie='probe=1; SameSite=None; Secure'</script>";
    connection_.post(session, "Fetch.fulfillRequest",
                     {{"requestId", cdp::string(params, "requestId")},
                      {"responseCode", 200},
                      {"responseHeaders", json::array{json::object{{"name", "Content-Type"}, {"value", "text/html"}}}},
                      {"body", encode_base64(body)}});
  }

  cdp::Connection& connection_;

 public:
  aio::Signal loaded;
};

}  // namespace

aio::Task<Result<void>> Browser::prove_cookie_policy(aio::Scope scope) {
  const auto limit = scope.within(20s);
  auto context = co_await open_context(limit, "http://127.0.0.1:9", "", "");
  if (!context) co_return pass(context);
  ProbeObserver observer(*connection_, executor_);
  auto page = co_await (*context)->open_page(limit, observer);
  if (!page) co_return pass(page);
  auto ready = co_await (*page)->send(limit, "Fetch.enable", {{"patterns", json::array{json::object{{"urlPattern", "*"}}}}});
  if (!ready) co_return pass(ready);
  auto navigated = co_await (*page)->navigate(limit, std::string(k_first_url));
  if (!navigated) co_return pass(navigated);
  while (!observer.is_loaded) {
    auto woken = co_await observer.loaded.wait(limit);
    if (!woken) co_return pass(woken, "waiting for the probe page");
  }
  std::string third_frame;
  for (const auto& frame : (*page)->frames())
    if (frame.url == k_third_url) third_frame = frame.id;
  auto cookie = co_await (*page)->evaluate(limit, third_frame, World::page, "document.cookie");
  if (!cookie) co_return pass(cookie, "reading the probe's cookie");
  const bool is_allowed = cookie->is_string() && cookie->get_string() == "probe=1";
  auto closed = co_await (*context)->close_page(limit, std::move(*page));
  auto disposed = co_await (*context)->dispose(limit);
  if (!closed) co_return pass(closed);
  if (!disposed) co_return pass(disposed);
  if (is_allowed != (options_.third_party_cookies == ThirdPartyCookies::allow))
    co_return fail(ErrorKind::internal,
                   "this browser {} third-party cookies although it was told to {} them; its results would be wrong",
                   is_allowed ? "allows" : "blocks", to_string(options_.third_party_cookies));
  co_return Result<void>{};
}

}  // namespace gannet::browser
