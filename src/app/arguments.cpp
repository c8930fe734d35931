#include "app/arguments.hpp"

#include <cstdlib>
#include <map>

#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "base/version.hpp"
#include "net/url.hpp"

namespace gannet::app {

namespace {

constexpr int k_usage_exit_code = 2;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

/// Beside the user's other data (XDG Base Directory Specification), or the system's for root.
std::filesystem::path default_data_dir() {
  if (::geteuid() == 0) return "/var/lib/gannet";
  if (const auto xdg = environment("XDG_DATA_HOME"); !xdg.empty()) return std::filesystem::path(xdg) / "gannet";
  if (const auto home = environment("HOME"); !home.empty()) return std::filesystem::path(home) / ".local/share/gannet";
  return "var";
}

/// The command line as it was typed, before it is checked.
struct RawScan {
  std::vector<std::string> urls, pages, resolve, allow_nets, ca_files;
  std::string states, accept_selector, reject_selector, params_file, format = "text", out, proxy, user_agent,
                                                                     third_party_cookies = "allow", rules, fail_on;
  int concurrency = 0;
  bool is_not_kept = false;
};

struct RawScans {
  std::string host, format = "text";
  int limit = 50;
};

struct RawShow {
  std::string scan, format = "text", out, rules;
};

struct RawCommon {
  std::string data_dir, data_sets, browser;
  bool no_sandbox = false;
  bool verbose = false;
};

Result<Format> parse_format(const std::string& text) {
  if (text == "text") return Format::text;
  if (text == "json") return Format::json;
  if (text == "html") return Format::html;
  return fail(ErrorKind::invalid, "--format is '{}'; it must be text, json or html", printable(text, 50));
}

/// Of a command that lists.
Result<Format> parse_list_format(const std::string& text) {
  const auto format = TRY(parse_format(text));
  if (format == Format::html) return fail(ErrorKind::invalid, "--format is 'html'; this command knows text and json");
  return format;
}

Result<std::optional<record::Severity>> parse_severity(const std::string& text) {
  if (text.empty()) return std::nullopt;
  for (const auto severity : {record::Severity::info, record::Severity::low, record::Severity::medium, record::Severity::high,
                              record::Severity::critical})
    if (text == record::to_string(severity)) return severity;
  return fail(ErrorKind::invalid, "--fail-on is '{}'; it must be info, low, medium, high or critical", printable(text, 50));
}

CommonArguments check_common(const RawCommon& raw) {
  CommonArguments common;
  common.data_dir = raw.data_dir.empty() ? default_data_dir() : std::filesystem::path(raw.data_dir);
  common.data_sets = raw.data_sets.empty() ? common.data_dir / "data" : std::filesystem::path(raw.data_sets);
  common.browser.executable = raw.browser;
  common.browser.has_sandbox = !raw.no_sandbox;
  common.is_verbose = raw.verbose;
  return common;
}

/// Values that reach HTTP headers must not end them.
Result<std::string> check_user_agent(const std::string& text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      return fail(ErrorKind::invalid, "--user-agent contains a control character");
  return text;
}

Result<ScanArguments> check_scan(const RawScan& raw, const RawCommon& raw_common) {
  ScanArguments arguments;
  arguments.common = check_common(raw_common);
  for (const auto& text : raw.urls) arguments.urls.push_back(TRY(net::parse_scan_url(text)).without_fragment());
  if (!raw.params_file.empty()) {
    const auto text = TRY(read_file(raw.params_file, 1_MiB));
    auto params = scan::parse_scan_params(text);
    if (!params) return pass(params, raw.params_file);
    arguments.params = std::move(*params);
  }
  auto& params = arguments.params;
  params.custom_pages.insert(params.custom_pages.end(), raw.pages.begin(), raw.pages.end());
  if (!raw.states.empty()) params.consent_states = TRY(scan::parse_consent_states(raw.states));
  if (!raw.accept_selector.empty()) params.accept_selector = raw.accept_selector;
  if (!raw.reject_selector.empty()) params.reject_selector = raw.reject_selector;
  if (raw.concurrency) params.concurrency = raw.concurrency;
  for (const auto& url : arguments.urls) {
    auto pages = scan::pages_to_visit(url, params.custom_pages);
    if (!pages) return pass(pages);
  }
  arguments.format = TRY(parse_format(raw.format));
  if (arguments.format == Format::html && arguments.urls.size() > 1)
    return fail(ErrorKind::invalid, "--format html makes one page; scan the {} URLs one by one", arguments.urls.size());
  arguments.out = raw.out;
  for (const auto& text : raw.resolve) arguments.resolve.push_back(TRY(net::ResolveOverride::parse(text)));
  for (const auto& text : raw.allow_nets) arguments.allow_nets.push_back(TRY(net::Network::parse(text)));
  if (!raw.proxy.empty()) arguments.proxy = TRY(net::parse_proxy_url(raw.proxy));
  for (const auto& path : raw.ca_files) {
    auto text = TRY(read_file(path, 1_MiB));
    if (text.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
      return fail(ErrorKind::invalid, "--ca {} holds no certificate; it must be a PEM file with -----BEGIN CERTIFICATE-----",
                  path);
    arguments.common.browser.ca_certificates.push_back(std::move(text));
  }
  arguments.common.browser.user_agent = TRY(check_user_agent(raw.user_agent));
  if (raw.third_party_cookies == "block")
    arguments.common.browser.third_party_cookies = browser::ThirdPartyCookies::block;
  else if (raw.third_party_cookies != "allow")
    return fail(ErrorKind::invalid, "--third-party-cookies is '{}'; it must be allow or block",
                printable(raw.third_party_cookies, 50));
  arguments.rules = raw.rules;
  arguments.fail_on = TRY(parse_severity(raw.fail_on));
  arguments.is_kept = !raw.is_not_kept;
  return arguments;
}

Result<ScansArguments> check_scans(const RawScans& raw, const RawCommon& common) {
  return ScansArguments{check_common(common), raw.host, raw.limit, TRY(parse_list_format(raw.format))};
}

Result<ShowArguments> check_show(const RawShow& raw, const RawCommon& common) {
  return ShowArguments{check_common(common), raw.scan, TRY(parse_format(raw.format)), raw.out, raw.rules};
}

Result<DataArguments> check_data(const std::string& format, const RawCommon& common) {
  return DataArguments{check_common(common), TRY(parse_list_format(format))};
}

/// A checked command, or what to print instead.
template <class T>
Arguments or_usage(Result<T> arguments) {
  if (arguments) return std::move(*arguments);
  return Printed{fmt::format("gannet: {}\n", arguments.error().describe()), k_usage_exit_code};
}

void add_common_options(CLI::App& command, RawCommon& raw) {
  command.add_option("--data-dir", raw.data_dir, "Folder of this installation's data")->envname("GANNET_DATA_DIR");
  command.add_option("--data-sets", raw.data_sets, "Folder of the rule and list packages (default: data/ in the data folder)")
      ->envname("GANNET_DATA_SETS");
  command.add_option("--browser", raw.browser, "Chrome or Chromium to use")->envname("GANNET_BROWSER");
  command.add_flag("--no-sandbox", raw.no_sandbox, "Run the browser without its sandbox (only inside another one)");
  command.add_flag("-v,--verbose", raw.verbose, "Log what is done to standard error");
}

/// An empty value is a forgotten one, as of an unset variable in a script.
const auto is_given = CLI::Validator([](std::string& text) { return text.empty() ? std::string("the value is empty") : ""; }, "");

void add_scan_options(CLI::App& command, RawScan& raw) {
  command.add_option("URL", raw.urls, "Start page; without a scheme, https is used")->required();
  command.add_option("--page", raw.pages, "Further page, relative to URL or absolute (repeatable, at most 50)")
      ->allow_extra_args(false)
      ->check(is_given);
  command.add_option("--states", raw.states, "Consent states, of untouched,rejected,accepted (default: all)")->check(is_given);
  command.add_option("--accept-selector", raw.accept_selector, "The site's accept button: CSS, or text=…");
  command.add_option("--reject-selector", raw.reject_selector, "The site's reject button: CSS, or text=…");
  command.add_option("--params", raw.params_file, "JSON file with scan parameters");
  command.add_option("--format", raw.format, "text, json (one document a line for several URLs) or html");
  command.add_option("--out", raw.out, "Write the result to this file instead of standard output");
  command.add_option("--resolve", raw.resolve, "HOST:PORT:ADDRESS to use instead of DNS; * matches any (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--ca", raw.ca_files, "PEM file of a certificate authority to trust (repeatable)")->allow_extra_args(false);
  command.add_option("--allow-net", raw.allow_nets, "Private network that pages may reach, as 10.0.0.0/8 (repeatable)")
      ->allow_extra_args(false);
  command.add_option("--proxy", raw.proxy, "Upstream proxy, http://host:port");
  command.add_option("--user-agent", raw.user_agent, "User agent to send instead of the browser's own");
  command.add_option("--third-party-cookies", raw.third_party_cookies, "allow (as Chrome does) or block");
  command.add_option("--rules", raw.rules, "JSON file with your own cookie rules");
  command.add_option("--fail-on", raw.fail_on,
                     "Exit with 1 on findings of this severity or worse: info, low, medium, high, critical");
  command.add_option("--concurrency", raw.concurrency, "Consent states visited at the same time (default 3)")
      ->check(CLI::Range(1, 20));
  command.add_flag("--no-save", raw.is_not_kept, "Do not keep the scan in the data folder");
}

void add_scans_options(CLI::App& command, RawScans& raw) {
  command.add_option("--host", raw.host, "Only scans of this host");
  command.add_option("--limit", raw.limit, "At most so many (default 50)")->check(CLI::Range(1, 10'000));
  command.add_option("--format", raw.format, "text or json");
}

void add_show_options(CLI::App& command, RawShow& raw) {
  command.add_option("SCAN", raw.scan, "Id of the scan, or its first 8 digits or more")->required();
  command.add_option("--format", raw.format, "text, json or html");
  command.add_option("--out", raw.out, "Write the report to this file instead of standard output");
  command.add_option("--rules", raw.rules, "JSON file with your own cookie rules");
}

}  // namespace

Arguments parse_arguments(int argc, char** argv) {
  CLI::App app("Gannet watches websites: what they store, load and send, in every consent state.", "gannet");
  app.set_version_flag("--version", "gannet " + std::string(version()));
  app.require_subcommand(0, 1);
  app.footer("Exit codes of scan: 0 fine, 1 findings at or over --fail-on, 2 wrong usage, 3 the scan failed, 4 partial.");
  // One each: CLI11 gives the environment's values also to the options of a command that was not asked for.
  std::map<const CLI::App*, RawCommon> commons;
  RawScan scan;
  RawScans scans;
  RawShow show;
  std::vector<std::string> scans_to_delete;
  std::string data_format = "text";
  auto* scan_command = app.add_subcommand("scan", "Visit a site in each consent state and report what it does");
  add_scan_options(*scan_command, scan);
  add_common_options(*scan_command, commons[scan_command]);
  auto* scans_command = app.add_subcommand("scans", "List the scans that are kept, newest first");
  add_scans_options(*scans_command, scans);
  add_common_options(*scans_command, commons[scans_command]);
  auto* show_command = app.add_subcommand("show", "Report a kept scan again, judged by the data sets of today");
  add_show_options(*show_command, show);
  add_common_options(*show_command, commons[show_command]);
  auto* delete_command = app.add_subcommand("delete", "Remove kept scans");
  delete_command->add_option("SCAN", scans_to_delete, "Ids of scans, or their first 8 digits or more")->required();
  add_common_options(*delete_command, commons[delete_command]);
  auto* data_command = app.add_subcommand("data", "Show the data sets and the browser in use");
  data_command->add_option("--format", data_format, "text or json");
  add_common_options(*data_command, commons[data_command]);

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    std::ostringstream out;
    app.exit(asked, out, out);
    return Printed{out.str(), 0};
  } catch (const CLI::ParseError& wrong) {
    const auto commands = app.get_subcommands();
    const auto command = commands.empty() ? "" : commands.front()->get_name() + " ";
    return Printed{fmt::format("gannet: {}\nTry 'gannet {}--help'.\n", printable(wrong.what(), 500), command), k_usage_exit_code};
  }
  if (*scan_command) return or_usage(check_scan(scan, commons[scan_command]));
  if (*scans_command) return or_usage(check_scans(scans, commons[scans_command]));
  if (*show_command) return or_usage(check_show(show, commons[show_command]));
  if (*delete_command) return DeleteArguments{check_common(commons[delete_command]), scans_to_delete};
  if (*data_command) return or_usage(check_data(data_format, commons[data_command]));
  return Printed{app.help(), 0};
}

}  // namespace gannet::app
