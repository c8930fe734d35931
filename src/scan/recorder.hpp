// Recorder: turns what a page's sessions report into a record::Visit, and knows when a page has come to rest. No I/O: events and
// jars in, a record out. One per visit, on the loop's thread.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "aio/aio.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "browser/page.hpp"
#include "consent/consent.hpp"
#include "record/set_cookie.hpp"
#include "record/value.hpp"
#include "record/visit.hpp"
#include "scan/impl/exchange.hpp"
#include "scan/impl/record_space.hpp"

namespace gannet::scan {

namespace json = boost::json;

/// The two names that a page must not be able to guess; fresh for each browser context.
struct ObserverNames {
  std::string function;
  std::string token;
  static ObserverNames make(Random& random);
  /// The new-document script with the names in place.
  std::string document_script() const;
};

/// A Runtime.StackTrace, innermost first, asynchronous callers after; at most 30 frames, lines and columns from 1, long names
/// cut.
std::vector<record::StackFrame> read_stack(const json::object& stack);

/// What the context's proxy knows of a host and port.
struct NetworkAccount {
  /// The address last connected to; empty when there was none.
  std::function<std::string(std::string_view host, std::uint16_t port)> remote_address;
  /// Why the last connection was refused or failed; empty when it did not.
  std::function<std::string(std::string_view host, std::uint16_t port)> failure;
};

class Recorder final : public browser::PageObserver {
 public:
  struct Options {
    record::ConsentState state = record::ConsentState::untouched;
    std::string url;
    std::string report_token;
    NetworkAccount network;
  };

  /// All of these must outlive the recorder.
  struct Parts {
    const Clock& clock;
    const record::Redactor& redactor;
    ScanSpace& space;
  };

  Recorder(aio::Executor executor, Parts parts, Options options);

  void on_event(const browser::SessionView& session, std::string_view method, const json::object& params) override;
  void on_problem(const browser::SessionView& session, const Error& error) override;

  void set_phase(record::Phase phase);
  record::Phase phase() const { return phase_; }

  /// Waits until the main document's load event fired. Errors: the scope's, or the crash of the tab.
  aio::Task<Result<void>> wait_loaded(aio::Scope scope);
  /// Something was done to the page, which may answer: quiet is counted from now on. A new phase and a load are such things too.
  void note_action() { touch(); }
  /// Waits until 500 ms have passed since the last of these: a request in flight, a pending navigation, a new cookie or storage
  /// write, note_action(). Returns at once where they have passed already; waits at most `ceiling`.
  aio::Task<Result<record::SettledBy>> settle(aio::Scope scope, std::chrono::milliseconds ceiling);
  void note_phase_end(record::PhaseEnd end) { visit_.phases.push_back(end); }

  /// What the page shows of itself.
  void note_page(std::string title, const json::array& links);
  /// The whole jar as Storage.getCookies gave it, at the end of the current phase.
  void note_jar(const json::array& cookies);
  /// What a frame stores besides cookies: {origin, databases: [name], caches: [name], workers: [url]}.
  void note_inventory(const json::object& inventory);
  /// What the page's consent interfaces say at the end of the current phase.
  void note_signals(const consent::ConsentSignals& signals);
  void add_fact(std::string kind, std::string detail);

  /// While true, writes and requests of scripts without a file are Gannet's own.
  void set_acting(bool is_acting) { is_acting_ = is_acting; }
  /// Cookies and storage keys the site wrote since the mark (a former write_mark()).
  struct WriteMark {
    std::size_t cookies = 0;
    std::uint64_t storage = 0;
  };
  WriteMark write_mark() const { return {writes_.size(), storage_writes_}; }
  std::vector<std::string> writes_since(WriteMark mark) const;

  /// A main-frame navigation was started by us: the load event to come is a new one.
  void expect_load();
  /// Why the main document could not be loaded; empty when it was.
  const std::string& main_failure() const { return main_failure_; }
  int main_status() const { return main_status_; }
  std::string main_url() const { return main_url_; }
  /// The address that was asked for the main document last, after redirects, whether or not it answered; not redacted.
  const std::string& main_asked_url() const { return main_asked_url_; }
  /// The Retry-After of the last answer to a main-frame navigation; empty without one.
  const std::string& main_retry_after() const { return main_retry_after_; }
  record::Visit& visit() { return visit_; }

  /// Ends the recording: pairs headers with hops, jar entries with writes, redacts. The recorder is empty afterwards.
  record::Visit finish();

 private:
  /// One request of a redirect chain, before redaction.
  struct Hop {
    record::Request request;
    std::string raw_url;
    std::string frame_id;
    std::string raw_initiator_url;
    record::CallStack stack;
    bool has_extra_headers = true;
    HopTimes times;
  };
  /// The request headers of one hop, as the network stack sent them; paired with its hop at the end.
  struct SentHeaders {
    std::vector<std::string> cookies;
    std::vector<record::Header> headers;
  };
  /// The response headers of one hop, as the network stack saw them; paired with its hop at the end.
  struct ExtraHeaders {
    record::Phase phase;
    Instant at;
    std::string set_cookie;
    /// Reasons by cookie line; equal lines in their order.
    std::multimap<std::string, std::vector<std::string>, std::less<>> blocked;
    std::string partition_key;
    std::vector<record::Header> headers;
  };
  /// All hops with one request id.
  struct Flow {
    std::vector<std::size_t> hops;
    /// Further hops were over the limit: headers without a hop belong to those.
    bool is_cut = false;
    std::vector<ExtraHeaders> responses;
    std::vector<SentHeaders> requests;
  };
  /// A cookie write before redaction.
  struct Write {
    record::CookieWrite write;
    /// The raw line of a document.cookie assignment, by which Chromium's audits name it.
    std::string script_line;
    /// All attributes are known. The inspector shows five members of cookieStore.set's options at most.
    bool is_complete = true;
    std::size_t order = 0;
  };
  /// When and where a cookie line was seen.
  struct Origin {
    record::Phase phase;
    Instant at;
    std::string host;
    std::string path;
  };
  struct Stored {
    record::StorageEntry entry;
    std::uint64_t written = 0;
  };
  struct ScriptContext {
    std::string frame_id;
    std::string origin;
  };
  /// Whose a request without an answer is: it ends with its session, its frame or its document.
  struct InFlight {
    browser::cdp::SessionId session;
    std::string frame_id;
    std::string loader_id;
    bool is_of_shared_worker = false;
  };
  /// The first hop to each URL.
  using LoaderIndex = std::unordered_map<std::string_view, const Hop*>;

