#include "app/commands.hpp"
#include "app/judge.hpp"
#include "app/open_store.hpp"
#include "app/output.hpp"
#include "app/pdf.hpp"
#include "base/text.hpp"
#include "inspect/judgement.hpp"
#include "report/exit_code.hpp"

namespace gannet::app {

namespace {

/// When and by what the scan was judged last, and whether the report above says the same.
std::string judged_as_text(const std::vector<record::Judgement>& kept, const record::Judgement& now) {
  if (kept.empty()) return "\nNot judged before; this report is by the data sets of today.\n";
  const auto& last = kept.back();
  std::vector<std::string> by = {"gannet " + last.gannet_version};
  for (const auto& dataset : last.datasets) by.push_back(dataset.name + " " + dataset.version);
  const auto change = inspect::compare_judgements(last, now);
  return fmt::format("\nLast judged {} by {}.\n{}\n", format_instant(last.judged_at), printable(join(by, ", "), 1000),
                     change.has_same_verdict() ? "The data sets of today give the same verdict."
                                               : "The data sets of today, by which this report is, give another verdict: "
                                                 "`gannet reinspect` says what changed.");
}

Result<report::ExitCode> report_scan(const ReportArguments& arguments) {
  TRY(check_destination(arguments.target));
  auto output = TRY(Output::open(arguments.target.out));
  std::optional<browser_host::HostProcess> host;
  // Before any thread exists: the host is forked from this process.
  if (arguments.target.format == Format::pdf) {
    TRY(browser::find_browser(arguments.common.browser.executable));
    host = TRY(browser_host::HostProcess::start_before_threads({}));
  }
  auto store = TRY(OpenStore::open(arguments.common));
  const auto id = TRY((*store)->find_scan_blocking(arguments.scan));
  const auto scan = TRY((*store)->load_scan_blocking(id));
  const auto judge = TRY(Judge::load(arguments.common, arguments.rules));
  const auto inspection = judge.judge(scan);
  // Only where they are shown: they are the largest part of what is kept.
  record::ScreenshotSet pictures;
  if (arguments.target.format == Format::html || arguments.target.format == Format::pdf)
    pictures = TRY((*store)->load_screenshots_blocking(id));
  const report::FailOn fail_on{.any = arguments.fail_on, .not_in_baseline = {}};
  std::string text = render_scan(
      scan, inspection, pictures,
      {.target = arguments.target, .pretty = report::Pretty::yes, .fail_on = fail_on, .is_coloured = output.is_coloured()});
  if (host) text = TRY(print_pdf_blocking(std::move(*host), arguments.common.browser, {std::move(text), pdf_title(scan)}));
  output.add(text);
  if (arguments.target.format == Format::text)
    output.add(judged_as_text(TRY((*store)->load_judgements_blocking(id)), judge.judgement_of(inspection, SystemClock().now())));
  TRY(output.finish());
  return arguments.fail_on ? report::decide(scan, inspection, fail_on) : report::ExitCode::fine;
}

}  // namespace

int run_command(const ReportArguments& arguments) {
  const auto code = report_scan(arguments);
  return code ? int(*code) : complain(code.error());
}

}  // namespace gannet::app
