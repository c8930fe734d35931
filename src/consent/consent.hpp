// The consent driver: makes a choice in a page's consent banner and proves that it took effect. Order of methods: the site's own
// selector, autoconsent's rules, labelled buttons. A click is never taken for a proof. Belongs to the page's thread; knows no
// CDP.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "aio/aio.hpp"
#include "consent/consent_page.hpp"
#include "record/consent_string.hpp"
#include "record/visit.hpp"

namespace gannet::consent {

class Autoconsent;

enum class Choice { reject, accept };

/// What a site's profile says; an empty selector is not used. Syntax: CSS, searched through open shadow roots and all frames;
/// `text=Accept all` for a clickable with that text; a trailing `:has-text("…")`; steps joined by `>>>` or `>>`; alternatives by
/// a comma.
struct SiteSelectors {
  std::string accept;
  std::string reject;
};

/// What can be said of a selector's form before a page is there; whether its CSS means anything, only the browser can say.
/// Errors: `invalid`, quoting it and saying what is wrong.
Result<void> check_selector(std::string_view selector);

struct Options {
  Choice choice = Choice::reject;
  SiteSelectors selectors;
  /// May be null: then the site's selector and the labelled buttons only.
  std::shared_ptr<const Autoconsent> autoconsent;
  /// How long the rules may look for a banner, act on it, and how long proofs are waited for.
  std::chrono::milliseconds detect_limit{4000};
  std::chrono::milliseconds act_limit{15000};
  std::chrono::milliseconds proof_limit{3000};
  /// Between two looks at the page.
  std::chrono::milliseconds pause{250};
  /// How long a frame may take to answer one question; one that takes longer is not asked again.
  std::chrono::milliseconds answer_limit{5000};
};

/// Makes the choice on a settled page. Never `not_attempted`. Errors: the scope's; `invalid` naming a selector that cannot be
/// read; `unavailable` when the main frame does not answer, which must not pass for "no banner". Child frames that do not answer
/// are noted.
aio::Task<Result<record::ConsentOutcome>> settle_consent(aio::Scope scope, ConsentPage& page, Options options);

/// What a visitor sees before any choice.
struct BannerLook {
  bool is_found = false;
  std::string platform;
  std::vector<std::string> first_layer_buttons;
  bool has_accept = false;
  /// A refusal is one click away.
  bool has_reject = false;
};

/// Looks only; touches nothing. Errors: the scope's, `unavailable` when the main frame does not answer.
aio::Task<Result<BannerLook>> look(aio::Scope scope, ConsentPage& page);

/// What the page's public consent interfaces say now. Strings are as the page gave them: bounded, not decoded, not to be trusted.
struct ConsentSignals {
  struct Raw {
    /// "__tcfapi", "__gpp".
    std::string source;
    std::string text;
  };
  std::vector<Raw> tcf_strings;
  std::vector<Raw> gpp_strings;
  /// gtag consent calls found in the main frame's dataLayer, in order.
  std::vector<record::GoogleConsentCommand> google_consent_commands;
};

aio::Task<Result<ConsentSignals>> read_signals(aio::Scope scope, ConsentPage& page);

}  // namespace gannet::consent
