#include "consent/consent.hpp"

#include "consent/impl/driver.hpp"
#include "consent/impl/page_view.hpp"
#include "consent/impl/site_selector.hpp"

namespace gannet::consent {

Result<void> check_selector(std::string_view selector) {
  TRY(parse_site_selector(selector));
  return {};
}

aio::Task<Result<record::ConsentOutcome>> settle_consent(aio::Scope scope, ConsentPage& page, Options options) {
  Driver driver(page, std::move(options));
  co_return co_await driver.run(std::move(scope));
}

aio::Task<Result<BannerLook>> look(aio::Scope scope, ConsentPage& page) {
  PageView view(page, Options{}.answer_limit);
  auto survey = co_await view.survey(std::move(scope));
  if (!survey) co_return pass(survey);
  if (!survey->has_main_answered) co_return fail(ErrorKind::unavailable, "the page's main frame does not answer");
  const auto banner = choose_banner(survey->banners);
  if (!banner) co_return BannerLook{};
  co_return BannerLook{.is_found = true,
                       .platform = banner->platform,
                       .first_layer_buttons = button_texts(*banner),
                       .has_accept = find_button(*banner, Label::accept) != nullptr,
                       .has_reject = find_button(*banner, Label::reject) != nullptr};
}

aio::Task<Result<ConsentSignals>> read_signals(aio::Scope scope, ConsentPage& page) {
  PageView view(page, Options{}.answer_limit);
  auto observed = co_await view.observe(std::move(scope));
  if (!observed) co_return pass(observed);
  ConsentSignals signals;
  if (observed->tcf && !observed->tcf->text.empty())
    signals.tcf_strings.push_back({.source = "__tcfapi", .text = observed->tcf->text});
  if (!observed->gpp_text.empty()) signals.gpp_strings.push_back({.source = "__gpp", .text = observed->gpp_text});
  signals.google_consent_commands = std::move(observed->google_consent_commands);
  co_return signals;
}

}  // namespace gannet::consent