  void on_network(const browser::SessionView& session, std::string_view method, const json::object& params);
  void on_request(const browser::SessionView& session, const json::object& params);
  void on_redirect(Hop& former, const json::object& params);
  void on_answer(Hop& hop, const json::object& response);
  void on_response(Hop& hop, const std::string& id, const json::object& params);
  void on_loading_failed(Hop& hop, const std::string& id, const json::object& params);
  void on_request_extra(const json::object& params);
  void on_response_extra(const json::object& params);
  void on_websocket(std::string_view method, const json::object& params);
  void on_console(const browser::SessionView& session, const json::object& params);
  void on_script_cookie(std::string_view method, std::span<const json::value> arguments, record::Writer writer,
                        const ScriptContext& context);
  void on_storage(std::string_view method, const json::object& params);
  void on_frame(const browser::SessionView& session, std::string_view method, const json::object& params);
  void on_audit(const json::object& params);
  void on_frame_navigated(const json::object& frame);
  void on_main_document(std::string url, const std::string& loader_id);
  void on_target_gone(const browser::SessionView& session);
  void on_storage_item(record::StorageArea area, const std::string& origin, const json::object& params);
  void on_storage_call(const std::string& method, const std::string& origin, std::string_view name, record::Writer writer);
  void add_vanished_storage();
  void touch();
  bool is_resting() const;
  void note_loss(const std::string& what);
  void note_full_scan();
  bool can_keep(std::size_t bytes);
  bool can_write(std::size_t bytes);
  void release(std::size_t bytes);
  record::CallStack share(std::vector<record::StackFrame> frames);
  record::SharedText share(std::string_view text);
  std::vector<record::Header> keep_headers(const json::object& headers);
  std::int64_t since_start_ms(Instant at) const;
  Flow* flow_of(const std::string& id);
  std::string document_url_of(const ScriptContext& context) const;
  record::CookieWrite* add_cookie_write(const record::ParsedCookie& parsed, const Origin& origin, record::Writer writer);
  void add_consent_string(record::ConsentString string);
  void find_consent_string(std::string_view place, std::string_view name, std::string_view value);
  void pair_responses();
  void judge_script_writes();
  void pair_flow(Flow& flow, const LoaderIndex& loaders);
  void add_header_writes(const Hop& hop, ExtraHeaders& extra, const LoaderIndex& loaders);
  record::CallStack cause_of(const Hop& hop, const LoaderIndex& loaders) const;
  void redact(record::Writer& writer) const;

  aio::Executor executor_;
  const Clock& clock_;
  const record::Redactor& redactor_;
  ScanSpace& space_;
  Options options_;
  record::Visit visit_;
  record::Phase phase_ = record::Phase::s0;
  bool is_acting_ = false;
  /// Why the page will not say anything any more; empty while it may.
  std::string end_reason_;
  bool is_loaded_ = false;
  /// A document was committed since expect_load().
  bool has_document_ = false;
  std::string main_frame_;
  std::string main_url_;
  std::string main_failure_;
  std::string main_asked_url_;
  std::string main_retry_after_;
  /// The request id of the newest main-frame navigation, and the loader id of the document that is there.
  std::string main_navigation_;
  std::string main_loader_;
  int main_status_ = 0;
  /// HTTP status of main-frame navigations, by loader id, until one is committed.
  std::map<std::string, int> main_statuses_;
  SteadyInstant last_activity_;
  aio::Signal activity_;

  std::vector<Hop> hops_;
  std::unordered_map<std::string, Flow> flows_;
  std::map<std::string, InFlight> in_flight_;
  std::set<std::string> loading_frames_;
  std::vector<Write> writes_;
  std::map<std::string, std::vector<std::string>> audit_reasons_;
  std::map<std::tuple<record::StorageArea, std::string, std::string>, Stored> storage_;
  std::vector<std::tuple<record::StorageArea, std::string, std::string>> storage_order_;
  std::uint64_t storage_writes_ = 0;
  /// The last script that asked for a storage key, database, cache or worker, by method, origin and name.
  struct StorageCall {
    record::Writer writer;
    record::Phase phase = record::Phase::s0;
  };
  std::map<std::tuple<std::string, std::string, std::string>, StorageCall> storage_calls_;
  std::map<std::pair<std::string, std::int64_t>, ScriptContext> contexts_;
  std::map<std::string, std::string> frame_urls_;
  std::map<std::string, std::string> frame_parents_;
  std::set<std::string> out_of_process_frames_;
  std::set<std::string> seen_consent_strings_;
  /// What visit_.reason or a fact says already, and how much page-made text is kept.
  std::set<std::string> losses_;
  std::size_t kept_bytes_ = 0;
  std::size_t header_bytes_ = 0;
  /// Main-frame navigations that were kept although there was no room.
  std::size_t spared_navigations_ = 0;
};

}  // namespace gannet::scan
