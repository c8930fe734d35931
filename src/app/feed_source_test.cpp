// The feed as the service fetches it: over HTTP from a real server, behind the address policy.
#include "app/feed_source.hpp"

#include <gtest/gtest.h>

#include "app/installation_database.hpp"
#include "db/engines_for_test.hpp"
#include "net/http_server.hpp"

namespace gannet::app {
namespace {

using namespace std::chrono_literals;

constexpr const char* k_feed =
    R"({"data":[{"domain_config_id":"abc-123","data":{"domain":"example.com","schedule":{"frequency":"daily","time":{"hour":2,"minute":0}}}}]})";

class FeedSourceTest : public testing::Test {
 protected:
  FeedSourceTest() {
    database->migrate_blocking(all_migrations()).value();
    settings.scheduler_timezone = "UTC";
    settings.job_misfire_grace_time = 300s;
    settings.job_max_instances = 1;
    settings.scan_timeout = 1h;
    settings.request_timeout = 20s;
    settings.allow_net = {"127.0.0.0/8"};
    server.listen("127.0.0.1", 0).value();
    set_path("/schedules");
  }

  void set_path(std::string_view path) { settings.api_url = fmt::format("http://127.0.0.1:{}{}", server.port(), path); }

  /// One sync, by a source of its own.
  std::string sync() {
    auto source = FeedSource::make(context.get_executor(), *database, clock, random, settings);
    if (!source) return source.error().describe();
    auto report = aio::run(context, [](FeedSource& feed) -> aio::Task<Result<feed::SyncReport>> {
      auto done = co_await feed.sync().sync(aio::Scope::background().within(20s));
      co_await feed.stop();
      co_return done;
    }(**source));
    return report ? report->stats_json() : std::string(to_string(report.error().kind())) + ": " + report.error().describe();
  }

  static aio::Task<net::HttpResponse> answer(FeedSourceTest* test, net::HttpRequest request) {
    test->seen.push_back(request);
    if (request.path == "/metadata" || request.path == "/elsewhere") {
      net::HttpResponse response{.status = 302};
      response.headers.add("Location",
                           request.path == "/metadata" ? std::string("http://169.254.169.254/latest/") : test->elsewhere);
      co_return response;
    }
    if (request.path == "/broken") co_return net::HttpResponse::text(500, "text/plain", "no");
    if (request.headers.find("If-None-Match") == "\"1\"") co_return net::HttpResponse{.status = 304};
    auto response = net::HttpResponse::text(200, "application/json", k_feed);
    response.headers.add("ETag", "\"1\"");
    co_return response;
  }

  SystemClock clock;
  SystemRandom random;
  db::DatabaseForTest data{db::Dialect::sqlite, clock};
  std::unique_ptr<db::Database> database = data.open();
  boost::asio::io_context context{1};
  conf::Settings settings;
  std::vector<net::HttpRequest> seen;
  std::string elsewhere;
  net::HttpServer server{context.get_executor(), clock, {}, [this](aio::Scope, net::HttpRequest request) {
                           return answer(this, std::move(request));
                         }};
};

TEST_F(FeedSourceTest, makes_schedules_of_what_a_server_lists_and_asks_for_changes_only) {
  EXPECT_EQ(sync(), R"({"created":1,"updated":0,"skipped":0})");
  EXPECT_EQ(sync(), R"({"created":0,"updated":0,"skipped":1})");
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[0].headers.find("If-None-Match"), std::nullopt);
  EXPECT_EQ(seen[1].headers.find("If-None-Match"), "\"1\"");
  EXPECT_TRUE(seen[0].headers.find("User-Agent")->starts_with("gannet/"));
}

TEST_F(FeedSourceTest, does_not_reach_a_private_address_that_was_not_allowed) {
  settings.allow_net = {};
  EXPECT_TRUE(sync().starts_with("denied: ")) << sync();
  settings.allow_net = {"10.0.0.0/8"};
  EXPECT_TRUE(sync().starts_with("denied: ")) << sync();
  EXPECT_TRUE(seen.empty());
  settings.allow_net = {fmt::format("127.0.0.1/32")};
  EXPECT_EQ(sync(), R"({"created":1,"updated":0,"skipped":0})");
}

TEST_F(FeedSourceTest, does_not_follow_a_redirect_to_where_it_may_not_go) {
  set_path("/metadata");
  const auto refused = sync();
  EXPECT_TRUE(refused.starts_with("denied: ")) << refused;
  EXPECT_NE(refused.find("169.254.169.254"), std::string::npos) << refused;
  set_path("/elsewhere");
  elsewhere = fmt::format("http://127.0.0.1:{}/schedules", server.port());
  EXPECT_EQ(sync(), R"({"created":1,"updated":0,"skipped":0})") << "where it may go, it follows";
  elsewhere = "file:///etc/passwd";
  EXPECT_TRUE(sync().starts_with("protocol: ")) << sync();
}

TEST_F(FeedSourceTest, says_what_is_wrong_with_server_and_settings) {
  set_path("/broken");
  const auto broken = sync();
  EXPECT_TRUE(broken.starts_with("unavailable: ") && broken.find("500") != std::string::npos) << broken;
  settings.api_url = "not an address";
  EXPECT_NE(sync().find("API_URL"), std::string::npos) << sync();
  settings.api_url.clear();
  EXPECT_NE(sync().find("API_URL is not set"), std::string::npos) << sync();
}

}  // namespace
}  // namespace gannet::app
