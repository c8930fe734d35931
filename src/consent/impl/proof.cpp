#include "consent/impl/proof.hpp"

#include <algorithm>
#include <array>
#include <map>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/text.hpp"
#include "consent/impl/banner.hpp"
#include "consent/impl/json.hpp"

namespace gannet::consent {

namespace json = boost::json;

namespace {

constexpr std::size_t k_string_bytes_max = 20000;
constexpr std::size_t k_proofs_max = 12;
constexpr std::array<std::string_view, 4> k_google_types = {"ad_storage", "ad_user_data", "ad_personalization",
                                                            "analytics_storage"};

std::set<int> read_ids(const json::value& ids) {
  std::set<int> out;
  for (const auto& id : elements(ids)) {
    if (const auto number = as_int(id); number && *number <= 64) out.insert(*number);
  }
  return out;
}

record::GoogleConsentCommand read_command(const json::value& entry) {
  record::GoogleConsentCommand command{.command = text_member(entry, "command", 20), .types = {}, .regions = {}};
  if (const auto& types = member(entry, "types"); types.is_object()) {
    for (const auto& [type, value] : types.get_object()) {
      if (command.types.size() < 30 && value.is_string()) {
        command.types.emplace(utf8_prefix(std::string_view(type), 60), utf8_prefix(std::string_view(value.get_string()), 20));
      }
    }
  }
  for (const auto& region : elements(member(entry, "regions"))) {
    if (region.is_string() && command.regions.size() < 300)
      command.regions.emplace_back(utf8_prefix(std::string_view(region.get_string()), 20));
  }
  return command;
}

/// "1–4, 7"
std::string format_ids(const std::set<int>& ids) {
  std::string out;
  for (auto first = ids.begin(); first != ids.end();) {
    auto last = first;
    while (std::next(last) != ids.end() && *std::next(last) == *last + 1) ++last;
    if (!out.empty()) out += ", ";
    out += first == last ? fmt::format("{}", *first) : fmt::format("{}–{}", *first, *last);
    first = std::next(last);
  }
  return out;
}

void judge_tcf(Choice choice, const Evidence& evidence, Verdict& verdict) {
  const auto& tcf = evidence.after.tcf;
  if (!tcf || !tcf->gdpr_applies || tcf->event == "cmpuishown") return;
  const bool is_stale = tcf->event.empty() && evidence.before.tcf && evidence.before.tcf->text == tcf->text;
  if (tcf->text.empty() || is_stale) return;
  if (choice == Choice::accept) {
    if (tcf->consents.empty()) {
      verdict.disproofs.push_back("__tcfapi: no purpose granted");
    } else {
      verdict.proofs.push_back(fmt::format("__tcfapi: purposes {} granted", format_ids(tcf->consents)));
    }
  } else if (!tcf->consents.empty()) {
    verdict.disproofs.push_back(fmt::format("__tcfapi: purposes {} still granted", format_ids(tcf->consents)));
  } else {
    const auto rest = tcf->legitimate_interests.empty()
                          ? std::string()
                          : fmt::format(" (legitimate interest kept for {})", format_ids(tcf->legitimate_interests));
    verdict.proofs.push_back("__tcfapi: all purposes refused" + rest);
  }
}

void judge_platform(Choice choice, const Observation::Platform& platform, Verdict& verdict) {
  if (!platform.is_answered) return;
  const auto tally = fmt::format("{}: {} on, {} off", platform.name, platform.granted, platform.denied);
  if (platform.granted + platform.denied == 0) {
    verdict.proofs.push_back(platform.name + ": choice stored");
  } else if (choice == Choice::accept ? platform.granted > 0 : platform.granted == 0) {
    verdict.proofs.push_back(tally);
  } else {
    verdict.disproofs.push_back(tally);
  }
}

void judge_google(Choice choice, const Evidence& evidence, Verdict& verdict) {
  const auto& before = evidence.before.google_consent_commands;
  const auto& after = evidence.after.google_consent_commands;
  // After a reload the data layer starts anew, and then all of it is news.
  const bool is_continued = before.size() <= after.size() && std::equal(before.begin(), before.end(), after.begin());
  std::map<std::string, std::string> state;
  for (std::size_t i = is_continued ? before.size() : 0; i < after.size(); ++i) {
    if (after[i].command != "update") continue;
    for (const auto& [type, value] : after[i].types) state[type] = value;
  }
  std::vector<std::string> granted;
  std::vector<std::string> denied;
  for (const auto type : k_google_types) {
    const auto found = state.find(std::string(type));
    if (found == state.end()) continue;
    (found->second == "granted" ? granted : denied).emplace_back(type);
  }
  if (granted.empty() && denied.empty()) return;
  if (choice == Choice::accept) {
    if (granted.empty()) {
      verdict.disproofs.push_back("gtag consent update: all denied");
    } else {
      verdict.proofs.push_back(fmt::format("gtag consent update: {} granted", join(granted, ", ")));
    }
  } else if (granted.empty()) {
    verdict.proofs.push_back(fmt::format("gtag consent update: {} denied", join(denied, ", ")));
  } else {
    verdict.disproofs.push_back(fmt::format("gtag consent update: {} granted", join(granted, ", ")));
  }
}

void judge_writes(const Evidence& evidence, Verdict& verdict) {
  for (const auto& write : evidence.writes) {
    const auto space = write.find(' ');
    const auto name = space == std::string::npos ? std::string_view(write) : std::string_view(write).substr(space + 1);
    const auto proof = utf8_prefix(write, 200);
    if (!is_consent_key(name, evidence.platform) || verdict.proofs.size() >= k_proofs_max) continue;
    const auto text = fmt::format("{} written", proof);
    if (std::ranges::find(verdict.proofs, text) == verdict.proofs.end()) verdict.proofs.push_back(text);
  }
}

}  // namespace

Observation read_observation(const json::value& probed) {
  Observation out;
  if (const auto& tcf = member(probed, "tcf"); tcf.is_object()) {
    out.tcf = Observation::Tcf{.text = text_member(tcf, "string", k_string_bytes_max),
                               .event = text_member(tcf, "event", 40),
                               .gdpr_applies = bool_member(tcf, "applies"),
                               .consents = read_ids(member(tcf, "consents")),
                               .legitimate_interests = read_ids(member(tcf, "interests"))};
  }
  out.gpp_text = text_member(member(probed, "gpp"), "string", k_string_bytes_max);
  for (const auto& entry : elements(member(probed, "platforms"))) {
    if (out.platforms.size() >= 20) break;
    out.platforms.push_back({.name = text_member(entry, "name", 40),
                             .is_answered = bool_member(entry, "answered"),
                             .granted = int_member(entry, "granted").value_or(0),
                             .denied = int_member(entry, "denied").value_or(0)});
  }
  for (const auto& entry : elements(member(probed, "gtag"))) {
    if (out.google_consent_commands.size() >= 200) break;
    out.google_consent_commands.push_back(read_command(entry));
  }
  return out;
}

Verdict judge(Choice choice, const Evidence& evidence) {
  Verdict verdict;
  judge_tcf(choice, evidence, verdict);
  for (const auto& platform : evidence.after.platforms) judge_platform(choice, platform, verdict);
  judge_google(choice, evidence, verdict);
  if (evidence.self_test)
    (*evidence.self_test ? verdict.proofs : verdict.disproofs)
        .push_back(*evidence.self_test ? "autoconsent self-test passed" : "autoconsent self-test failed");
  const bool has_gpp_changed = !evidence.after.gpp_text.empty() && evidence.after.gpp_text != evidence.before.gpp_text;
  if (has_gpp_changed) verdict.proofs.push_back("__gpp: string changed");
  judge_writes(evidence, verdict);
  verdict.is_proved = evidence.is_banner_gone && !verdict.proofs.empty() && verdict.disproofs.empty();
  if (evidence.is_banner_gone) verdict.proofs.insert(verdict.proofs.begin(), "banner gone");
  return verdict;
}

}  // namespace gannet::consent
