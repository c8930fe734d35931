#include "report/har.hpp"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/json_writer.hpp"
#include "base/text.hpp"
#include "report/document.hpp"
#include "report/impl/states.hpp"
#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

using record::Request;
using record::Visit;

constexpr std::int64_t k_not_known = -1;

class HarReport {
 public:
  explicit HarReport(const record::ScanRecord& scan) : scan_(scan) {}

  std::string write() && {
    json_.object([&] {
      json_.object("log", [&] {
        json_.field("version", "1.2");
        write_program("creator", "Gannet/" + scan_.how.gannet_version);
        write_program("browser", scan_.how.browser);
        json_.array("pages", [&] {
          for_each_visit(
              [&](const Visit& visit, std::string_view state, const std::string& id) { write_page(visit, state, id); });
        });
        json_.array("entries", [&] {
          for_each_visit([&](const Visit& visit, std::string_view state, const std::string& id) {
            for (const Request& request : visit.requests) write_entry(visit, request, state, id);
          });
        });
        json_.field("comment",
                    "Scan " + scan_.id.to_string() + " of " + scan_.url + "; values are redacted, bodies not recorded");
      });
    });
    return std::move(json_).take();
  }

 private:
  template <class Function>
  void for_each_visit(Function function) const {
    for (const record::ConsentState name : k_states) {
      const record::StateRecord* state = find_state(scan_, name);
      if (!state) continue;
      for (std::size_t i = 0; i < state->visits.size(); ++i)
        function(state->visits[i], to_string(name), fmt::format("{}_{}", to_string(name), i + 1));
    }
  }
  /// "HeadlessChrome/156.0.1" as name and version.
  void write_program(std::string_view member, std::string_view product);
  void write_page(const Visit& visit, std::string_view state, const std::string& id);
  void write_entry(const Visit& visit, const Request& request, std::string_view state, const std::string& page_id);
  void write_request(const Request& request);
  void write_response(const Request& request);
  void write_timings(const Request& request);
  void write_initiator(const Request& request);
  void write_headers(const std::vector<record::Header>& headers);
  void write_query(std::string_view url);

  const record::ScanRecord& scan_;
  JsonWriter json_{true};
};

void HarReport::write_program(std::string_view member, std::string_view product) {
  const auto slash = product.find_first_of("/ ");
  json_.object(member, [&] {
    json_.field("name", product.substr(0, slash));
    json_.field("version", slash == std::string_view::npos ? std::string_view() : product.substr(slash + 1));
  });
}

void HarReport::write_page(const Visit& visit, std::string_view state, const std::string& id) {
  std::vector<std::string> phases;
  for (const record::PhaseEnd& phase : visit.phases)
    phases.push_back(fmt::format("{} {} ms ({})", to_string(phase.phase), phase.duration_ms, to_string(phase.settled_by)));
  json_.object([&] {
    json_.field("startedDateTime", format_instant(visit.started_at));
    json_.field("id", id);
    json_.field("title", fmt::format("{}: {}", state, visit.requested_url));
    json_.object("pageTimings", [&] {
      json_.field("onContentLoad", k_not_known);
      json_.field("onLoad", k_not_known);
    });
    json_.field("comment", fmt::format("consent state {}, {}{}{}", state, to_string(visit.status),
                                       visit.reason.empty() ? "" : " (" + visit.reason + ")",
                                       phases.empty() ? "" : "; " + join(phases, ", ")));
    json_.field("_state", state);
  });
}

void HarReport::write_headers(const std::vector<record::Header>& headers) {
  json_.array("headers", [&] {
    for (const record::Header& header : headers) {
      json_.object([&] {
        json_.field("name", header.name.view());
        json_.field("value", header.value.view());
      });
    }
  });
}

