// The script half of Recorder: reports of observe_writes.js, storage events, and what the jar says of them at the end.
#include <boost/json.hpp>

#include "base/text.hpp"
#include "browser/cdp/json.hpp"
#include "net/url.hpp"
#include "scan/impl/bounds.hpp"
#include "scan/recorder.hpp"

namespace gannet::scan {

using browser::SessionView;
namespace cdp = browser::cdp;

namespace {

constexpr std::size_t k_entries_max = 5'000;
/// A longer one is not stored: Chromium keeps 10 MiB for an origin, in UTF-16.
constexpr std::size_t k_storage_name_bytes_max = 16U << 20;

/// Views: a page may hand over 30 MB at once.
using Arguments = std::span<const json::value>;

/// How the inspector shows an object argument, which observe_writes.js hands over as the only entry of a map.
const json::object& preview_of(Arguments arguments) {
  static const json::object k_none;
  if (arguments.empty()) return k_none;
  const auto& entries = cdp::array(cdp::object(cdp::as_object(arguments[0]), "preview"), "entries");
  return entries.empty() ? k_none : cdp::object(cdp::as_object(entries[0]), "value");
}

/// The members of an object argument as far as the inspector shows them: primitive values only, long texts cut.
std::map<std::string, std::string> read_members(Arguments arguments) {
  std::map<std::string, std::string> members;
  for (const auto& value : cdp::array(preview_of(arguments), "properties")) {
    const auto& property = cdp::as_object(value);
    if (cdp::text(property, "type") != "object" || cdp::text(property, "subtype") == "null")
      members[cdp::string(property, "name")] = cdp::string(property, "value");
  }
  return members;
}

/// Whether the inspector left out members of an object argument.
bool is_cut_preview(Arguments arguments) { return cdp::boolean(preview_of(arguments), "overflow"); }

std::string_view string_argument(Arguments arguments, std::size_t index) {
  if (index >= arguments.size()) return {};
  return cdp::text(cdp::as_object(arguments[index]), "value");
}

/// CookieStore.set's options (Cookie Store API §3): path defaults to "/", SameSite to strict, and the cookie is always Secure.
record::ParsedCookie read_cookie_init(Arguments arguments, Instant now) {
  record::ParsedCookie cookie;
  cookie.path = "/";
  cookie.secure = true;
  cookie.same_site = record::SameSite::strict;
  const auto members = read_members(arguments);
  const auto member = [&](const char* name) {
    const auto at = members.find(name);
    return at == members.end() || at->second == "null" || at->second == "undefined" ? std::string() : at->second;
  };
  if (members.empty()) {
    cookie.name = string_argument(arguments, 0);
    cookie.value = string_argument(arguments, 1);
    return cookie;
  }
  cookie.name = member("name");
  cookie.value = member("value");
  if (const auto domain = member("domain"); !domain.empty()) cookie.domain = to_lower(domain);
  if (const auto path = member("path"); !path.empty()) cookie.path = path.ends_with('/') ? path : path + "/";
  if (const auto same_site = member("sameSite"); same_site == "lax")
    cookie.same_site = record::SameSite::lax;
  else if (same_site == "none")
    cookie.same_site = record::SameSite::none;
  cookie.partitioned = member("partitioned") == "true";
  if (const auto expires = member("expires"); !expires.empty()) {
    const double ms = std::strtod(expires.c_str(), nullptr);
    const double now_ms = double(now.time_since_epoch().count()) / 1000;
    if (ms > 0 && ms < 1e15) cookie.lifetime_seconds = std::int64_t((ms - now_ms) / 1000);
  }
  return cookie;
}

}  // namespace

void Recorder::on_console(const SessionView& session, const json::object& params) {
  const Arguments arguments = cdp::array(params, "args");
  if (arguments.size() < 3 || string_argument(arguments, 0) != options_.report_token) return;
  const std::string method(string_argument(arguments, 1));
  ScriptContext context;
  if (const auto known = contexts_.find({session.id, cdp::integer(params, "executionContextId")}); known != contexts_.end())
    context = known->second;
  // A worker has no frame: what it writes is its script's origin's.
  if (session.type != "page" && session.type != "iframe")
    if (const auto url = net::Url::parse(session.url)) context = {"", url->origin()};

  record::Writer writer;
  writer.kind = record::WriterKind::script;
  writer.method = method;
  writer.document_url = document_url_of(context);
  auto stack = read_stack(cdp::object(params, "stackTrace"));
  // The two innermost frames are our own report and its condition.
  std::size_t own = 0;
  while (own < stack.size() && own < 2 && stack[own].url.empty()) ++own;
  stack.erase(stack.begin(), stack.begin() + std::ptrdiff_t(own));
  for (const auto& frame : stack) {
    if (frame.url.empty()) continue;
    writer.url = frame.url;
    writer.line = frame.line;
    writer.column = frame.column;
    break;
  }
  writer.by_gannet = is_acting_ && writer.url.empty();
  writer.stack = share(std::move(stack));
  touch();

  const auto values = arguments.subspan(2);
  if (method == "document.cookie" || method.starts_with("cookieStore."))
    return on_script_cookie(method, values, std::move(writer), context);
  auto url = net::Url::parse(context.origin);
  if (!url) url = net::Url::parse(writer.document_url);
  if (url) on_storage_call(method, url->origin(), string_argument(values, 0), std::move(writer));
}

void Recorder::on_storage_call(const std::string& method, const std::string& origin, std::string_view name,
                               record::Writer writer) {
  if (name.size() > k_storage_name_bytes_max) return;
  const std::tuple key(method, origin, std::string(name));
  const auto known = storage_calls_.find(key);
  const bool is_new = known == storage_calls_.end();
  if (is_new && storage_calls_.size() >= k_entries_max) return;
  if (!can_keep(bytes_of(writer) + (is_new ? origin.size() + written_size(name) : 0))) return;
  if (!is_new) release(bytes_of(known->second.writer));
  storage_calls_.insert_or_assign(key, StorageCall{std::move(writer), phase_});
}

std::string Recorder::document_url_of(const ScriptContext& context) const {
  // about:blank and srcdoc documents act for the document that made them.
  std::string id = context.frame_id;
  for (int level = 0; level < 100 && !id.empty(); ++level) {
    const auto url = frame_urls_.find(id);
    if (url != frame_urls_.end() && url->second.starts_with("http")) return url->second;
    const auto parent = frame_parents_.find(id);
    if (parent == frame_parents_.end()) break;
    id = parent->second;
  }
  return context.origin.empty() ? main_url_ : context.origin + "/";
}

void Recorder::on_script_cookie(std::string_view method, std::span<const json::value> arguments, record::Writer writer,
                                const ScriptContext& context) {
  const auto now = clock_.now();
  std::optional<record::ParsedCookie> parsed;
  std::string_view line;
  if (method == "document.cookie") {
    line = string_argument(arguments, 0);
    parsed = record::parse_cookie_line(line, now);
  } else {
    parsed = read_cookie_init(arguments, now);
    if (method == "cookieStore.delete") parsed->lifetime_seconds = 0;
  }
  if (!parsed || (parsed->name.empty() && parsed->value.empty())) return;
  const auto url = net::Url::parse(writer.document_url);
  if (!url) return;
  // The execution context's origin decides the host: a document may have navigated since its frame's URL was told.
  const auto origin = net::Url::parse(context.origin);
  const Origin written_from{phase_, now, origin ? origin->host() : url->host(), url->path()};
  if (!add_cookie_write(*parsed, written_from, std::move(writer))) return;
  // A longer line is not in the audits either.
  if (line.size() <= k_url_bytes_max && can_keep(line.size())) writes_.back().script_line = line;
  writes_.back().is_complete = !is_cut_preview(arguments);
}

/// Null when no more writes are kept.
record::CookieWrite* Recorder::add_cookie_write(const record::ParsedCookie& parsed, const Origin& origin, record::Writer writer) {
  if (writes_.size() >= k_entries_max) {
    note_loss(fmt::format("the page wrote more than {} cookies; the rest is not recorded", k_entries_max));
    return nullptr;
  }
  const auto size = parsed.name.size() + parsed.value.size();
  if (!can_keep(sizeof(record::CookieWrite) + written_size(parsed.name) + written_size(parsed.path.value_or(origin.path)) +
                bytes_of(writer)))
    return nullptr;
  record::CookieWrite write;
  write.cookie.key = record::cookie_key(parsed, {origin.host, origin.path});
  write.cookie.secure = parsed.secure;
  write.cookie.http_only = parsed.http_only;
  write.cookie.same_site = parsed.same_site;
  write.cookie.size_bytes = size;
  write.cookie.value = redactor_.digest(parsed.value);
  write.declared_lifetime_seconds = parsed.lifetime_seconds;
  if (parsed.lifetime_seconds) {
    write.is_deletion = *parsed.lifetime_seconds <= 0;
    // Far beyond any real lifetime, and safe to add.
    const auto seconds = std::clamp<std::int64_t>(*parsed.lifetime_seconds, -4'000'000'000, 4'000'000'000);
    write.cookie.expires = origin.at + std::chrono::seconds(seconds);
  }
  write.writer = std::move(writer);
  write.phase = origin.phase;
  write.page_url = options_.url;
  write.at = origin.at;
  find_consent_string("cookie", parsed.name, parsed.value);
  writes_.push_back({.write = std::move(write), .script_line = {}});
  return &writes_.back().write;
}

void Recorder::on_storage(std::string_view method, const json::object& params) {
  const auto& id = cdp::object(params, "storageId");
  const auto area = cdp::boolean(id, "isLocalStorage") ? record::StorageArea::local : record::StorageArea::session;
  auto origin = cdp::string(id, "securityOrigin");
  if (origin.empty()) {
    // A storage key is an origin with "/" and, when partitioned, more after "^".
    origin = cdp::string(id, "storageKey");
    origin = origin.substr(0, origin.find('^'));
  }
  while (origin.ends_with('/')) origin.pop_back();
  if (method == "DOMStorage.domStorageItemsCleared") {
    for (auto& [key, stored] : storage_)
      if (std::get<0>(key) == area && std::get<1>(key) == origin) stored.entry.is_present = false;
    return touch();
  }
  if (method == "DOMStorage.domStorageItemRemoved") {
    if (const auto known = storage_.find({area, origin, cdp::string(params, "key")}); known != storage_.end())
      known->second.entry.is_present = false;
    return touch();
  }
  if (method == "DOMStorage.domStorageItemAdded" || method == "DOMStorage.domStorageItemUpdated")
    on_storage_item(area, origin, params);
}

void Recorder::on_storage_item(record::StorageArea area, const std::string& origin, const json::object& params) {
  touch();
  const auto name = cdp::string(params, "key");
  const auto value = cdp::text(params, "newValue");
  const auto key = std::tuple(area, origin, name);
  find_consent_string(record::to_string(area), name, value);
  if (const auto known = storage_.find(key); known != storage_.end()) {
    known->second.entry.value = redactor_.digest(value);
    known->second.entry.is_present = true;
    known->second.written = ++storage_writes_;
    return;
  }
  if (storage_.size() >= k_entries_max)
    return note_loss(fmt::format("the page stored more than {} entries; the rest is not recorded", k_entries_max));
  Stored stored;
  stored.entry = {area, origin, name, redactor_.digest(value), phase_, options_.url, {}, true};
  // Only scripts write here. One that assigned a property instead of calling setItem is a script whose place is not known.
  stored.entry.writer.kind = record::WriterKind::script;
  stored.entry.writer.method = fmt::format("{} property", record::to_string(area));
  if (const auto call = storage_calls_.find({"setItem", origin, name}); call != storage_calls_.end()) {
    stored.entry.writer = call->second.writer;
    stored.entry.writer.method = fmt::format("{}.setItem", record::to_string(area));
  }
  if (!can_keep(sizeof stored + 2 * (origin.size() + written_size(name)) + bytes_of(stored.entry.writer))) return;
  stored.written = ++storage_writes_;
  storage_.emplace(key, std::move(stored));
  storage_order_.push_back(key);
}

void Recorder::on_audit(const json::object& issue) {
  if (cdp::text(issue, "code") != "CookieIssue") return;
  const auto& details = cdp::object(cdp::object(issue, "details"), "cookieIssueDetails");
  if (cdp::text(details, "operation") != "SetCookie") return;
  std::vector<std::string> reasons;
  for (const auto& reason : cdp::array(details, "cookieExclusionReasons"))
    if (reason.is_string()) reasons.push_back(bounded_name(reason.get_string()));
  if (reasons.empty()) return;
  auto line = cdp::string(details, "rawCookieLine");
  if (line.empty()) line = cdp::string(cdp::object(details, "cookie"), "name");
  if (line.size() > k_url_bytes_max || audit_reasons_.size() >= k_entries_max || !can_keep(line.size())) return;
  audit_reasons_[std::move(line)] = std::move(reasons);
}

/// A database or cache that was opened and is in no inventory was removed again in between.
void Recorder::add_vanished_storage() {
  for (const auto& [call_name, call] : storage_calls_) {
    const auto& [method, origin, name] = call_name;
    if (method != "indexedDB.open" && method != "caches.open") continue;
    const auto area = method == "caches.open" ? record::StorageArea::cache : record::StorageArea::indexed_db;
    const auto key = std::tuple(area, origin, name);
    if (storage_.contains(key) || !can_keep(sizeof(Stored) + bytes_of(call.writer))) continue;
    Stored stored;
    stored.entry = {area, origin, name, {}, call.phase, options_.url, call.writer, false};
    storage_.emplace(key, std::move(stored));
    storage_order_.push_back(key);
  }
}

/// Nothing answers a document.cookie assignment: whether the browser took it shows in the jar at the end of its phase, unless a
/// later write of the same phase removed or replaced it.
void Recorder::judge_script_writes() {
  // Partitions do not count: a script does not see which one it writes to.
  const auto place = [](record::Phase phase, record::CookieKey key) {
    key.partition_key.clear();
    return std::pair(phase, std::move(key));
  };
  std::map<std::pair<record::Phase, record::CookieKey>, const record::Cookie*> kept_cookies;
  for (const auto& [phase, jar] : visit_.jars)
    for (const auto& cookie : jar) kept_cookies.emplace(place(phase, cookie.key), &cookie);
  std::map<std::pair<record::Phase, record::CookieKey>, std::size_t> last_deletions;
  for (std::size_t i = 0; i < writes_.size(); ++i)
    if (const auto& write = writes_[i].write; write.is_deletion) last_deletions[place(write.phase, write.cookie.key)] = i;

  for (std::size_t i = 0; i < writes_.size(); ++i) {
    auto& [write, line, is_complete, order] = writes_[i];
    if (write.writer.kind != record::WriterKind::script || write.is_deletion || !visit_.jars.contains(write.phase)) continue;
    const auto where = place(write.phase, write.cookie.key);
    if (const auto kept = kept_cookies.find(where); kept != kept_cookies.end()) {
      write.cookie.key.partition_key = kept->second->key.partition_key;
      continue;
    }
    const auto deletion = last_deletions.find(where);
    const bool is_removed = deletion != last_deletions.end() && deletion->second > i;
    const bool is_short_lived = write.declared_lifetime_seconds && *write.declared_lifetime_seconds < 60;
    if (is_removed || is_short_lived || !is_complete) continue;
    auto reasons = audit_reasons_.find(line);
    if (reasons == audit_reasons_.end()) reasons = audit_reasons_.find(write.cookie.key.name);
    write.blocked_reasons = reasons != audit_reasons_.end() ? reasons->second : std::vector<std::string>{"NotInJar"};
  }
}

}  // namespace gannet::scan
