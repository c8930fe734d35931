#include "report/declaration.hpp"

#include <fmt/format.h>

#include "base/clock.hpp"
#include "base/json_writer.hpp"
#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

using inspect::DeclaredCookie;
using inspect::InventoryItem;

std::string item_words(const InventoryItem& item) {
  return fmt::format("{} @ {}{} ({})", safe(item.name, 100), safe(item.domain, 100),
                     item.area ? fmt::format(" [{}]", to_string(*item.area)) : "", category_words(item.categorisation));
}

std::string declared_words(const DeclaredCookie& declared) {
  std::string words = safe(declared.name, 100);
  if (!declared.domain.empty()) words += " @ " + safe(declared.domain, 100);
  if (!declared.category_text.empty()) words += " (" + safe(declared.category_text, 60) + ")";
  return words;
}

void write_declared(JsonWriter& json, const DeclaredCookie& declared) {
  json.field("name", declared.name);
  json.field("domain", declared.domain);
  json.field("category", declared.category_text);
  json.field("lifetime", declared.lifetime.text);
}

void write_seen(JsonWriter& json, const InventoryItem& item) {
  json.begin_object();
  json.field("kind", item.area ? to_string(*item.area) : "cookie");
  json.field("name", item.name);
  json.field("domain", item.domain);
  json.field("category", to_string(item.categorisation.category));
  json.field("confidence", to_string(item.categorisation.confidence));
  json.field("source", item.categorisation.source);
  json.key("lifetime_seconds");
  if (item.declared_lifetime_seconds) {
    json.value(*item.declared_lifetime_seconds);
  } else {
    json.null();
  }
  json.key("states");
  json.begin_array();
  for (const auto state : item.states) json.value(to_string(state));
  json.end_array();
  json.end_object();
}

}  // namespace

std::string declaration_text(const record::ScanRecord& scan, const Verdict& verdict,
                             const inspect::DeclarationComparison& comparison) {
  std::string differing, alike;
  std::size_t difference_count = 0;
  for (const auto& match : comparison.matches) {
    std::string& lines = match.differences.empty() ? alike : differing;
    difference_count += match.differences.empty() ? 0U : 1U;
    lines += fmt::format("  {}: {}\n", declared_words(match.declared), count_words(match.seen.size(), "match", "matches"));
    for (const std::string& difference : match.differences) lines += "      " + difference + "\n";
  }
  std::string out = fmt::format("{} against its declaration, scan {} of {}\n", safe(scan.url, 200), scan.id.to_string(),
                                format_instant(scan.started_at).substr(0, 10));
  if (verdict.has_blocking_gap())
    out += "Warning: the scan did not see everything, so cookies that are not declared may be missing here.\n";
  const auto add_section = [&out](std::string_view title, std::size_t count, const std::string& lines) {
    out += fmt::format("\n{}: {}\n{}", title, count, lines);
  };
  std::string undeclared, not_seen;
  for (const auto& item : comparison.undeclared) undeclared += "  " + item_words(item) + "\n";
  for (const auto& declared : comparison.not_seen) not_seen += "  " + declared_words(declared) + "\n";
  add_section("Seen, not declared", comparison.undeclared.size(), undeclared);
  add_section("Declared, but different", difference_count, differing);
  add_section("Declared and seen", comparison.matches.size() - difference_count, alike);
  add_section("Declared, not seen on these pages (no proof that the site does not use them)", comparison.not_seen.size(),
              not_seen);
  return out;
}

std::string declaration_json(const record::ScanRecord& scan, const Verdict& verdict,
                             const inspect::DeclarationComparison& comparison) {
  JsonWriter json(true);
  json.begin_object();
  json.field("scan_id", scan.id.to_string());
  json.field("url", scan.url);
  json.field("started_at", format_instant(scan.started_at));
  json.field("is_complete", !verdict.has_blocking_gap());
  json.key("declared_and_seen");
  json.begin_array();
  for (const auto& match : comparison.matches) {
    json.begin_object();
    write_declared(json, match.declared);
    json.key("differences");
    json.begin_array();
    for (const std::string& difference : match.differences) json.value(difference);
    json.end_array();
    json.key("seen");
    json.begin_array();
    for (const auto& item : match.seen) write_seen(json, item);
    json.end_array();
    json.end_object();
  }
  json.end_array();
  json.key("seen_not_declared");
  json.begin_array();
  for (const auto& item : comparison.undeclared) write_seen(json, item);
  json.end_array();
  json.key("declared_not_seen");
  json.begin_array();
  for (const auto& declared : comparison.not_seen) {
    json.begin_object();
    write_declared(json, declared);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).take() + "\n";
}

}  // namespace gannet::report
