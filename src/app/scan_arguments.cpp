#include "app/impl/command_parser.hpp"
#include "app/impl/service_options.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "consent/consent.hpp"
#include "datasets/json_text.hpp"
#include "net/url.hpp"

namespace gannet::app {

namespace {

/// "high", "new:high", or both: "high,new:low".
Result<report::FailOn> parse_thresholds(std::string_view text) {
  constexpr std::string_view k_new = "new:";
  report::FailOn fail_on;
  if (text.empty()) return fail_on;
  for (const auto part : split(text, ',')) {
    const bool is_new = part.starts_with(k_new);
    const auto severity = is_new ? part.substr(k_new.size()) : part;
    auto& threshold = is_new ? fail_on.not_in_baseline : fail_on.any;
    if (threshold || severity.empty())
      return fail(ErrorKind::invalid, "--fail-on is '{}'; it must be a severity, new: with a severity, or both as high,new:low",
                  printable(text, 50));
    threshold = TRY(parse_fail_on(severity));
  }
  return fail_on;
}

/// Values that reach HTTP headers must not end them.
Result<std::string> check_user_agent(const std::string& text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return fail(ErrorKind::invalid, "--user-agent contains a control character");
  return text;
}

Result<std::string> check_selector(const char* option, const std::string& selector) {
  if (auto checked = consent::check_selector(selector); !checked) return pass(checked, option);
  return selector;
}

class ScanParser final : public CommandParser {
 public:
  explicit ScanParser(CLI::App& program)
      : CommandParser(program, "scan", "Visit a site in each consent state and report what it does") {
    command().add_option("URL", urls_, "Start page; without a scheme, https is used")->required();
    command()
        .add_option("--page", pages_, "Further page, relative to URL or absolute (repeatable, at most 50)")
        ->allow_extra_args(false)
        ->check(is_given());
    command().add_option("--states", states_, "Consent states, of untouched,rejected,accepted (default: all)")->check(is_given());
    command().add_option("--accept-selector", accept_selector_, "The site's accept button: CSS, or text=…");
    command().add_option("--reject-selector", reject_selector_, "The site's reject button: CSS, or text=…");
    command().add_option("--params", params_file_, "JSON file with scan parameters");
    add_target_options(command(), target_);
    command()
        .add_option("--resolve", resolve_, "HOST:PORT:ADDRESS to use instead of DNS; * matches any (repeatable)")
        ->allow_extra_args(false);
    command().add_option("--ca", ca_files_, "PEM file of a certificate authority to trust (repeatable)")->allow_extra_args(false);
    command()
        .add_option("--allow-net", allow_nets_, "Private network that pages may reach, as 10.0.0.0/8 (repeatable)")
        ->allow_extra_args(false);
    command().add_option("--proxy", proxy_, "Upstream proxy, http://host:port");
    command().add_option("--user-agent", user_agent_, "User agent to send instead of the browser's own");
    command().add_option("--third-party-cookies", third_party_cookies_, "allow (as Chrome does) or block");
    command().add_option("--rules", rules_, "JSON file with your own cookie rules");
    command().add_option("--fail-on", fail_on_,
                         "Exit with 1 on findings of this severity or worse: info, low, medium, high, critical; new:SEVERITY "
                         "counts only those that the baseline does not have; both may be given, as high,new:low");
    command()
        .add_option("--baseline", baseline_,
                    "Report what is new since this scan: a file with a scan document, or a kept scan's id")
        ->check(is_given());
    command().add_flag("--any-host", allows_other_host_, "The baseline may be of another host");
    command()
        .add_option("--concurrency", concurrency_, "Consent states visited at the same time (default 3)")
        ->check(CLI::Range(1, 20));
    command().add_flag("--no-save", is_not_kept_, "Do not keep the scan in the data folder");
  }

  Result<Arguments> check() const override {
    ScanArguments arguments;
    arguments.common = common();
    for (const auto& text : urls_) arguments.urls.push_back(TRY(net::parse_scan_url(text)).without_fragment());
    if (!params_file_.empty()) {
      const auto text = TRY(read_file(params_file_, 1_MiB));
      // Says where a file that is no JSON goes wrong.
      if (auto parsed = datasets::parse_json(text, params_file_); !parsed) return pass(parsed);
      auto params = scan::parse_scan_params(text);
      if (!params) return pass(params, params_file_);
      arguments.params = std::move(*params);
    }
    auto& params = arguments.params;
    params.custom_pages.insert(params.custom_pages.end(), pages_.begin(), pages_.end());
    if (!states_.empty()) params.consent_states = TRY(scan::parse_consent_states(states_));
    if (!accept_selector_.empty()) params.accept_selector = TRY(check_selector("--accept-selector", accept_selector_));
    if (!reject_selector_.empty()) params.reject_selector = TRY(check_selector("--reject-selector", reject_selector_));
    if (concurrency_) params.concurrency = concurrency_;
    for (const auto& url : arguments.urls) {
      auto pages = scan::pages_to_visit(url, params.custom_pages);
      if (!pages) return pass(pages);
    }
    arguments.target = TRY(check_target(target_));
    const bool takes_several = arguments.target.format == Format::text || arguments.target.format == Format::json;
    if (!takes_several && arguments.urls.size() > 1)
      return fail(ErrorKind::invalid, "--format {} makes one document; scan the {} URLs one by one", target_.format,
                  arguments.urls.size());
    for (const auto& text : resolve_) arguments.resolve.push_back(TRY(net::ResolveOverride::parse(text)));
    for (const auto& text : allow_nets_) arguments.allow_nets.push_back(TRY(net::Network::parse(text)));
    if (!proxy_.empty()) arguments.proxy = TRY(net::parse_proxy_url(proxy_));
    arguments.common.browser.ca_certificates = TRY(load_certificates(ca_files_));
    arguments.common.browser.user_agent = TRY(check_user_agent(user_agent_));
    if (third_party_cookies_ == "block")
      arguments.common.browser.third_party_cookies = browser::ThirdPartyCookies::block;
    else if (third_party_cookies_ != "allow")
      return fail(ErrorKind::invalid, "--third-party-cookies is '{}'; it must be allow or block",
                  printable(third_party_cookies_, 50));
    arguments.rules = rules_;
    arguments.fail_on = TRY(parse_thresholds(fail_on_));
    arguments.baseline = baseline_;
    arguments.allows_other_host = allows_other_host_;
    if (arguments.fail_on.not_in_baseline && baseline_.empty())
      return fail(ErrorKind::invalid, "--fail-on new: needs a --baseline to tell what is new");
    if (!baseline_.empty() && arguments.urls.size() > 1)
      return fail(ErrorKind::invalid, "--baseline is of one site; scan the {} URLs one by one", arguments.urls.size());
    arguments.is_kept = !is_not_kept_;
    return arguments;
  }

 private:
  std::vector<std::string> urls_, pages_, resolve_, allow_nets_, ca_files_;
  std::string states_, accept_selector_, reject_selector_, params_file_, proxy_, user_agent_, rules_, fail_on_, baseline_;
  RawTarget target_{.format = "text", .table = "", .out = ""};
  std::string third_party_cookies_ = "allow";
  int concurrency_ = 0;
  bool is_not_kept_ = false;
  bool allows_other_host_ = false;
};

}  // namespace

std::unique_ptr<CommandParser> make_scan_parser(CLI::App& program) { return std::make_unique<ScanParser>(program); }

}  // namespace gannet::app
