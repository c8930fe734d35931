// PostgresSession: one libpq connection and the statements prepared on it. Everything is sent in pipeline mode: a list of steps
// costs one round trip, however many they are. Belongs to one thread at a time.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include "db/driver.hpp"
#include "db/impl/postgres_values.hpp"

namespace gannet::db::impl {

struct PostgresResultCloser {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PostgresResult = std::unique_ptr<PGresult, PostgresResultCloser>;

class PostgresSession {
 public:
  struct Target {
    /// As given, with the password.
    std::string url;
    /// For messages.
    std::string name;
    bool has_several_hosts = false;
  };

  struct Limits {
    std::chrono::milliseconds statement_timeout;
    std::chrono::milliseconds silence_max;
    std::chrono::seconds connect_timeout;
  };

  /// Error `unavailable` for a standby, `invalid` for a server that is too old, and those of connecting.
  static Result<PostgresSession> connect(const Target& target, const Limits& limits);

  /// One statement of a run.
  struct Step {
    std::string_view sql;
    std::span<const Value> parameters = {};
    /// Where there are any, each of their columns is a parameter.
    std::span<const std::vector<Value>> rows = {};
  };

  /// Runs the steps in order, all in one round trip; the first failure ends it and is returned. Otherwise the result of the last.
  Result<PostgresResult> run(std::span<const Step> steps);

  /// Statements without parameters; takes as long as it takes.
  Result<void> run_script(std::string_view sql);

  /// Whether it broke, or must not be used again.
  bool is_broken() const { return is_broken_ || PQstatus(connection_.get()) == CONNECTION_BAD; }
  /// By what the server said last.
  bool is_in_transaction() const { return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }
  std::chrono::steady_clock::time_point made_at() const { return made_at_; }

 private:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };

  PostgresSession(std::unique_ptr<PGconn, Closer> connection, std::string name, const Limits& limits)
      : connection_(std::move(connection)), name_(std::move(name)), limits_(limits) {}

  Result<void> prepare_session();
  Result<void> enter_pipeline();
  /// Queues what makes the statement known to the server, where it is not, and its execution; `expected` gets one entry a result:
  /// the statement's key for the first, nothing for the second.
  Result<void> send_step(const Step& step, const PostgresParameters& parameters, std::vector<std::string>& expected);
  Result<void> flush();
  Result<PostgresResult> next_result(std::chrono::milliseconds limit);
  /// Waits for the socket. Error `unavailable` after `limit`.
  Result<void> wait_for_socket(short events, std::chrono::milliseconds limit);
  Result<void> check(const PGresult* result);
  std::unexpected<Error> broken(std::string_view reason);

  std::unique_ptr<PGconn, Closer> connection_;
  std::string name_;
  Limits limits_;
  bool is_broken_ = false;
  std::chrono::steady_clock::time_point made_at_ = std::chrono::steady_clock::now();
  /// Name on the server by SQL text and the types of its parameters.
  std::map<std::string, std::string, std::less<>> statements_;
  /// Names are never used twice.
  std::uint64_t next_name_ = 0;
};

/// What an INSERT, UPDATE, DELETE or MERGE changed; 0 for others.
std::int64_t count_changed(const PGresult* result);

}  // namespace gannet::db::impl
