#include "db/postgres_driver.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "db/impl/commit_unknown.hpp"
#include "db/impl/postgres_errors.hpp"
#include "db/impl/postgres_session.hpp"

namespace gannet::db {
namespace {

class PostgresConnection final : public Connection {
 public:
  PostgresConnection(impl::PostgresSession session, const impl::PostgresSession::Target& target, const PostgresOptions& options,
                     Access access)
      : session_(std::move(session)), target_(target), options_(options), access_(access) {}

  Dialect dialect() const override { return Dialect::postgres; }

  /// Sent with the first statement, which saves a round trip, and which may so be sent again: nothing has happened before it.
  Result<void> begin() override {
    if (session_.is_broken() || std::chrono::steady_clock::now() - session_.made_at() > options_.lifetime) {
      TRY(reconnect());
    } else {
      is_proven_ = false;
    }
    state_ = State::to_begin;
    return {};
  }

  Result<void> commit() override {
    if (std::exchange(state_, State::idle) != State::begun) return {};
    const impl::PostgresSession::Step steps[] = {{.sql = "COMMIT"}};
    auto done = session_.run(steps);
    if (!done && session_.is_broken())
      return std::unexpected(impl::make_commit_unknown(fmt::format("during a commit {}", done.error().message())));
    if (!done) return pass(done);
    if (std::string_view(PQcmdStatus(done->get())) == "ROLLBACK")
      return fail(ErrorKind::internal, "{}: a transaction was to be committed after one of its statements had failed",
                  target_.name);
    return {};
  }

  void roll_back() override {
    if (std::exchange(state_, State::idle) != State::begun || session_.is_broken()) return;
    const impl::PostgresSession::Step steps[] = {{.sql = "ROLLBACK"}};
    if (auto done = session_.run(steps); !done) LOG_WARNING("db", "{}", done.error().describe());
  }

  Result<std::int64_t> execute(std::string_view sql, std::span<const Value> parameters, const RowSink& on_row) override {
    return execute({.sql = sql, .parameters = parameters}, on_row);
  }

  /// The columns of the rows travel as one array each.
  Result<std::int64_t> execute_batch(const BatchSql& batch, std::span<const std::vector<Value>> rows,
                                     const RowSink& on_row) override {
    if (rows.empty()) return 0;
    const auto [names, types] = batch.columns();
    std::string arrays;
    for (std::size_t i = 0; i < types.size(); ++i)
      arrays += fmt::format("{}CAST(${} AS {}[])", i == 0 ? "" : ", ", i + 1, types[i]);
    const auto sql = fmt::format("WITH given ({}) AS (SELECT * FROM unnest({})) {}", fmt::join(names, ", "), arrays, batch.sql);
    return execute({.sql = sql, .rows = rows}, on_row);
  }

  Result<void> execute_script(std::string_view sql) override {
    // By way of a statement, which begins the transaction.
    if (state_ == State::to_begin) TRY(execute("SELECT 1", {}, nullptr));
    return session_.run_script(sql);
  }

 private:
  enum class State { idle, to_begin, begun };

  Result<void> reconnect() {
    session_ = TRY(
        impl::PostgresSession::connect(target_, {options_.statement_timeout, options_.silence_max, options_.connect_timeout}));
    is_proven_ = true;
    return {};
  }

  Result<std::int64_t> execute(const impl::PostgresSession::Step& step, const RowSink& on_row) {
    const auto result = TRY(run(step));
    if (on_row) TRY(read_rows(result.get(), on_row));
    return impl::count_changed(result.get());
  }

  Result<impl::PostgresResult> run(const impl::PostgresSession::Step& step) {
    if (session_.is_broken() && state_ == State::begun)
      return fail(ErrorKind::unavailable, "the connection to {} broke earlier in this transaction", target_.name);
    if (state_ == State::begun) return session_.run({&step, 1});
    auto result = begin_and_run(step);
    if (!result && session_.is_broken() && !is_proven_) {
      LOG_INFO("db", "{}; connecting anew", result.error().describe());
      TRY(reconnect());
      result = begin_and_run(step);
    }
    // A statement that could not even be sent has begun nothing.
    state_ = session_.is_in_transaction() ? State::begun : State::to_begin;
    return result;
  }

