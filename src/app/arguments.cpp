#include "app/arguments.hpp"

#include <sstream>

#include "app/impl/command_parser.hpp"
#include "base/text.hpp"
#include "base/version.hpp"

namespace gannet::app {

namespace {

constexpr int k_usage_exit_code = 2;

/// In the order of the help text.
constexpr auto k_makers = {make_scan_parser, make_scans_parser,  make_show_parser,
                           make_diff_parser, make_delete_parser, make_data_parser};

}  // namespace

Arguments parse_arguments(int argc, char** argv) {
  CLI::App app("Gannet watches websites: what they store, load and send, in every consent state.", "gannet");
  app.set_version_flag("--version", "gannet " + std::string(version()));
  app.require_subcommand(0, 1);
  app.footer("Exit codes of scan: 0 fine, 1 findings at or over --fail-on, 2 wrong usage, 3 the scan failed, 4 partial.");
  std::vector<std::unique_ptr<CommandParser>> parsers;
  for (const auto make : k_makers) {
    parsers.push_back(make(app));
    parsers.back()->add_shared_options();
  }

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
  for (const auto& parser : parsers) {
    if (!parser->is_chosen()) continue;
    auto arguments = parser->check();
    if (!arguments) return Printed{fmt::format("gannet: {}\n", arguments.error().describe()), k_usage_exit_code};
    return std::move(*arguments);
  }
  return Printed{app.help(), 0};
}

}  // namespace gannet::app
