#include <unistd.h>

#include "app/commands.hpp"
#include "app/output.hpp"
#include "app/progress.hpp"
#include "app/snapshot_loader.hpp"
#include "change/compare.hpp"
#include "report/comparison.hpp"

namespace gannet::app {

namespace {

constexpr int k_same_exit_code = 0;
constexpr int k_different_exit_code = 1;

Result<int> compare_scans(const DiffArguments& arguments) {
  auto output = TRY(Output::open(arguments.out));
  SnapshotLoader loader(arguments.common, arguments.rules);
  const auto newer = TRY(loader.load(arguments.newer));
  const auto older = TRY(arguments.older.empty() ? loader.load_previous(arguments.newer) : loader.load(arguments.older));
  const auto comparison = TRY(change::compare(older, newer, {.allows_other_host = arguments.allows_other_host}));
  output.add(arguments.format == Format::json
                 ? report::comparison_json(comparison, report::Pretty::yes)
                 : report::comparison_text(comparison, {.colour = output.is_coloured(), .width = terminal_width(STDOUT_FILENO)}));
  TRY(output.finish());
  return arguments.has_exit_code && comparison.has_differences() ? k_different_exit_code : k_same_exit_code;
}

}  // namespace

int run_command(const DiffArguments& arguments) {
  const auto code = compare_scans(arguments);
  return code ? *code : complain(code.error());
}

}  // namespace gannet::app
