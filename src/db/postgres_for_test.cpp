#include "db/postgres_for_test.hpp"

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <future>
#include <vector>

#include <libpq-fe.h>

#include "base/assert.hpp"

namespace gannet::db {
namespace {

constexpr const char* k_user = "gannet";

/// Who may run a server: ourselves, or postgres where we are root.
const passwd* server_user() {
  if (::geteuid() != 0) return nullptr;
  const auto* user = ::getpwnam("postgres");
  ASSERT_INVARIANT(user, "root needs the user postgres to run a server; install the package postgresql");
  return user;
}

/// A child that dies with us. Its standard error goes to `errors`. `user` is who it becomes, null for ourselves.
pid_t spawn(const std::vector<std::string>& arguments, int errors, const passwd* user) {
  std::vector<char*> argv;
  argv.reserve(arguments.size() + 1);
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const uid_t uid = user ? user->pw_uid : 0;
  const gid_t gid = user ? user->pw_gid : 0;
  const pid_t pid = ::fork();
  ASSERT_INVARIANT(pid >= 0, "fork");
  if (pid > 0) return pid;
  if (user && (::setgroups(0, nullptr) != 0 || ::setgid(gid) != 0 || ::setuid(uid) != 0)) ::_exit(126);
  // After setuid(2), which clears it. SIGQUIT ends a server at once, with its children.
  ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
  ::dup2(::open("/dev/null", O_WRONLY), STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  ::execv(argv[0], argv.data());
  ::_exit(127);
}

std::string program(const char* name) { return std::string(POSTGRES_BIN_DIR) + "/" + name; }

}  // namespace

PostgresForTest& PostgresForTest::shared() {
  // A forked child that exits must not take its parent's server and folder along.
  struct DeleteByOwner {
    pid_t owner = ::getpid();
    void operator()(PostgresForTest* server) const {
      if (owner == ::getpid()) delete server;
    }
  };
  static const std::unique_ptr<PostgresForTest, DeleteByOwner> k_server(new PostgresForTest, DeleteByOwner{});
  return *k_server;
}

PostgresForTest::PostgresForTest() {
  if (const auto* user = server_user())
    ASSERT_INVARIANT(::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) == 0, "chown of the server's folder");
  const pid_t pid = spawn({program("initdb"), "--pgdata", folder_.path() / "data", "--username", k_user, "--auth", "trust",
                           "--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"},
                          ::fileno(stderr), server_user());
  int status = 0;
  ASSERT_INVARIANT(::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0, "initdb failed");
  start();
}

PostgresForTest::~PostgresForTest() { stop(); }

void PostgresForTest::start() {
  int ends[2];
  ASSERT_INVARIANT(::pipe2(ends, O_CLOEXEC) == 0, "pipe");
  std::vector<std::string> arguments = {program("postgres"), "-D", folder_.path() / "data"};
  for (const auto& setting :
       {"listen_addresses=", "fsync=off", "full_page_writes=off", "shared_buffers=64MB", "max_connections=100",
        // Its transactions would delay events.
        "autovacuum=off"}) {
    arguments.emplace_back("-c");
    arguments.emplace_back(setting);
  }
  arguments.insert(arguments.end(), {"-k", folder_.path()});
  server_ = spawn(arguments, ends[1], server_user());
  ::close(ends[1]);
  std::promise<bool> ready;
  auto is_ready = ready.get_future();
  log_reader_ = std::make_unique<std::thread>([output = ends[0], ready = std::move(ready)]() mutable {
    std::string log;
    bool is_told = false;
    char buffer[4096];
    for (;;) {
      const auto size = ::read(output, buffer, sizeof buffer);
      if (size <= 0) break;
      if (is_told) continue;
      log.append(buffer, std::size_t(size));
      if (!log.contains("ready to accept connections")) continue;
      is_told = true;
      ready.set_value(true);
    }
    ::close(output);
    if (is_told) return;
    std::fputs(log.c_str(), stderr);
    ready.set_value(false);
  });
  ASSERT_INVARIANT(is_ready.get(), "the PostgreSQL server did not start");
}

void PostgresForTest::stop() {
  if (server_ == 0) return;
  ::kill(server_, SIGINT);
  ::waitpid(server_, nullptr, 0);
  server_ = 0;
  log_reader_->join();
  log_reader_.reset();
}

std::string PostgresForTest::url_of(const std::string& database) const {
  return "postgresql://" + std::string(k_user) + "@/" + database + "?host=" + folder_.path().string();
}

void PostgresForTest::execute(const std::string& sql) const {
  const std::unique_ptr<PGconn, void (*)(PGconn*)> connection(PQconnectdb(url_of("postgres").c_str()), PQfinish);
  const std::unique_ptr<PGresult, void (*)(PGresult*)> result(PQexec(connection.get(), sql.c_str()), PQclear);
  if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) std::fputs(PQerrorMessage(connection.get()), stderr);
  ASSERT_INVARIANT(PQresultStatus(result.get()) == PGRES_COMMAND_OK, "the test server refuses a statement");
}

bool PostgresForTest::run_psql(const std::string& url, const std::filesystem::path& file) {
  const pid_t pid = spawn({program("psql"), "--no-psqlrc", "--quiet", "-f", file, url}, ::fileno(stderr), nullptr);
  int status = 0;
  return ::waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::string PostgresForTest::create_database() {
  auto name = "test_" + std::to_string(++databases_);
  execute("CREATE DATABASE " + name);
  return url_of(name);
}

}  // namespace gannet::db
