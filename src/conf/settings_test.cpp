#include "conf/settings.hpp"

#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>

#include "base/file.hpp"

namespace gannet::conf {
namespace {

using namespace std::chrono_literals;
constexpr PresetInput k_machine{.memory = 16_GiB};

Result<Settings> resolve_one(std::map<std::string, std::string> values, std::string source = "environment") {
  const Layer layer{.source = std::move(source), .values = std::move(values)};
  return resolve({&layer, 1}, k_machine);
}

std::string error_of(std::map<std::string, std::string> values) {
  const auto settings = resolve_one(std::move(values));
  return settings ? "none" : settings.error().message();
}

TEST(Settings, have_the_defaults_of_the_guides) {
  const auto settings = resolve({}, k_machine);
  ASSERT_TRUE(settings) << settings.error().describe();
  EXPECT_EQ(settings->max_workers, 10);
  EXPECT_EQ(settings->schedule_check_interval, 60s);
  EXPECT_EQ(settings->lock_timeout, 60s);
  EXPECT_EQ(settings->job_max_instances, 1);
  EXPECT_TRUE(settings->job_coalesce);
  EXPECT_EQ(settings->job_misfire_grace_time, 300s);
  EXPECT_FALSE(settings->enable_api_sync);
  EXPECT_EQ(settings->api_sync_interval, 300s);
  EXPECT_EQ(settings->max_concurrent_quick, 5);
  EXPECT_EQ(settings->browser_pool_size, 5);
  EXPECT_EQ(settings->pages_per_browser, 20);
  EXPECT_EQ(settings->api_host, "127.0.0.1");
  EXPECT_EQ(settings->api_port, 8000);
  EXPECT_EQ(settings->jwt_expiration, 15min);
  EXPECT_EQ(settings->retention_executions, 90 * 24h);
  EXPECT_FALSE(settings->is_given("API_PORT"));
}

TEST(Settings, understand_what_the_guides_print) {
  auto values = parse_lines(R"(# Database
export DATABASE_URL="postgresql://user:password@localhost:5432/cookie_scanner"
export REDIS_PASSWORD=""  # Optional
REDIS_PASSWORD=  # Optional
JOB_REPLACE_EXISTING_INSTANCE=True
JOB_COALESCE=true
export MAX_WORKERS="10"  # Maximum concurrent scan workers
export SCHEDULE_CHECK_INTERVAL="60"  # Check for schedule changes every 60 seconds
export ENABLE_API_SYNC="false"  # Set to true if syncing from external API
export API_HOST="0.0.0.0"
API_URL=http://api.example.com/schedules
)");
  ASSERT_TRUE(values) << values.error().describe();
  const auto settings = resolve_one(*values);
  ASSERT_TRUE(settings) << settings.error().describe();
  EXPECT_EQ(settings->database_url, "postgresql://user:password@localhost:5432/cookie_scanner");
  EXPECT_EQ(settings->redis_password, "");
  EXPECT_TRUE(settings->job_replace_existing_instance);
  EXPECT_EQ(settings->api_host, "0.0.0.0");
  EXPECT_EQ(settings->api_url, "http://api.example.com/schedules");
}

TEST(Settings, let_the_later_source_win_and_say_which) {
  const std::vector<Layer> layers{{.source = "file a", .values = {{"API_PORT", "1"}, {"MAX_WORKERS", "2"}}},
                                  {.source = "environment", .values = {{"API_PORT", "3"}, {"MAX_WORKERS", ""}}}};
  const auto settings = resolve(layers, k_machine);
  ASSERT_TRUE(settings) << settings.error().describe();
  EXPECT_EQ(settings->api_port, 3);
  EXPECT_EQ(settings->max_workers, 2) << "an empty value says nothing";
  EXPECT_EQ(settings->origins.at("API_PORT"), "environment");
  EXPECT_EQ(settings->origins.at("MAX_WORKERS"), "file a");
  EXPECT_FALSE(settings->is_given("API_HOST"));
}

TEST(Settings, take_booleans_in_any_case_and_units) {
  for (const char* word : {"True", "TRUE", "yes", "On", "1"})
    EXPECT_TRUE(resolve_one({{"ENABLE_API_SYNC", word}})->enable_api_sync);
  for (const char* word : {"False", "no", "OFF", "0"}) EXPECT_FALSE(resolve_one({{"JOB_COALESCE", word}})->job_coalesce);
  EXPECT_EQ(resolve_one({{"LOCK_TIMEOUT", "2m"}})->lock_timeout, 2min);
  EXPECT_EQ(resolve_one({{"LOCK_TIMEOUT", "4500ms"}})->lock_timeout, 4500ms);
  EXPECT_EQ(resolve_one({{"RETENTION_SCANS", "36 h"}})->retention_scans, 36h);
  EXPECT_EQ(resolve_one({{"API_BODY_BYTES_MAX", "2MiB"}})->api_body_bytes_max, 2_MiB);
  EXPECT_EQ(resolve_one({{"CORS_ORIGINS", " https://a , https://b,"}})->cors_origins, (List{"https://a", "https://b"}));
  EXPECT_EQ(resolve_one({{"LOG_FORMAT", "JSON"}})->log_format, "json");
}

TEST(Settings, say_what_is_wrong_where_and_what_would_be_right) {
  EXPECT_EQ(error_of({{"API_PORT", "80000"}}),
            "API_PORT in the environment is \"80000\"; it must be a whole number from 0 to 65535");
  EXPECT_EQ(error_of({{"LOCK_TIMEOUT", "1"}}),
            "LOCK_TIMEOUT in the environment is \"1\"; it must be a duration from 3 s to 1 h, in s where no unit is written");
  EXPECT_EQ(error_of({{"JOB_COALESCE", "maybe"}}), "JOB_COALESCE in the environment is \"maybe\"; it must be true or false");
  EXPECT_EQ(error_of({{"LOG_FORMAT", "xml"}}), "LOG_FORMAT in the environment is \"xml\"; it must be text, json");
  EXPECT_NE(error_of({{"MAX_WORKERS", "-1"}}), "none");
  EXPECT_NE(error_of({{"MAX_WORKERS", "5k"}}), "none") << "a count has no unit";
  EXPECT_NE(error_of({{"MAX_WORKERS", "99999999999999999999"}}), "none");
  EXPECT_EQ(error_of({{"DATABASE_POOL_MIN_SIZE", "20"}}), "DATABASE_POOL_MIN_SIZE 20 is more than DATABASE_POOL_MAX_SIZE 10");
  const auto two = error_of({{"API_PORT", "x"}, {"MAX_WORKERS", "y"}});
  EXPECT_NE(two.find("API_PORT"), std::string::npos);
  EXPECT_NE(two.find("MAX_WORKERS"), std::string::npos) << "all mistakes at once";
}

TEST(Settings, name_the_nearest_for_an_unknown_name_of_ours) {
  const Layer file{.source = "file gannet.conf", .values = {{"MAX_WORKER", "3"}}, .is_ours = true};
  const auto refused = resolve({&file, 1}, k_machine);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message(), "MAX_WORKER in the file gannet.conf is no setting; did you mean MAX_WORKERS?");
  EXPECT_TRUE(resolve_one({{"PATH", "/bin"}})) << "the environment is everybody's";
}

TEST(Settings, know_aliases_and_refuse_two_that_differ) {
  EXPECT_EQ(resolve_one({{"DATABASE_POOL_SIZE", "7"}})->database_pool_max_size, 7);
  EXPECT_NE(error_of({{"DATABASE_POOL_SIZE", "7"}, {"DATABASE_POOL_MAX_SIZE", "8"}}).find("two names of one setting"),
            std::string::npos);
}

TEST(Settings, presets_lie_below_what_is_set) {
  EXPECT_EQ(resolve_one({{"GANNET_PRESET", "low"}})->max_workers, 5);
  EXPECT_EQ(resolve_one({{"GANNET_PRESET", "High"}, {"MAX_WORKERS", "7"}})->max_workers, 7);
  const auto pages = [](Bytes memory) {
    const Layer layer{.source = "flags", .values = {{"GANNET_PRESET", "auto"}}};
    const auto settings = resolve({&layer, 1}, {.memory = memory});
    return settings->browser_pool_size * settings->pages_per_browser;
  };
  EXPECT_EQ(pages(4_GiB), 20);
  EXPECT_EQ(pages(8_GiB), 30);
  EXPECT_EQ(pages(16_GiB), 100);
  EXPECT_EQ(pages(32_GiB), 240);
  EXPECT_EQ(pages(64_GiB), 500);
  EXPECT_EQ(pages(Bytes{7'800'000'000}), 30) << "sold as 8 GB";
}

TEST(SettingLines, are_read_with_quotes_and_comments) {
  const auto values = parse_lines("A=plain # c\nexport B = \"q # \\\"x\\\"\\n\"\nC='s \\n' # c\n\n# D=1\nE=\nF=a#b\r\n");
  ASSERT_TRUE(values) << values.error().describe();
  EXPECT_EQ(*values,
            (std::map<std::string, std::string>{{"A", "plain"}, {"B", "q # \"x\"\n"}, {"C", "s \\n"}, {"E", ""}, {"F", "a#b"}}));
  for (const char* bad : {"novalue", "A B=1", "=1", "A=\"open", "A=\"x\" y", "A-B=1"}) {
    const auto refused = parse_lines(std::string("OK=1\n") + bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_TRUE(refused.error().message().starts_with("line 2")) << refused.error().message();
  }
}

struct SettingSources : testing::Test {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / "gannet_conf_XXXXXX";
  SettingSources() {
    std::string name = folder.string();
    folder = ::mkdtemp(name.data());
  }
  ~SettingSources() override { std::filesystem::remove_all(folder); }
  void write(const std::string& name, std::string_view text, unsigned mode) {
    ASSERT_TRUE(write_file_atomically(folder / name, text, mode));
  }
};

TEST_F(SettingSources, come_in_order_and_warn_of_readable_secrets) {
  write("gannet.conf", "API_PORT=1\nMAX_WORKERS=1\nAPI_HOST=1.1.1.1\n", 0644);
  write(".env", "API_PORT=2\nMAX_WORKERS=2\nMAX_WORKRS=9\nOTHERS_THING=x\n", 0644);
  const auto environment = [](const char* name) -> const char* { return std::string_view(name) == "API_PORT" ? "3" : nullptr; };
  const auto sources = load_sources((folder / "gannet.conf").string(), folder.string(), environment);
  ASSERT_TRUE(sources) << sources.error().describe();
  const auto settings = resolve(sources->layers, k_machine);
  ASSERT_TRUE(settings) << settings.error().describe();
  EXPECT_EQ(settings->api_port, 3);
  EXPECT_EQ(settings->max_workers, 2);
  EXPECT_EQ(settings->api_host, "1.1.1.1");
  ASSERT_EQ(sources->warnings.size(), 2U);
  EXPECT_NE(sources->warnings[0].find("chmod 600"), std::string::npos);
  EXPECT_NE(sources->warnings[1].find("did you mean MAX_WORKERS?"), std::string::npos);

  write(".env", "API_PORT=2\n", 0600);
  EXPECT_TRUE(load_sources("", folder.string(), environment)->warnings.empty());
}

TEST_F(SettingSources, name_the_file_that_cannot_be_read) {
  const auto none = [](const char*) -> const char* { return nullptr; };
  const auto missing = load_sources((folder / "none.conf").string(), folder.string(), none);
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().describe().find("none.conf"), std::string::npos);
  write(".env", "A=\"open", 0600);
  const auto broken = load_sources("", folder.string(), none);
  ASSERT_FALSE(broken);
  EXPECT_NE(broken.error().describe().find(".env: line 1"), std::string::npos) << broken.error().describe();
}

TEST(SettingValues, are_taken_over_by_a_running_service_where_they_can_be) {
  auto running = resolve_one({{"LOG_LEVEL", "warning"}, {"MAX_WORKERS", "2"}});
  const auto read = resolve_one({{"LOG_LEVEL", "debug"}, {"MAX_WORKERS", "3"}, {"RETENTION_AUDIT", "100d"}});
  ASSERT_TRUE(running && read);
  const auto first = reload(*running, *read);
  EXPECT_EQ(first.changed, (std::vector<std::string>{"LOG_LEVEL", "RETENTION_AUDIT"}));
  EXPECT_EQ(first.waiting, (std::vector<std::string>{"MAX_WORKERS"}));
  EXPECT_EQ(running->log_level, "debug");
  EXPECT_EQ(running->max_workers, 2);
  const auto second = reload(*running, *read);
  EXPECT_TRUE(second.changed.empty());
  EXPECT_EQ(second.waiting, first.waiting) << "until the next start";
}

TEST(SettingValues, are_shown_without_secrets) {
  const auto settings = resolve_one({{"DATABASE_URL", "postgresql://user:pa@ss@host:5432/db"},
                                     {"JWT_SECRET_KEY", "0123456789abcdef0123456789abcdef"},
                                     {"REDIS_URL", "redis://host/1"}});
  ASSERT_TRUE(settings);
  const std::string table = describe(*settings);
  EXPECT_NE(table.find("DATABASE_URL=postgresql://user:***@host:5432/db"), std::string::npos) << table;
  EXPECT_NE(table.find("JWT_SECRET_KEY=***"), std::string::npos);
  EXPECT_NE(table.find("REDIS_URL=redis://host/1"), std::string::npos);
  EXPECT_EQ(table.find("pa@ss"), std::string::npos);
  EXPECT_EQ(table.find("0123456789abcdef"), std::string::npos);
  const auto again = parse_lines(table);
  ASSERT_TRUE(again) << "what is shown can be a file: " << again.error().describe();
  EXPECT_EQ(again->at("LOCK_TIMEOUT"), "60");
}

}  // namespace
}  // namespace gannet::conf
