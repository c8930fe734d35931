// Records as a scan makes them, for the tests of the store.
#pragma once

#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "record/judgement.hpp"
#include "record/scan.hpp"
#include "record/value.hpp"

namespace gannet::store {

inline const record::Redactor& test_redactor() {
  static const record::Redactor redactor(std::string(32, 'k'));
  return redactor;
}

inline record::Visit make_visit(record::ConsentState state, const std::string& url, const std::string& secret,
                                int request_count) {
  const auto& redactor = test_redactor();
  record::Visit visit;
  visit.state = state;
  visit.requested_url = visit.final_url = redactor.url(url);
  visit.status = record::VisitStatus::ok;
  visit.http_status = 200;
  for (int i = 0; i < request_count; ++i) {
    record::Request request;
    request.id = std::to_string(i);
    request.url = redactor.url(fmt::format("https://cdn{}.test/asset/{}.js?token={}", i % 7, i, secret));
    request.initiator_stack = {{.function = "load", .url = request.url, .line = i, .column = 3}};
    visit.requests.push_back(std::move(request));
  }
  record::Cookie cookie;
  cookie.key = {.name = "visitor", .domain = "shop.test", .host_only = true, .path = "/", .partition_key = {}};
  cookie.value = redactor.digest(secret);
  record::CookieWrite write;
  write.cookie = cookie;
  write.page_url = visit.requested_url;
  visit.cookie_writes.push_back(std::move(write));
  visit.jars[record::Phase::s0] = {cookie};
  record::StorageEntry entry;
  entry.key = "settings";
  entry.value = redactor.digest(secret);
  visit.storage.push_back(std::move(entry));
  return visit;
}

/// A JPEG file as far as anybody looks; each `content` makes another one.
inline std::string make_picture(std::string_view content) {
  return std::string("\xff\xd8\xff\xc0\x00\x11\x08\x03\x00\x05\x56", 11) + std::string(content);
}

/// Lets each visit of a scan have a picture of its S0, which is returned.
inline record::ScreenshotSet add_screenshots(record::ScanRecord& scan, const std::string& content) {
  record::ScreenshotSet screenshots;
  for (auto& state : scan.states)
    for (auto& visit : state.visits) {
      const auto bytes = make_picture(fmt::format("{} {}", content, screenshots.size()));
      visit.screenshots[record::Phase::s0] = record::describe_jpeg(bytes).value();
      screenshots[visit.screenshots[record::Phase::s0].sha256] = bytes;
    }
  return screenshots;
}

inline record::Judgement make_judgement(Instant at, const std::string& subject = "cookie visitor shop.test") {
  record::Judgement judgement;
  judgement.judged_at = at;
  judgement.gannet_version = "0.1.0";
  judgement.datasets = {{.name = "owners", .version = "1", .hash = "ab"}};
  judgement.findings.emplace_back().subject = subject;
  return judgement;
}

struct RecordOptions {
  std::string url = "https://shop.test/start";
  /// In cookie, storage and query values.
  std::string secret = "plain-value";
  int pages = 2;
  int requests = 3;
};

/// Two states with `pages` visits each.
inline record::ScanRecord make_record(ScanId id, Instant at, const RecordOptions& options = {}) {
  record::ScanRecord scan;
  scan.id = id;
  scan.url = test_redactor().url(options.url);
  scan.status = record::ScanStatus::success;
  scan.started_at = at;
  scan.ended_at = at + std::chrono::seconds(30);
  scan.how.gannet_version = "0.1.0";
  for (const auto state : {record::ConsentState::untouched, record::ConsentState::rejected}) {
    auto& states = scan.states.emplace_back();
    states.state = state;
    for (int page = 0; page < options.pages; ++page)
      states.visits.push_back(make_visit(state, fmt::format("{}?page={}", options.url, page),
                                         options.secret + std::to_string(page), options.requests));
  }
  return scan;
}

}  // namespace gannet::store
