// api_test_server ENGINE: the API on a fresh database, for tests/api, which talk HTTP to it. Prints one line of JSON: where it is
// and tokens to use. Takes commands on standard input, answers each with a line, and ends with it:
//
//   end STATUS       runs the next job of the queue "scans" to this end, as a worker would
//   postgres stop    takes the database away; `postgres start` brings it back
#include <cstdio>
#include <iostream>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>

#include "api/api.hpp"
#include "api/migrations.hpp"
#include "base/json_writer.hpp"
#include "db/engines_for_test.hpp"
#include "db/postgres_for_test.hpp"
#include "events/migrations.hpp"
#include "identity/organisations.hpp"
#include "identity/schema.hpp"
#include "net/http_server.hpp"
#include "queue/migrations.hpp"
#include "queue/queue.hpp"
#include "schedule/executions.hpp"
#include "site/schema.hpp"
#include "store/migrations.hpp"

namespace gannet::api {
namespace {

using identity::AccessScope;

class TestServer {
 public:
  TestServer(db::EngineForTest engine, std::filesystem::path swagger_ui)
      : data_(engine, clock_), database_(data_.open()), swagger_ui_(std::move(swagger_ui)) {
    std::vector<db::Migration> steps;
    for (const auto& group : {identity::migrations(), site::migrations(), store::migrations(), schedule::migrations(),
                              queue::migrations(), events::migrations(), api::migrations()})
      steps.insert(steps.end(), group.begin(), group.end());
    std::ranges::sort(steps, {}, &db::Migration::number);
    must(db::apply_migrations(*database_, steps));
    must(database_->write_blocking([](db::Tx& tx) { return identity::ensure_organisation(tx, "other", "Other"); }));
    make_users();
    make_api();
  }

  /// The line that the tests read first.
  std::string describe() {
    JsonWriter json(false);
    json.object([&] {
      json.field("url", fmt::format("http://127.0.0.1:{}", server_->port()));
      json.field("admin", token("", identity::ScopeSet::everything()));
      json.field("other_admin", token("other", identity::ScopeSet::everything()));
      json.field("reader", token("", {AccessScope::schedules_read, AccessScope::scans_read}));
      json.field("writer", token("", {AccessScope::schedules_read, AccessScope::schedules_write}));
      json.field("nobody", token("", {}));
      json.field("expired", token("", identity::ScopeSet::everything(), std::chrono::hours(2)));
      json.field("admin_email", "root@example.com");
      json.field("admin_password", "Correct-Horse-7");
    });
    return std::move(json).take();
  }

  void run() { context_.run(); }
  void stop() {
    boost::asio::post(context_, [this] { group_.spawn(stop_server(this), "stop"); });
  }

  /// What standard input asks for; from another thread.
  std::string obey(const std::string& command) {
    if (command == "postgres stop") return db::PostgresForTest::shared().stop(), "stopped";
    if (command == "postgres start") return db::PostgresForTest::shared().start(), "started";
    if (command.starts_with("end ")) return end_run(command.substr(4));
    if (command.starts_with("age ")) return age_run(command.substr(4));
    return "unknown command";
  }

 private:
  template <class T>
  static T must(Result<T> result) {
    if (!result) {
      std::cerr << result.error().describe() << std::endl;
      std::exit(1);
    }
    if constexpr (!std::is_void_v<T>) return std::move(*result);
  }

  static aio::Task<void> stop_server(TestServer* self) {
    co_await self->server_->stop(std::chrono::milliseconds(100));
    co_await self->coordination_->stop();
  }

  std::string token(std::string_view organisation, identity::ScopeSet scopes, std::chrono::hours age = {}) {
    identity::Principal principal;
    principal.organisation = identity::organisation_id_of(organisation);
    principal.name = "test";
    principal.scopes = scopes;
    return identity::make_access_token(principal, clock_.now() - age, std::chrono::hours(1), keys_);
  }

  void make_users() {
    const auto hash = must(identity::hash_password_blocking("Correct-Horse-7", identity::PasswordCost::least));
    const identity::NewUser root{.id = UserId::make(clock_, random_),
                                 .organisation = identity::organisation_id_of(""),
                                 .email = "root@example.com",
                                 .name = "Root",
                                 .role = identity::Role::admin,
                                 .password_hash = hash,
                                 .must_change_password = false};
    must(database_->write_blocking([root](db::Tx& tx) { return identity::insert_user(tx, root); }));
  }

