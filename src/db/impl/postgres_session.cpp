#include "db/impl/postgres_session.hpp"

#include <array>
#include <cerrno>
#include <charconv>

#include <poll.h>

#include "base/log.hpp"
#include "db/impl/postgres_errors.hpp"

namespace gannet::db::impl {
namespace {

constexpr int k_version_min = 12'00'00;
/// Statements are constants of the program; the bound is for one that is not, by mistake.
constexpr std::size_t k_statements_max = 256;
constexpr auto k_forever = std::chrono::milliseconds::max();

std::string key_of(std::string_view sql, const PostgresParameters& parameters) {
  std::string key(sql);
  for (int i = 0; i < parameters.count(); ++i) key += fmt::format(" {}", parameters.oids()[i]);
  return key;
}

/// What the server remarks, such as that something exists already.
void on_notice(void*, const PGresult* result) {
  const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (!severity || !message) return;
  if (std::string_view(severity) == "WARNING") {
    LOG_WARNING("db", "{}", message);
  } else {
    LOG_DEBUG("db", "{}", message);
  }
}

std::string_view field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text ? text : "";
}

}  // namespace

std::int64_t count_changed(const PGresult* result) {
  // PQcmdTuples() counts the rows of a SELECT as well.
  const std::string_view status = PQcmdStatus(const_cast<PGresult*>(result));
  if (status.starts_with("SELECT") || status.starts_with("FETCH")) return 0;
  const std::string_view text = PQcmdTuples(const_cast<PGresult*>(result));
  std::int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

Result<PostgresSession> PostgresSession::connect(const Target& target, const Limits& limits) {
  const auto timeout_s = fmt::format("{}", limits.connect_timeout.count());
  // What the URL says comes later and wins. A peer that is gone is noticed by keep-alives within a minute while we wait, and
  // within 15 s where it does not even acknowledge what we send.
  const char* keywords[] = {
      "fallback_application_name", "connect_timeout",      "keepalives_idle", "keepalives_interval", "keepalives_count",
      "tcp_user_timeout",          "target_session_attrs", "dbname",          "client_encoding",     nullptr};
  const char* values[] = {"gannet",
                          timeout_s.c_str(),
                          "30",
                          "10",
                          "3",
                          "15000",
                          target.has_several_hosts ? "read-write" : "any",
                          target.url.c_str(),
                          "UTF8",
                          nullptr};
  std::unique_ptr<PGconn, Closer> connection(PQconnectdbParams(keywords, values, 1));
  if (!connection) return fail(ErrorKind::exhausted, "cannot connect to {}: out of memory", target.name);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    const std::string_view message = PQerrorMessage(connection.get());
    return fail(kind_of_connection_failure(message), "cannot connect to {}: {}", target.name, one_line(message));
  }
  PQsetNoticeReceiver(connection.get(), on_notice, nullptr);
  PostgresSession session(std::move(connection), target.name, limits);
  TRY(session.prepare_session());
  return session;
}

