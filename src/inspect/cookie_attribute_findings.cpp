// cookie-insecure and cookie-lifetime.
#include <algorithm>

#include "base/text.hpp"
#include "inspect/findings.hpp"

namespace gannet::inspect {
namespace {

using record::Confidence;
using record::SameSite;
using record::Severity;

constexpr std::int64_t k_seconds_a_day = 86'400;

struct Fault {
  std::string text;
  Severity severity = Severity::low;
  Confidence confidence = Confidence::certain;
};

/// Names under which web applications keep logins: "PHPSESSID", "connect.sid", "laravel_session", "auth_token". Not CSRF tokens,
/// which scripts must be able to read.
bool is_session_name(std::string_view name) {
  std::string lower = to_lower(name);
  if (lower.contains("csrf") || lower.contains("xsrf")) return false;
  if (lower.contains("session") || lower.contains("sessid") || lower.contains("auth")) return true;
  std::ranges::replace_if(lower, [](char c) { return c == '.' || c == '-'; }, '_');
  const auto words = split(lower, '_');
  return std::ranges::any_of(words, [](std::string_view word) { return word == "sid" || word == "jwt" || word == "token"; });
}

/// A login by its name and by what is known of it: "_hjSession" of an analytics product is none.
bool is_login(const CookieVerdict& verdict) {
  const Category category = verdict.categorisation.category;
  return category != Category::analytics && category != Category::advertising && is_session_name(verdict.cookie.key.name);
}

std::vector<Fault> faults_of(const CookieVerdict& verdict, bool is_https) {
  const record::Cookie& cookie = verdict.cookie;
  const bool is_session_id = is_login(verdict);
  std::vector<Fault> faults;
  if (is_https && !cookie.secure &&
      (verdict.party == Party::third || cookie.same_site == SameSite::none || is_session_id || is_identifier(verdict))) {
    faults.push_back({.text = "Secure is missing: it also travels over plain http",
                      .severity = is_session_id ? Severity::medium : Severity::low});
  }
  if (is_session_id && !cookie.http_only) {
    faults.push_back({.text = "HttpOnly is missing: any script can read what looks like a session id",
                      .severity = Severity::medium,
                      .confidence = Confidence::likely});
  }
  return faults;
}

FindingSet::Report insecure_report(const record::CookieKey& key, Fault fault) {
  const std::string name = printable(key.name, k_subject_name_bytes);
  return {.kind = "cookie-insecure",
          .subject = fmt::format("cookie {} {}", name, key.domain),
          .severity = fault.severity,
          .confidence = fault.confidence,
          .title = fmt::format("Cookie {} lacks protection: {}.", name, fault.text),
          .advice =
              "Set Secure on every cookie of an https site, HttpOnly on what no script needs to read, and SameSite=None only "
              "with Secure."};
}

bool is_https(const Sighting& sighting) {
  return sighting.visit->final_url.starts_with("https://") || sighting.page_url.starts_with("https://");
}

void add_faults(FindingSet& findings, record::ConsentState state, const CookieTrace& cookie) {
  const Sighting* sighting = cookie.sightings.first();
  if (!sighting) return;
  for (Fault& fault : faults_of(cookie.verdict, is_https(*sighting))) {
    std::string text = fmt::format("cookie {}: {}", printable(cookie.verdict.cookie.key.name, k_subject_name_bytes), fault.text);
    auto report = insecure_report(cookie.verdict.cookie.key, std::move(fault));
    report.evidence = {evidence_of(state, *sighting, std::move(text))};
    findings.add(std::move(report));
  }
}

void add_refused(FindingSet& findings, record::ConsentState state, const record::CookieWrite& write) {
  if (write.writer.by_gannet || std::ranges::find(write.blocked_reasons, "SameSiteNoneInsecure") == write.blocked_reasons.end())
    return;
  auto report = insecure_report(write.cookie.key, {.text = "SameSite=None without Secure, so browsers refuse it"});
  report.evidence = {
      {.state = state,
       .phase = write.phase,
       .page_url = write.page_url,
       .text = fmt::format("the write {} was refused: {}", writer_words(write.writer), join(write.blocked_reasons, ", ")),
       .stack = write.writer.stack}};
  findings.add(std::move(report));
}

void add_lifetime(FindingSet& findings, record::ConsentState state, const CookieTrace& cookie, std::int64_t days_max) {
  const CookieVerdict& verdict = cookie.verdict;
  const Category category = verdict.categorisation.category;
  if (category == Category::necessary || category == Category::unknown) return;
  const auto lifetime = verdict.declared_lifetime_seconds ? verdict.declared_lifetime_seconds : verdict.lifetime_seconds;
  const Sighting* sighting = cookie.sightings.first();
  if (!lifetime || *lifetime <= days_max * k_seconds_a_day || !sighting) return;
  const std::string name = printable(verdict.cookie.key.name, k_subject_name_bytes);
  const std::int64_t days = *lifetime / k_seconds_a_day;
  findings.add({.kind = "cookie-lifetime",
                .subject = fmt::format("cookie {} {}", name, verdict.cookie.key.domain),
                .severity = Severity::low,
                .confidence = confidence_of(verdict.categorisation),
                .title = fmt::format("Cookie {} ({}) is meant to live {} days; {} is the limit.", name, to_string(category), days,
                                     days_max),
                .advice = "Shorten its Max-Age or Expires to at most the limit, and ask for consent again when it has passed.",
                .rule = fmt::format("at most {} days", days_max),
                .evidence = {evidence_of(state, *sighting, fmt::format("cookie {} declares {} days", name, days))}});
}

}  // namespace

void find_in_cookie_attributes(FindingSet& findings, const StateTrace& trace, const SiteRules& rules) {
  for (const auto& cookie : trace.cookies) {
    add_faults(findings, trace.state->state, cookie);
    add_lifetime(findings, trace.state->state, cookie, rules.lifetime_days());
  }
  for (const auto& write : trace.blocked_cookies) add_refused(findings, trace.state->state, write);
}

}  // namespace gannet::inspect