  void make_api() {
    const auto executor = context_.get_executor();
    coordination_ = coordination::make_in_process_coordination(executor, clock_, random_, {.instance = "test"});
    identity::AccountOptions account_options;
    account_options.password_cost = identity::PasswordCost::least;
    accounts_ = std::make_unique<identity::Accounts>(executor, *database_, clock_, random_, keys_, account_options);
    authenticator_ = std::make_unique<identity::Authenticator>(*database_, clock_, keys_);
    const std::vector<ComponentHealth> health{{.name = "database",
                                               .detail = data_.dialect() == db::Dialect::sqlite ? "SQLite" : "PostgreSQL",
                                               .checked_at = clock_.now()}};
    api_ = std::make_unique<Api>(
        Parts{.clock = clock_,
              .random = random_,
              .database = *database_,
              .authenticator = *authenticator_,
              .accounts = *accounts_,
              .coordination = *coordination_,
              .health = [health] { return health; },
              .check_health = [health](aio::Scope) { return answer(health); },
              .is_ready = [] { return true; },
              .schedule_defaults = {},
              .schedules_changed = [this] { ++wakes_; },
              .write_report = {},
              .delete_evidence = [](aio::Scope, ScanId) -> aio::Task<Result<void>> {
                co_return fail(ErrorKind::not_found, "nothing is kept");
              },
              .sync_feed = {},
              .check_profile = [](std::string_view, std::string_view) { return Result<void>(); },
              .write_metrics =
                  [this](MetricsWriter& writer) { writer.counter("gannet_test_wakes_total", "Wakes.", double(wakes_)); }},
        ApiOptions{.cors_origins = {"https://admin.example.com"},
                   .rate_limit_requests = 2000,
                   .rate_limit_creations = 500,
                   .swagger_ui = swagger_ui_});
    net::HttpServerOptions options;
    options.trusted_proxies = {*net::Network::parse("127.0.0.2")};
    options.body_bytes_max_for = [this](const net::HttpRequest& head) { return api_->body_bytes_max_for(head); };
    server_ = std::make_unique<net::HttpServer>(executor, clock_, options, [this](aio::Scope scope, net::HttpRequest request) {
      return api_->handle(std::move(scope), std::move(request));
    });
    server_->set_refusal_writer([this](int status, const std::string& reason) { return api_->refuse(status, reason); });
    must(server_->listen("127.0.0.1", 0));
  }

  static aio::Task<std::vector<ComponentHealth>> answer(std::vector<ComponentHealth> health) { co_return health; }

  std::string end_run(const std::string& status) {
    auto done = database_->write_blocking([&](db::Tx& tx) -> Result<std::string> {
      const auto worker = queue::WorkerId::make(clock_, random_);
      TRY(queue::renew_worker(tx, worker, "test", std::chrono::minutes(1)));
      const queue::ClaimRequest next{.worker = worker, .queue = std::string(schedule::k_job_queue)};
      auto claims = TRY(queue::claim(tx, next));
      // Scans that tests asked for are in the queue as well; nobody runs them.
      while (!claims.empty() && claims.front().kind != schedule::k_job_kind) claims = TRY(queue::claim(tx, next));
      if (claims.empty()) return "no job";
      const auto started = TRY(schedule::start_execution(tx, claims.front(), clock_, random_));
      schedule::ExecutionEnd end;
      if (status == "failed") {
        end.end = schedule::RunEnd::failed_for_good;
        end.error_message = "the page did not answer";
        end.error_details = R"({"kind":"timeout"})";
      }
      TRY(schedule::finish_execution(tx, claims.front(), started.id, end, random_));
      return started.id.to_string();
    });
    return done ? *done : done.error().describe();
  }

  /// As if it had been a hundred days ago.
  std::string age_run(const std::string& id) {
    auto done = database_->write_blocking([&](db::Tx& tx) -> Result<std::int64_t> {
      return tx.execute("UPDATE schedule_executions SET started_at = gannet_later(started_at, $2) WHERE execution_id = $1",
                        TRY(ExecutionId::parse(id)), std::int64_t(-100) * 24 * 3600 * 1000);
    });
    return done ? "aged" : done.error().describe();
  }

  SystemClock clock_;
  SystemRandom random_;
  db::DatabaseForTest data_;
  boost::asio::io_context context_{1};
  std::unique_ptr<db::Database> database_;
  std::filesystem::path swagger_ui_;
  identity::TokenKeys keys_{.current = "0123456789abcdef0123456789abcdef", .previous = {}};
  std::unique_ptr<coordination::Coordination> coordination_;
  std::unique_ptr<identity::Accounts> accounts_;
  std::unique_ptr<identity::Authenticator> authenticator_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<net::HttpServer> server_;
  std::int64_t wakes_ = 0;
  aio::TaskGroup group_{context_.get_executor()};
};

int run(int count, char** arguments) {
  const std::string_view engine = count > 1 ? arguments[1] : "sqlite";
  TestServer server(engine == "postgres" ? db::Dialect::postgres : db::Dialect::sqlite, count > 2 ? arguments[2] : "");
  std::cout << server.describe() << std::endl;
  std::thread reader([&server] {
    for (std::string line; std::getline(std::cin, line);) std::cout << server.obey(line) << std::endl;
    server.stop();
  });
  server.run();
  reader.join();
  return 0;
}

}  // namespace
}  // namespace gannet::api

int main(int count, char** arguments) { return gannet::api::run(count, arguments); }
