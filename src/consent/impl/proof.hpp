// Proof: whether a choice took effect, judged from what was observed and never from the click. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

#include "consent/consent.hpp"
#include "record/consent_string.hpp"

namespace gannet::consent {

/// What probe.js read from the page's public consent interfaces.
struct Observation {
  struct Tcf {
    std::string text;
    /// "tcloaded", "cmpuishown", "useractioncomplete" (IAB TCF v2, CMP API, eventStatus).
    std::string event;
    bool gdpr_applies = true;
    std::set<int> consents;
    std::set<int> legitimate_interests;
  };
  /// How many optional services or categories a platform's own interface says are on or off.
  struct Platform {
    std::string name;
    bool is_answered = false;
    int granted = 0;
    int denied = 0;
  };
  std::optional<Tcf> tcf;
  std::string gpp_text;
  std::vector<Platform> platforms;
  std::vector<record::GoogleConsentCommand> google_consent_commands;
};

Observation read_observation(const boost::json::value& probed);

struct Evidence {
  bool is_banner_gone = false;
  std::optional<bool> self_test;
  /// ConsentPage::writes_since_action().
  std::vector<std::string> writes;
  std::string platform;
  Observation before;
  Observation after;
};

struct Verdict {
  /// In words, for the record.
  std::vector<std::string> proofs;
  std::vector<std::string> disproofs;
  /// The banner is gone, something besides says that the choice was taken, and nothing says the opposite.
  bool is_proved = false;
};

Verdict judge(Choice choice, const Evidence& evidence);

}  // namespace gannet::consent