Result<void> PostgresSession::prepare_session() {
  if (const int version = PQserverVersion(connection_.get()); version < k_version_min)
    return fail(ErrorKind::invalid, "{} is PostgreSQL {}.{}; Gannet needs {} or newer", name_, version / 10'000, version % 10'000,
                k_version_min / 10'000);
  if (PQsetnonblocking(connection_.get(), 1) != 0) return broken("cannot be made non-blocking");
  TRY(enter_pipeline());
  // Not as startup parameters: poolers refuse those they do not know.
  const auto timeout_ms = limits_.statement_timeout.count();
  const Value parameters[] = {fmt::format("{}", timeout_ms), fmt::format("{}", 2 * timeout_ms)};
  const Step steps[] = {
      {"SELECT set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false),"
       " set_config('bytea_output', 'hex', false), set_config('lock_timeout', '10s', false),"
       " set_config('statement_timeout', $1, false), set_config('idle_in_transaction_session_timeout', $2, false)",
       parameters},
      {.sql = "SELECT pg_is_in_recovery()"}};
  const auto result = TRY(run(steps));
  if (std::string_view(PQgetvalue(result.get(), 0, 0)) == "t")
    return fail(ErrorKind::unavailable, "{} is a standby that cannot be written to; give the primary's address", name_);
  return {};
}

Result<void> PostgresSession::enter_pipeline() {
  if (PQenterPipelineMode(connection_.get()) != 1) return broken("cannot enter pipeline mode");
  return {};
}

Result<void> PostgresSession::send_step(const Step& step, const PostgresParameters& parameters,
                                        std::vector<std::string>& expected) {
  auto* connection = connection_.get();
  auto key = key_of(step.sql, parameters);
  auto known = statements_.find(key);
  if (known == statements_.end()) {
    const int wanted = count_parameters(step.sql);
    if (wanted != parameters.count())
      return fail(ErrorKind::internal, "{} parameters for a statement with {}: {}", parameters.count(), wanted, step.sql);
    auto name = fmt::format("g{}", next_name_++);
    if (PQsendPrepare(connection, name.c_str(), std::string(step.sql).c_str(), parameters.count(), parameters.oids()) != 1)
      return broken(PQerrorMessage(connection));
    // Forgotten again where the server refuses it.
    known = statements_.emplace(key, std::move(name)).first;
    expected.push_back(std::move(key));
  }
  if (PQsendQueryPrepared(connection, known->second.c_str(), parameters.count(), parameters.values(), parameters.lengths(),
                          parameters.formats(), 0) != 1)
    return broken(PQerrorMessage(connection));
  expected.emplace_back();
  return {};
}

Result<PostgresResult> PostgresSession::run(std::span<const Step> steps) {
  auto* connection = connection_.get();
  std::vector<PostgresParameters> parameters;
  for (const auto& step : steps)
    parameters.push_back(
        TRY(step.rows.empty() ? PostgresParameters::make(step.parameters) : PostgresParameters::make_arrays(step.rows)));
  // One entry a result to come: the key of a statement that is prepared, or nothing for one that is executed.
  std::vector<std::string> expected;
  if (statements_.size() >= k_statements_max) {
    statements_.clear();
    if (PQsendQueryParams(connection, "DEALLOCATE ALL", 0, nullptr, nullptr, nullptr, nullptr, 0) != 1)
      return broken(PQerrorMessage(connection));
    expected.emplace_back();
  }
  Result<void> sent;
  for (std::size_t i = 0; sent && i < steps.size(); ++i) sent = send_step(steps[i], parameters[i], expected);
  if (!sent && is_broken_) return pass(sent);
  if (PQpipelineSync(connection) != 1) return broken(PQerrorMessage(connection));
  TRY(flush());

  Result<PostgresResult> outcome;
  const auto silence = limits_.statement_timeout + limits_.silence_max;
  for (const auto& key : expected) {
    auto result = next_result(silence);
    if (!result) return result;
    auto checked = check(result->get());
    if (!key.empty() && !checked) statements_.erase(key);
    if (is_broken_) return pass(checked);
    if (outcome && !checked) outcome = pass(checked);
    if (checked && outcome && key.empty()) outcome = std::move(result);
    // Each is followed by a null.
    if (auto end = next_result(silence); !end) return end;
  }
  if (auto end = next_result(silence); !end || PQresultStatus(end->get()) != PGRES_PIPELINE_SYNC)
    return end ? broken("lost track of its replies") : std::move(end);
  if (!sent) return pass(sent);
  return outcome;
}

Result<void> PostgresSession::run_script(std::string_view sql) {
  auto* connection = connection_.get();
  if (PQexitPipelineMode(connection) != 1) return broken("cannot leave pipeline mode");
  if (PQsendQuery(connection, std::string(sql).c_str()) != 1) return broken(PQerrorMessage(connection));
  TRY(flush());
  Result<void> outcome;
  for (;;) {
    const auto result = TRY(next_result(k_forever));
    if (!result) break;
    auto checked = PQresultStatus(result.get()) == PGRES_EMPTY_QUERY ? Result<void>() : check(result.get());
    if (is_broken_) return checked;
    if (outcome) outcome = std::move(checked);
  }
  TRY(enter_pipeline());
  return outcome;
}

Result<void> PostgresSession::flush() {
  for (;;) {
    const int left = PQflush(connection_.get());
    if (left == 0) return {};
    if (left < 0) return broken(PQerrorMessage(connection_.get()));
    TRY(wait_for_socket(POLLIN | POLLOUT, limits_.statement_timeout + limits_.silence_max));
    // So that a server that waits for us to read is not waited for.
    if (PQconsumeInput(connection_.get()) != 1) return broken(PQerrorMessage(connection_.get()));
  }
}

Result<PostgresResult> PostgresSession::next_result(std::chrono::milliseconds limit) {
  while (PQisBusy(connection_.get()) == 1) {
    TRY(wait_for_socket(POLLIN, limit));
    if (PQconsumeInput(connection_.get()) != 1) return broken(PQerrorMessage(connection_.get()));
  }
  return PostgresResult(PQgetResult(connection_.get()));
}

Result<void> PostgresSession::wait_for_socket(short events, std::chrono::milliseconds limit) {
  pollfd poll_for{.fd = PQsocket(connection_.get()), .events = events, .revents = 0};
  const auto started = std::chrono::steady_clock::now();
  for (;;) {
    int wait_ms = -1;
    if (limit != k_forever) {
      const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - started);
      if (waited >= limit) return broken(fmt::format("it has not answered for {}", format_duration(limit)));
      wait_ms = int((limit - waited).count());
    }
    const int ready = ::poll(&poll_for, 1, wait_ms);
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return broken("its socket cannot be waited for");
  }
}

Result<void> PostgresSession::check(const PGresult* result) {
  switch (PQresultStatus(result)) {
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK: return {};
    case PGRES_EMPTY_QUERY: return fail(ErrorKind::internal, "{}: a statement is empty", name_);
    // After a failure that was returned already.
    case PGRES_PIPELINE_ABORTED: return fail(ErrorKind::internal, "{}: not run, because of an error before", name_);
    default: break;
  }
  const auto sqlstate = field(result, PG_DIAG_SQLSTATE);
  // libpq's own messages, such as that of a lost connection, have none.
  if (sqlstate.empty()) return broken(result ? PQresultErrorMessage(result) : PQerrorMessage(connection_.get()));
  const auto message = describe_failure(sqlstate, field(result, PG_DIAG_MESSAGE_PRIMARY));
  if (ends_session(sqlstate)) return broken(message);
  if (message.contains("cached plan must not change"))
    return broken("the schema has changed since its statements were prepared; a new connection will do");
  return fail(kind_of_sqlstate(sqlstate), "{}: {}", name_, message);
}

std::unexpected<Error> PostgresSession::broken(std::string_view reason) {
  is_broken_ = true;
  return fail(ErrorKind::unavailable, "the connection to {} broke: {}", name_, one_line(reason));
}

}  // namespace gannet::db::impl
