#include "report/impl/comparison_writer.hpp"

#include "report/comparison.hpp"

namespace gannet::report {
namespace {

using change::ItemChange;
using change::ItemKind;

void write_scan(JsonWriter& json, std::string_view name, const change::ScanName& scan) {
  json.key(name);
  json.begin_object();
  json.field("scan_id", scan.scan_id);
  json.field("url", scan.url);
  json.field("started_at", scan.started_at);
  json.end_object();
}

/// Attribute changes and caveats alike.
template <class Changes>
void write_changes(JsonWriter& json, std::string_view name, const Changes& changes) {
  json.key(name);
  json.begin_array();
  for (const auto& change : changes) {
    json.begin_object();
    json.field("name", change.name);
    json.field("before", change.before);
    json.field("after", change.after);
    json.end_object();
  }
  json.end_array();
}

void write_states(JsonWriter& json, std::string_view name, const std::vector<record::ConsentState>& states) {
  json.key(name);
  json.begin_array();
  for (const record::ConsentState state : states) json.value(to_string(state));
  json.end_array();
}

void write_doubt(JsonWriter& json, const std::optional<change::Doubt>& doubt) {
  json.key("doubt");
  if (!doubt) return json.null();
  json.begin_object();
  json.field("kind", to_string(doubt->kind));
  json.field("state", to_string(doubt->state));
  json.field("about", doubt->about);
  json.end_object();
}

void write_key(JsonWriter& json, const change::ItemKey& key) {
  switch (key.kind) {
    case ItemKind::cookie:
      json.field("name", key.name);
      json.field("domain", key.place);
      json.field("path", key.part);
      json.key("partition_key");
      key.partition_key.empty() ? json.null() : json.value(key.partition_key);
      return;
    case ItemKind::storage:
      json.field("area", key.part);
      json.field("origin", key.place);
      json.field("key", key.name);
      return;
    case ItemKind::third_party: json.field("domain", key.name); return;
  }
}

void write_items(JsonWriter& json, std::string_view name, const std::vector<ItemChange>& items, ItemKind kind) {
  json.key(name);
  json.begin_array();
  for (const ItemChange& change : items) {
    if (change.item.key.kind != kind) continue;
    json.begin_object();
    json.field("change", to_string(change.kind));
    write_key(json, change.item.key);
    json.field("generated_name", change.is_generated);
    json.field("category", change.item.attribute("category"));
    if (kind == ItemKind::third_party) json.field("tracker", change.item.attribute("tracker") == "yes");
    write_changes(json, "attributes", change.attributes);
    write_doubt(json, change.doubt);
    json.end_object();
  }
  json.end_array();
}

void write_finding(JsonWriter& json, const change::FindingChange& change) {
  json.begin_object();
  json.field("change", to_string(change.kind));
  json.field("id", change.finding.id);
  json.field("kind", change.finding.kind);
  json.field("subject", change.finding.subject);
  json.field("title", change.finding.title);
  json.field("severity", to_string(change.finding.severity));
  json.field("severity_before", to_string(change.severity_before));
  json.field("confidence", to_string(change.finding.confidence));
  write_states(json, "states", change.finding.states);
  write_doubt(json, change.doubt);
  json.end_object();
}

}  // namespace

void write_comparison(JsonWriter& json, const change::Comparison& comparison) {
  json.begin_object();
  json.field("schema_version", k_comparison_version);
  json.field("different", comparison.has_differences());
  write_scan(json, "before", comparison.before);
  write_scan(json, "after", comparison.after);
  write_changes(json, "caveats", comparison.caveats);
  write_states(json, "only_before", comparison.only_before);
  write_states(json, "only_after", comparison.only_after);
  json.key("states");
  json.begin_object();
  for (const change::StateComparison& state : comparison.states) {
    json.key(to_string(state.state));
    json.begin_object();
    write_changes(json, "consent", state.consent);
    write_items(json, "cookies", state.items, ItemKind::cookie);
    write_items(json, "storage", state.items, ItemKind::storage);
    write_items(json, "third_parties", state.items, ItemKind::third_party);
    json.end_object();
  }
  json.end_object();
  json.key("findings");
  json.begin_object();
  json.field("same", comparison.same_findings_count);
  json.key("changes");
  json.begin_array();
  for (const change::FindingChange& change : comparison.findings) write_finding(json, change);
  json.end_array();
  json.end_object();
  json.end_object();
}

}  // namespace gannet::report
