// Page: one tab of a browser context with all targets that belong to it: out-of-process iframes, workers. Every session gets the
// same arming list before it runs its first script; a session that cannot be armed is a problem that the observer hears of.
//
// Made by BrowserContext::open_page. Lives on the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

#include "aio/aio.hpp"
#include "browser/cdp/connection.hpp"

namespace gannet::browser {

namespace json = boost::json;

/// What the browser says of itself to sites, the same in headers, client hints and scripts.
struct Identity {
  std::string user_agent;
  /// Without weights: Chromium adds them to the header, and gives the list as it is in navigator.languages.
  std::string accept_language = "en-US,en";
  /// "156.0.8078.79"
  std::string full_version;
  int viewport_width = 1366;
  int viewport_height = 768;
};

struct SessionView {
  cdp::SessionId id;
  std::string target_id;
  /// "page", "iframe", "worker", "service_worker", "shared_worker"
  std::string type;
  std::string url;
};

/// Whether it may serve several pages and outlive them.
inline bool is_shared_target(const SessionView& session) {
  return session.type == "service_worker" || session.type == "shared_worker";
}

/// Hears everything that happens in a page, in order.
class PageObserver {
 public:
  virtual ~PageObserver() = default;
  virtual void on_event(const SessionView& session, std::string_view method, const json::object& params) = 0;
  /// Something will be missing from what is observed: a target that could not be armed, an oversized message, a crash.
  virtual void on_problem(const SessionView& session, const Error& error) = 0;
};

/// Which global object a script sees: the page's own, or Gannet's isolated world over the same DOM.
enum class World { page, isolated };

struct FrameView {
  std::string id;
  std::string parent_id;
  std::string url;
  bool is_main = false;
  bool is_out_of_process = false;
};

/// What each new session is told; the same for all pages of a context.
struct Arming {
  Identity identity;
  /// Runs before the first script of every document, in the page's world, with the command-line API (debug, undebug).
  std::string new_document_script;
  /// Runs in every service and shared worker before its first script, with the command-line API.
  std::string worker_script;
  /// Name of the isolated world; random, so that a page cannot guess it.
  std::string isolated_world;
};

class Page {
 public:
  /// What a page needs of its owner.
  struct Hooks {
    /// Called at the end of the page's life, so that no event is routed to it any more.
    std::function<void(Page&)> forget;
    /// Why Gannet itself has just ended one of the browser's page processes ("it used …"); empty where it did not.
    std::function<std::string()> process_end;
  };
  Page(cdp::Connection& connection, aio::Executor executor, Arming arming, PageObserver& observer, Hooks hooks);
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  ~Page();

  const std::string& target_id() const { return target_id_; }
  const cdp::SessionId& session() const { return session_; }
  bool is_alive() const { return end_reason_.empty(); }
  /// Why it is not, as a sentence; empty while it is.
  const std::string& end_reason() const { return end_reason_; }

  struct Navigation {
    std::string loader_id;
    /// Chromium's error text; empty when the navigation was answered.
    std::string error_text;
    bool is_download = false;
  };
  /// Starts a navigation and waits until it is committed or failed, not until it is loaded.
  aio::Task<Result<Navigation>> navigate(aio::Scope scope, std::string url);
  aio::Task<Result<void>> reload(aio::Scope scope);

  /// Evaluates an expression as if a user gesture caused it; a promise is awaited. Errors: the scope's; `not_found` for a frame
  /// that is gone or navigated meanwhile; `invalid` with the exception's text.
  aio::Task<Result<json::value>> evaluate(aio::Scope scope, std::string frame_id, World world, std::string expression);

  /// Main frame first.
  std::vector<FrameView> frames() const;
  std::string main_frame_id() const { return target_id_; }

  /// A command to one of the page's sessions.
  aio::Task<Result<json::object>> send(aio::Scope scope, std::string method, json::object params = {});

  /// Sessions of this page, the main one first.
  std::vector<SessionView> sessions() const;

  // Called by the browser's router.
  void on_attached(const SessionView& session, bool is_waiting);
  void on_detached(const cdp::SessionId& session);
  void on_event(const cdp::SessionId& session, std::string_view method, const json::object& params);
  void on_oversized(const cdp::SessionId& session);
  void on_closed(const Error& error);

 private:
  struct Frame {
    std::string parent_id;
    std::string url;
    cdp::SessionId session;
    bool is_out_of_process = false;
    std::int64_t page_context = 0;
    std::int64_t isolated_context = 0;
  };

  void arm(const SessionView& session, bool is_waiting);
  bool is_armed_by_script(const SessionView& session) const;
  void arm_worker(const SessionView& session, std::int64_t context);
  void post(const SessionView& session, std::string_view method, json::object params = {});
  void track_frames(const cdp::SessionId& session, std::string_view method, const json::object& params);
  void on_crashed(const SessionView& session);
  void forget_frames_below(const std::string& id);
  void answer_what_would_block(const SessionView& session, std::string_view method, const json::object& params);

  cdp::Connection& connection_;
  Arming arming_;
  PageObserver& observer_;
  Hooks hooks_;
  std::string target_id_;
  cdp::SessionId session_;
  std::string end_reason_;
  std::map<cdp::SessionId, SessionView> sessions_;
  std::map<std::string, Frame> frames_;
  aio::Signal contexts_changed_;
  /// Lets a late reply see that the page is gone.
  std::shared_ptr<const bool> token_ = std::make_shared<const bool>(true);
};

}  // namespace gannet::browser
