#include "app/commands.hpp"
#include "app/judge.hpp"
#include "app/open_store.hpp"
#include "app/output.hpp"
#include "inspect/declaration.hpp"
#include "report/declaration.hpp"
#include "report/exit_code.hpp"

namespace gannet::app {

namespace {

using report::ExitCode;

/// What was not seen could hold what is not declared.
ExitCode decide(const PolicyArguments& arguments, const report::Verdict& verdict,
                const inspect::DeclarationComparison& comparison) {
  if (!arguments.fails_on_undeclared) return ExitCode::fine;
  if (!comparison.undeclared.empty()) return ExitCode::findings;
  return verdict.has_blocking_gap() ? ExitCode::partial : ExitCode::fine;
}

Result<ExitCode> write_policy(const PolicyArguments& arguments) {
  std::vector<inspect::DeclaredCookie> declared;
  if (!arguments.declaration.empty()) declared = TRY(inspect::load_declaration(arguments.declaration));
  auto store = TRY(OpenStore::open(arguments.common));
  const auto id = TRY((*store)->find_scan_blocking(arguments.scan));
  const auto scan = TRY((*store)->load_scan_blocking(id));
  const auto judge = TRY(Judge::load(arguments.common, arguments.rules));
  const auto inspection = judge.judge(scan);
  auto output = TRY(Output::open(arguments.out));
  auto code = ExitCode::fine;
  if (arguments.declaration.empty()) {
    output.add(report::cookie_policy(scan, inspection, arguments.policy_format));
  } else {
    const auto verdict = report::make_verdict(scan, inspection);
    const auto comparison = inspect::compare_declaration(declared, inspect::make_inventory(inspection));
    output.add(arguments.comparison_format == Format::json ? report::declaration_json(scan, verdict, comparison)
                                                           : report::declaration_text(scan, verdict, comparison));
    code = decide(arguments, verdict, comparison);
  }
  TRY(output.finish());
  return code;
}

}  // namespace

int run_command(const PolicyArguments& arguments) {
  const auto code = write_policy(arguments);
  return code ? int(*code) : complain(code.error());
}

}  // namespace gannet::app
