#include "record/json.hpp"

#include "record/impl/json_archive.hpp"

namespace gannet::record {

// One list of fields per structure, for both directions.

void fields(auto& archive, Of<ValueDigest> auto& value) {
  archive("size_bytes", value.size_bytes);
  archive("character_class", value.character_class);
  archive("entropy_bits", value.entropy_bits);
  archive("hmac", value.hmac);
}

void fields(auto& archive, Of<CookieKey> auto& value) {
  archive("name", value.name);
  archive("domain", value.domain);
  archive("host_only", value.host_only);
  archive("path", value.path);
  archive("partition_key", value.partition_key);
}

void fields(auto& archive, Of<Cookie> auto& value) {
  archive("key", value.key);
  archive("secure", value.secure);
  archive("http_only", value.http_only);
  archive("same_site", value.same_site);
  archive("expires_us", value.expires);
  archive("size_bytes", value.size_bytes);
  archive("value", value.value);
}

void fields(auto& archive, Of<StackFrame> auto& value) {
  archive("function", value.function);
  archive("url", value.url);
  archive("line", value.line);
  archive("column", value.column);
}

void fields(auto& archive, Of<Writer> auto& value) {
  archive("kind", value.kind);
  archive("url", value.url);
  archive("line", value.line);
  archive("column", value.column);
  archive("method", value.method);
  archive("document_url", value.document_url);
  archive("stack", value.stack);
  archive("by_gannet", value.by_gannet);
}

void fields(auto& archive, Of<CookieWrite> auto& value) {
  archive("cookie", value.cookie);
  archive("declared_lifetime_seconds", value.declared_lifetime_seconds);
  archive("writer", value.writer);
  archive("phase", value.phase);
  archive("page_url", value.page_url);
  archive("at_us", value.at);
  archive("is_deletion", value.is_deletion);
  archive("blocked_reasons", value.blocked_reasons);
}

void fields(auto& archive, Of<TcfString> auto& value) {
  archive("version", value.version);
  archive("created_us", value.created);
  archive("last_updated_us", value.last_updated);
  archive("cmp_id", value.cmp_id);
  archive("cmp_version", value.cmp_version);
  archive("consent_screen", value.consent_screen);
  archive("consent_language", value.consent_language);
  archive("vendor_list_version", value.vendor_list_version);
  archive("policy_version", value.policy_version);
  archive("is_service_specific", value.is_service_specific);
  archive("purpose_one_treatment", value.purpose_one_treatment);
  archive("publisher_country", value.publisher_country);
  archive("special_feature_opt_ins", value.special_feature_opt_ins);
  archive("purpose_consents", value.purpose_consents);
  archive("purpose_legitimate_interests", value.purpose_legitimate_interests);
  archive("vendor_consents", value.vendor_consents);
  archive("vendor_legitimate_interests", value.vendor_legitimate_interests);
  archive("disclosed_vendors", value.disclosed_vendors);
}

void fields(auto& archive, Of<GppString> auto& value) {
  archive("section_ids", value.section_ids);
  archive("tcf_eu", value.tcf_eu);
  archive("us_privacy", value.us_privacy);
  archive("us_sections", value.us_sections);
}

void fields(auto& archive, Of<GoogleConsentHit> auto& value) {
  archive("ad_storage", value.ad_storage);
  archive("analytics_storage", value.analytics_storage);
  archive("by_type", value.by_type);
}

void fields(auto& archive, Of<GoogleConsentCommand> auto& value) {
  archive("command", value.command);
  archive("types", value.types);
  archive("regions", value.regions);
}

void fields(auto& archive, Of<ConsentString> auto& value) {
  archive("source", value.source);
  archive("tcf", value.tcf);
  archive("gpp", value.gpp);
  archive("error", value.error);
}

void fields(auto& archive, Of<PhaseEnd> auto& value) {
  archive("phase", value.phase);
  archive("settled_by", value.settled_by);
  archive("duration_ms", value.duration_ms);
}

void fields(auto& archive, Of<Header> auto& value) {
  archive("name", value.name);
  archive("value", value.value);
}

void fields(auto& archive, Of<Timing> auto& value) {
  archive("blocked_ms", value.blocked_ms);
  archive("dns_ms", value.dns_ms);
  archive("connect_ms", value.connect_ms);
  archive("ssl_ms", value.ssl_ms);
  archive("send_ms", value.send_ms);
  archive("wait_ms", value.wait_ms);
  archive("receive_ms", value.receive_ms);
}

void fields(auto& archive, Of<Screenshot> auto& value) {
  archive("sha256", value.sha256);
  archive("media_type", value.media_type);
  archive("width_pixels", value.width_pixels);
  archive("height_pixels", value.height_pixels);
  archive("size_bytes", value.size_bytes);
}

void fields(auto& archive, Of<Request> auto& value) {
  archive("id", value.id);
  archive("url", value.url);
  archive("method", value.method);
  archive("type", value.type);
  archive("phase", value.phase);
  archive("started_ms", value.started_ms);
  archive("duration_ms", value.duration_ms);
  archive("timing", value.timing);
  archive("frame_url", value.frame_url);
  archive("is_main_frame_navigation", value.is_main_frame_navigation);
  archive("initiator", value.initiator);
  archive("initiator_url", value.initiator_url);
  archive("initiator_stack", value.initiator_stack);
  archive("redirects_to", value.redirects_to);
  archive("status", value.status);
  archive("mime_type", value.mime_type);
  archive("protocol", value.protocol);
  archive("transferred_bytes", value.transferred_bytes);
  archive("request_body_bytes", value.request_body_bytes);
  archive("response_body_bytes", value.response_body_bytes);
  archive("request_headers", value.request_headers);
  archive("response_headers", value.response_headers);
  archive("remote_address", value.remote_address);
  archive("from_cache", value.from_cache);
  archive("failure", value.failure);
  archive("cookies_sent", value.cookies_sent);
  archive("google_consent", value.google_consent);
  archive("by_gannet", value.by_gannet);
}

void fields(auto& archive, Of<StorageEntry> auto& value) {
  archive("area", value.area);
  archive("origin", value.origin);
  archive("key", value.key);
  archive("value", value.value);
  archive("phase", value.phase);
  archive("page_url", value.page_url);
  archive("writer", value.writer);
  archive("is_present", value.is_present);
}

void fields(auto& archive, Of<Frame> auto& value) {
  archive("url", value.url);
  archive("parent_url", value.parent_url);
  archive("is_out_of_process", value.is_out_of_process);
}

void fields(auto& archive, Of<Fact> auto& value) {
  archive("kind", value.kind);
  archive("detail", value.detail);
  archive("phase", value.phase);
}

void fields(auto& archive, Of<ConsentOutcome> auto& value) {
  archive("result", value.result);
  archive("platform", value.platform);
  archive("method", value.method);
  archive("proofs", value.proofs);
  archive("button_text", value.button_text);
  archive("clicks", value.clicks);
  archive("first_layer_buttons", value.first_layer_buttons);
  archive("note", value.note);
}

void fields(auto& archive, Of<Certificate> auto& value) {
  archive("subject", value.subject);
  archive("issuer", value.issuer);
  archive("valid_from_us", value.valid_from);
  archive("valid_to_us", value.valid_to);
  archive("protocol", value.protocol);
  archive("cipher", value.cipher);
}

void fields(auto& archive, Of<Visit> auto& value) {
  archive("state", value.state);
  archive("requested_url", value.requested_url);
  archive("final_url", value.final_url);
  archive("status", value.status);
  archive("reason", value.reason);
  archive("http_status", value.http_status);
  archive("title", value.title);
  archive("started_at_us", value.started_at);
  archive("duration_ms", value.duration_ms);
  archive("attempts", value.attempts);
  archive("phases", value.phases);
  archive("requests", value.requests);
  archive("cookie_writes", value.cookie_writes);
  archive("jars", value.jars);
  archive("storage", value.storage);
  archive("frames", value.frames);
  archive("facts", value.facts);
  archive("links", value.links);
  archive("certificate", value.certificate);
  archive("consent", value.consent);
  archive("consent_strings", value.consent_strings);
  archive("google_consent_commands", value.google_consent_commands);
  archive("screenshots", value.screenshots);
}

void fields(auto& archive, Of<StateRecord> auto& value) {
  archive("state", value.state);
  archive("consent", value.consent);
  archive("visits", value.visits);
  archive("has_fresh_context_per_page", value.has_fresh_context_per_page);
}

void fields(auto& archive, Of<How> auto& value) {
  archive("gannet_version", value.gannet_version);
  archive("browser", value.browser);
  archive("user_agent", value.user_agent);
  archive("third_party_cookies", value.third_party_cookies);
  archive("is_sandboxed", value.is_sandboxed);
  archive("viewport", value.viewport);
  archive("proxy", value.proxy);
}

void fields(auto& archive, Of<ScanRecord> auto& value) {
  archive("id", value.id);
  archive("url", value.url);
  archive("status", value.status);
  archive("reason", value.reason);
  archive("started_at_us", value.started_at);
  archive("ended_at_us", value.ended_at);
  archive("states", value.states);
  archive("how", value.how);
}

void fields(auto& archive, Of<Evidence> auto& value) {
  archive("state", value.state);
  archive("phase", value.phase);
  archive("page_url", value.page_url);
  archive("text", value.text);
  archive("stack", value.stack);
}

void fields(auto& archive, Of<Finding> auto& value) {
  archive("id", value.id);
  archive("kind", value.kind);
  archive("severity", value.severity);
  archive("confidence", value.confidence);
  archive("subject", value.subject);
  archive("title", value.title);
  archive("advice", value.advice);
  archive("rule", value.rule);
  archive("evidence", value.evidence);
}

void fields(auto& archive, Of<DatasetVersion> auto& value) {
  archive("name", value.name);
  archive("version", value.version);
  archive("hash", value.hash);
}

void fields(auto& archive, Of<Judgement> auto& value) {
  archive("judged_at_us", value.judged_at);
  archive("gannet_version", value.gannet_version);
  archive("datasets", value.datasets);
  archive("findings", value.findings);
  archive("categories", value.categories);
}

namespace {

template <class T>
boost::json::value encode(const T& value) {
  boost::json::object object = JsonWriter::encode_structure(value);
  object.emplace("schema", k_json_schema);
  return object;
}

template <class T>
Result<T> decode(const boost::json::value& json) {
  const auto* object = json.if_object();
  if (!object) return fail(ErrorKind::invalid, "record: expected an object");
  const auto* schema = object->if_contains("schema");
  if (!schema || !schema->is_int64()) return fail(ErrorKind::invalid, "schema: expected an integer");
  if (schema->get_int64() != k_json_schema)
    return fail(ErrorKind::invalid, "schema: expected {}, found {}", k_json_schema, schema->get_int64());
  return JsonReader::read<T>(json);
}

}  // namespace

boost::json::value to_json(const ScanRecord& record) { return encode(record); }
boost::json::value to_json(const Visit& visit) { return encode(visit); }
boost::json::value to_json(const Judgement& judgement) { return encode(judgement); }
Result<ScanRecord> scan_record_from_json(const boost::json::value& json) { return decode<ScanRecord>(json); }
Result<Visit> visit_from_json(const boost::json::value& json) { return decode<Visit>(json); }
Result<Judgement> judgement_from_json(const boost::json::value& json) { return decode<Judgement>(json); }

}  // namespace gannet::record
