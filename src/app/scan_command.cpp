#include <csignal>
#include <cstdio>

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "aio/aio.hpp"
#include "app/commands.hpp"
#include "app/installation.hpp"
#include "app/installation_database.hpp"
#include "app/judge.hpp"
#include "app/output.hpp"
#include "app/progress.hpp"
#include "app/scan_runner.hpp"
#include "app/snapshot_loader.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "change/compare.hpp"
#include "inspect/party.hpp"
#include "report/document.hpp"
#include "report/exit_code.hpp"
#include "store/store.hpp"

namespace gannet::app {

using namespace std::chrono_literals;
using report::ExitCode;

namespace {

/// What is read from disk before anything runs.
struct Materials {
  Judge judge;
  std::shared_ptr<const consent::Autoconsent> autoconsent;
  std::string digest_key;
  std::optional<evidence::Signer> signer;
  std::optional<change::Snapshot> baseline;
};

Result<Materials> load_materials(const ScanArguments& arguments) {
  Materials materials;
  materials.signer = TRY(load_signer(arguments.common.data_dir));
  materials.digest_key = TRY(load_digest_key(arguments.common.data_dir));
  materials.judge = TRY(Judge::load(arguments.common, arguments.rules));
  materials.autoconsent = TRY(load_autoconsent(arguments.common.data_sets));
  if (!arguments.baseline.empty()) {
    SnapshotLoader loader(arguments.common, arguments.rules);
    auto baseline = loader.load(arguments.baseline);
    if (!baseline) return pass(baseline, "--baseline");
    // Known before the scan, not after it.
    const auto host = inspect::host_of(arguments.urls.front());
    if (baseline->host != host && !arguments.allows_other_host)
      return fail(ErrorKind::invalid, "--baseline is a scan of {}, not of {}; --any-host compares them all the same",
                  printable(baseline->host, 200), printable(host, 200));
    materials.baseline = std::move(*baseline);
  }
  return materials;
}

/// What is new since the baseline, by way of the document that the scan becomes.
Result<change::Comparison> compare_with(const change::Snapshot& baseline, const record::ScanRecord& scan,
                                        const inspect::Inspection& inspection) {
  const auto now = TRY(change::parse_snapshot(report::scan_document_json(scan, inspection, report::Pretty::no)));
  return change::compare(baseline, now, {.allows_other_host = true});
}

/// Scans the URLs one by one and reports each.
class ScanCommand {
 public:
  /// `store` is null where nothing is kept. All outlive the command.
  ScanCommand(ScanRunner& runner, const ScanArguments& arguments, const Materials& materials, store::Store* store)
      : arguments_(arguments), materials_(materials), store_(store), runner_(runner) {}

  /// The worst exit code over all URLs.
  aio::Task<ExitCode> run(aio::Scope scope, Output& output) {
    ProgressDisplay progress;
    progress.say("Starting the browser");
    auto worst = ExitCode::fine;
    if (auto started = co_await runner_.start(scope); started || scope.is_cancelled()) {
      for (const auto& url : arguments_.urls) worst = worse(worst, co_await scan(scope, url, progress, output));
    } else {
      progress.clear();
      complain(started.error());
      worst = ExitCode::failed;
    }
    co_await runner_.stop();
    co_return worst;
  }

 private:
  aio::Task<ExitCode> scan(aio::Scope scope, std::string url, ProgressDisplay& progress, Output& output) {
    const auto id = ScanId::make(clock_, random_);
    const store::ScanStart start{id, runner_.redactor().url(url), clock_.now()};
    auto begun = co_await with_store([start](store::Store& store) { return store.begin_scan_blocking(start); });
    if (!begun) {
      progress.clear();
      complain(begun.error());
      co_return ExitCode::failed;
    }
    progress.say("Scanning " + start.url);
    const auto seen = co_await runner_.scan(scope, {.id = id, .url = url, .params = arguments_.params},
                                            [&progress](const scan::Progress& step) { progress.show(step); });
    const auto& record = seen->record;
    const auto inspection = materials_.judge.judge(record);
    seen->extras.judgement = materials_.judge.judgement_of(inspection, clock_.now());
    auto saved =
        co_await with_store([seen](store::Store& store) { return store.save_scan_blocking(seen->record, seen->extras); });
    progress.clear();
    std::optional<change::Comparison> since_baseline;
    if (materials_.baseline) {
      auto compared = compare_with(*materials_.baseline, record, inspection);
      if (!compared) {
        complain(std::move(compared.error()).with_context("--baseline"));
        co_return ExitCode::failed;
      }
      since_baseline = std::move(*compared);
    }
    std::string rendered = render_scan(record, inspection, seen->extras.screenshots,
                                       {.target = arguments_.target,
                                        .pretty = arguments_.urls.size() > 1 ? report::Pretty::no : report::Pretty::yes,
                                        .fail_on = arguments_.fail_on,
                                        .is_coloured = output.is_coloured(),
                                        .since_baseline = since_baseline ? &*since_baseline : nullptr});
    if (arguments_.target.format == Format::pdf) {
      auto pdf = co_await runner_.print({std::move(rendered), pdf_title(record)});
      if (!pdf) {
        complain(pdf.error());
        co_return ExitCode::failed;
      }
      rendered = std::move(*pdf);
    }
    output.add(std::move(rendered));
    if (!saved) {
      complain(saved.error());
      co_return ExitCode::failed;
    }
    co_return report::decide(record, inspection, arguments_.fail_on, since_baseline ? &*since_baseline : nullptr);
  }

