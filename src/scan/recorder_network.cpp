// The network half of Recorder: requests, redirects, and Set-Cookie headers with the hop that carried them.
#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/units.hpp"
#include "browser/cdp/json.hpp"
#include "net/url.hpp"
#include "scan/impl/bounds.hpp"
#include "scan/impl/network_error.hpp"
#include "scan/recorder.hpp"

namespace gannet::scan {

using browser::SessionView;
namespace cdp = browser::cdp;

constexpr std::size_t k_requests_max = 5'000;
/// Chromium follows 20 redirects; headers that come for more than these hops are not its own.
constexpr std::size_t k_hops_max = 64;
/// A response has at most 256 KiB of headers; what they make us parse stays within that.
constexpr std::size_t k_cookies_sent_max = 500;
/// Redirects and a reload or two, with addresses of the usual length.
constexpr std::size_t k_spared_navigations_max = 30;
constexpr std::size_t k_spared_url_bytes_max = 2048;
/// A type and a subtype have 127 letters at most (RFC 6838 section 4.2).
constexpr std::size_t k_mime_type_bytes_max = 255;
/// As the page has it, without compression. The largest documents that people read (standards on one page) have 15 MB.
constexpr Bytes k_document_max = 32_MiB;
/// Some thousand requests with the usual headers.
constexpr std::size_t k_header_bytes_max = 16U << 20;

std::vector<record::StackFrame> read_stack(const json::object& stack) {
  std::vector<record::StackFrame> frames;
  // The synchronous part, then its asynchronous callers.
  for (const auto* level = &stack; !level->empty() && frames.size() < 30; level = &cdp::object(*level, "parent")) {
    for (const auto& value : cdp::array(*level, "callFrames")) {
      const auto& frame = cdp::as_object(value);
      if (frames.size() == 30) break;
      frames.push_back({bounded_name(cdp::text(frame, "functionName")), bounded_url(cdp::text(frame, "url")),
                        bounded_int(frame, "lineNumber") + 1, bounded_int(frame, "columnNumber") + 1});
    }
  }
  return frames;
}

namespace {

record::InitiatorKind initiator_kind(std::string_view type, bool is_navigation) {
  if (type == "parser") return record::InitiatorKind::parser;
  if (type == "script") return record::InitiatorKind::script;
  if (type == "preload") return record::InitiatorKind::preload;
  return is_navigation ? record::InitiatorKind::navigation : record::InitiatorKind::other;
}

/// What names a cookie line that is against the rules: its name, as far as it goes.
record::ParsedCookie unreadable_cookie(std::string_view line) {
  record::ParsedCookie cookie;
  cookie.name = printable(trim(line.substr(0, std::min(line.find('='), line.find(';')))), 200);
  return cookie;
}

/// The innermost file on a stack, empty where there is none.
std::string first_url(const std::vector<record::StackFrame>& stack) {
  for (const auto& frame : stack)
    if (!frame.url.empty()) return frame.url;
  return {};
}

/// A connection that stays open by design must not keep the page from coming to rest.
bool is_long_lived(std::string_view type) { return type == "websocket" || type == "eventsource" || type == "media"; }

const json::value* find_header(const json::object& headers, std::string_view name) {
  for (const auto& [key, value] : headers)
    if (equals_ignoring_case(key, name)) return &value;
  return nullptr;
}

std::string header(const json::object& headers, std::string_view name) {
  const auto* value = find_header(headers, name);
  return value && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

/// Redacted at once, so that what is kept of a page's headers is small. They have a limit of their own: without them nothing else
/// is less complete.
std::vector<record::Header> Recorder::keep_headers(const json::object& headers) {
  if (header_bytes_ > k_header_bytes_max) return {};
  auto kept = read_headers(headers, redactor_);
  header_bytes_ += bytes_of(kept);
  bool is_held = space_.headers.take(sizeof(record::Header) * kept.size());
  for (auto& header : kept) {
    auto name = is_held ? space_.headers.share(header.name) : std::nullopt;
    auto value = name ? space_.headers.share(header.value) : std::nullopt;
    is_held = value.has_value();
    if (!is_held) break;
    header = {std::move(*name), std::move(*value)};
  }
  if (is_held && header_bytes_ <= k_header_bytes_max) return kept;
  const auto max = is_held ? Bytes{k_header_bytes_max} : space_.headers.max();
  add_fact("not observed", fmt::format("headers of the {}'s requests past {}", is_held ? "page" : "scan", format_bytes(max)));
  header_bytes_ = k_header_bytes_max + 1;
  return {};
}

std::int64_t Recorder::since_start_ms(Instant at) const {
  return std::max<std::int64_t>(0, std::chrono::round<std::chrono::milliseconds>(at - visit_.started_at).count());
}

/// The flow with this id, made where it is new; null when there are too many.
Recorder::Flow* Recorder::flow_of(const std::string& id) {
  if (const auto known = flows_.find(id); known != flows_.end()) return &known->second;
  if (id.empty() || id.size() > k_name_bytes_max || flows_.size() >= 2 * k_requests_max) return nullptr;
  return &flows_[id];
}

void Recorder::on_network(const SessionView& session, std::string_view method, const json::object& params) {
  if (method == "Network.requestWillBeSent") return on_request(session, params);
  if (method == "Network.requestWillBeSentExtraInfo") return on_request_extra(params);
  if (method == "Network.responseReceivedExtraInfo") return on_response_extra(params);
  if (method.starts_with("Network.webSocket")) return on_websocket(method, params);

  const auto id = cdp::string(params, "requestId");
  const auto flow = flows_.find(id);
  if (flow == flows_.end() || flow->second.hops.empty()) return;
  auto& hop = hops_[flow->second.hops.back()];
  if (method == "Network.responseReceived") {
    on_response(hop, id, params);
  } else if (method == "Network.requestServedFromCache") {
    hop.request.from_cache = true;
    hop.has_extra_headers = false;
  } else if (method == "Network.dataReceived") {
    hop.request.response_body_bytes =
        std::min(hop.request.response_body_bytes + bounded_bytes(params, "dataLength"), k_bytes_max);
    if (hop.request.is_main_frame_navigation && hop.request.response_body_bytes > k_document_max.count && end_reason_.empty()) {
      end_reason_ = fmt::format("the page's document is larger than {}; it was not read further", format_bytes(k_document_max));
      activity_.notify_all();
    }
  } else if (method == "Network.loadingFinished") {
    hop.request.transferred_bytes = bounded_bytes(params, "encodedDataLength");
    hop.times.ended_s = read_timestamp(params);
    in_flight_.erase(id);
    touch();
  } else if (method == "Network.loadingFailed") {
    on_loading_failed(hop, id, params);
  }
}

/// What a redirect and a final answer have in common.
void Recorder::on_answer(Hop& hop, const json::object& response) {
  hop.request.status = bounded_int(response, "status");
  hop.request.mime_type = utf8_prefix(cdp::text(response, "mimeType"), k_mime_type_bytes_max);
  hop.request.protocol = bounded_name(cdp::text(response, "protocol"));
  hop.request.response_headers = keep_headers(cdp::object(response, "headers"));
  hop.times.steps = read_steps(cdp::object(response, "timing"));
}

void Recorder::on_response(Hop& hop, const std::string& id, const json::object& params) {
  const auto& response = cdp::object(params, "response");
  on_answer(hop, response);
  // The memory cache was reported already, by requestServedFromCache.
  hop.request.from_cache |= cdp::boolean(response, "fromDiskCache") || cdp::boolean(response, "fromServiceWorker");
  hop.has_extra_headers = cdp::boolean(params, "hasExtraInfo");
  if (hop.request.is_main_frame_navigation) {
    main_statuses_[id] = hop.request.status;
    main_retry_after_ = bounded_name(header(cdp::object(response, "headers"), "retry-after"));
    if (const auto& security = cdp::object(response, "securityDetails"); !security.empty()) {
      const auto at = [&](std::string_view key) { return bounded_instant(cdp::number(security, key)); };
      const auto name = [&](std::string_view key) { return bounded_name(cdp::text(security, key)); };
      visit_.certificate = record::Certificate{name("subjectName"), name("issuer"),   at("validFrom"),
                                               at("validTo"),       name("protocol"), name("cipher")};
    }
  }
  // Its body may go on for ever by design.
  if (cdp::text(params, "type") == "EventSource") in_flight_.erase(id);
  touch();
}

void Recorder::on_loading_failed(Hop& hop, const std::string& id, const json::object& params) {
  const auto reason = cdp::text(params, "blockedReason");
  hop.request.failure = bounded_name(cdp::text(params, "errorText"));
  if (!reason.empty()) hop.request.failure += fmt::format(" ({})", bounded_name(reason));
  hop.times.ended_s = read_timestamp(params);
  in_flight_.erase(id);
  touch();
  // A navigation that another one replaced, a download, an answer without a document: the page stays as it is.
  if (!hop.request.is_main_frame_navigation || id != main_navigation_ || cdp::boolean(params, "canceled")) return;
  if (id == main_loader_) return note_loss(fmt::format("the page was cut off: {}", words_for_network_error(hop.request.failure)));
  main_failure_ = hop.request.failure;
  if (has_document_)
    note_loss(fmt::format("the page went on to an address that failed: {}", words_for_network_error(hop.request.failure)));
}

void Recorder::on_redirect(Hop& former, const json::object& params) {
  const auto& response = cdp::object(params, "redirectResponse");
  on_answer(former, response);
  former.times.ended_s = read_timestamp(params);
  former.request.from_cache |= cdp::boolean(response, "fromDiskCache");
  former.request.transferred_bytes = bounded_bytes(response, "encodedDataLength");
  auto target = bounded_url(cdp::text(cdp::object(params, "request"), "url"));
  if (can_keep(target.size())) former.request.redirects_to = std::move(target);
  former.has_extra_headers = cdp::boolean(params, "redirectHasExtraInfo");
}

void Recorder::on_request(const SessionView& session, const json::object& params) {
  const auto id = cdp::string(params, "requestId");
  const auto& request = cdp::object(params, "request");
  const auto& initiator = cdp::object(params, "initiator");
  const std::string url = bounded_url(cdp::text(request, "url"));
  if (url.starts_with("data:") || url.starts_with("blob:") || url.starts_with("about:")) return;
  auto* flow = flow_of(id);
  const bool is_redirect = flow && !flow->hops.empty() && cdp::find(params, "redirectResponse") != nullptr;
  if (is_redirect) on_redirect(hops_[flow->hops.back()], params);
  if (!flow || hops_.size() >= k_requests_max) {
    if (flow) flow->is_cut = true;
    return note_loss(fmt::format("the page made more than {} requests; the rest is not recorded", k_requests_max));
  }
  Hop hop;
  hop.raw_url = url;
  hop.frame_id = bounded_name(cdp::text(params, "frameId"));
  hop.request.id = fmt::format("{}#{}", id, flow->hops.size());
  hop.request.method = bounded_name(cdp::text(request, "method"));
  hop.request.type = to_lower(bounded_name(cdp::text(params, "type")));
  hop.request.phase = phase_;
  const auto wall_s = cdp::number(params, "wallTime");
  hop.request.started_ms = since_start_ms(wall_s > 0 ? bounded_instant(wall_s) : clock_.now());
  hop.request.request_headers = keep_headers(cdp::object(request, "headers"));
  hop.times.sent_s = read_timestamp(params);
  const auto loader_id = bounded_name(cdp::text(params, "loaderId"));
  const bool is_navigation = hop.request.type == "document" && loader_id == id;
  hop.request.is_main_frame_navigation = is_navigation && hop.frame_id == main_frame_;
  hop.request.initiator =
      is_redirect ? record::InitiatorKind::redirect : initiator_kind(cdp::text(initiator, "type"), is_navigation);
  hop.raw_initiator_url = is_redirect ? hops_[flow->hops.back()].raw_url : bounded_url(cdp::text(initiator, "url"));
  auto stack = read_stack(cdp::object(initiator, "stack"));
  if (hop.raw_initiator_url.empty()) hop.raw_initiator_url = first_url(stack);
  hop.request.by_gannet = is_acting_ && hop.raw_initiator_url.empty() && hop.request.initiator == record::InitiatorKind::script;
  // A worker's requests have no frame; its script is their document.
  if (hop.frame_id.empty()) hop.request.frame_url = bounded_url(session.url);
  if (hop.request.is_main_frame_navigation) {
    main_navigation_ = id;
    main_asked_url_ = hop.raw_url;
    main_failure_.clear();
  }
  if (!can_keep(sizeof hop.request + hop.raw_url.size() + hop.raw_initiator_url.size())) {
    // Without its own request a page would be one that did not answer.
    if (!hop.request.is_main_frame_navigation || ++spared_navigations_ > k_spared_navigations_max) {
      flow->is_cut = true;
      return;
    }
    hop.raw_url = utf8_prefix(hop.raw_url, k_spared_url_bytes_max);
    hop.raw_initiator_url.clear();
  }
  auto shared = share(std::move(stack));
  if (can_write(bytes_of(shared))) hop.stack = std::move(shared);
  if (!is_long_lived(hop.request.type))
    in_flight_[id] = {session.id, hop.frame_id, loader_id, session.type == "service_worker" || session.type == "shared_worker"};
  flow->hops.push_back(hops_.size());
  hops_.push_back(std::move(hop));
  touch();
}

void Recorder::on_request_extra(const json::object& params) {
  auto* flow = flow_of(cdp::string(params, "requestId"));
  if (!flow || flow->requests.size() >= k_hops_max) return;
  auto& sent = flow->requests.emplace_back();
  sent.headers = keep_headers(cdp::object(params, "headers"));
  for (const auto& value : cdp::array(params, "associatedCookies")) {
    const auto& associated = cdp::as_object(value);
    if (!cdp::array(associated, "blockedReasons").empty()) continue;
    const auto name = cdp::text(cdp::object(associated, "cookie"), "name");
    if (sent.cookies.size() >= k_cookies_sent_max || !can_keep(sizeof(std::string) + name.size())) return;
    sent.cookies.emplace_back(name);
  }
}

void Recorder::on_response_extra(const json::object& params) {
  auto* flow = flow_of(cdp::string(params, "requestId"));
  if (!flow || flow->responses.size() >= k_hops_max) return;
  // Also headers that cannot be kept count as those of their hop.
  auto& extra = flow->responses.emplace_back(ExtraHeaders{phase_, clock_.now(), "", {}, "", {}});
  extra.headers = keep_headers(cdp::object(params, "headers"));
  auto set_cookie = header(cdp::object(params, "headers"), "set-cookie");
  if (set_cookie.empty() || !can_keep(sizeof extra + set_cookie.size())) return;
  touch();
  for (const auto& value : cdp::array(params, "blockedCookies")) {
    const auto& blocked = cdp::as_object(value);
    const auto line = cdp::text(blocked, "cookieLine");
    if (!can_keep(line.size())) break;
    std::vector<std::string> reasons;
    for (const auto& reason : cdp::array(blocked, "blockedReasons"))
      if (reason.is_string()) reasons.push_back(bounded_name(reason.get_string()));
    extra.blocked.emplace(line, std::move(reasons));
  }
  extra.partition_key = bounded_name(cdp::text(cdp::object(params, "cookiePartitionKey"), "topLevelSite"));
  extra.set_cookie = std::move(set_cookie);
}

void Recorder::on_websocket(std::string_view method, const json::object& params) {
  const auto id = cdp::string(params, "requestId");
  if (method == "Network.webSocketCreated") {
    auto* flow = flow_of(id);
    if (!flow || hops_.size() >= k_requests_max)
      return note_loss(fmt::format("the page made more than {} requests; the rest is not recorded", k_requests_max));
    const auto& initiator = cdp::object(params, "initiator");
    Hop hop;
    hop.raw_url = bounded_url(cdp::text(params, "url"));
    hop.request.id = id + "#0";
    hop.request.method = "GET";
    hop.request.type = "websocket";
    hop.request.phase = phase_;
    hop.request.started_ms = since_start_ms(clock_.now());
    auto stack = read_stack(cdp::object(initiator, "stack"));
    hop.raw_initiator_url = stack.empty() ? bounded_url(cdp::text(initiator, "url")) : stack.front().url;
    hop.request.initiator = record::InitiatorKind::script;
    if (!can_keep(sizeof hop.request + hop.raw_url.size() + hop.raw_initiator_url.size())) return;
    auto shared = share(std::move(stack));
    if (can_write(bytes_of(shared))) hop.stack = std::move(shared);
    flow->hops.push_back(hops_.size());
    hops_.push_back(std::move(hop));
    return touch();
  }
  const auto known = flows_.find(id);
  if (known == flows_.end() || known->second.hops.empty()) return;
  auto& flow = known->second;
  auto& request = hops_[flow.hops.back()].request;
  if (method == "Network.webSocketHandshakeResponseReceived") {
    const auto& response = cdp::object(params, "response");
    request.status = bounded_int(response, "status");
    request.request_headers = keep_headers(cdp::object(response, "requestHeaders"));
    request.response_headers = keep_headers(cdp::object(response, "headers"));
    const auto set_cookie = header(cdp::object(response, "headers"), "set-cookie");
    // The network stack's own report of these headers comes as extra information where it exists; this one is the fallback.
    if (!set_cookie.empty() && flow.responses.empty() && can_keep(set_cookie.size()))
      flow.responses.push_back({phase_, clock_.now(), set_cookie, {}, {}, {}});
    touch();
  } else if (method == "Network.webSocketFrameError") {
    request.failure = bounded_name(cdp::text(params, "errorMessage"));
  }
}

/// What made this request be sent, innermost first: its own stack or document, then what loaded that script, and so on.
record::CallStack Recorder::cause_of(const Hop& hop, const LoaderIndex& loaders) const {
  std::vector<record::StackFrame> chain(hop.stack.begin(), hop.stack.end());
  if (chain.empty() && !hop.raw_initiator_url.empty()) chain.push_back({"", redactor_.url(hop.raw_initiator_url), 0, 0});
  std::set<std::string> seen;
  const Hop* current = &hop;
  while (chain.size() < 20) {
    const auto& cause = current->raw_initiator_url;
    if (cause.empty() || !seen.insert(cause).second) break;
    const auto loader = loaders.find(cause);
    if (loader == loaders.end() || loader->second->raw_initiator_url.empty()) break;
    current = loader->second;
    if (auto url = redactor_.url(current->raw_initiator_url); url != chain.back().url)
      chain.push_back({"", std::move(url), 0, 0});
  }
  return chain;
}

/// The i-th set of extra headers belongs to the i-th hop that has any; they may arrive before the hop itself.
void Recorder::pair_flow(Flow& flow, const LoaderIndex& loaders) {
  std::vector<std::size_t> with_extra;
  for (const auto index : flow.hops)
    if (hops_[index].has_extra_headers) with_extra.push_back(index);
  for (std::size_t i = 0; i < std::min(with_extra.size(), flow.requests.size()); ++i) {
    auto& request = hops_[with_extra[i]].request;
    request.cookies_sent = std::move(flow.requests[i].cookies);
    if (!flow.requests[i].headers.empty()) request.request_headers = std::move(flow.requests[i].headers);
    request.request_body_bytes = content_length(request.request_headers);
  }
  for (std::size_t i = 0; i < flow.responses.size(); ++i) {
    auto& extra = flow.responses[i];
    if (i < with_extra.size() && !extra.headers.empty()) hops_[with_extra[i]].request.response_headers = std::move(extra.headers);
    const bool is_of_no_hop = flow.hops.empty() || (flow.is_cut && i >= with_extra.size());
    if (extra.set_cookie.empty() || is_of_no_hop) continue;
    add_header_writes(hops_[i < with_extra.size() ? with_extra[i] : flow.hops.back()], extra, loaders);
  }
}

void Recorder::add_header_writes(const Hop& hop, ExtraHeaders& extra, const LoaderIndex& loaders) {
  const auto url = net::Url::parse(hop.raw_url);
  if (!url) return;
  const auto document = frame_urls_.find(hop.frame_id);
  record::Writer writer;
  writer.kind = record::WriterKind::http;
  writer.url = hop.raw_url;
  writer.method = "Set-Cookie";
  writer.document_url = document == frame_urls_.end() ? hop.request.frame_url : document->second;
  writer.stack = cause_of(hop, loaders);
  for (const auto line : split(extra.set_cookie, '\n')) {
    const auto blocked = extra.blocked.find(line);
    auto parsed = record::parse_cookie_line(line, extra.at);
    // A line that cannot be read at all is evidence too, where the browser says why it refused it.
    if (!parsed && blocked != extra.blocked.end()) parsed = unreadable_cookie(line);
    if (!parsed) continue;
    auto* write = add_cookie_write(*parsed, {extra.phase, extra.at, url->host(), url->path()}, writer);
    if (!write) return;
    if (parsed->partitioned) write->cookie.key.partition_key = extra.partition_key;
    if (blocked == extra.blocked.end()) continue;
    write->blocked_reasons = blocked->second.empty() ? std::vector<std::string>{"Unknown"} : blocked->second;
    extra.blocked.erase(blocked);  // The same line twice: each report counts once.
  }
}

void Recorder::pair_responses() {
  LoaderIndex loaders;
  for (const auto& hop : hops_) loaders.emplace(hop.raw_url, &hop);
  for (auto& [id, flow] : flows_) pair_flow(flow, loaders);
  // Script writes were added as they came, header writes flow by flow: back to the order of time, those of one header as they
  // stand.
  for (std::size_t i = 0; i < writes_.size(); ++i) writes_[i].order = i;
  std::ranges::sort(writes_, {}, [](const Write& write) { return std::pair(write.write.at, write.order); });
}

}  // namespace gannet::scan
