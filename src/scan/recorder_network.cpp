// The network half of Recorder: requests, redirects, and Set-Cookie headers with the hop that carried them.
#include <boost/json.hpp>

#include "base/text.hpp"
#include "browser/cdp/json.hpp"
#include "net/url.hpp"
#include "scan/recorder.hpp"

namespace gannet::scan {

using browser::SessionView;
namespace cdp = browser::cdp;

constexpr std::size_t k_requests_max = 5'000;

std::vector<record::StackFrame> read_stack(const json::object& stack) {
  std::vector<record::StackFrame> frames;
  // The synchronous part, then its asynchronous callers.
  for (const auto* level = &stack; !level->empty() && frames.size() < 30; level = &cdp::object(*level, "parent")) {
    for (const auto& value : cdp::array(*level, "callFrames")) {
      const auto& frame = cdp::as_object(value);
      if (frames.size() == 30) break;
      frames.push_back({cdp::string(frame, "functionName"), cdp::string(frame, "url"), int(cdp::integer(frame, "lineNumber")) + 1,
                        int(cdp::integer(frame, "columnNumber")) + 1});
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

void Recorder::on_network(const SessionView& session, std::string_view method, const json::object& params) {
  const auto id = cdp::string(params, "requestId");
  if (method == "Network.requestWillBeSent") return on_request(session, params);
  if (method == "Network.responseReceivedExtraInfo") return on_response_extra(params);
  if (method == "Network.requestWillBeSentExtraInfo") {
    std::vector<std::string> sent;
    for (const auto& value : cdp::array(params, "associatedCookies")) {
      const auto& associated = cdp::as_object(value);
      if (cdp::array(associated, "blockedReasons").empty())
        sent.push_back(cdp::string(cdp::object(associated, "cookie"), "name"));
    }
    flows_[id].cookies_sent.push_back(std::move(sent));
    return;
  }
  if (method.starts_with("Network.webSocket")) return on_websocket(method, params);

  const auto flow = flows_.find(id);
  if (flow == flows_.end() || flow->second.hops.empty()) return;
  auto& hop = hops_[flow->second.hops.back()];
  if (method == "Network.responseReceived") {
    const auto& response = cdp::object(params, "response");
    hop.request.status = int(cdp::integer(response, "status"));
    hop.request.mime_type = cdp::string(response, "mimeType");
    hop.request.protocol = cdp::string(response, "protocol");
    hop.request.from_cache = cdp::boolean(response, "fromDiskCache") || cdp::boolean(response, "fromServiceWorker");
    hop.has_extra_headers = cdp::boolean(params, "hasExtraInfo");
    if (hop.request.is_main_frame_navigation) {
      main_statuses_[id] = hop.request.status;
      if (const auto& security = cdp::object(response, "securityDetails"); !security.empty()) {
        const auto at = [&](std::string_view key) { return Instant(std::chrono::seconds(cdp::integer(security, key))); };
        visit_.certificate = record::Certificate{
            cdp::string(security, "subjectName"), cdp::string(security, "issuer"), at("validFrom"), at("validTo"),
            cdp::string(security, "protocol"),    cdp::string(security, "cipher")};
      }
    }
    // Its body may go on for ever by design.
    if (cdp::text(params, "type") == "EventSource") in_flight_.erase(id);
    touch();
  } else if (method == "Network.requestServedFromCache") {
    hop.request.from_cache = true;
    hop.has_extra_headers = false;
  } else if (method == "Network.loadingFinished") {
    hop.request.transferred_bytes = std::uint64_t(std::max(0.0, cdp::number(params, "encodedDataLength")));
    in_flight_.erase(id);
    touch();
  } else if (method == "Network.loadingFailed") {
    const auto reason = cdp::text(params, "blockedReason");
    hop.request.failure = cdp::string(params, "errorText");
    if (!reason.empty()) hop.request.failure += fmt::format(" ({})", reason);
    if (hop.request.is_main_frame_navigation && !cdp::boolean(params, "canceled")) main_failure_ = hop.request.failure;
    in_flight_.erase(id);
    touch();
  }
}

void Recorder::on_request(const SessionView& session, const json::object& params) {
  const auto id = cdp::string(params, "requestId");
  const auto& request = cdp::object(params, "request");
  const auto& initiator = cdp::object(params, "initiator");
  auto& flow = flows_[id];
  const std::string url = cdp::string(request, "url");
  if (url.starts_with("data:") || url.starts_with("blob:") || url.starts_with("about:")) return;
  const bool is_redirect = cdp::find(params, "redirectResponse") != nullptr && !flow.hops.empty();
  if (is_redirect) {
    const auto& response = cdp::object(params, "redirectResponse");
    auto& former = hops_[flow.hops.back()];
    former.request.status = int(cdp::integer(response, "status"));
    former.request.protocol = cdp::string(response, "protocol");
    former.request.from_cache = cdp::boolean(response, "fromDiskCache");
    former.request.transferred_bytes = std::uint64_t(std::max(0.0, cdp::number(response, "encodedDataLength")));
    former.request.redirects_to = url;
    former.has_extra_headers = cdp::boolean(params, "redirectHasExtraInfo");
  }
  if (hops_.size() >= k_requests_max) {
    if (hops_.size() == k_requests_max) {
      add_fact("not observed", fmt::format("more than {} requests", k_requests_max));
      if (visit_.reason.empty())
        visit_.reason = fmt::format("the page made more than {} requests; the rest is not recorded", k_requests_max);
      hops_.emplace_back();  // Marks that the fact was noted; never part of a flow.
    }
    return;
  }
  Hop hop;
  hop.raw_url = url;
  hop.frame_id = cdp::string(params, "frameId");
  hop.request.id = fmt::format("{}#{}", id, flow.hops.size());
  hop.request.method = cdp::string(request, "method");
  hop.request.type = to_lower(cdp::text(params, "type"));
  hop.request.phase = phase_;
  const bool is_navigation = hop.request.type == "document" && cdp::text(params, "loaderId") == id;
  hop.request.is_main_frame_navigation = is_navigation && hop.frame_id == main_frame_;
  hop.request.initiator =
      is_redirect ? record::InitiatorKind::redirect : initiator_kind(cdp::text(initiator, "type"), is_navigation);
  hop.raw_initiator_url = is_redirect ? hops_[flow.hops.back()].raw_url : cdp::string(initiator, "url");
  hop.stack = read_stack(cdp::object(initiator, "stack"));
  if (hop.raw_initiator_url.empty())
    for (const auto& frame : hop.stack)
      if (!frame.url.empty()) {
        hop.raw_initiator_url = frame.url;
        break;
      }
  hop.request.by_gannet = is_acting_ && hop.raw_initiator_url.empty() && hop.request.initiator == record::InitiatorKind::script;
  if (hop.request.is_main_frame_navigation) main_failure_.clear();
  if (!is_long_lived(hop.request.type)) in_flight_.insert(id);
  if (session.type == "service_worker") hop.request.frame_url = session.url;
  flow.hops.push_back(hops_.size());
  hops_.push_back(std::move(hop));
  touch();
}

void Recorder::on_response_extra(const json::object& params) {
  ExtraHeaders extra{phase_,
                     clock_.now(),
                     header(cdp::object(params, "headers"), "set-cookie"),
                     {},
                     cdp::string(cdp::object(params, "cookiePartitionKey"), "topLevelSite")};
  for (const auto& value : cdp::array(params, "blockedCookies")) {
    const auto& blocked = cdp::as_object(value);
    std::vector<std::string> reasons;
    for (const auto& reason : cdp::array(blocked, "blockedReasons"))
      if (reason.is_string()) reasons.emplace_back(reason.get_string());
    extra.blocked.emplace_back(cdp::string(blocked, "cookieLine"), std::move(reasons));
  }
  if (!extra.set_cookie.empty()) touch();
  flows_[cdp::string(params, "requestId")].responses.push_back(std::move(extra));
}

void Recorder::on_websocket(std::string_view method, const json::object& params) {
  const auto id = cdp::string(params, "requestId");
  auto& flow = flows_[id];
  if (method == "Network.webSocketCreated") {
    if (hops_.size() >= k_requests_max) return;
    Hop hop;
    hop.raw_url = cdp::string(params, "url");
    hop.request.id = id + "#0";
    hop.request.method = "GET";
    hop.request.type = "websocket";
    hop.request.phase = phase_;
    hop.stack = read_stack(cdp::object(cdp::object(params, "initiator"), "stack"));
    hop.raw_initiator_url = hop.stack.empty() ? cdp::string(cdp::object(params, "initiator"), "url") : hop.stack.front().url;
    hop.request.initiator = record::InitiatorKind::script;
    flow.hops.push_back(hops_.size());
    hops_.push_back(std::move(hop));
    touch();
  } else if (method == "Network.webSocketHandshakeResponseReceived" && !flow.hops.empty()) {
    const auto& response = cdp::object(params, "response");
    hops_[flow.hops.back()].request.status = int(cdp::integer(response, "status"));
    const auto set_cookie = header(cdp::object(response, "headers"), "set-cookie");
    // The network stack's own report of these headers comes as extra information where it exists; this one is the fallback.
    if (!set_cookie.empty() && flow.responses.empty()) flow.responses.push_back({phase_, clock_.now(), set_cookie, {}, {}});
    touch();
  } else if (method == "Network.webSocketFrameError" && !flow.hops.empty()) {
    hops_[flow.hops.back()].request.failure = cdp::string(params, "errorMessage");
  }
}

/// What made this request be sent, innermost first: its own stack or document, then what loaded that script, and so on.
std::vector<record::StackFrame> Recorder::cause_of(const Hop& hop) const {
  std::vector<record::StackFrame> chain = hop.stack;
  if (chain.empty() && !hop.raw_initiator_url.empty()) chain.push_back({"", hop.raw_initiator_url, 0, 0});
  std::set<std::string> seen;
  const Hop* current = &hop;
  while (chain.size() < 20) {
    const auto& cause = current->raw_initiator_url;
    if (cause.empty() || !seen.insert(cause).second) break;
    const auto loader = std::find_if(hops_.begin(), hops_.end(), [&](const Hop& other) { return other.raw_url == cause; });
    if (loader == hops_.end() || loader->raw_initiator_url.empty()) break;
    if (loader->raw_initiator_url != chain.back().url) chain.push_back({"", loader->raw_initiator_url, 0, 0});
    current = &*loader;
  }
  return chain;
}

/// The i-th set of extra headers belongs to the i-th hop that has any; they may arrive before the hop itself.
void Recorder::pair_flow(Flow& flow) {
  std::vector<std::size_t> with_extra;
  for (const auto index : flow.hops)
    if (hops_[index].has_extra_headers) with_extra.push_back(index);
  for (std::size_t i = 0; i < std::min(with_extra.size(), flow.cookies_sent.size()); ++i)
    hops_[with_extra[i]].request.cookies_sent = std::move(flow.cookies_sent[i]);
  for (std::size_t i = 0; i < flow.responses.size(); ++i) {
    auto& extra = flow.responses[i];
    if (extra.set_cookie.empty() || flow.hops.empty()) continue;
    const Hop& hop = hops_[i < with_extra.size() ? with_extra[i] : flow.hops.back()];
    const auto url = net::Url::parse(hop.raw_url);
    if (!url) continue;
    const auto document = frame_urls_.find(hop.frame_id);
    for (const auto line : split(extra.set_cookie, '\n')) {
      const auto blocked =
          std::ranges::find(extra.blocked, line, [](const auto& entry) { return std::string_view(entry.first); });
      auto parsed = record::parse_cookie_line(line, extra.at);
      // A line that cannot be read at all is evidence too, where the browser says why it refused it.
      if (!parsed && blocked != extra.blocked.end()) parsed = unreadable_cookie(line);
      if (!parsed) continue;
      record::Writer writer{record::WriterKind::http,
                            hop.raw_url,
                            0,
                            0,
                            "Set-Cookie",
                            document == frame_urls_.end() ? "" : document->second,
                            cause_of(hop),
                            false};
      auto& write = add_cookie_write(*parsed, {extra.phase, extra.at, url->host(), url->path()}, std::move(writer));
      if (parsed->partitioned) write.cookie.key.partition_key = extra.partition_key;
      if (blocked == extra.blocked.end()) continue;
      write.blocked_reasons = blocked->second.empty() ? std::vector<std::string>{"Unknown"} : blocked->second;
      extra.blocked.erase(blocked);  // The same line twice: each report counts once.
    }
  }
}

void Recorder::pair_responses() {
  for (auto& [id, flow] : flows_) pair_flow(flow);
  // Script writes were added as they came, header writes flow by flow: back to the order of time, those of one header as they
  // stand.
  for (std::size_t i = 0; i < writes_.size(); ++i) writes_[i].order = i;
  std::ranges::sort(writes_, {}, [](const Write& write) { return std::pair(write.write.at, write.order); });
}

}  // namespace gannet::scan
