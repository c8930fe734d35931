#include "browser/browser.hpp"

#include <unistd.h>
#include <algorithm>

#include <boost/json.hpp>

#include "base/log.hpp"
#include "base/text.hpp"
#include "browser/cdp/json.hpp"

namespace gannet::browser {

using namespace std::chrono_literals;

namespace {

/// From a process's end to Chromium's word of it, on a machine with twenty times the work it can do.
constexpr auto k_crash_report_max = 15s;

/// The debugging browser must not talk to anybody by itself; what must hold together is in architecture.md, "Network guard".
std::vector<std::string> command_line(const BrowserOptions& options) {
  std::vector<std::string> arguments = {
      "--remote-debugging-pipe",
      "--user-data-dir={user_data_dir}",
      // Guard: without a context's own proxy nothing is reachable, and no name is resolved by the browser itself.
      "--proxy-server=http://127.0.0.1:9",
      "--proxy-bypass-list=<-loopback>",
      "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
      "--disable-quic",
      // One process per site, so that a cross-site frame is a target of its own whatever the memory.
      "--site-per-process",
      // A page must not see that it is automated, or some consent managers hide their banner.
      "--disable-blink-features=AutomationControlled",
      // NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one argument on two lines.
      "--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,CertificateTransparencyComponentUpdater,"
      "AutofillServerCommunication,Prerender2,InterestFeedContentSuggestions,SpareRendererForSitePerProcess",
      "--no-first-run",
      "--no-default-browser-check",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--disable-default-apps",
      "--disable-extensions",
      "--disable-breakpad",
      "--disable-crash-reporter",
      "--disable-domain-reliability",
      "--disable-client-side-phishing-detection",
      "--disable-background-timer-throttling",
      "--disable-backgrounding-occluded-windows",
      "--disable-renderer-backgrounding",
      "--disable-hang-monitor",
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--metrics-recording-only",
      "--mute-audio",
      "--hide-scrollbars",
      "--password-store=basic",
      "--use-mock-keychain",
      fmt::format("--window-size={},{}", options.viewport_width, options.viewport_height),
  };
  // The headless shell does not read the preference below; this switch makes it block as the preference would.
  if (options.third_party_cookies == ThirdPartyCookies::block) arguments.emplace_back("--test-third-party-cookie-phaseout");
  if (!options.has_sandbox) arguments.emplace_back("--no-sandbox");
  return arguments;
}

std::string preferences(ThirdPartyCookies policy) {
  const bool is_blocking = policy == ThirdPartyCookies::block;
  // cookie_controls_mode: 0 off, 1 block third-party.
  // Full Chromium takes its WebRTC policy from here and ignores the switch; the headless shell does the opposite.
  return json::serialize(json::object{
      {"profile", json::object{{"cookie_controls_mode", is_blocking ? 1 : 0}, {"block_third_party_cookies", is_blocking}}},
      {"webrtc", json::object{{"ip_handling_policy", "disable_non_proxied_udp"}}}});
}

json::array target_filter() {
  const auto type = [](const char* name, bool is_excluded) { return json::object{{"type", name}, {"exclude", is_excluded}}; };
  return {type("browser", true), type("tab", true), json::object{}};
}

/// "it used 1100 MiB, the limit is 1024 MiB"
std::string describe_excess(const browser_host::MemoryKill& kill) {
  const auto& [whose, used, limit] = kill.excess;
  const auto words = fmt::format("used {} MiB, the limit is {} MiB", used.count >> 20, limit.count >> 20);
  return (whose == kill.what ? "it " : "it was the largest while the whole browser ") + words;
}

/// Why a browser did not start, from what it said.
std::string last_words(const std::string& executable, const browser_host::BrowserExit& exit) {
  if (exit.stderr_tail.find("No usable sandbox") != std::string::npos)
    return fmt::format(
        "{} has no sandbox on this machine: here, or in this container, ordinary users may not make user namespaces. As root, "
        "install Debian's chromium-sandbox, which needs none; or allow them: `sysctl user.max_user_namespaces=15000 "
        "kernel.unprivileged_userns_clone=1`, in Docker `--security-opt seccomp=FILE` with a profile that permits clone and "
        "unshare. Only where something else confines the browser: --no-sandbox",
        executable);
  const auto words = printable(trim(exit.stderr_tail), 1000);
  return fmt::format("{} ended at once with {}: {}", executable, exit.status,
                     words.empty() ? "it said nothing, as what is no Chrome or Chromium does" : words);
}

}  // namespace

std::string_view to_string(ThirdPartyCookies policy) {
  switch (policy) {
    case ThirdPartyCookies::allow: return "allow";
    case ThirdPartyCookies::block: return "block";
  }
  return "";
}

Result<std::filesystem::path> find_browser(const std::filesystem::path& wanted) {
  const auto is_executable = [](const std::filesystem::path& path) { return ::access(path.c_str(), X_OK) == 0; };
  if (!wanted.empty()) {
    if (is_executable(wanted)) return wanted;
    return fail(ErrorKind::not_found,
                "browser {} does not exist or is not executable; name a Chrome or Chromium, or install Debian's "
                "chromium-headless-shell",
                wanted.string());
  }
  // The wrappers in /usr/bin add flags of their own; the programs themselves come first.
  for (const char* path :
       {"/usr/lib/chromium/chromium-headless-shell", "/usr/bin/chromium-headless-shell", "/usr/lib/chromium/chromium",
        "/usr/bin/chromium", "/usr/bin/google-chrome-stable", "/opt/google/chrome/chrome"})
    if (is_executable(path)) return path;
  return fail(ErrorKind::not_found,
              "no browser found; install Debian's chromium-headless-shell, or name one with --browser or GANNET_BROWSER");
}

BrowserContext::BrowserContext(Browser& browser, std::string id, std::string new_document_script, std::string worker_script)
    : browser_(browser),
      id_(std::move(id)),
      arming_{browser.identity_, std::move(new_document_script), std::move(worker_script), browser.isolated_world_} {
  browser_.contexts_[id_] = this;
}

BrowserContext::~BrowserContext() { browser_.contexts_.erase(id_); }

void BrowserContext::on_attached(const SessionView& session, bool is_waiting) {
  if (session.type == "page") {
    unclaimed_.push_back({session, is_waiting});
    if (opening_ == 0) close_unclaimed();
    return;
  }
  // Frames and dedicated workers belong to the page that has them; one that comes after its page was closed is nobody's.
  const bool is_shared = is_shared_target(session);
  if (auto* page = is_shared ? page_for_shared_target() : nullptr) return browser_.adopt(*page, session, is_waiting);
  if (is_shared) shared_without_page_.push_back(session);
  if (is_waiting) browser_.connection_->post(session.id, "Runtime.runIfWaitingForDebugger");
}

/// Nobody here opened them: popups. The page that opened one learns of it through Page.windowOpen.
void BrowserContext::close_unclaimed() {
  for (const auto& [popup, is_waiting] : std::exchange(unclaimed_, {})) {
    // Nobody watches what it would load.
    browser_.connection_->post(popup.id, "Network.enable");
    browser_.connection_->post(popup.id, "Network.emulateNetworkConditions",
                               {{"offline", true}, {"latency", 0}, {"downloadThroughput", -1}, {"uploadThroughput", -1}});
    // One that waits for us stops the scripts of its opener as well, and would do so for ever after its end.
    if (is_waiting) browser_.connection_->post(popup.id, "Runtime.runIfWaitingForDebugger");
    browser_.connection_->post("", "Target.closeTarget", {{"targetId", popup.target_id}});
  }
}

void BrowserContext::forget(Page& page) {
  std::erase(pages_, &page);
  std::erase_if(browser_.pages_by_session_, [&](const auto& entry) { return entry.second == &page; });
  // A service worker outlives the page; the next one hears of what it does.
  for (auto& session : page.sessions())
    if (is_shared_target(session)) shared_without_page_.push_back(std::move(session));
}

void BrowserContext::on_detached(const cdp::SessionId& session) {
  std::erase_if(shared_without_page_, [&](const SessionView& shared) { return shared.id == session; });
}

Page* BrowserContext::page_for_shared_target() { return pages_.empty() ? nullptr : pages_.back(); }

aio::Task<Result<std::unique_ptr<Page>>> BrowserContext::open_page(aio::Scope scope, PageObserver& observer) {
  ++opening_;
  auto made =
      co_await browser_.connection_->send(scope, "", "Target.createTarget", {{"url", "about:blank"}, {"browserContextId", id_}});
  --opening_;
  if (!made) {
    if (opening_ == 0) close_unclaimed();
    co_return pass(made, "opening a tab");
  }
  const auto target = cdp::string(*made, "targetId");
  auto page =
      std::make_unique<Page>(*browser_.connection_, browser_.executor_, arming_, observer,
                             Page::Hooks{[this](Page& gone) { forget(gone); }, [this] { return browser_.process_end(); }});
  pages_.push_back(page.get());
  const auto found = std::ranges::find(unclaimed_, target, [](const Unclaimed& tab) { return tab.session.target_id; });
  std::optional<Unclaimed> ours;
  if (found != unclaimed_.end()) {
    ours = std::move(*found);
    unclaimed_.erase(found);
    browser_.adopt(*page, ours->session, ours->is_waiting);
    for (const auto& shared : std::exchange(shared_without_page_, {})) browser_.adopt(*page, shared, false);
  }
  if (opening_ == 0) close_unclaimed();
  if (!ours) co_return fail(ErrorKind::protocol, "the browser opened a tab without attaching to it");
  // Answers come in order: once this one is here, the tab is armed.
  auto armed = co_await page->send(scope, "Runtime.evaluate", {{"expression", "0"}});
  if (!armed) co_return pass(armed, "arming a tab");
  co_return page;
}

aio::Task<Result<void>> BrowserContext::close_page(aio::Scope scope, std::unique_ptr<Page> page) {
  const auto target = page->target_id();
  page.reset();
  auto closed = co_await browser_.connection_->send(scope, "", "Target.closeTarget", {{"targetId", target}});
  if (!closed && closed.error().kind() != ErrorKind::not_found) co_return pass(closed, "closing a tab");
  co_return Result<void>{};
}

aio::Task<Result<json::array>> BrowserContext::cookies(aio::Scope scope) {
  auto reply = co_await browser_.connection_->send(scope, "", "Storage.getCookies", {{"browserContextId", id_}});
  if (!reply) co_return pass(reply, "reading the cookie jar");
  co_return cdp::array(*reply, "cookies");
}

aio::Task<Result<void>> BrowserContext::dispose(aio::Scope scope) {
  if (std::exchange(is_disposed_, true)) co_return Result<void>{};
  auto reply = co_await browser_.connection_->send(scope, "", "Target.disposeBrowserContext", {{"browserContextId", id_}});
  if (!reply) co_return pass(reply, "disposing of a browser context");
  co_return Result<void>{};
}

Browser::Browser(aio::Executor executor, browser_host::HostClient& host, Random& random, BrowserOptions options)
    : executor_(std::move(executor)),
      host_(host),
      random_(random),
      options_(std::move(options)),
      isolated_world_(random.token(20)) {}

Browser::~Browser() = default;

aio::Task<Result<std::unique_ptr<Browser>>> Browser::launch(aio::Scope scope, aio::Executor executor,
                                                            browser_host::HostClient& host, Random& random,
                                                            BrowserOptions options) {
  auto executable = find_browser(options.executable);
  if (!executable) co_return pass(executable);
  options.executable = *executable;
  std::unique_ptr<Browser> browser(new Browser(std::move(executor), host, random, std::move(options)));
  auto started = co_await browser->start(scope);
  browser->is_launched_ = started.has_value();
  if (started) co_return browser;
  auto failure = std::move(started.error()).with_context("starting " + browser->options_.executable.string());
  if (failure.kind() == ErrorKind::unavailable && browser->process_) {
    // It died: its last words say why.
    auto exit = co_await browser->process_->wait_exit(aio::Scope::background().within(5s));
    if (exit) failure = Error(ErrorKind::unavailable, last_words(browser->options_.executable.string(), *exit));
  }
  co_await browser->stop();
  co_return std::unexpected(std::move(failure));
}

aio::Task<Result<void>> Browser::start(aio::Scope scope) {
  browser_host::SpawnOptions spawn;
  spawn.executable = options_.executable.string();
  spawn.args = command_line(options_);
  if (options_.executable.filename().string().find("headless") == std::string::npos) spawn.args.emplace_back("--headless=new");
  spawn.files = {{"Default/Preferences", preferences(options_.third_party_cookies)}};
  spawn.ca_certificates = options_.ca_certificates;
  spawn.renderer_memory_max = options_.renderer_memory_max;
  spawn.browser_memory_max = options_.browser_memory_max;
  auto process = co_await host_.spawn(scope, std::move(spawn));
  if (!process) co_return pass(process);
  process_.emplace(std::move(*process));
  process_->on_memory_kill([this](const browser_host::MemoryKill& kill) {
    LOG_WARNING("browser", "ended a {} because {}", browser_host::to_string(kill.what), describe_excess(kill));
    memory_kill_ = kill;
    memory_kill_at_ = std::chrono::steady_clock::now();
  });

  connection_ = std::make_unique<cdp::Connection>(executor_, process_->read_fd.release(), process_->write_fd.release());
  connection_->start({[this](const cdp::Event& event) { on_event(event); },
                      [this](const cdp::SessionId& session) {
                        const auto page = pages_by_session_.find(session);
                        if (page != pages_by_session_.end()) page->second->on_oversized(session);
                      },
                      [this](const Error& error) { on_closed(error); }});

  auto version = co_await connection_->send(scope, "", "Browser.getVersion");
  if (!version) co_return pass(version);
  product_ = cdp::string(*version, "product");
  identity_.full_version = product_.substr(product_.find('/') + 1);
  identity_.user_agent = options_.user_agent;
  identity_.viewport_width = options_.viewport_width;
  identity_.viewport_height = options_.viewport_height;
  if (identity_.user_agent.empty()) {
    // Chromium's reduced user agent carries the major version only; so does what we send.
    identity_.user_agent = cdp::string(*version, "userAgent");
    if (const auto at = identity_.user_agent.find("HeadlessChrome/"); at != std::string::npos) {
      const std::string major = identity_.full_version.substr(0, identity_.full_version.find('.'));
      const auto end = identity_.user_agent.find(' ', at);
      identity_.user_agent.replace(at, end - at, "Chrome/" + major + ".0.0.0");
    }
  }
  auto attached = co_await connection_->send(
      scope, "", "Target.setAutoAttach",
      {{"autoAttach", true}, {"waitForDebuggerOnStart", true}, {"flatten", true}, {"filter", target_filter()}});
  if (!attached) co_return pass(attached);
  co_return co_await prove_cookie_policy(scope);
}

void Browser::on_closed(const Error& error) {
  host_.handle_ready_reports();
  death_reason_ = memory_kill_ && memory_kill_->what == browser_host::MemoryVictim::browser
                      ? "Gannet ended the browser: " + describe_excess(*memory_kill_)
                      : error.message();
  std::vector<Page*> pages;
  for (const auto& [id, context] : contexts_) pages.insert(pages.end(), context->pages_.begin(), context->pages_.end());
  for (auto* page : pages) page->on_closed(Error(error.kind(), death_reason_));
}

/// Chromium tells of a crash within milliseconds of the process's end, and says nothing of who ended it.
std::string Browser::process_end() const {
  host_.handle_ready_reports();
  const bool is_recent = memory_kill_ && std::chrono::steady_clock::now() - memory_kill_at_ < k_crash_report_max;
  return is_recent ? describe_excess(*memory_kill_) : "";
}

void Browser::on_event(const cdp::Event& event) {
  if (event.method == "Target.attachedToTarget") return on_target_attached(event.session, event.params);
  if (event.method == "Target.detachedFromTarget") {
    const auto session = cdp::string(event.params, "sessionId");
    std::erase_if(session_by_target_, [&](const auto& entry) { return entry.second == session; });
    connection_->drop_session(session);
    for (const auto& [id, context] : contexts_) context->on_detached(session);
    const auto page = pages_by_session_.find(session);
    if (page == pages_by_session_.end()) return;
    auto* owner = page->second;
    pages_by_session_.erase(page);
    return owner->on_detached(session);
  }
  if (const auto page = pages_by_session_.find(event.session); page != pages_by_session_.end())
    page->second->on_event(event.session, event.method, event.params);
}

void Browser::on_target_attached(const cdp::SessionId& parent, const json::object& params) {
  const auto& info = cdp::object(params, "targetInfo");
  const bool is_waiting = cdp::boolean(params, "waitingForDebugger");
  const SessionView session{cdp::string(params, "sessionId"), cdp::string(info, "targetId"), cdp::string(info, "type"),
                            cdp::string(info, "url")};
  if (session_by_target_.contains(session.target_id)) {
    // The same service worker is offered by the browser and by the page: the first session stays, and alone lets it run.
    connection_->post(parent, "Target.detachFromTarget", {{"sessionId", session.id}});
    return;
  }
  session_by_target_[session.target_id] = session.id;
  // A page attaches to its popups as well; those are no part of it.
  const auto owner = pages_by_session_.find(parent);
  if (owner != pages_by_session_.end() && session.type != "page") return adopt(*owner->second, session, is_waiting);
  if (const auto context = contexts_.find(cdp::string(info, "browserContextId")); context != contexts_.end())
    return context->second->on_attached(session, is_waiting);
  // The default context's start page and the like: never ours.
  if (is_waiting) connection_->post(session.id, "Runtime.runIfWaitingForDebugger");
}

void Browser::adopt(Page& page, const SessionView& session, bool is_waiting) {
  pages_by_session_[session.id] = &page;
  page.on_attached(session, is_waiting);
}

aio::Task<Result<std::unique_ptr<BrowserContext>>> Browser::open_context(aio::Scope scope, std::string proxy,
                                                                         std::string new_document_script,
                                                                         std::string worker_script) {
  auto made = co_await connection_->send(scope, "", "Target.createBrowserContext",
                                         {{"proxyServer", proxy}, {"proxyBypassList", "<-loopback>"}, {"disposeOnDetach", true}});
  if (!made) co_return pass(made, "making a browser context");
  const auto id = cdp::string(*made, "browserContextId");
  // Downloads are refused and reported; permission prompts answer "denied" by default in a headless browser.
  auto refused = co_await connection_->send(scope, "", "Browser.setDownloadBehavior",
                                            {{"behavior", "deny"}, {"browserContextId", id}, {"eventsEnabled", true}});
  if (!refused) co_return pass(refused, "refusing downloads");
  co_return std::make_unique<BrowserContext>(*this, id, std::move(new_document_script), std::move(worker_script));
}

bool Browser::is_alive() const { return connection_ && connection_->is_open(); }

void Browser::give_up(std::string reason) { connection_->close(std::move(reason)); }

aio::Task<Result<void>> Browser::ask(aio::Scope scope) {
  auto version = co_await connection_->send(std::move(scope), "", "Browser.getVersion");
  if (!version) co_return pass(version);
  co_return Result<void>{};
}

aio::Task<void> Browser::stop() {
  const auto scope = aio::Scope::background().within(10s);
  const bool is_lost = is_launched_ && !is_alive() && !std::exchange(is_stopped_, true);
  is_stopped_ = true;
  if (is_alive()) co_await connection_->send(scope.within(3s), "", "Browser.close");
  if (connection_) connection_->close("the browser was stopped");
  if (process_) {
    auto killed = co_await host_.kill(scope, process_->id());
    if (!killed && killed.error().kind() != ErrorKind::not_found)
      LOG_WARNING("browser", "cannot end the browser: {}", killed.error().describe());
    if (process_ && is_lost && process_->has_exited())
      if (auto exit = co_await process_->wait_exit(scope))
        LOG_WARNING("browser", "{} ({}) {}", death_reason_, exit->status, printable(trim(exit->stderr_tail), 1000));
    process_.reset();
  }
}

}  // namespace gannet::browser