  /// Ok without a store. Not under the scan's scope: what a cancelled scan has seen is kept as well.
  template <class Work>
  aio::Task<Result<void>> with_store(Work work) {
    if (!store_) co_return Result<void>{};
    co_return co_await store_->run(aio::Scope::background().within(60s), std::move(work));
  }

  /// failed > findings > partial > fine, as report::decide orders them within one scan.
  static ExitCode worse(ExitCode a, ExitCode b) {
    for (const auto code : {ExitCode::failed, ExitCode::findings, ExitCode::partial})
      if (a == code || b == code) return code;
    return ExitCode::fine;
  }

  const ScanArguments& arguments_;
  const Materials& materials_;
  store::Store* store_;
  ScanRunner& runner_;
  SystemClock clock_;
  SystemRandom random_;
};

/// The first signal asks the scan to end and keep what it has; the second one ends the program (the browser host cleans up).
aio::Task<void> watch_signals(std::shared_ptr<boost::asio::signal_set> signals, aio::CancelSource& source) {
  constexpr auto use_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
  auto [error, number] = co_await signals->async_wait(use_tuple);
  if (error) co_return;
  source.cancel(number == SIGINT ? "interrupted" : "asked to end");
  auto [second_error, second] = co_await signals->async_wait(use_tuple);
  if (!second_error) ::_exit(128 + second);
}

}  // namespace

int run_command(const ScanArguments& arguments) {
  auto executable = browser::find_browser(arguments.common.browser.executable);
  if (!executable) return complain(executable.error());
  if (auto checked = check_destination(arguments.target); !checked) return complain(checked.error());
  auto output = Output::open(arguments.target.out);
  if (!output) return complain(output.error());
  // Before any thread exists: the host is forked from this process.
  auto host = browser_host::HostProcess::start_before_threads({});
  if (!host) return complain(host.error());
  auto materials = load_materials(arguments);
  if (!materials) return complain(materials.error());

  SystemClock clock;
  SystemRandom random;
  boost::asio::io_context context(1);
  std::unique_ptr<store::Store> kept;
  if (arguments.is_kept) {
    auto database = open_database(arguments.common, clock);
    if (!database) return complain(database.error());
    auto opened = store::Store::open(arguments.common.data_dir, {clock, random, &*materials->signer}, std::move(*database));
    if (!opened) return complain(opened.error());
    kept = std::move(*opened);
  }
  aio::CancelSource cancel;
  auto signals = std::make_shared<boost::asio::signal_set>(context, SIGINT, SIGTERM, SIGHUP);
  aio::TaskGroup watcher(context.get_executor());
  watcher.spawn(watch_signals(signals, cancel), "signals");
  auto code = ExitCode::failed;
  {
    ScanRunner runner(context, {.host = std::move(*host),
                                .browser = arguments.common.browser,
                                .network = {arguments.resolve, arguments.allow_nets, arguments.proxy},
                                .digest_key = materials->digest_key,
                                .autoconsent = materials->autoconsent});
    ScanCommand command(runner, arguments, *materials, kept.get());
    code = aio::run(context, command.run(aio::Scope(cancel), *output));
    signals->cancel();
    context.run();
  }
  auto written = output->finish();
  if (!written) return complain(written.error());
  return int(code);
}

}  // namespace gannet::app
