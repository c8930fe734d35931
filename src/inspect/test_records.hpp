// Hand-made records for inspect's tests: a scan of https://shop.test/ built write by write, and small data sets to judge it with.
#pragma once

#include <unistd.h>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "inspect/inspect.hpp"

namespace gannet::inspect::testing {

using record::ConsentResult;
using record::ConsentState;
using record::Phase;

constexpr std::string_view k_page = "https://shop.test/";
constexpr std::int64_t k_day = 86'400;

inline Instant start_of_scan() { return parse_instant("2026-11-21T12:00:00Z").value(); }

/// Data sets of a few entries, with Gannet's own sets as they are compiled in.
inline const datasets::Datasets& test_datasets() {
  static const auto sets = [] {
    const auto folder = std::filesystem::temp_directory_path() / fmt::format("gannet_inspect_{}", ::getpid());
    const auto write = [&](const std::string& file, std::string_view content) {
      std::filesystem::create_directories((folder / file).parent_path());
      return write_file_atomically(folder / file, content).has_value();
    };
    EXPECT_TRUE(write("npm/@slashgear/gdpr-cookie-scanner@3.8.2/package/src/data/open-cookie-database.json", R"json({
      "Adsy": [
        {"cookie": "adsy_id", "category": "Marketing", "domain": "ads.test (3rd party)", "wildcardMatch": "0", "dataController": "Adsy"},
        {"cookie": "IDE", "category": "Marketing", "domain": "ads.test", "wildcardMatch": "0", "dataController": "Adsy"},
        {"cookie": "adsy_ref", "category": "Marketing", "domain": "", "wildcardMatch": "0", "dataController": "Adsy"},
        {"cookie": "ct_", "category": "Analytics", "domain": "", "wildcardMatch": "1"},
        {"cookie": "_lang", "category": "Personalization", "domain": "", "wildcardMatch": "0"}
      ]})json"));
    EXPECT_TRUE(write("npm/third-party-web@0.30.0/package/dist/entities.json", R"([
      {"name": "Adsy", "company": "Criteo", "category": "ad", "domains": ["*.ads.test"]},
      {"name": "Adsy images", "category": "cdn", "domains": ["*.static.ads.test"]},
      {"name": "Stats", "category": "analytics", "domains": ["*.stats.test"]},
      {"name": "Friends", "category": "social", "domains": ["*.friends.test"]},
      {"name": "Fast CDN", "category": "cdn", "domains": ["*.cdn.test"]},
      {"name": "Banner", "category": "consent-provider", "domains": ["*.banner.test"]}])"));
    EXPECT_TRUE(write("npm/@duckduckgo/autoconsent@16.23.0/package/rules/rules.json", R"({"autoconsent": [{"name": "a"}]})"));
    auto loaded = datasets::Datasets::load({.path = folder, .easy_privacy = folder / "none"}).value();
    std::filesystem::remove_all(folder);
    return loaded;
  }();
  return *sets;
}

inline record::Writer script(std::string url) {
  record::Writer writer;
  writer.kind = record::WriterKind::script;
  writer.url = std::move(url);
  writer.line = 3;
  writer.method = "document.cookie";
  writer.document_url = k_page;
  writer.stack = {{.function = "track", .url = writer.url, .line = 3, .column = 9}};
  return writer;
}

inline record::Writer response(std::string url) {
  record::Writer writer;
  writer.kind = record::WriterKind::http;
  writer.url = std::move(url);
  writer.method = "Set-Cookie";
  return writer;
}

inline record::Cookie cookie(std::string name, std::string domain = "shop.test",
                             std::optional<std::int64_t> lifetime_seconds = {}) {
  record::Cookie made;
  made.key = {.name = std::move(name), .domain = std::move(domain), .host_only = false, .path = "/", .partition_key = {}};
  made.secure = true;
  if (lifetime_seconds) made.expires = start_of_scan() + std::chrono::seconds(*lifetime_seconds);
  return made;
}

inline record::CookieWrite write(record::Cookie made, Phase phase, record::Writer writer = script("https://shop.test/app.js")) {
  record::CookieWrite result;
  if (made.expires)
    result.declared_lifetime_seconds = std::chrono::duration_cast<std::chrono::seconds>(*made.expires - start_of_scan()).count();
  result.cookie = std::move(made);
  result.writer = std::move(writer);
  result.phase = phase;
  result.page_url = k_page;
  result.at = start_of_scan();
  return result;
}

inline record::Request request(std::string url, Phase phase) {
  record::Request made;
  made.url = std::move(url);
  made.method = "GET";
  made.phase = phase;
  made.status = 200;
  made.frame_url = k_page;
  made.initiator_stack = {{.function = "load", .url = "https://shop.test/app.js", .line = 7, .column = 1}};
  made.transferred_bytes = 100;
  return made;
}

inline record::StorageEntry storage(std::string key, Phase phase) {
  record::StorageEntry entry;
  entry.origin = "https://shop.test";
  entry.key = std::move(key);
  entry.phase = phase;
  entry.page_url = k_page;
  entry.writer = script("https://shop.test/app.js");
  return entry;
}

inline record::Visit visit(std::string url = std::string(k_page)) {
  record::Visit made;
  made.requested_url = url;
  made.final_url = std::move(url);
  made.status = record::VisitStatus::ok;
  made.started_at = start_of_scan();
  return made;
}

inline record::StateRecord state(ConsentState which, std::vector<record::Visit> visits,
                                 ConsentResult result = ConsentResult::not_attempted) {
  record::StateRecord made;
  made.state = which;
  made.consent.result = result;
  if (!visits.empty()) visits.front().consent.result = result;
  made.visits = std::move(visits);
  return made;
}

inline record::ScanRecord scan(std::vector<record::StateRecord> states, std::string url = std::string(k_page)) {
  record::ScanRecord made;
  made.url = std::move(url);
  made.status = record::ScanStatus::success;
  made.started_at = start_of_scan();
  made.ended_at = start_of_scan();
  made.states = std::move(states);
  return made;
}

/// A scan with one page in one state.
inline record::ScanRecord scan_of(ConsentState which, record::Visit page, ConsentResult result = ConsentResult::not_attempted) {
  return scan({state(which, {std::move(page)}, result)});
}

inline Inspection inspected(const record::ScanRecord& made, const SiteRules& rules = {}) {
  return inspect(made, test_datasets(), rules);
}

inline std::vector<record::Finding> findings_of(const Inspection& inspection, std::string_view kind) {
  std::vector<record::Finding> found;
  for (const auto& finding : inspection.findings) {
    if (finding.kind == kind) found.push_back(finding);
  }
  return found;
}

}  // namespace gannet::inspect::testing
