// Findings on web storage, on requests to trackers, and on the consent dialogue itself.
#include "base/text.hpp"
#include "inspect/findings.hpp"

namespace gannet::inspect {
namespace {

using record::Confidence;
using record::ConsentResult;
using record::ConsentState;
using record::Severity;

bool needs_consent(Category category) {
  return category == Category::functional || category == Category::analytics || category == Category::advertising;
}

void add_storage(FindingSet& findings, const StateTrace& trace, const StorageTrace& entry, std::optional<Confidence> refusal) {
  const StorageVerdict& verdict = entry.verdict;
  const Categorisation& categorisation = verdict.categorisation;
  const std::string name =
      fmt::format("{} {}", to_string(verdict.entry.area), printable(verdict.entry.key, k_subject_name_bytes));
  const auto report = [&](std::string_view kind, std::string_view what, std::string_view advice, const Sighting& sighting,
                          Confidence confidence) {
    findings.add({.kind = kind,
                  .subject = fmt::format("{} {}", name, host_of(verdict.entry.origin)),
                  .severity = severity_of(categorisation.category),
                  .confidence = confidence,
                  .title = fmt::format("{} ({}) {}", name, to_string(categorisation.category), what),
                  .advice = advice,
                  .rule = fmt::format("{}: {}", categorisation.source, categorisation.rule),
                  .evidence = {evidence_of(
                      trace.state->state, sighting,
                      fmt::format("{} written {} {}", name, writer_words(*sighting.writer), phase_words(sighting)))}});
  };
  const Confidence confidence = confidence_of(categorisation);
  const auto& before = entry.sightings.before_choice;
  const auto& after = entry.sightings.after_choice;
  if (before) {
    report("storage-before-consent", "is written before any consent.",
           "Web storage needs consent as cookies do: start the script that writes it after the visitor agreed.", *before,
           confidence);
  }
  const bool remains = before && verdict.entry.is_present && trace.has_jar_after_choice;
  if (!refusal || (!after && !remains)) return;
  report("storage-after-reject", after ? "is written although the visitor refused." : "stays although the visitor refused.",
         "Make its script depend on the visitor's choice, and remove the entry when the choice is to refuse.",
         after ? *after : *before, weaker(confidence, *refusal));
}

std::string request_words(const record::Request& request) {
  std::string text = fmt::format("{} {}", printable(request.method, 20), printable(request.url, k_url_bytes));
  text += request.failure.empty() ? fmt::format(" → {}", request.status) : fmt::format(" → {}", printable(request.failure, 200));
  const auto& consent = request.google_consent;
  if (consent && consent->ad_storage == false && consent->analytics_storage == false)
    text += " (says that consent to storage is denied)";
  return text;
}

void add_tracker(FindingSet& findings, const StateTrace& trace, const ThirdPartyTrace& party, std::optional<Confidence> refusal) {
  const ThirdParty& verdict = party.verdict;
  const std::string owner =
      verdict.owner.name.empty() ? verdict.domain : fmt::format("{} ({})", verdict.domain, verdict.owner.name);
  const auto report = [&](std::string_view kind, std::string_view when, std::string_view advice, const Sighting& sighting,
                          Confidence confidence) {
    findings.add(
        {.kind = kind,
         .subject = verdict.domain,
         .severity = severity_of(verdict.categorisation.category),
         .confidence = confidence,
         .title = fmt::format("The {} service {} is contacted {}", to_string(verdict.categorisation.category), owner, when),
         .advice = advice,
         .rule = verdict.categorisation.rule,
         .evidence = {evidence_of(trace.state->state, sighting,
                                  fmt::format("{} {}", request_words(*sighting.request), phase_words(sighting)))}});
  };
  if (party.tracking.before_choice) {
    report("tracker-before-consent", "before any consent.",
           "The request alone hands over the visitor's address and browser: load the service only after consent.",
           *party.tracking.before_choice, confidence_of(verdict.categorisation));
  }
  if (refusal && party.tracking.after_choice) {
    report("tracker-after-reject", "although the visitor refused.", "Make loading the service depend on the visitor's choice.",
           *party.tracking.after_choice, weaker(confidence_of(verdict.categorisation), *refusal));
  }
}

/// Evidence for what holds of a whole state.
record::Evidence state_evidence(const record::StateRecord& state, std::string text) {
  return {.state = state.state,
          .phase = record::Phase::s2,
          .page_url = state.visits.empty() ? std::string() : state.visits.front().requested_url,
          .text = std::move(text),
          .stack = {}};
}

std::string button_words(const record::ConsentOutcome& consent) {
  std::vector<std::string> texts;
  for (const auto& text : consent.first_layer_buttons) texts.push_back("\"" + printable(text, 60) + "\"");
  return texts.empty() ? "no button was readable on its first layer" : "its first layer offers " + join(texts, ", ");
}

void add_reject_findings(FindingSet& findings, const record::StateRecord& state) {
  const record::ConsentOutcome& consent = state.consent;
  const std::string platform = consent.platform.empty() ? "A consent banner" : fmt::format("The banner of {}", consent.platform);
  if (consent.result == ConsentResult::no_control) {
    findings.add({.kind = "reject-missing",
                  .subject = "consent banner",
                  .severity = Severity::high,
                  .confidence = Confidence::likely,
                  .title = fmt::format("{} asks for consent, but no way to refuse was found.", platform),
                  .advice = "Offer \"reject all\" beside \"accept all\", equally easy to see and to use.",
                  .evidence = {state_evidence(state, fmt::format("{} was found; {}", platform, button_words(consent)))}});
  }
  if (refusal_of(state) && consent.clicks >= 2) {
    findings.add({.kind = "reject-buried",
                  .subject = "consent banner",
                  .severity = Severity::medium,
                  .confidence = consent.result == ConsentResult::proved ? Confidence::certain : Confidence::likely,
                  .title = fmt::format("{} needs {} clicks to refuse.", platform, consent.clicks),
                  .advice = "Offer \"reject all\" on the first layer, where \"accept all\" is.",
                  .evidence = {state_evidence(state, fmt::format("refused with {} clicks, the last on \"{}\"; {}", consent.clicks,
                                                                 printable(consent.button_text, 60), button_words(consent)))}});
  }
}

}  // namespace

void find_in_storage(FindingSet& findings, const std::vector<StateTrace>& traces) {
  for (const auto& trace : traces) {
    for (const auto& entry : trace.storage) {
      if (needs_consent(entry.verdict.categorisation.category)) add_storage(findings, trace, entry, refusal_of(*trace.state));
    }
  }
}

void find_in_requests(FindingSet& findings, const std::vector<StateTrace>& traces) {
  for (const auto& trace : traces) {
    for (const auto& party : trace.third_parties) {
      if (party.verdict.is_tracker) add_tracker(findings, trace, party, refusal_of(*trace.state));
    }
  }
}

void find_in_consent(FindingSet& findings, const std::vector<StateTrace>& traces) {
  for (const auto& trace : traces) {
    const record::StateRecord& state = *trace.state;
    if (state.state == ConsentState::rejected) add_reject_findings(findings, state);
    if (state.state == ConsentState::untouched || state.consent.result != ConsentResult::unproved) continue;
    const std::string note = state.consent.note.empty() ? "no proof was seen" : printable(state.consent.note, 200);
    findings.add(
        {.kind = "consent-unproved",
         .subject = fmt::format("state {}", to_string(state.state)),
         .severity = Severity::info,
         .confidence = Confidence::certain,
         .title = fmt::format("The banner was clicked in state {}, but nothing proves that the choice took effect.",
                              to_string(state.state)),
         .advice = "Look at the screenshots; give the site's own accept or reject selector if the wrong button was clicked.",
         .evidence = {state_evidence(state, fmt::format("clicked \"{}\"; {}", printable(state.consent.button_text, 60), note))}});
  }
}

}  // namespace gannet::inspect
