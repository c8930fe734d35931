#include "app/arguments.hpp"

#include <numeric>
#include <sstream>

#include "app/impl/command_parser.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace gannet::app {

namespace {

constexpr int k_usage_exit_code = 2;

/// In the order of the help text.
constexpr auto k_makers = {
    make_scan_parser,          make_scans_parser,         make_show_parser,           make_report_parser,
    make_diff_parser,          make_reinspect_parser,     make_policy_parser,         make_export_parser,
    make_verify_parser,        make_delete_parser,        make_prune_parser,          make_backup_parser,
    make_restore_parser,       make_cookies_test_parser,  make_cookies_set_parser,    make_cookies_unset_parser,
    make_cookies_rules_parser, make_cookies_check_parser, make_cookies_review_parser, make_data_parser,
    make_serve_parser,         make_token_parser,         make_history_parser,        make_sync_parser,
    make_locks_parser,         make_doctor_parser,        make_selftest_parser,       make_config_parser,
    make_migrate_parser,       make_database_copy_parser};

/// Levenshtein's distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

/// " Did you mean '--format'?" where a command or option of `command` is at most two letters away from `typed`; else nothing.
std::string suggestion(const CLI::App& command, const std::string& typed) {
  constexpr std::size_t k_distance_max = 2;
  std::string nearest;
  std::size_t distance = k_distance_max + 1;
  const auto consider = [&](const std::string& name) {
    const auto far = edit_distance(typed.substr(0, typed.find('=')), name);
    if (far < distance) std::tie(nearest, distance) = std::pair(name, far);
  };
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames()) consider("--" + name);
  for (const auto* known : command.get_subcommands({})) consider(known->get_name());
  return nearest.empty() ? "" : fmt::format(" Did you mean '{}'?", nearest);
}

/// The complaint, what may have been meant, and where to read on.
Printed usage_error(const CLI::App& app, const CLI::ParseError& wrong) {
  const CLI::App* command = &app;
  std::string words;
  while (!command->get_subcommands().empty()) {
    command = command->get_subcommands().front();
    words += command->get_name() + " ";
  }
  const auto unknown = app.remaining(true);
  return {fmt::format("gannet: {}{}\nTry 'gannet {}--help'.\n", printable(wrong.what(), 500),
                      unknown.empty() ? "" : suggestion(*command, unknown.front()), words),
          k_usage_exit_code};
}

}  // namespace

Arguments parse_arguments(int argc, char** argv) {
  CLI::App app("Gannet watches websites: what they store, load and send, in every consent state.", "gannet");
  app.set_version_flag("--version", "gannet " + std::string(version()));
  app.require_subcommand(0, 1);
  app.footer("Exit codes of scan: 0 fine, 1 findings at or over --fail-on, 2 wrong usage, 3 the scan failed, 4 partial.");
  std::vector<std::unique_ptr<CommandParser>> parsers;
  for (const auto make : k_makers) parsers.push_back(make(app));
  std::ranges::move(make_schedules_parsers(app), std::back_inserter(parsers));
  for (const auto& parser : parsers) parser->add_shared_options();

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked) {
    std::ostringstream out;
    app.exit(asked, out, out);
    return Printed{out.str(), 0};
  } catch (const CLI::ParseError& wrong) {
    return usage_error(app, wrong);
  }
  for (const auto& parser : parsers) {
    if (!parser->is_chosen()) continue;
    auto arguments = parser->check();
    if (!arguments) return Printed{fmt::format("gannet: {}\n", arguments.error().describe()), k_usage_exit_code};
    return std::move(*arguments);
  }
  return Printed{app.help(), 0};
}

}  // namespace gannet::app
