#include "report/impl/signals.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/impl/states.hpp"
#include "report/impl/words.hpp"

namespace gannet::report {
namespace {

constexpr std::size_t k_rows_max = 60;
/// IAB Europe, TCF policies 4 and later.
constexpr int k_tcf_purpose_max = 11;

/// Rows in the order of first appearance; equal texts of one source share a row.
class Rows {
 public:
  void add(record::ConsentState state, std::string source, std::string text) {
    const auto [found, is_new] = indices_.try_emplace({source, text}, rows_.size());
    if (is_new && rows_.size() == k_rows_max) {
      indices_.erase(found);
      return;
    }
    if (is_new) rows_.push_back({.states = {}, .source = std::move(source), .text = std::move(text), .count = 0});
    SignalRow& row = rows_[found->second];
    ++row.count;
    if (std::ranges::count(row.states, state) == 0) row.states.push_back(state);
  }
  std::vector<SignalRow> take() && { return std::move(rows_); }

 private:
  std::map<std::pair<std::string, std::string>, std::size_t> indices_;
  std::vector<SignalRow> rows_;
};

template <class Function>
void for_each_visit(const record::ScanRecord& scan, Function function) {
  for (const record::ConsentState name : k_states)
    if (const record::StateRecord* state = find_state(scan, name))
      for (const record::Visit& visit : state->visits) function(name, visit);
}

/// "1–4, 7, 9 and 10".
std::string number_words(const record::IdSet& numbers) {
  std::vector<std::string> parts;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first;
    while (std::next(last) != numbers.end() && *std::next(last) == *last + 1) ++last;
    if (*last - *first < 2) last = first;
    parts.push_back(first == last ? std::to_string(*first) : fmt::format("{}–{}", *first, *last));
    first = std::next(last);
  }
  return list_words(parts);
}

std::string purposes_words(const record::IdSet& purposes) {
  return fmt::format("{} {}", purposes.size() == 1 ? "purpose" : "purposes", number_words(purposes));
}

std::string string_words(const record::ConsentString& string) {
  if (!string.error.empty()) return "could not be decoded: " + safe(string.error, 200);
  if (string.tcf) return tcf_words(*string.tcf);
  return string.gpp ? gpp_words(*string.gpp) : "";
}

std::string command_words(const record::GoogleConsentCommand& command) {
  std::vector<std::string> types;
  for (const auto& [type, value] : command.types) types.push_back(fmt::format("{} {}", safe(type, 60), safe(value, 40)));
  std::string words =
      fmt::format("the page sets {}: {}", safe(command.command, 20), types.empty() ? "nothing" : join(types, ", "));
  if (!command.regions.empty()) words += " for " + safe(join(command.regions, ", "), 100);
  return words;
}

std::string hit_words(const record::GoogleConsentHit& hit) {
  const auto granted = [](std::optional<bool> value) { return !value ? "not said" : *value ? "granted" : "denied"; };
  return fmt::format("requests say: ad_storage {}, analytics_storage {}", granted(hit.ad_storage),
                     granted(hit.analytics_storage));
}

}  // namespace

std::string tcf_words(const record::TcfString& tcf) {
  std::string words = "TCF: ";
  if (tcf.purpose_consents.empty())
    words += "agrees to no purpose";
  else
    words += "agrees to " + purposes_words(tcf.purpose_consents) + fmt::format(" of {}", k_tcf_purpose_max);
  if (!tcf.purpose_legitimate_interests.empty())
    words += ", legitimate interest for " + purposes_words(tcf.purpose_legitimate_interests);
  if (!tcf.special_feature_opt_ins.empty()) words += ", special features " + number_words(tcf.special_feature_opt_ins);
  words += fmt::format("; {}",
                       tcf.vendor_consents.empty() ? "no vendor" : count_words(tcf.vendor_consents.size(), "vendor", "vendors"));
  words += fmt::format("; platform {}, vendor list {}, written {}", tcf.cmp_id, tcf.vendor_list_version,
                       format_instant(tcf.last_updated).substr(0, 10));
  return words;
}

std::string gpp_words(const record::GppString& gpp) {
  std::vector<std::string> sections;
  for (const int id : gpp.section_ids) sections.push_back(std::to_string(id));
  std::vector<std::string> parts = {
      "GPP: " + (sections.empty() ? "no section" : (sections.size() == 1 ? "section " : "sections ") + list_words(sections))};
  if (gpp.tcf_eu) parts.push_back(tcf_words(*gpp.tcf_eu));
  if (!gpp.us_privacy.empty()) parts.push_back("US Privacy " + safe(gpp.us_privacy, 10));
  for (const auto& [id, fields] : gpp.us_sections) {
    std::vector<std::string> opt_outs;
    for (const auto& [name, value] : fields)
      if (name.ends_with("OptOut") || name == "Gpc")
        opt_outs.push_back(fmt::format("{} {}", safe(name, 60), value == 1 ? "yes" : value == 2 ? "no" : "–"));
    parts.push_back(fmt::format("section {}: {}", id, opt_outs.empty() ? "decoded" : join(opt_outs, ", ")));
  }
  return join(parts, "; ");
}

std::vector<SignalRow> make_consent_signal_rows(const record::ScanRecord& scan) {
  Rows rows;
  for_each_visit(scan, [&](record::ConsentState state, const record::Visit& visit) {
    for (const record::ConsentString& string : visit.consent_strings)
      rows.add(state, safe(string.source, 120), string_words(string));
    for (const record::GoogleConsentCommand& command : visit.google_consent_commands)
      rows.add(state, "Google Consent Mode", command_words(command));
    for (const record::Request& request : visit.requests)
      if (request.google_consent) rows.add(state, "Google Consent Mode", hit_words(*request.google_consent));
  });
  return std::move(rows).take();
}

std::vector<SignalRow> make_fact_rows(const record::ScanRecord& scan) {
  Rows rows;
  for_each_visit(scan, [&](record::ConsentState state, const record::Visit& visit) {
    for (const record::Fact& fact : visit.facts) rows.add(state, safe(fact.kind, 60), safe(fact.detail, 300));
  });
  return std::move(rows).take();
}

std::string certificate_words(const record::ScanRecord& scan) {
  std::string words;
  for_each_visit(scan, [&](record::ConsentState, const record::Visit& visit) {
    if (!words.empty() || !visit.certificate) return;
    const record::Certificate& certificate = *visit.certificate;
    words = fmt::format("{}, issued by {}, valid {} to {}", safe(certificate.subject, 120), safe(certificate.issuer, 120),
                        format_instant(certificate.valid_from).substr(0, 10), format_instant(certificate.valid_to).substr(0, 10));
    for (const std::string& part : {certificate.protocol, certificate.cipher})
      if (!part.empty()) words += ", " + safe(part, 40);
  });
  return words;
}

}  // namespace gannet::report
