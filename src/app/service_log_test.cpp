#include "app/service_log.hpp"

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "db/temporary_folder_for_test.hpp"

namespace gannet::app {
namespace {

const Instant k_at = parse_instant("2026-11-28T11:30:00.123Z").value();

TEST(ServiceLog, text_lines_have_the_format_of_guide_002) {
  EXPECT_EQ(format_log_line(LogFormat::text, k_at, log::Level::info, "scheduler", "started"),
            "2026-11-28 11:30:00,123 - scheduler - INFO - started");
}

TEST(ServiceLog, json_lines_are_objects_with_the_same_parts) {
  EXPECT_EQ(format_log_line(LogFormat::json, k_at, log::Level::error, "api", R"(a "word")"),
            R"({"timestamp":"2026-11-28T11:30:00.123Z","level":"ERROR","logger":"api","message":"a \"word\""})");
}

TEST(ServiceLog, a_message_cannot_begin_a_line_of_its_own) {
  EXPECT_EQ(format_log_line(LogFormat::text, k_at, log::Level::info, "api", "a\nb").find('\n'), std::string::npos);
}

TEST(ServiceLog, the_api_has_a_file_of_its_own_and_files_that_were_moved_away_are_made_anew) {
  const db::TemporaryFolder folder;
  const auto logs = folder.path() / "logs";
  const auto before = log::level();
  log::set_level(log::Level::info);
  {
    const auto log = ServiceLog::start({.folder = logs, .format = LogFormat::text}).value();
    LOG_INFO("scheduler", "first");
    LOG_INFO("api", "second");
    std::filesystem::rename(logs / "scheduler.log", logs / "scheduler.log.1");
    LOG_INFO("scheduler", "third");
    ASSERT_TRUE(log->reopen());
    LOG_INFO("scheduler", "fourth");
  }
  log::set_level(before);
  const auto has = [&](const char* file, std::string_view word) {
    return read_file(logs / file).value().find(word) != std::string::npos;
  };
  EXPECT_TRUE(has("scheduler.log.1", "first") && has("scheduler.log.1", "third"));
  EXPECT_TRUE(has("scheduler.log", "fourth") && !has("scheduler.log", "third"));
  EXPECT_TRUE(has("api.log", "second") && !has("api.log", "first"));
}

TEST(ServiceLog, a_folder_that_cannot_be_made_is_named) {
  const auto log = ServiceLog::start({.folder = "/proc/no-such-folder/logs"});
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().describe().find("/proc/no-such-folder/logs"), std::string::npos);
}

}  // namespace
}  // namespace gannet::app
