#include "report/document.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <span>

#include "base/json_writer.hpp"
#include "report/impl/comparison_writer.hpp"
#include "report/impl/states.hpp"
#include "report/verdict.hpp"

namespace gannet::report {
namespace {

using inspect::CookieVerdict;
using inspect::StateInspection;
using inspect::StorageVerdict;
using inspect::ThirdParty;

// write_x writes one value; the caller has written its key. list() writes an array of what `write` writes.
template <class Items, class Write>
void list(JsonWriter& json, std::string_view key, const Items& items, Write write) {
  json.key(key);
  json.begin_array();
  for (const auto& item : items) write(json, item);
  json.end_array();
}

template <class Items>
void list(JsonWriter& json, std::string_view key, const Items& items) {
  list(json, key, items, [](JsonWriter& out, const auto& item) { out.value(item); });
}

template <class Map>
void map(JsonWriter& json, std::string_view key, const Map& entries) {
  json.key(key);
  json.begin_object();
  for (const auto& [name, value] : entries) json.field(name, value);
  json.end_object();
}

template <class T>
void optional_field(JsonWriter& json, std::string_view key, const std::optional<T>& value) {
  json.key(key);
  if (value)
    json.value(*value);
  else
    json.null();
}

void optional_field(JsonWriter& json, std::string_view key, const std::optional<Instant>& at) {
  json.key(key);
  if (at)
    json.value(format_instant(*at));
  else
    json.null();
}

void write_value_digest(JsonWriter& json, const record::ValueDigest& value) {
  json.begin_object();
  json.field("size_bytes", value.size_bytes);
  json.field("character_class", to_string(value.character_class));
  json.field("entropy_bits", value.entropy_bits);
  json.field("hmac", value.hmac);
  json.end_object();
}

void write_stack(JsonWriter& json, std::span<const record::StackFrame> stack) {
  list(json, "stack", stack.first(std::min(stack.size(), k_stack_frames_max)),
       [](JsonWriter& out, const record::StackFrame& frame) {
         out.begin_object();
         out.field("function", frame.function);
         out.field("url", frame.url);
         out.field("line", frame.line);
         out.field("column", frame.column);
         out.end_object();
       });
}

void write_writer(JsonWriter& json, const record::Writer& writer) {
  json.begin_object();
  json.field("kind", to_string(writer.kind));
  json.field("url", writer.url);
  json.field("line", writer.line);
  json.field("column", writer.column);
  json.field("method", writer.method);
  json.field("document_url", writer.document_url);
  write_stack(json, writer.stack);
  json.field("by_gannet", writer.by_gannet);
  json.end_object();
}

void write_consent(JsonWriter& json, const record::ConsentOutcome& consent) {
  json.begin_object();
  json.field("result", to_string(consent.result));
  json.field("platform", consent.platform);
  json.field("method", consent.method);
  list(json, "proofs", consent.proofs);
  json.field("button_text", consent.button_text);
  json.field("clicks", consent.clicks);
  list(json, "first_layer_buttons", consent.first_layer_buttons);
  json.field("note", consent.note);
  json.end_object();
}

void write_cookie(JsonWriter& json, const CookieVerdict& verdict) {
  const record::Cookie& cookie = verdict.cookie;
  json.begin_object();
  json.field("name", cookie.key.name);
  json.field("domain", cookie.key.domain);
  json.field("host_only", cookie.key.host_only);
  json.field("path", cookie.key.path);
  json.field("party", to_string(verdict.party));
  json.field("http_only", cookie.http_only);
  json.field("secure", cookie.secure);
  json.field("same_site", to_string(cookie.same_site));
  optional_field(json, "partition_key",
                 cookie.key.partition_key.empty() ? std::nullopt : std::optional(cookie.key.partition_key));
  optional_field(json, "expires", cookie.expires);
  json.field("session", !cookie.expires.has_value());
  optional_field(json, "lifetime_seconds", verdict.lifetime_seconds);
  optional_field(json, "declared_lifetime_seconds", verdict.declared_lifetime_seconds);
  json.field("size_bytes", cookie.size_bytes);
  json.key("value");
  write_value_digest(json, cookie.value);
  json.field("phase", to_string(verdict.phase));
  json.field("present", verdict.is_present);
  list(json, "pages", verdict.pages);
  json.key("set_by");
  write_writer(json, verdict.set_by);
  json.field("category", to_string(verdict.categorisation.category));
  json.field("category_source", verdict.categorisation.source);
  json.field("category_rule", verdict.categorisation.rule);
  json.field("confidence", to_string(verdict.categorisation.confidence));
  json.field("owner", verdict.owner.name);
  json.field("owner_country", verdict.owner.country);
  json.end_object();
}

void write_blocked_cookie(JsonWriter& json, const record::CookieWrite& write) {
  json.begin_object();
  json.field("name", write.cookie.key.name);
  json.field("domain", write.cookie.key.domain);
  json.field("path", write.cookie.key.path);
  json.field("phase", to_string(write.phase));
  list(json, "reasons", write.blocked_reasons);
  json.key("set_by");
  write_writer(json, write.writer);
  json.end_object();
}

void write_storage(JsonWriter& json, const StorageVerdict& verdict) {
  json.begin_object();
  json.field("area", to_string(verdict.entry.area));
  json.field("origin", verdict.entry.origin);
  json.field("key", verdict.entry.key);
  json.key("value");
  write_value_digest(json, verdict.entry.value);
  json.field("party", to_string(verdict.party));
  json.field("phase", to_string(verdict.entry.phase));
  json.field("present", verdict.entry.is_present);
  json.key("set_by");
  write_writer(json, verdict.entry.writer);
  json.field("category", to_string(verdict.categorisation.category));
  json.field("category_source", verdict.categorisation.source);
  json.field("confidence", to_string(verdict.categorisation.confidence));
  json.field("owner", verdict.owner.name);
  json.end_object();
}

void write_third_party(JsonWriter& json, const ThirdParty& party) {
  json.begin_object();
  json.field("domain", party.domain);
  list(json, "hosts", party.hosts);
  json.field("owner", party.owner.name);
  json.field("owner_country", party.owner.country);
  json.field("category", to_string(party.categorisation.category));
  json.field("tracker", party.is_tracker);
  json.field("requests", party.request_count);
  json.field("transferred_bytes", party.transferred_bytes);
  json.field("first_phase", to_string(party.first_phase));
  list(json, "cookies", party.cookie_names);
  list(json, "initiators", party.initiators);
  json.end_object();
}

/// Counts what the site asked for; requests of Gannet's own consent action are left out.
void write_requests(JsonWriter& json, const record::StateRecord& state, const StateInspection& inspection) {
  std::uint64_t total = 0, failed = 0, transferred_bytes = 0, third_party = 0;
  std::map<std::string_view, std::uint64_t> by_type, by_phase;
  for (const record::Visit& visit : state.visits) {
    for (const record::Request& request : visit.requests) {
      if (request.by_gannet) continue;
      ++total;
      failed += request.failure.empty() ? 0 : 1;
      transferred_bytes += request.transferred_bytes;
      ++by_type[request.type];
      ++by_phase[to_string(request.phase)];
    }
  }
  for (const ThirdParty& party : inspection.third_parties) third_party += party.request_count;
  json.begin_object();
  json.field("total", total);
  json.field("third_party", third_party);
  json.field("failed", failed);
  json.field("transferred_bytes", transferred_bytes);
  map(json, "by_type", by_type);
  map(json, "by_phase", by_phase);
  json.end_object();
}

void write_tcf(JsonWriter& json, const std::optional<record::TcfString>& tcf) {
  if (!tcf) return json.null();
  json.begin_object();
  json.field("version", tcf->version);
  json.field("created", format_instant(tcf->created));
  json.field("last_updated", format_instant(tcf->last_updated));
  json.field("cmp_id", tcf->cmp_id);
  json.field("cmp_version", tcf->cmp_version);
  json.field("consent_screen", tcf->consent_screen);
  json.field("consent_language", tcf->consent_language);
  json.field("vendor_list_version", tcf->vendor_list_version);
  json.field("policy_version", tcf->policy_version);
  json.field("service_specific", tcf->is_service_specific);
  json.field("purpose_one_treatment", tcf->purpose_one_treatment);
  json.field("publisher_country", tcf->publisher_country);
  list(json, "special_feature_opt_ins", tcf->special_feature_opt_ins);
  list(json, "purpose_consents", tcf->purpose_consents);
  list(json, "purpose_legitimate_interests", tcf->purpose_legitimate_interests);
  list(json, "vendor_consents", tcf->vendor_consents);
  list(json, "vendor_legitimate_interests", tcf->vendor_legitimate_interests);
  list(json, "disclosed_vendors", tcf->disclosed_vendors);
  json.end_object();
}

void write_gpp(JsonWriter& json, const std::optional<record::GppString>& gpp) {
  if (!gpp) return json.null();
  json.begin_object();
  list(json, "section_ids", gpp->section_ids);
  json.key("tcf_eu");
  write_tcf(json, gpp->tcf_eu);
  json.field("us_privacy", gpp->us_privacy);
  json.key("us_sections");
  json.begin_object();
  for (const auto& [section, fields] : gpp->us_sections) map(json, std::to_string(section), fields);
  json.end_object();
  json.end_object();
}

void write_consent_strings(JsonWriter& json, const record::StateRecord& state) {
  json.key("consent_strings");
  json.begin_array();
  for (const record::Visit& visit : state.visits) {
    for (const record::ConsentString& text : visit.consent_strings) {
      json.begin_object();
      json.field("source", text.source);
      json.field("page_url", visit.requested_url);
      json.key("tcf");
      write_tcf(json, text.tcf);
      json.key("gpp");
      write_gpp(json, text.gpp);
      json.field("error", text.error);
      json.end_object();
    }
  }
  json.end_array();
}

void write_google_consent(JsonWriter& json, const record::StateRecord& state) {
  json.begin_object();
  json.key("commands");
  json.begin_array();
  for (const record::Visit& visit : state.visits) {
    for (const record::GoogleConsentCommand& command : visit.google_consent_commands) {
      json.begin_object();
      json.field("page_url", visit.requested_url);
      json.field("command", command.command);
      map(json, "types", command.types);
      list(json, "regions", command.regions);
      json.end_object();
    }
  }
  json.end_array();
  json.key("hits");
  json.begin_array();
  for (const record::Visit& visit : state.visits) {
    for (const record::Request& request : visit.requests) {
      if (!request.google_consent) continue;
      json.begin_object();
      json.field("url", request.url);
      json.field("phase", to_string(request.phase));
      optional_field(json, "ad_storage", request.google_consent->ad_storage);
      optional_field(json, "analytics_storage", request.google_consent->analytics_storage);
      map(json, "by_type", request.google_consent->by_type);
      json.end_object();
    }
  }
  json.end_array();
  json.end_object();
}

void write_page(JsonWriter& json, const record::Visit& visit) {
  json.begin_object();
  json.field("url", visit.requested_url);
  json.field("final_url", visit.final_url);
  json.field("status", to_string(visit.status));
  json.field("reason", visit.reason);
  json.field("http_status", visit.http_status);
  json.field("title", visit.title);
  json.field("attempts", visit.attempts);
  json.field("duration_ms", visit.duration_ms);
  list(json, "phases", visit.phases, [](JsonWriter& out, const record::PhaseEnd& end) {
    out.begin_object();
    out.field("phase", to_string(end.phase));
    out.field("settled_by", to_string(end.settled_by));
    out.field("duration_ms", end.duration_ms);
    out.end_object();
  });
  json.field("requests", std::ranges::count(visit.requests, false, &record::Request::by_gannet));
  list(json, "facts", visit.facts, [](JsonWriter& out, const record::Fact& fact) {
    out.begin_object();
    out.field("kind", fact.kind);
    out.field("detail", fact.detail);
    out.field("phase", to_string(fact.phase));
    out.end_object();
  });
  json.end_object();
}

void write_state(JsonWriter& json, const record::StateRecord& state, const StateInspection& inspection, const Verdict& verdict) {
  json.begin_object();
  json.key("consent");
  write_consent(json, state.consent);
  json.field("established", verdict.is_established(state.state));
  json.field("fresh_context_per_page", state.has_fresh_context_per_page);
  list(json, "cookies", inspection.cookies, write_cookie);
  list(json, "blocked_cookies", inspection.blocked_cookies, write_blocked_cookie);
  list(json, "storage", inspection.storage, write_storage);
  list(json, "third_parties", inspection.third_parties, write_third_party);
  json.key("requests");
  write_requests(json, state, inspection);
  write_consent_strings(json, state);
  json.key("google_consent");
  write_google_consent(json, state);
  list(json, "pages", state.visits, write_page);
  json.end_object();
}

void write_finding(JsonWriter& json, const record::Finding& finding) {
  json.begin_object();
  json.field("id", finding.id);
  json.field("kind", finding.kind);
  json.field("severity", to_string(finding.severity));
  json.field("confidence", to_string(finding.confidence));
  json.field("subject", finding.subject);
  json.field("title", finding.title);
  json.field("advice", finding.advice);
  json.field("rule", finding.rule);
  list(json, "evidence", finding.evidence, [](JsonWriter& out, const record::Evidence& evidence) {
    out.begin_object();
    out.field("state", to_string(evidence.state));
    out.field("phase", to_string(evidence.phase));
    out.field("page_url", evidence.page_url);
    out.field("text", evidence.text);
    write_stack(out, evidence.stack);
    out.end_object();
  });
  json.end_object();
}

void write_how(JsonWriter& json, const record::How& how, const std::vector<inspect::DatasetUse>& datasets) {
  json.begin_object();
  json.field("gannet_version", how.gannet_version);
  json.field("browser", how.browser);
  json.field("user_agent", how.user_agent);
  json.field("third_party_cookies", how.third_party_cookies);
  json.field("sandboxed", how.is_sandboxed);
  json.field("viewport", how.viewport);
  json.field("proxy", how.proxy);
  list(json, "datasets", datasets, [](JsonWriter& out, const inspect::DatasetUse& dataset) {
    out.begin_object();
    out.field("name", dataset.name);
    out.field("version", dataset.version);
    out.field("hash", dataset.hash);
    out.end_object();
  });
  json.end_object();
}

}  // namespace

std::string scan_document_json(const record::ScanRecord& scan, const inspect::Inspection& inspection, Pretty pretty,
                               const change::Comparison* since_baseline) {
  static const StateInspection k_not_inspected;
  const Verdict verdict = make_verdict(scan, inspection);
  JsonWriter json(pretty == Pretty::yes);
  json.begin_object();
  json.field("schema_version", k_document_version);
  json.field("scan_id", scan.id.to_string());
  json.field("url", scan.url);
  json.field("status", to_string(scan.status));
  json.field("reason", scan.reason);
  json.field("started_at", format_instant(scan.started_at));
  json.field("ended_at", format_instant(scan.ended_at));
  json.field("duration_ms", duration_of(scan).count());
  json.key("states");
  json.begin_object();
  for (const record::ConsentState state : k_states) {
    const record::StateRecord* visited = find_state(scan, state);
    if (!visited) continue;
    const StateInspection* inspected = find_state(inspection, state);
    json.key(to_string(state));
    write_state(json, *visited, inspected ? *inspected : k_not_inspected, verdict);
  }
  json.end_object();
  list(json, "findings", inspection.findings, write_finding);
  list(json, "review", inspection.review);
  json.key("how");
  write_how(json, scan.how, inspection.datasets);
  if (since_baseline) {
    json.key("since_baseline");
    write_comparison(json, *since_baseline);
  }
  json.end_object();
  return std::move(json).take() + (pretty == Pretty::yes ? "\n" : "");
}

}  // namespace gannet::report
