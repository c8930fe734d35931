#include "app/scan_runner.hpp"

#include <pwd.h>
#include <unistd.h>

namespace gannet::app {

using namespace std::chrono_literals;

namespace {

uid_t uid_of(const std::string& user) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing else in the program asks the user database.
  const auto* entry = ::getpwnam(user.c_str());
  return entry ? entry->pw_uid : ::geteuid();
}

}  // namespace

Result<std::shared_ptr<const consent::Autoconsent>> load_autoconsent(const std::filesystem::path& data_sets) {
  return consent::Autoconsent::load(data_sets / "npm/@duckduckgo/autoconsent@16.23.0/package");
}

ScanRunner::ScanRunner(boost::asio::io_context& context, Parts parts)
    : autoconsent_(std::move(parts.autoconsent)),
      redactor_(parts.digest_key),
      policy_(std::move(parts.network.allow_nets)),
      resolver_(context.get_executor(), clock_, {.overrides = std::move(parts.network.resolve)}),
      proxy_(context.get_executor(), clock_, resolver_, policy_, {.upstream_proxy = std::move(parts.network.proxy)}),
      executor_(context.get_executor()),
      host_(executor_, std::move(parts.host)),
      browsers_(executor_, host_, random_, std::move(parts.browser)) {}

aio::Task<Result<void>> ScanRunner::start(aio::Scope scope) {
  auto browser = co_await browsers_.get(std::move(scope));
  if (!browser) co_return pass(browser);
  co_return Result<void>{};
}

aio::Task<std::shared_ptr<Seen>> ScanRunner::scan(aio::Scope scope, scan::QuickScan request,
                                                  std::function<void(const scan::Progress&)> on_progress) {
  scan::Engine engine({executor_, clock_, random_, redactor_, browsers_, proxy_, autoconsent_, uid_of(host_.user())});
  auto seen = std::make_shared<Seen>();
  request.screenshots = &seen->extras.screenshots;
  seen->record = co_await engine.scan(std::move(scope), std::move(request), std::move(on_progress));
  co_return seen;
}

aio::Task<Result<std::string>> ScanRunner::print(PdfText text) {
  const auto scope = aio::Scope::background().within(60s);
  auto browser = co_await browsers_.get(scope);
  if (!browser) co_return pass(browser);
  co_return co_await print_pdf(scope, **browser, std::move(text));
}

aio::Task<void> ScanRunner::stop() {
  co_await browsers_.stop();
  co_await proxy_.stop();
  co_await host_.stop();
}

}  // namespace gannet::app
