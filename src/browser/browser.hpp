// Browser: one running Chromium behind its host process and Gannet's proxy, and the browser contexts in it. Routes every protocol
// event to the page it belongs to. Lives on the loop's thread.
//
//   launch() → open_context() → open_page() → … → close pages → dispose context → stop()
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aio/aio.hpp"
#include "base/random.hpp"
#include "base/units.hpp"
#include "browser/cdp/connection.hpp"
#include "browser/page.hpp"
#include "browser_host/host_client.hpp"

namespace gannet::browser {

enum class ThirdPartyCookies { allow, block };
std::string_view to_string(ThirdPartyCookies policy);

struct BrowserOptions {
  /// Empty: the first of GANNET_BROWSER's candidates that exists.
  std::filesystem::path executable;
  /// Empty: the browser's own, without "Headless".
  std::string user_agent;
  ThirdPartyCookies third_party_cookies = ThirdPartyCookies::allow;
  bool has_sandbox = true;
  /// PEM texts of certificate authorities that the browser trusts besides its own.
  std::vector<std::string> ca_certificates;
  int viewport_width = 1366;
  int viewport_height = 768;
  Bytes renderer_memory_max = 1_GiB;
  Bytes browser_memory_max = 4_GiB;
};

class Browser;

/// A cookie jar of its own, behind a proxy port of its own. Dispose of it before dropping it; it outlives its pages.
class BrowserContext {
 public:
  BrowserContext(Browser& browser, std::string id, std::string new_document_script, std::string worker_script);
  BrowserContext(const BrowserContext&) = delete;
  BrowserContext& operator=(const BrowserContext&) = delete;
  ~BrowserContext();

  const std::string& id() const { return id_; }

  /// Opens a tab on about:blank, armed. The observer must outlive the page.
  aio::Task<Result<std::unique_ptr<Page>>> open_page(aio::Scope scope, PageObserver& observer);
  aio::Task<Result<void>> close_page(aio::Scope scope, std::unique_ptr<Page> page);
  /// The jar, as Storage.getCookies gives it.
  aio::Task<Result<json::array>> cookies(aio::Scope scope);
  Browser& browser() { return browser_; }
  /// Closes its pages and forgets its data.
  aio::Task<Result<void>> dispose(aio::Scope scope);

 private:
  friend class Browser;
  void on_attached(const SessionView& session, bool is_waiting);
  void on_detached(const cdp::SessionId& session);
  Page* page_for_shared_target();
  void close_unclaimed();
  void forget(Page& page);

  Browser& browser_;
  std::string id_;
  Arming arming_;
  std::vector<Page*> pages_;
  /// Service and shared workers whose page was closed; the next page hears of them.
  std::vector<SessionView> shared_without_page_;
  /// Tabs that appeared while open_page waits for its reply, so that a popup is told from our own tab.
  struct Unclaimed {
    SessionView session;
    bool is_waiting;
  };
  std::vector<Unclaimed> unclaimed_;
  int opening_ = 0;
  bool is_disposed_ = false;
};

class Browser {
 public:
  /// Starts the browser and waits until it answers and has proved its third-party cookie policy. Errors: `not_found` without an
  /// executable (with the Debian package to install), `unavailable` with the end of its standard error, the scope's.
  static aio::Task<Result<std::unique_ptr<Browser>>> launch(aio::Scope scope, aio::Executor executor,
                                                            browser_host::HostClient& host, Random& random,
                                                            BrowserOptions options);
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  /// `proxy` is "http://127.0.0.1:port", the gate of this context alone.
  aio::Task<Result<std::unique_ptr<BrowserContext>>> open_context(aio::Scope scope, std::string proxy,
                                                                  std::string new_document_script, std::string worker_script);
  /// Nobody may wait for it any more: all that does ends with this reason. stop() then ends its processes.
  void give_up(std::string reason);
  /// Whether its main process answers. Errors: the scope's, `unavailable`.
  aio::Task<Result<void>> ask(aio::Scope scope);
  aio::Task<void> stop();

  const Identity& identity() const { return identity_; }
  /// "HeadlessChrome/156.0.8078.79"
  const std::string& product() const { return product_; }
  bool is_alive() const;
  /// Why it is not, as a sentence; empty while it is.
  const std::string& death_reason() const { return death_reason_; }
  bool has_sandbox() const { return options_.has_sandbox; }
  ThirdPartyCookies third_party_cookies() const { return options_.third_party_cookies; }

 private:
  friend class BrowserContext;
  Browser(aio::Executor executor, browser_host::HostClient& host, Random& random, BrowserOptions options);
  aio::Task<Result<void>> start(aio::Scope scope);
  aio::Task<Result<void>> prove_cookie_policy(aio::Scope scope);
  void on_event(const cdp::Event& event);
  void on_target_attached(const cdp::SessionId& parent, const json::object& params);
  void on_closed(const Error& error);
  std::string process_end() const;
  void adopt(Page& page, const SessionView& session, bool is_waiting);

  aio::Executor executor_;
  browser_host::HostClient& host_;
  Random& random_;
  BrowserOptions options_;
  Identity identity_;
  std::string product_;
  std::string death_reason_;
  std::string isolated_world_;
  bool is_launched_ = false;
  bool is_stopped_ = false;
  /// The last process that Gannet ended for memory, and when.
  std::optional<browser_host::MemoryKill> memory_kill_;
  SteadyInstant memory_kill_at_;
  std::optional<browser_host::BrowserProcess> process_;
  std::unique_ptr<cdp::Connection> connection_;
  std::map<std::string, BrowserContext*> contexts_;
  std::map<cdp::SessionId, Page*> pages_by_session_;
  std::map<std::string, cdp::SessionId> session_by_target_;
};

/// The executable to use: `wanted` where not empty, else the first installed one of chromium-headless-shell, chromium and Chrome.
/// Error `not_found` says what to install.
Result<std::filesystem::path> find_browser(const std::filesystem::path& wanted);

}  // namespace gannet::browser
