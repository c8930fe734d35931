#include <cerrno>
#include <csignal>
#include <cstdio>

#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "app/commands.hpp"
#include "app/impl/service_options.hpp"
#include "app/installation.hpp"
#include "app/output.hpp"
#include "app/service.hpp"
#include "app/service_log.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/text.hpp"
#include "db/file_lock.hpp"

namespace gannet::app {

namespace {

using namespace std::chrono_literals;

/// One `serve` works on an SQLite data folder; the file says which.
class OnlyService {
 public:
  static Result<OnlyService> claim(const std::filesystem::path& data_dir) {
    TRY(make_data_folder(data_dir));
    const auto path = data_dir / "serve.lock";
    // Not replaced where it is there: its lock belongs to the file.
    if (auto file = ::fopen(path.c_str(), "ae")) ::fclose(file);
    auto lock = TRY(db::FileLock::try_take(path, db::LockMode::exclusive));
    if (!lock) {
      const auto pid = read_file(path, 100_B);
      return fail(ErrorKind::conflict,
                  "another gannet serve{} works on {}; stop it first, or give this one a --data-dir of its own, or run both on "
                  "PostgreSQL (DATABASE_URL)",
                  pid && !pid->empty() ? " (process " + std::string(trim_end(*pid)) + ")" : "", data_dir.string());
    }
    if (auto* file = ::fopen(path.c_str(), "we")) {
      std::fprintf(file, "%d\n", int(::getpid()));
      ::fclose(file);
    }
    return OnlyService(std::move(*lock));
  }

 private:
  explicit OnlyService(db::FileLock lock) : lock_(std::move(lock)) {}
  static std::string_view trim_end(std::string_view text) { return text.substr(0, text.find('\n')); }
  db::FileLock lock_;
};

/// Where it is and how to get in: what a person who has just started it needs.
void greet(const Service& service, const std::filesystem::path& data_dir) {
  const auto say = [](const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
  };
  if (!service.url().empty()) {
    say(fmt::format("Gannet is at {}", service.url()));
    say(fmt::format("  status {0}/health   documentation {0}/docs   metrics {0}/metrics", service.url()));
  } else {
    say("Gannet is ready");
  }
  if (!service.first_admin()) return;
  const auto& admin = *service.first_admin();
  if (::isatty(STDOUT_FILENO) != 0) {
    say(fmt::format("First administrator: {}   password: {}", admin.email, admin.password));
    say("The password is shown this once, and must be changed at the first login (POST /api/v1/auth/login).");
    return;
  }
  const auto written = identity::write_first_password(data_dir, admin);
  say(written ? fmt::format("First administrator: {}   password: in {}", admin.email, written->string())
              : fmt::format("The password of the first administrator could not be kept: {}", written.error().describe()));
}

class ServeCommand {
 public:
  ServeCommand(boost::asio::io_context& context, const ServeArguments& arguments, Service& service, ServiceLog& log)
      : arguments_(arguments),
        service_(service),
        log_(log),
        signals_(context, SIGINT, SIGTERM),
        reload_(context, SIGHUP, SIGUSR1),
        asked_to_end_(context.get_executor()),
        group_(context.get_executor()) {}

  aio::Task<int> run() {
    group_.spawn(watch_reload(), "reload");
    group_.spawn(watch_signals(), "signals");
    auto started = co_await service_.start(aio::Scope(starting_).within(5min));
    int code = 0;
    if (started) {
      greet(service_, arguments_.service.common.data_dir);
      (void)co_await asked_to_end_.wait(aio::Scope::background());
    } else if (!starting_.is_cancelled()) {
      code = complain(started.error());
    }
    co_await service_.stop();
    signals_.cancel();
    reload_.cancel();
    co_await group_.stop();
    co_return code;
  }

 private:
  /// The first signal asks the service to end, also while it starts; the second ends the process.
  aio::Task<void> watch_signals() {
    constexpr auto use_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);
    auto [error, number] = co_await signals_.async_wait(use_tuple);
    if (error) co_return;
    LOG_INFO("scheduler", "{}: ending", number == SIGINT ? "interrupted" : "asked to end");
    starting_.cancel("asked to end");
    asked_to_end_.set(number);
    std::tie(error, number) = co_await signals_.async_wait(use_tuple);
    if (!error) ::_exit(128 + number);
  }

  /// HUP reads the settings again; both open the log files again.
  aio::Task<void> watch_reload() {
    for (;;) {
      auto [error, number] = co_await reload_.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
      if (error) co_return;
      if (auto reopened = log_.reopen(); !reopened) LOG_ERROR("scheduler", "{}", reopened.error().describe());
      if (number != SIGHUP) continue;
      auto settings = read_settings(arguments_.service);
      if (settings) {
        const auto reload = service_.apply(*settings);
        LOG_INFO("scheduler", "settings were read again; changed: {}; waiting for the next start: {}",
                 reload.changed.empty() ? "none" : join(reload.changed, ", "),
                 reload.waiting.empty() ? "none" : join(reload.waiting, ", "));
      } else {
        LOG_ERROR("scheduler", "the settings stay as they were: {}", settings.error().describe());
      }
    }
  }

  const ServeArguments& arguments_;
  Service& service_;
  ServiceLog& log_;
  boost::asio::signal_set signals_;
  boost::asio::signal_set reload_;
  aio::CancelSource starting_;
  aio::OneShot<int> asked_to_end_;
  aio::TaskGroup group_;
};

}  // namespace

int run_command(const ServeArguments& arguments) {
  const auto& settings = arguments.service.settings;
  std::optional<OnlyService> only;
  if (settings.database_url.empty()) {
    auto claimed = OnlyService::claim(arguments.service.common.data_dir);
    if (!claimed) return complain(claimed.error());
    only.emplace(std::move(*claimed));
  }
  std::optional<browser_host::HostProcess> host;
  if (arguments.roles.scanner) {
    if (auto browser = browser::find_browser(arguments.service.common.browser.executable); !browser)
      return complain(browser.error());
    // Before any thread exists: the host is forked from this process.
    auto forked = browser_host::HostProcess::start_before_threads({});
    if (!forked) return complain(forked.error());
    host = std::move(*forked);
  }
  auto log = ServiceLog::start(
      {.folder = settings.log_dir, .format = settings.log_format == "json" ? LogFormat::json : LogFormat::text});
  if (!log) return complain(log.error());
  for (const auto& warning : arguments.service.warnings) LOG_WARNING("scheduler", "{}", warning);

  boost::asio::io_context context(1);
  int code = 0;
  {
    Service service(context, arguments, std::move(host));
    ServeCommand command(context, arguments, service, **log);
    code = aio::run(context, command.run());
    context.run();
  }
  return code;
}

}  // namespace gannet::app
