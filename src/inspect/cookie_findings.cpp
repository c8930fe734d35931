// cookie-before-consent and cookie-after-reject.
#include "base/text.hpp"
#include "inspect/findings.hpp"

namespace gannet::inspect {
namespace {

using record::Confidence;

std::string name_of(const CookieVerdict& verdict) { return printable(verdict.cookie.key.name, k_subject_name_bytes); }

std::string subject_of(const CookieVerdict& verdict) {
  return fmt::format("cookie {} {}", name_of(verdict), verdict.cookie.key.domain);
}

/// Needs consent, as far as anyone can tell. An unknown cookie counts when it could identify a visitor.
bool needs_consent(const CookieVerdict& verdict) {
  switch (verdict.categorisation.category) {
    case Category::necessary: return false;
    case Category::functional:
    case Category::analytics:
    case Category::advertising: return true;
    case Category::unknown: return is_identifier(verdict);
  }
  return false;
}

std::string purpose_words(const CookieVerdict& verdict) {
  if (verdict.categorisation.category == Category::unknown) return "purpose unknown, looks like an identifier";
  return std::string(to_string(verdict.categorisation.category));
}

std::string sighting_words(const CookieVerdict& verdict, const Sighting& sighting) {
  if (!sighting.writer)
    return fmt::format("cookie {} was in the jar {}; no write was observed", name_of(verdict), phase_words(sighting));
  return fmt::format("cookie {} written {} {}", name_of(verdict), writer_words(*sighting.writer), phase_words(sighting));
}

std::string rule_words(const Categorisation& categorisation) {
  return categorisation.source.empty() ? std::string() : fmt::format("{}: {}", categorisation.source, categorisation.rule);
}

void add_before_consent(FindingSet& findings, const StateTrace& trace, const CookieTrace& cookie) {
  const auto& sighting = cookie.sightings.before_choice;
  if (!sighting) return;
  const CookieVerdict& verdict = cookie.verdict;
  findings.add({.kind = "cookie-before-consent",
                .subject = subject_of(verdict),
                .severity = severity_of(verdict.categorisation.category),
                .confidence = confidence_of(verdict.categorisation),
                .title = fmt::format("Cookie {} ({}) is set before any consent.", name_of(verdict), purpose_words(verdict)),
                .advice = "Set it only after the visitor agreed to its purpose: load the script that writes it from the consent "
                          "platform's callback.",
                .rule = rule_words(verdict.categorisation),
                .evidence = {evidence_of(trace.state->state, *sighting, sighting_words(verdict, *sighting))}});
}

void add_after_reject(FindingSet& findings, const StateTrace& trace, const CookieTrace& cookie, Confidence refusal) {
  const CookieVerdict& verdict = cookie.verdict;
  const auto& after = cookie.sightings.after_choice;
  const auto& before = cookie.sightings.before_choice;
  // One that was written before and is still there counts too: refusing must end its use.
  const bool remains = !after && before && verdict.is_present && trace.has_jar_after_choice;
  if (!after && !remains) return;
  const Sighting& sighting = after ? *after : *before;
  const std::string text = after ? sighting_words(verdict, sighting) + " (after reject)"
                                 : sighting_words(verdict, sighting) + ", and still in the jar after reject";
  const std::string_view what = after ? "is set although the visitor refused." : "stays although the visitor refused.";
  findings.add({.kind = "cookie-after-reject",
                .subject = subject_of(verdict),
                .severity = severity_of(verdict.categorisation.category),
                .confidence = weaker(confidence_of(verdict.categorisation), refusal),
                .title = fmt::format("Cookie {} ({}) {}", name_of(verdict), purpose_words(verdict), what),
                .advice = "Make its script depend on the visitor's choice, and delete the cookie when the choice is to refuse.",
                .rule = rule_words(verdict.categorisation),
                .evidence = {evidence_of(trace.state->state, sighting, text)}});
}

}  // namespace

void find_in_cookies(FindingSet& findings, const std::vector<StateTrace>& traces, const SiteRules& rules) {
  for (const auto& trace : traces) {
    const auto refusal = refusal_of(*trace.state);
    for (const auto& cookie : trace.cookies) {
      if (!needs_consent(cookie.verdict)) continue;
      add_before_consent(findings, trace, cookie);
      if (refusal) add_after_reject(findings, trace, cookie, *refusal);
    }
    find_in_cookie_attributes(findings, trace, rules);
  }
}

void find_unclassified(FindingSet& findings, const std::vector<StateTrace>& traces, const std::vector<std::string>& review) {
  if (review.empty()) return;
  FindingSet::Report report{
      .kind = "unclassified-cookie",
      .subject = "unclassified cookies",
      .severity = record::Severity::info,
      .confidence = Confidence::certain,
      .title = fmt::format("{} cookie{} could not be sorted into a category.", review.size(), review.size() == 1 ? "" : "s"),
      .advice = "Say in a rule file or in the site's overrides what each of them is for; the review list names them."};
  for (const auto& trace : traces) {
    for (const auto& cookie : trace.cookies) {
      if (cookie.verdict.categorisation.category != Category::unknown) continue;
      const Sighting* sighting = cookie.sightings.first();
      if (sighting)
        report.evidence.push_back(evidence_of(trace.state->state, *sighting, sighting_words(cookie.verdict, *sighting)));
    }
  }
  findings.add(std::move(report));
}

}  // namespace gannet::inspect