void HarReport::write_query(std::string_view url) {
  json_.array("queryString", [&] {
    const auto begin = url.find('?');
    if (begin == std::string_view::npos) return;
    const std::string_view query = url.substr(begin + 1, url.find('#', begin) - begin - 1);
    for (const std::string_view pair : split(query, '&')) {
      const auto equals = pair.find('=');
      if (pair.empty()) continue;
      json_.object([&] {
        json_.field("name", pair.substr(0, equals));
        json_.field("value", equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
      });
    }
  });
}

void HarReport::write_request(const Request& request) {
  json_.object("request", [&] {
    json_.field("method", request.method);
    json_.field("url", uri_of(request.url));
    json_.field("httpVersion", request.protocol);
    json_.array("cookies", [&] {
      for (const std::string& name : request.cookies_sent) {
        json_.object([&] {
          json_.field("name", name);
          json_.field("value", "");
          json_.field("comment", "the value is not recorded");
        });
      }
    });
    write_headers(request.request_headers);
    write_query(request.url);
    json_.field("headersSize", k_not_known);
    json_.field("bodySize", request.request_body_bytes);
  });
}

void HarReport::write_response(const Request& request) {
  json_.object("response", [&] {
    json_.field("status", request.status);
    json_.field("statusText", "");
    json_.field("httpVersion", request.protocol);
    json_.array("cookies", [] {});
    write_headers(request.response_headers);
    json_.object("content", [&] {
      json_.field("size", request.response_body_bytes);
      json_.field("mimeType", request.mime_type.empty() ? "x-unknown" : request.mime_type);
    });
    json_.field("redirectURL", uri_of(request.redirects_to));
    json_.field("headersSize", k_not_known);
    json_.field("bodySize", request.from_cache ? 0 : k_not_known);
  });
}

/// The parts of an entry add up to its time; where only the time is known, all of it counts as waiting.
void HarReport::write_timings(const Request& request) {
  json_.object("timings", [&] {
    if (!request.timing) {
      json_.field("send", 0);
      json_.field("wait", request.duration_ms.value_or(0));
      json_.field("receive", 0);
      json_.field("comment", "the parts are not known");
      return;
    }
    json_.field("blocked", request.timing->blocked_ms);
    json_.field("dns", request.timing->dns_ms.value_or(k_not_known));
    json_.field("connect", request.timing->connect_ms.value_or(k_not_known));
    json_.field("ssl", request.timing->ssl_ms.value_or(k_not_known));
    json_.field("send", request.timing->send_ms);
    json_.field("wait", request.timing->wait_ms);
    json_.field("receive", request.timing->receive_ms);
  });
}

void HarReport::write_initiator(const Request& request) {
  json_.object("_initiator", [&] {
    json_.field("type", to_string(request.initiator));
    if (!request.initiator_url.empty()) json_.field("url", request.initiator_url);
    if (request.initiator_stack.empty()) return;
    json_.array("stack", [&] {
      const std::span frames(request.initiator_stack);
      for (const record::StackFrame& frame : frames.first(std::min(frames.size(), k_stack_frames_max))) {
        json_.object([&] {
          json_.field("functionName", frame.function);
          json_.field("url", frame.url);
          json_.field("lineNumber", frame.line);
          json_.field("columnNumber", frame.column);
        });
      }
    });
  });
}

void HarReport::write_entry(const Visit& visit, const Request& request, std::string_view state, const std::string& page_id) {
  json_.object([&] {
    json_.field("pageref", page_id);
    json_.field("startedDateTime", format_instant(visit.started_at + std::chrono::milliseconds(request.started_ms)));
    json_.field("time", request.duration_ms.value_or(0));
    write_request(request);
    write_response(request);
    json_.object("cache", [] {});
    write_timings(request);
    if (!request.remote_address.empty()) json_.field("serverIPAddress", request.remote_address);
    json_.field("_state", state);
    json_.field("_phase", to_string(request.phase));
    json_.field("_resourceType", request.type);
    json_.field("_transferSize", request.transferred_bytes);
    if (!request.failure.empty()) json_.field("_failure", request.failure);
    if (request.by_gannet) json_.field("_byGannet", true);
    write_initiator(request);
  });
}

}  // namespace

std::string scan_har(const record::ScanRecord& scan) { return HarReport(scan).write(); }

}  // namespace gannet::report