  Result<impl::PostgresResult> begin_and_run(const impl::PostgresSession::Step& step) {
    std::vector<impl::PostgresSession::Step> all;
    all.push_back({.sql = access_ == Access::write ? "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
                                                   : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"});
    const Value now[] = {options_.clock_for_test ? to_value(options_.clock_for_test->now()) : Value()};
    if (options_.clock_for_test)
      all.push_back({.sql = "SELECT set_config('gannet.now_for_test', CAST($1 AS text), true)", .parameters = now});
    all.push_back(step);
    return session_.run(all);
  }

  static Result<void> read_rows(const PGresult* result, const RowSink& on_row) {
    const int columns = PQnfields(result);
    std::vector<Value> row;
    for (int i = 0; i < PQntuples(result); ++i) {
      row.clear();
      for (int column = 0; column < columns; ++column) {
        if (PQgetisnull(result, i, column) == 1) {
          row.emplace_back();
        } else {
          row.push_back(impl::decode_column(PQftype(result, column),
                                            {PQgetvalue(result, i, column), std::size_t(PQgetlength(result, i, column))}));
        }
      }
      TRY(on_row(row));
    }
    return {};
  }

  impl::PostgresSession session_;
  const impl::PostgresSession::Target target_;
  const PostgresOptions options_;
  const Access access_;
  State state_ = State::idle;
  /// Made for this very transaction, so that its failure is no sign of age.
  bool is_proven_ = true;
};

class PostgresDriver final : public Driver {
 public:
  PostgresDriver(impl::PostgresSession::Target target, PostgresOptions options) : target_(std::move(target)), options_(options) {}

  Dialect dialect() const override { return Dialect::postgres; }
  std::string describe() const override { return target_.name; }

  Result<std::unique_ptr<Connection>> connect(Access access) override {
    auto session = TRY(
        impl::PostgresSession::connect(target_, {options_.statement_timeout, options_.silence_max, options_.connect_timeout}));
    return std::make_unique<PostgresConnection>(std::move(session), target_, options_, access);
  }

 private:
  const impl::PostgresSession::Target target_;
  const PostgresOptions options_;
};

struct OptionsCloser {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using ConnectionInfo = std::unique_ptr<PQconninfoOption, OptionsCloser>;

std::string find_option(const PQconninfoOption* options, std::string_view keyword) {
  for (const auto* option = options; option && option->keyword; ++option)
    if (keyword == option->keyword && option->val) return option->val;
  return {};
}

}  // namespace

bool is_postgres_url(std::string_view url) {
  return url.starts_with("postgresql:") || url.starts_with("postgres:") || url.contains("dbname=") || url.contains("host=");
}

Result<std::unique_ptr<Driver>> make_postgres_driver(const std::string& url, PostgresOptions options) {
  char* complaint = nullptr;
  const ConnectionInfo given(PQconninfoParse(url.c_str(), &complaint));
  if (!given) {
    // libpq quotes what it could not read, which may be the password.
    const auto why = impl::without_quoted(complaint ? complaint : "out of memory");
    PQfreemem(complaint);
    return fail(ErrorKind::invalid,
                "not a PostgreSQL connection string ({}); write postgresql://user:password@host:5432/database", why);
  }
  const ConnectionInfo defaults(PQconndefaults());
  const auto value_of = [&](std::string_view keyword) {
    auto value = find_option(given.get(), keyword);
    return value.empty() ? find_option(defaults.get(), keyword) : value;
  };
  auto host = value_of("host");
  if (host.empty()) host = value_of("hostaddr");
  const auto user = value_of("user");
  const auto database = value_of("dbname");
  return std::make_unique<PostgresDriver>(
      impl::PostgresSession::Target{.url = url,
                                    .name = fmt::format("postgresql://{}@{}:{}/{}", user, host.empty() ? "localhost" : host,
                                                        value_of("port"), database.empty() ? user : database),
                                    .has_several_hosts = host.contains(',')},
      options);
}

}  // namespace gannet::db
