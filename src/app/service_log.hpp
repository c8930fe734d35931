// ServiceLog: where the lines of `gannet serve` go. Without a folder to standard error; with one, the files of the guides,
// scheduler.log and api.log, opened for appending and opened anew when asked, so that logrotate works.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"

namespace gannet::app {

enum class LogFormat {
  text,  // 2026-11-28 11:30:00,123 - scheduler - INFO - message: the format of guide 002, in UTC.
  json,  // One object a line: timestamp, level, logger, message.
};

/// The line without its newline. Control characters of `message` are escaped, so that one message is one line.
std::string format_log_line(LogFormat format, Instant at, log::Level level, std::string_view area, std::string_view message);

class ServiceLog {
 public:
  struct Options {
    /// Empty: standard error.
    std::filesystem::path folder;
    LogFormat format = LogFormat::text;
  };

  /// Makes the folder where it is missing. From now on all lines of the process go here. Errors name the file.
  static Result<std::unique_ptr<ServiceLog>> start(Options options);
  /// Lines go to standard error again.
  ~ServiceLog();
  ServiceLog(const ServiceLog&) = delete;
  ServiceLog& operator=(const ServiceLog&) = delete;

  /// Opens the files by their names again; on an error the old ones stay in use.
  Result<void> reopen();

 private:
  class Files;
  explicit ServiceLog(std::shared_ptr<Files> files) : files_(std::move(files)) {}
  const std::shared_ptr<Files> files_;
};

}  // namespace gannet::app
