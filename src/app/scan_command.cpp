#include <csignal>
#include <cstdio>

#include <pwd.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "aio/aio.hpp"
#include "app/commands.hpp"
#include "app/installation.hpp"
#include "app/progress.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "browser_host/host_client.hpp"
#include "consent/autoconsent.hpp"
#include "datasets/datasets.hpp"
#include "inspect/inspect.hpp"
#include "report/document.hpp"
#include "report/exit_code.hpp"
#include "report/html.hpp"
#include "report/text.hpp"
#include "scan/engine.hpp"

namespace gannet::app {

using namespace std::chrono_literals;
using report::ExitCode;

namespace {

/// What is read from disk before anything runs.
struct Materials {
  std::shared_ptr<const datasets::Datasets> sets;
  std::shared_ptr<const consent::Autoconsent> autoconsent;
  inspect::SiteRules rules;
  std::string digest_key;
};

Result<Materials> load_materials(const ScanArguments& arguments) {
  Materials materials;
  materials.digest_key = TRY(load_digest_key(arguments.common.data_dir));
  materials.sets = TRY(datasets::Datasets::load({.path = arguments.common.data_sets}));
  materials.autoconsent =
      TRY(consent::Autoconsent::load(arguments.common.data_sets / "npm/@duckduckgo/autoconsent@16.23.0/package"));
  if (!arguments.rules.empty()) materials.rules = TRY(inspect::load_rule_file(arguments.rules));
  return materials;
}

uid_t uid_of(const std::string& user) {
  const auto* entry = ::getpwnam(user.c_str());
  return entry ? entry->pw_uid : ::geteuid();
}

/// Standard output or the file of --out, opened before the scan: a result that cannot be written is known at once.
class Output {
 public:
  static Result<Output> open(const std::filesystem::path& path) {
    Output output;
    if (path.empty()) return output;
    // Tried now, written at the end in one piece.
    auto tried = write_file_atomically(path, "");
    if (!tried) return std::unexpected(std::move(tried.error()));
    output.path_ = path;
    return output;
  }
  void add(const std::string& text) { text_ += text; }
  Result<void> finish() {
    if (!path_.empty()) return write_file_atomically(path_, text_);
    std::fwrite(text_.data(), 1, text_.size(), stdout);
    if (std::fflush(stdout) != 0) return fail_errno(ErrorKind::unavailable, errno, "cannot write to standard output");
    return {};
  }

 private:
  std::filesystem::path path_;
  std::string text_;
};

/// Everything one command needs to scan, made in the order of its members and taken down in reverse.
class Scanner {
 public:
  Scanner(boost::asio::io_context& context, browser_host::HostProcess host, const ScanArguments& arguments,
          const Materials& materials)
      : arguments_(arguments),
        materials_(materials),
        redactor_(materials.digest_key),
        policy_(arguments.allow_nets),
        resolver_(context.get_executor(), clock_, {.overrides = arguments.resolve}),
        proxy_(context.get_executor(), clock_, resolver_, policy_, {.upstream_proxy = arguments.proxy}),
        executor_(context.get_executor()),
        host_(executor_, std::move(host)) {}

  /// The worst exit code over all URLs.
  aio::Task<ExitCode> run(aio::Scope scope, Output& output) {
    ProgressDisplay progress;
    progress.say("Starting the browser");
    auto browser = co_await browser::Browser::launch(scope.within(60s), executor_, host_, random_, arguments_.common.browser);
    if (!browser) {
      progress.clear();
      co_await stop(nullptr);
      co_return complain(browser.error());
    }
    auto worst = ExitCode::fine;
    for (const auto& url : arguments_.urls) {
      scan::Engine engine(
          {executor_, clock_, random_, redactor_, **browser, proxy_, materials_.autoconsent, uid_of(host_.user())});
      progress.say("Scanning " + url);
      auto record = co_await engine.scan(scope, {ScanId::make(clock_, random_), url, arguments_.params},
                                         [&progress](const scan::Progress& step) { progress.show(step); });
      const auto inspection = inspect::inspect(record, *materials_.sets, materials_.rules);
      progress.clear();
      output.add(render(record, inspection));
      worst = worse(worst, report::decide(record, inspection, arguments_.fail_on));
    }
    co_await stop(browser->get());
    co_return worst;
  }

 private:
  std::string render(const record::ScanRecord& record, const inspect::Inspection& inspection) const {
    if (arguments_.format == Format::json)
      return report::scan_document_json(record, inspection,
                                        arguments_.urls.size() > 1 ? report::Pretty::no : report::Pretty::yes) +
             "\n";
    if (arguments_.format == Format::html) return report::scan_html(record, inspection);
    const bool is_terminal = arguments_.out.empty() && ::isatty(STDOUT_FILENO) == 1;
    return report::scan_text(record, inspection,
                             {.colour = is_terminal && !std::getenv("NO_COLOR"), .width = terminal_width(STDOUT_FILENO)});
  }

  static ExitCode complain(const Error& error) {
    fmt::print(stderr, "gannet: {}\n", error.describe());
    return ExitCode::failed;
  }

  /// failed > findings > partial > fine, as report::decide orders them within one scan.
  static ExitCode worse(ExitCode a, ExitCode b) {
    for (const auto code : {ExitCode::failed, ExitCode::findings, ExitCode::partial})
      if (a == code || b == code) return code;
    return ExitCode::fine;
  }

  aio::Task<void> stop(browser::Browser* browser) {
    if (browser) co_await browser->stop();
    co_await proxy_.stop();
    co_await host_.stop();
  }

  const ScanArguments& arguments_;
  const Materials& materials_;
  SystemClock clock_;
  SystemRandom random_;
  record::Redactor redactor_;
  net::AddressPolicy policy_;
  net::Resolver resolver_;
  net::ForwardProxy proxy_;
  aio::Executor executor_;
  browser_host::HostClient host_;
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

int run_scan_command(const ScanArguments& arguments) {
  const auto leave = [](const Error& error) {
    fmt::print(stderr, "gannet: {}\n", error.describe());
    return int(error.kind() == ErrorKind::invalid ? ExitCode::usage : ExitCode::failed);
  };
  auto executable = browser::find_browser(arguments.common.browser.executable);
  if (!executable) return leave(executable.error());
  auto output = Output::open(arguments.out);
  if (!output) return leave(output.error());
  // Before any thread exists: the host is forked from this process.
  auto host = browser_host::HostProcess::start_before_threads({});
  if (!host) return leave(host.error());
  auto materials = load_materials(arguments);
  if (!materials) return leave(materials.error());

  boost::asio::io_context context(1);
  aio::CancelSource cancel;
  auto signals = std::make_shared<boost::asio::signal_set>(context, SIGINT, SIGTERM, SIGHUP);
  aio::TaskGroup watcher(context.get_executor());
  watcher.spawn(watch_signals(signals, cancel), "signals");
  auto code = ExitCode::failed;
  {
    Scanner scanner(context, std::move(*host), arguments, *materials);
    code = aio::run(context, scanner.run(aio::Scope(cancel), *output));
    signals->cancel();
    context.run();
  }
  auto written = output->finish();
  if (!written) return leave(written.error());
  return int(code);
}

}  // namespace gannet::app
