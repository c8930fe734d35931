#include "scan/recorder.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/units.hpp"
#include "browser/cdp/json.hpp"
#include "embedded/observe_writes.hpp"
#include "net/url.hpp"
#include "record/consent_string_finder.hpp"
#include "scan/impl/bounds.hpp"

namespace gannet::scan {

using namespace std::chrono_literals;
using browser::SessionView;
namespace cdp = browser::cdp;

namespace {

/// A page is at rest when nothing happened for so long (the field's "network idle").
constexpr auto k_quiet = 500ms;
/// More of anything than this is not kept; the visit becomes partial and says so.
constexpr std::size_t k_writes_max = 5'000;
constexpr std::size_t k_facts_max = 500;
constexpr std::size_t k_consent_strings_max = 50;
constexpr std::size_t k_frames_max = 2'000;
constexpr std::size_t k_contexts_max = 10'000;
constexpr std::size_t k_links_max = 2'000;
/// All texts that a page makes us keep, as they are written in the stored record: URLs, stacks, keys. What else the record of a
/// visit has (headers, names of members) is at most as much again, so that it stays far under what a stored content may have.
constexpr Bytes k_text_max = 16_MiB;

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

record::SameSite same_site_of(std::string_view name) {
  if (name == "Strict") return record::SameSite::strict;
  if (name == "Lax") return record::SameSite::lax;
  if (name == "None") return record::SameSite::none;
  return record::SameSite::unspecified;
}

}  // namespace

ObserverNames ObserverNames::make(Random& random) { return {random.token(24), random.token(24)}; }

std::string ObserverNames::document_script() const {
  return replace_all(replace_all(std::string(embedded::observe_writes), "GANNET_NAME", function), "GANNET_TOKEN", token);
}

Recorder::Recorder(aio::Executor executor, Parts parts, Options options)
    : executor_(executor),
      clock_(parts.clock),
      redactor_(parts.redactor),
      space_(parts.space),
      options_(std::move(options)),
      last_activity_(clock_.steady_now()),
      activity_(executor) {
  visit_.state = options_.state;
  visit_.requested_url = options_.url;
  visit_.started_at = clock_.now();
}

void Recorder::touch() {
  last_activity_ = clock_.steady_now();
  activity_.notify_all();
}

void Recorder::set_phase(record::Phase phase) {
  phase_ = phase;
  touch();
}

void Recorder::expect_load() {
  is_loaded_ = false;
  has_document_ = false;
  main_failure_.clear();
  touch();
}

void Recorder::note_loss(const std::string& what) {
  if (!losses_.insert(what).second) return;
  add_fact("not observed", what);
  if (visit_.reason.empty()) visit_.reason = what;
}

void Recorder::note_full_scan() {
  note_loss(
      fmt::format("what the scan's pages do fills more than {}; the rest is not recorded", format_bytes(space_.evidence.max())));
}

/// Whether so much more may be written of this visit.
bool Recorder::can_write(std::size_t bytes) {
  if (kept_bytes_ + bytes > k_text_max.count) {
    note_loss(
        fmt::format("the page's requests and writes fill more than {}; the rest is not recorded", format_bytes(k_text_max)));
    return false;
  }
  kept_bytes_ += bytes;
  return true;
}

/// Whether so much more may be written, and held in memory besides what the scan's visits have in common.
bool Recorder::can_keep(std::size_t bytes) {
  if (!can_write(bytes)) return false;
  if (space_.evidence.take(bytes)) return true;
  kept_bytes_ -= bytes;
  note_full_scan();
  return false;
}

void Recorder::release(std::size_t bytes) {
  kept_bytes_ -= bytes;
  space_.evidence.give_back(bytes);
}

/// Empty where there is no room for it.
record::SharedText Recorder::share(std::string_view text) {
  if (auto shared = space_.evidence.share(text)) return *shared;
  note_full_scan();
  return {};
}

/// Redacted; empty where there is no room for it.
record::CallStack Recorder::share(std::vector<record::StackFrame> frames) {
  for (auto& frame : frames) frame.url = redactor_.url(frame.url);
  if (auto shared = space_.evidence.share(record::CallStack(std::move(frames)))) return *shared;
  note_full_scan();
  return {};
}

void Recorder::add_fact(std::string kind, std::string detail) {
  if (visit_.facts.size() < k_facts_max) visit_.facts.push_back({std::move(kind), printable(detail, 500), phase_});
}

void Recorder::on_problem(const SessionView& session, const Error& error) {
  if (session.type == "page" && error.kind() == ErrorKind::unavailable) end_reason_ = error.message();
  add_fact("not observed", error.describe());
  if (visit_.reason.empty()) visit_.reason = error.describe();
  activity_.notify_all();
}

void Recorder::on_event(const SessionView& session, std::string_view method, const json::object& params) {
  if (method.starts_with("Network.")) return on_network(session, method, params);
  if (method.starts_with("DOMStorage.")) return on_storage(method, params);
  if (method == "Runtime.consoleAPICalled") return on_console(session, params);
  if (method == "Audits.issueAdded") return on_audit(cdp::object(params, "issue"));
  on_frame(session, method, params);
}

void Recorder::on_frame(const SessionView& session, std::string_view method, const json::object& params) {
  if (method == "Gannet.sessionAttached") {
    if (session.type == "page")
      main_frame_ = session.target_id;
    else if (session.type == "iframe")
      out_of_process_frames_.insert(session.target_id);
    else
      add_fact(session.type, redactor_.url(session.url));
    touch();
  } else if (method == "Gannet.sessionDetached" || method == "Inspector.targetCrashed") {
    on_target_gone(session);
  } else if (method == "Runtime.executionContextDestroyed") {
    contexts_.erase({session.id, cdp::integer(params, "executionContextId")});
  } else if (method == "Runtime.executionContextsCleared") {
    std::erase_if(contexts_, [&](const auto& entry) { return entry.first.first == session.id; });
  } else if (method == "Runtime.executionContextCreated") {
    const auto& context = cdp::object(params, "context");
    if (contexts_.size() >= k_contexts_max) return;
    contexts_[{session.id, cdp::integer(context, "id")}] = {cdp::string(cdp::object(context, "auxData"), "frameId"),
                                                            cdp::string(context, "origin")};
  } else if (method == "Page.frameNavigated") {
    on_frame_navigated(cdp::object(params, "frame"));
    touch();
  } else if (method == "Page.frameAttached") {
    if (frame_parents_.size() < k_frames_max)
      frame_parents_[cdp::string(params, "frameId")] = cdp::string(params, "parentFrameId");
    touch();
  } else if (method == "Page.frameDetached") {
    const auto id = cdp::text(params, "frameId");
    loading_frames_.erase(std::string(id));
    if (cdp::text(params, "reason") != "swap")
      std::erase_if(in_flight_, [&](const auto& entry) { return entry.second.frame_id == id; });
    touch();
  } else if (method == "Page.frameStartedLoading" || method == "Page.frameRequestedNavigation" ||
             method == "Page.frameScheduledNavigation") {
    // A scheduled navigation (meta refresh) far away is not waited for; a near one is loading. One that goes to another tab or to
    // a file leaves this frame alone.
    const bool is_far = method == "Page.frameScheduledNavigation" && cdp::number(params, "delay") > 3;
    const auto disposition = cdp::text(params, "disposition");
    if (!is_far && (disposition.empty() || disposition == "currentTab")) loading_frames_.insert(cdp::string(params, "frameId"));
    touch();
  } else if (method == "Page.frameStoppedLoading" || method == "Page.frameClearedScheduledNavigation") {
    loading_frames_.erase(cdp::string(params, "frameId"));
    // A document whose loading was stopped, by a download for example, has no load event.
    if (method == "Page.frameStoppedLoading" && cdp::text(params, "frameId") == main_frame_ && has_document_) is_loaded_ = true;
    touch();
  } else if (method == "Page.loadEventFired") {
    if (session.target_id == main_frame_) is_loaded_ = true;
    touch();
  } else if (method == "Page.javascriptDialogOpening") {
    add_fact("dialog", fmt::format("{}: {}", cdp::text(params, "type"), cdp::text(params, "message")));
  } else if (method == "Page.windowOpen") {
    add_fact("popup", redactor_.url(cdp::text(params, "url")));
  } else if (method == "Page.downloadWillBegin") {
    add_fact("download", redactor_.url(cdp::text(params, "url")));
  }
}

void Recorder::on_frame_navigated(const json::object& frame) {
  const auto id = cdp::string(frame, "id");
  const auto loader = cdp::string(frame, "loaderId");
  auto url = bounded_url(cdp::text(frame, "url"));
  const auto known = frame_urls_.find(id);
  const bool is_new = known == frame_urls_.end();
  const std::size_t former = is_new ? 0 : known->second.size();
  // Twice: as its own, and as its children's parent.
  const std::size_t growth = 2 * ((is_new ? sizeof(record::Frame) : 0) + (url.size() > former ? url.size() - former : 0));
  if ((!is_new || frame_urls_.size() < k_frames_max) && can_keep(growth)) frame_urls_[id] = std::move(url);
  const auto parent = cdp::string(frame, "parentId");
  if (!parent.empty() && frame_parents_.size() < k_frames_max) frame_parents_[id] = parent;
  // What the frame's former document had asked for is answered to nobody. Nobody may say so, when it goes with its process.
  std::erase_if(in_flight_, [&](const auto& entry) {
    const auto& [request, owner] = entry;
    return owner.loader_id != loader && (owner.frame_id == id || (id == main_frame_ && !owner.is_of_shared_worker));
  });
  if (id != main_frame_) return;
  std::erase_if(loading_frames_, [&](const std::string& loading) { return loading != main_frame_; });
  // In the place of a page that could not be reached stands an error page of the browser's own.
  const auto unreachable = cdp::text(frame, "unreachableUrl");
  on_main_document(bounded_url(unreachable.empty() ? cdp::text(frame, "url") : unreachable) + cdp::string(frame, "urlFragment"),
                   loader);
}

/// With a target go its scripts, its frame's loading and its requests: nothing more is heard of them.
void Recorder::on_target_gone(const SessionView& session) {
  std::erase_if(contexts_, [&](const auto& entry) { return entry.first.first == session.id; });
  loading_frames_.erase(session.target_id);
  std::erase_if(in_flight_, [&](const auto& entry) {
    return entry.second.session == session.id || entry.second.frame_id == session.target_id;
  });
  activity_.notify_all();
}

/// A navigation counts when its document is committed: a download or a cancelled one leaves the page as it is.
void Recorder::on_main_document(std::string url, const std::string& loader_id) {
  main_url_ = std::move(url);
  main_loader_ = loader_id;
  has_document_ = true;
  is_loaded_ = false;
  if (const auto status = main_statuses_.find(loader_id); status != main_statuses_.end()) main_status_ = status->second;
}

aio::Task<Result<void>> Recorder::wait_loaded(aio::Scope scope) {
  while (!is_loaded_ && main_failure_.empty() && end_reason_.empty()) {
    auto woken = co_await activity_.wait(scope);
    if (!woken && !is_loaded_) co_return pass(woken, "waiting for the page to load");
  }
  if (!end_reason_.empty()) co_return fail(ErrorKind::unavailable, "{}", end_reason_);
  if (!main_failure_.empty()) co_return fail(ErrorKind::unavailable, "{}", main_failure_);
  co_return Result<void>{};
}

bool Recorder::is_resting() const { return in_flight_.empty() && loading_frames_.empty(); }

aio::Task<Result<record::SettledBy>> Recorder::settle(aio::Scope scope, std::chrono::milliseconds ceiling) {
  const auto begin = clock_.steady_now();
  for (;;) {
    if (!end_reason_.empty()) co_return fail(ErrorKind::unavailable, "{}", end_reason_);
    if (auto ready = scope.check(); !ready) {
      if (ready.error().kind() == ErrorKind::timeout) co_return record::SettledBy::deadline;
      co_return pass(ready);
    }
    const auto now = clock_.steady_now();
    const auto idle = now - last_activity_;
    if (is_resting() && idle >= k_quiet) co_return record::SettledBy::quiet;
    if (now - begin >= ceiling) co_return record::SettledBy::ceiling;
    auto wait = std::chrono::ceil<std::chrono::milliseconds>(ceiling - (now - begin));
    if (is_resting()) wait = std::min(wait, std::chrono::ceil<std::chrono::milliseconds>(k_quiet - idle));
    co_await activity_.wait(scope.within(wait));
  }
}

void Recorder::note_jar(const json::array& cookies) {
  std::vector<record::Cookie> jar;
  for (const auto& value : cookies) {
    const auto& cookie = cdp::as_object(value);
    record::Cookie entry;
    auto domain = cdp::text(cookie, "domain");
    entry.key.host_only = !domain.starts_with('.');
    if (!entry.key.host_only) domain.remove_prefix(1);
    entry.key.name = cdp::string(cookie, "name");
    entry.key.domain = to_lower(domain);
    entry.key.path = cdp::string(cookie, "path");
    entry.key.partition_key = cdp::string(cdp::object(cookie, "partitionKey"), "topLevelSite");
    entry.secure = cdp::boolean(cookie, "secure");
    entry.http_only = cdp::boolean(cookie, "httpOnly");
    entry.same_site = same_site_of(cdp::text(cookie, "sameSite"));
    if (!cdp::boolean(cookie, "session")) entry.expires = bounded_instant(cdp::number(cookie, "expires"));
    const auto raw = cdp::text(cookie, "value");
    entry.size_bytes = entry.key.name.size() + raw.size();
    entry.value = redactor_.digest(raw);
    find_consent_string("cookie", entry.key.name, raw);
    // Half a jar would make the rest look refused.
    if (!can_keep(bytes_of(entry))) return;
    jar.push_back(std::move(entry));
  }
  std::sort(jar.begin(), jar.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  visit_.jars[phase_] = std::move(jar);
}

void Recorder::note_page(std::string title, const json::array& links) {
  visit_.title = std::move(title);
  for (const auto& link : links) {
    if (!link.is_string() || visit_.links.size() == k_links_max) continue;
    auto url = redactor_.url(link.get_string());
    if (!can_keep(sizeof url + written_size(url))) return;
    visit_.links.push_back(std::move(url));
  }
}

void Recorder::add_consent_string(record::ConsentString string) {
  if (visit_.consent_strings.size() < k_consent_strings_max && can_keep(bytes_of(string)))
    visit_.consent_strings.push_back(std::move(string));
}

void Recorder::find_consent_string(std::string_view place, std::string_view name, std::string_view value) {
  if (visit_.consent_strings.size() >= k_consent_strings_max) return;
  auto found = record::find_consent_string({place, name, value});
  if (!found) return;
  const auto identity = fmt::format("{} {}={}", place, name, redactor_.digest(value).hmac);
  if (seen_consent_strings_.insert(identity).second) add_consent_string(std::move(*found));
}

void Recorder::note_signals(const consent::ConsentSignals& signals) {
  const auto add = [&](const consent::ConsentSignals::Raw& raw, auto decode, auto member) {
    record::ConsentString string;
    string.source = fmt::format("{} in {}", raw.source, record::to_string(phase_));
    if (visit_.consent_strings.size() >= k_consent_strings_max) return;
    if (!seen_consent_strings_.insert(fmt::format("{}={}", string.source, redactor_.digest(raw.text).hmac)).second) return;
    if (auto decoded = decode(raw.text))
      string.*member = std::move(*decoded);
    else
      string.error = decoded.error().describe();
    add_consent_string(std::move(string));
  };
  for (const auto& raw : signals.tcf_strings) add(raw, record::decode_tcf, &record::ConsentString::tcf);
  for (const auto& raw : signals.gpp_strings) add(raw, record::decode_gpp, &record::ConsentString::gpp);
  visit_.google_consent_commands = signals.google_consent_commands;
}

void Recorder::note_inventory(const json::object& inventory) {
  const auto origin = cdp::string(inventory, "origin");
  if (origin.empty() || origin == "null") return;
  const auto add = [&](record::StorageArea area, std::string_view list, const char* method) {
    for (const auto& item : cdp::array(inventory, list)) {
      if (!item.is_string()) continue;
      const std::string name(item.get_string());
      const auto key = std::tuple(area, origin, name);
      if (storage_.contains(key) || storage_.size() >= k_writes_max ||
          !can_keep(sizeof(Stored) + origin.size() + written_size(name)))
        continue;
      Stored stored;
      stored.entry = {area, origin, area == record::StorageArea::service_worker ? redactor_.url(name) : name,
                      {},   phase_, options_.url,
                      {},   true};
      if (const auto call = storage_calls_.find({method, origin, name}); call != storage_calls_.end()) {
        stored.entry.writer = call->second.writer;
        stored.entry.phase = call->second.phase;
      }
      storage_.emplace(key, std::move(stored));
      storage_order_.push_back(key);
    }
  };
  add(record::StorageArea::indexed_db, "databases", "indexedDB.open");
  add(record::StorageArea::cache, "caches", "caches.open");
  add(record::StorageArea::service_worker, "workers", "serviceWorker.register");
}

std::vector<std::string> Recorder::writes_since(WriteMark mark) const {
  std::vector<std::string> names;
  for (std::size_t i = mark.cookies; i < writes_.size(); ++i)
    if (const auto& write = writes_[i].write; !write.writer.by_gannet && !write.is_deletion && !write.is_blocked())
      names.push_back("cookie " + write.cookie.key.name);
  for (const auto& [key, stored] : storage_)
    if (stored.written > mark.storage && !stored.entry.writer.by_gannet)
      names.push_back(fmt::format("{} {}", record::to_string(stored.entry.area), stored.entry.key));
  return names;
}

void Recorder::redact(record::Writer& writer) const {
  writer.url = redactor_.url(writer.url);
  writer.document_url = redactor_.url(writer.document_url);
}

record::Visit Recorder::finish() {
  pair_responses();
  judge_script_writes();
  add_vanished_storage();
  const auto page_url = redactor_.url(options_.url);
  for (auto& hop : hops_) {
    auto& request = hop.request;
    request.url = redactor_.url(hop.raw_url);
    request.redirects_to = redactor_.url(request.redirects_to);
    request.initiator_url = redactor_.url(hop.raw_initiator_url);
    request.initiator_stack = std::move(hop.stack);
    request.duration_ms = duration_ms(hop.times);
    request.timing = make_timing(hop.times);
    drop_idle_headers(request);
    request.google_consent = record::decode_google_consent(hop.raw_url);
    const auto frame = frame_urls_.find(hop.frame_id);
    const std::string_view frame_url = frame == frame_urls_.end() ? request.frame_url.view() : std::string_view(frame->second);
    if (const auto url = redactor_.url(frame_url); can_write(written_size(url))) request.frame_url = share(url);
    if (const auto url = net::Url::parse(hop.raw_url); url && !request.from_cache) {
      request.remote_address = options_.network.remote_address(url->host(), url->port());
      // What the proxy answers in a site's place is not the site's answer.
      if (const auto reason = request.remote_address.empty() ? options_.network.failure(url->host(), url->port()) : "";
          !reason.empty()) {
        request.failure = reason;
        request.status = 0;
      }
    }
    visit_.requests.push_back(std::move(request));
  }
  for (auto& [write, line, is_complete, order] : writes_) {
    redact(write.writer);
    write.page_url = page_url;
    visit_.cookie_writes.push_back(std::move(write));
  }
  for (const auto& key : storage_order_) {
    auto& entry = storage_[key].entry;
    redact(entry.writer);
    entry.page_url = page_url;
    visit_.storage.push_back(std::move(entry));
  }
  for (const auto& [id, url] : frame_urls_) {
    const auto parent = frame_parents_.find(id);
    const auto parent_url = parent == frame_parents_.end() ? frame_urls_.end() : frame_urls_.find(parent->second);
    visit_.frames.push_back({redactor_.url(url), parent_url == frame_urls_.end() ? "" : redactor_.url(parent_url->second),
                             out_of_process_frames_.contains(id)});
  }
  visit_.final_url = redactor_.url(main_url_);
  visit_.http_status = main_status_;
  visit_.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - visit_.started_at).count();
  return std::move(visit_);
}

}  // namespace gannet::scan
