#include "app/commands.hpp"
#include "app/judge.hpp"
#include "app/open_store.hpp"
#include "app/output.hpp"
#include "app/pdf.hpp"
#include "report/exit_code.hpp"

namespace gannet::app {

namespace {

Result<report::ExitCode> report_scan(const ReportArguments& arguments) {
  TRY(check_destination(arguments.target));
  auto output = TRY(Output::open(arguments.target.out));
  std::optional<browser_host::HostProcess> host;
  // Before any thread exists: the host is forked from this process.
  if (arguments.target.format == Format::pdf) {
    TRY(browser::find_browser(arguments.common.browser.executable));
    host = TRY(browser_host::HostProcess::start_before_threads({}));
  }
  auto store = TRY(OpenStore::open(arguments.common.data_dir));
  const auto id = TRY((*store)->find_scan_blocking(arguments.scan));
  const auto scan = TRY((*store)->load_scan_blocking(id));
  const auto judge = TRY(Judge::load(arguments.common, arguments.rules));
  const auto inspection = judge.judge(scan);
  std::string text = render_scan(scan, inspection,
                                 {.target = arguments.target,
                                  .pretty = report::Pretty::yes,
                                  .fail_on = arguments.fail_on,
                                  .is_coloured = output.is_coloured()});
  if (host) text = TRY(print_pdf_blocking(std::move(*host), arguments.common.browser, {std::move(text), pdf_title(scan)}));
  output.add(text);
  TRY(output.finish());
  return arguments.fail_on ? report::decide(scan, inspection, arguments.fail_on) : report::ExitCode::fine;
}

}  // namespace

int run_command(const ReportArguments& arguments) {
  const auto code = report_scan(arguments);
  return code ? int(*code) : complain(code.error());
}

}  // namespace gannet::app
