// What a caller sees when the network or the server fails at the worst moment, and that nothing is lost, doubled, or in need of a
// restart afterwards.
#include <thread>

#include <gtest/gtest.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "db/database.hpp"
#include "db/gate_for_test.hpp"
#include "db/postgres_driver.hpp"
#include "db/postgres_for_test.hpp"

namespace gannet::db {
namespace {

using namespace std::chrono_literals;

struct PostgresFaultTest : testing::Test {
  PostgresForTest& server = PostgresForTest::shared();
  const std::string direct = server.create_database();
  GateForTest gate{server.socket_path()};
  const std::string database_name = direct.substr(direct.find("/test_") + 1, direct.find('?') - direct.find("/test_") - 1);
  const std::string url =
      fmt::format("postgresql://gannet@127.0.0.1:{}/{}?sslmode=disable&gssencmode=disable", gate.port(), database_name);
  std::unique_ptr<Database> database = open(url);
  std::unique_ptr<Database> truth = open(direct);

  PostgresFaultTest() {
    truth->write_blocking([](Tx& tx) { return tx.execute_script("CREATE TABLE marks (number integer NOT NULL)"); }).value();
  }
  static std::unique_ptr<Database> open(const std::string& to) {
    return Database::open(
               make_postgres_driver(to, {.statement_timeout = 2s, .silence_max = 200ms, .connect_timeout = 2s}).value())
        .value();
  }
  Result<void> mark(int number) {
    return database->write_blocking([number](Tx& tx) -> Result<void> {
      TRY(tx.execute("INSERT INTO marks VALUES ($1)", number));
      return {};
    });
  }
  std::vector<int> marks() {
    return truth->read_blocking([](Tx& tx) { return tx.query<int>("SELECT number FROM marks ORDER BY number"); }).value();
  }
};

TEST_F(PostgresFaultTest, connections_that_were_cut_while_idle_are_made_anew_without_the_caller_noticing) {
  ASSERT_TRUE(mark(1));
  gate.cut();
  EXPECT_TRUE(mark(2));
  EXPECT_EQ(marks(), (std::vector{1, 2}));
}

TEST_F(PostgresFaultTest, a_server_that_restarts_is_no_error_between_two_transactions) {
  ASSERT_TRUE(mark(1));
  server.restart();
  EXPECT_TRUE(mark(2));
  EXPECT_EQ(marks(), (std::vector{1, 2})) << "and the other connections recover as well";
}

TEST_F(PostgresFaultTest, a_server_that_is_away_is_unavailable_and_then_there_again) {
  server.stop();
  const auto failed = mark(1);
  server.start();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::unavailable) << failed.error().describe();
  EXPECT_NE(failed.error().describe().find(fmt::format("127.0.0.1:{}/{}", gate.port(), database_name)), std::string::npos)
      << failed.error().describe();
  EXPECT_TRUE(mark(2));
  EXPECT_EQ(marks(), std::vector{2});
}

TEST_F(PostgresFaultTest, a_gate_that_refuses_is_unavailable_until_it_opens) {
  gate.set_mode(GateForTest::Mode::refuse);
  gate.cut();
  EXPECT_EQ(mark(1).error().kind(), ErrorKind::unavailable);
  gate.set_mode(GateForTest::Mode::forward);
  EXPECT_TRUE(mark(2));
  EXPECT_EQ(marks(), std::vector{2});
}

TEST_F(PostgresFaultTest, a_cut_within_a_transaction_leaves_nothing_of_it_and_says_so) {
  const auto failed = database->write_blocking([this](Tx& tx) -> Result<void> {
    TRY(tx.execute("INSERT INTO marks VALUES (1)"));
    gate.set_mode(GateForTest::Mode::cut_before_word, "second");
    TRY(tx.execute("INSERT INTO marks VALUES (2) -- second"));
    return {};
  });
  gate.set_mode(GateForTest::Mode::forward);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::unavailable) << failed.error().describe();
  EXPECT_FALSE(is_commit_unknown(failed.error()));
  EXPECT_TRUE(marks().empty());
  EXPECT_TRUE(mark(3));
  EXPECT_EQ(marks(), std::vector{3});
}

TEST_F(PostgresFaultTest, a_cut_at_the_commit_is_unknown_whether_or_not_it_took_effect) {
  // With the byte that ends it: an isolation level begins alike.
  const std::string commit("COMMIT", 7);
  gate.set_mode(GateForTest::Mode::cut_before_word, commit);
  const auto lost = mark(1);
  gate.set_mode(GateForTest::Mode::cut_after_word, commit);
  const auto kept = mark(2);
  gate.set_mode(GateForTest::Mode::forward);
  ASSERT_FALSE(lost);
  ASSERT_FALSE(kept);
  EXPECT_TRUE(is_commit_unknown(lost.error())) << lost.error().describe();
  EXPECT_TRUE(is_commit_unknown(kept.error())) << kept.error().describe();
  EXPECT_EQ(marks(), std::vector{2});
  EXPECT_TRUE(mark(3));
}

TEST_F(PostgresFaultTest, a_server_that_falls_silent_is_given_up_after_a_time) {
  const auto failed = database->write_blocking([this](Tx& tx) -> Result<void> {
    TRY(tx.execute("INSERT INTO marks VALUES (1)"));
    gate.set_mode(GateForTest::Mode::stall);
    TRY(tx.execute("INSERT INTO marks VALUES (2)"));
    return {};
  });
  gate.set_mode(GateForTest::Mode::forward);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().kind(), ErrorKind::unavailable);
  EXPECT_NE(failed.error().describe().find("has not answered"), std::string::npos) << failed.error().describe();
  EXPECT_TRUE(mark(3));
  EXPECT_EQ(marks(), std::vector{3}) << "the server has rolled back what it had of the first";
}

/// Lets one client in and says which version it is, in the server's protocol (version 3.0, "Message Flow").
class ServerOfVersion {
 public:
  explicit ServerOfVersion(std::string version) : thread_([this, version = std::move(version)] { serve(version); }) {}
  ~ServerOfVersion() { thread_.join(); }
  int port() const { return acceptor_.local_endpoint().port(); }

 private:
  static std::string message(char type, std::string_view body) {
    std::string text{type, 0, 0, 0, char(body.size() + 4)};
    return text.append(body);
  }
  void serve(const std::string& version) {
    auto client = acceptor_.accept();
    boost::system::error_code error;
    char buffer[2000];
    client.read_some(boost::asio::buffer(buffer), error);
    using namespace std::string_literals;
    const auto answer = message('R', "\0\0\0\0"s) + message('S', "client_encoding\0UTF8\0"s) +
                        message('S', "server_version\0"s + version + "\0"s) + message('Z', "I");
    boost::asio::write(client, boost::asio::buffer(answer), error);
    while (!error) client.read_some(boost::asio::buffer(buffer), error);
  }

  boost::asio::io_context context_;
  boost::asio::ip::tcp::acceptor acceptor_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

TEST(PostgresVersion, that_is_too_old_is_refused_and_named) {
  const ServerOfVersion server("11.22");
  const auto url = fmt::format("postgresql://gannet@127.0.0.1:{}/x?sslmode=disable&gssencmode=disable", server.port());
  const auto refused = Database::open(make_postgres_driver(url, {.connect_timeout = 20s}).value());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::invalid);
  EXPECT_NE(refused.error().describe().find("is PostgreSQL 11.22; Gannet needs 12 or newer"), std::string::npos)
      << refused.error().describe();
}

}  // namespace
}  // namespace gannet::db
