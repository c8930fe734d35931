#include "app/service_log.hpp"

#include <array>
#include <cerrno>
#include <mutex>

#include <fcntl.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "browser_host/fd.hpp"

namespace gannet::app {

namespace {

/// What the API says goes to a file of its own, as in guide 000; all else is the scheduler's.
bool is_of_api(std::string_view area) { return area == "api" || area == "http"; }

}  // namespace

std::string format_log_line(LogFormat format, Instant at, log::Level level, std::string_view area, std::string_view message) {
  auto when = format_instant(at);
  if (format == LogFormat::json)
    return boost::json::serialize(boost::json::object{
        {"timestamp", when}, {"level", log::to_string(level)}, {"logger", area}, {"message", printable(message)}});
  // As Python's logging prints an instant, which the guides' operators cut and sort.
  when[10] = ' ';
  when[19] = ',';
  when.resize(23);
  return fmt::format("{} - {} - {} - {}", when, area, log::to_string(level), printable(message));
}

class ServiceLog::Files {
 public:
  explicit Files(Options options) : options_(std::move(options)) {}

  Result<void> open() {
    if (options_.folder.empty()) return {};
    std::error_code failed;
    std::filesystem::create_directories(options_.folder, failed);
    if (failed)
      return fail_errno(file_error_kind(failed.value()), failed.value(), "cannot make the log folder {}",
                        options_.folder.string());
    std::array<browser_host::Fd, 2> opened;
    for (std::size_t i = 0; i < opened.size(); ++i) {
      const auto path = options_.folder / k_names[i];
      opened[i] = browser_host::Fd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640));
      if (!opened[i]) return fail_errno(file_error_kind(errno), errno, "cannot open the log file {}", path.string());
    }
    const std::scoped_lock lock(mutex_);
    fds_ = std::move(opened);
    return {};
  }

  void write(log::Level level, std::string_view area, std::string_view message) {
    const auto line = format_log_line(options_.format, clock_.now(), level, area, message) + "\n";
    const std::scoped_lock lock(mutex_);
    const int fd = options_.folder.empty() ? STDERR_FILENO : fds_[is_of_api(area) ? 1 : 0].get();
    // A line that the disk does not take is lost: there is nowhere to say so.
    [[maybe_unused]] const auto written = ::write(fd, line.data(), line.size());
  }

 private:
  static constexpr std::array<const char*, 2> k_names = {"scheduler.log", "api.log"};
  const Options options_;
  const SystemClock clock_;
  std::mutex mutex_;
  std::array<browser_host::Fd, 2> fds_;
};

Result<std::unique_ptr<ServiceLog>> ServiceLog::start(Options options) {
  auto files = std::make_shared<Files>(std::move(options));
  TRY(files->open());
  log::set_sink(
      [files](log::Level level, std::string_view area, std::string_view message) { files->write(level, area, message); });
  return std::unique_ptr<ServiceLog>(new ServiceLog(std::move(files)));
}

ServiceLog::~ServiceLog() { log::set_sink(nullptr); }

Result<void> ServiceLog::reopen() { return files_->open(); }

}  // namespace gannet::app
