// A Connection on real pipes; the test plays the browser at their other ends.
#include "browser/cdp/connection.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>

#include <gtest/gtest.h>
#include <boost/asio/steady_timer.hpp>  // style: allow timer, because the watchdog stands outside what is tested
#include <boost/json.hpp>

#include "browser/cdp/json.hpp"
#include "browser_host/fd.hpp"

namespace gannet::browser::cdp {
namespace {

using namespace std::chrono_literals;
using browser_host::Fd;

using Outcome = std::shared_ptr<std::optional<Result<json::object>>>;

struct ConnectionTest : testing::Test {
  ConnectionTest() {
    int commands[2];
    int messages[2];
    EXPECT_EQ(::pipe2(commands, O_CLOEXEC), 0);
    EXPECT_EQ(::pipe2(messages, O_CLOEXEC), 0);
    command_end = Fd(commands[0]);
    message_end = Fd(messages[1]);
    ::fcntl(command_end.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(message_end.get(), F_SETFL, O_NONBLOCK);
    connection = std::make_unique<Connection>(context.get_executor(), messages[0], commands[1]);
  }
  ~ConnectionTest() override {
    connection.reset();
    context.restart();
    context.run();
  }

  void start() {
    connection->start({[this](const Event& event) {
                         events.push_back(fmt::format("{} {} {}", event.session, event.method, json::serialize(event.params)));
                       },
                       [this](const SessionId& session) { oversized.push_back(session); },
                       [this](const Error& error) { closings.push_back(error.describe()); }});
  }

  /// Runs the loop until the condition holds; fails the test when it does not in a minute.
  template <class Condition>
  void run_until(Condition condition) {
    bool is_late = false;
    boost::asio::steady_timer watchdog(context, 60s);  // style: allow timer, because it stands outside what is tested
    watchdog.async_wait([&](const boost::system::error_code& error) { is_late = !error; });
    context.restart();
    while (!is_late && !condition() && context.run_one() > 0) {
    }
    watchdog.cancel();
    context.poll();
    ASSERT_FALSE(is_late) << "what the test waits for did not happen";
  }
  /// Runs what is ready to run.
  void run_ready() {
    context.restart();
    context.poll();
  }

  Outcome send(std::string method, SessionId session = "", aio::Scope scope = aio::Scope::background().within(60s),
               json::object params = {}) {
    auto outcome = std::make_shared<std::optional<Result<json::object>>>();
    const auto task = [](Connection& target, aio::Scope limit, SessionId where, std::string what, json::object with,
                         Outcome result) -> aio::Task<void> {
      *result = co_await target.send(std::move(limit), std::move(where), std::move(what), std::move(with));
    };
    group.spawn(task(*connection, std::move(scope), std::move(session), std::move(method), std::move(params), outcome), "send");
    return outcome;
  }
  void await(const Outcome& outcome) {
    run_until([&] { return outcome->has_value(); });
  }

  /// What the connection has written so far, one text per command.
  const std::vector<std::string>& commands() {
    char buffer[65536];
    for (;;) {
      const auto count = ::read(command_end.get(), buffer, sizeof buffer);
      if (count <= 0) return received;
      unfinished.append(buffer, std::size_t(count));
      for (std::size_t end = 0; (end = unfinished.find('\0')) != std::string::npos; unfinished.erase(0, end + 1))
        received.push_back(unfinished.substr(0, end));
    }
  }
  void await_commands(std::size_t count) {
    run_until([&] { return commands().size() >= count; });
  }

  /// Writes a message and its end, however large, while the connection reads it.
  void say(std::string text) {
    text += '\0';
    std::string_view rest = text;
    run_until([&] {
      while (!rest.empty()) {
        const auto count = ::write(message_end.get(), rest.data(), rest.size());
        if (count < 0) {
          EXPECT_EQ(errno, EAGAIN);
          return false;
        }
        rest.remove_prefix(std::size_t(count));
      }
      return true;
    });
  }

  aio::asio::io_context context{1};
  Fd command_end;
  Fd message_end;
  std::unique_ptr<Connection> connection;
  std::vector<std::string> events;
  std::vector<SessionId> oversized;
  std::vector<std::string> closings;
  std::vector<std::string> received;
  std::string unfinished;
  aio::TaskGroup group{context.get_executor()};
};

TEST_F(ConnectionTest, writes_a_command_as_chromium_reads_it) {
  start();
  send("Page.navigate", "S1", aio::Scope::background(), {{"url", "about:blank"}});
  send("Browser.getVersion");
  await_commands(2);
  EXPECT_EQ(received[0], R"({"id":1,"method":"Page.navigate","params":{"url":"about:blank"},"sessionId":"S1"})");
  EXPECT_EQ(received[1], R"({"id":2,"method":"Browser.getVersion","params":{}})");
}

TEST_F(ConnectionTest, gives_each_reply_to_its_command_in_any_order) {
  start();
  const auto first = send("A");
  const auto second = send("B");
  const auto third = send("C");
  await_commands(3);
  say(R"({"id":3,"result":{"n":3}})");
  await(third);
  EXPECT_FALSE(first->has_value());
  say(R"({"id":1,"result":{"n":1}})");
  say(R"({"id":2,"result":{"n":2}})");
  await(second);
  EXPECT_EQ(integer(***first, "n"), 1);
  EXPECT_EQ(integer(***second, "n"), 2);
  EXPECT_EQ(integer(***third, "n"), 3);
  EXPECT_EQ(connection->pending_count(), 0U);
}

TEST_F(ConnectionTest, ignores_replies_to_what_was_never_asked) {
  start();
  const auto asked = send("A");
  await_commands(1);
  for (const auto* id : {"0", "-1", "7", "9223372036854775807"}) say(fmt::format(R"({{"id":{},"result":{{}}}})", id));
  say(R"({"id":1,"result":{}})");
  await(asked);
  EXPECT_TRUE(**asked);
  say(R"({"id":1,"result":{}})");
  run_ready();
  EXPECT_TRUE(connection->is_open());
  EXPECT_TRUE(events.empty());
}

TEST_F(ConnectionTest, tells_a_target_that_is_gone_from_a_command_that_is_wrong) {
  start();
  const std::pair<const char*, ErrorKind> k_cases[] = {
      {R"({"code":-32001,"message":"Session with given id not found."})", ErrorKind::not_found},
      {R"({"code":-32000,"message":"No target with given id found"})", ErrorKind::not_found},
      {R"({"code":-32000,"message":"Inspected target navigated or closed"})", ErrorKind::not_found},
      {R"({"code":-32000,"message":"Cannot find context with specified id"})", ErrorKind::not_found},
      {R"({"code":-32601,"message":"'Page.fly' wasn't found"})", ErrorKind::invalid},
      {R"({"code":-32602,"message":"Invalid parameters"})", ErrorKind::invalid},
      {R"({})", ErrorKind::invalid},
      {R"("text")", ErrorKind::invalid},
  };
  for (int id = 1; const auto& [error, kind] : k_cases) {
    const auto asked = send("Page.fly");
    await_commands(std::size_t(id));
    say(fmt::format(R"({{"id":{},"error":{}}})", id++, error));
    await(asked);
    ASSERT_FALSE(**asked) << error;
    EXPECT_EQ((*asked)->error().kind(), kind) << error;
    EXPECT_TRUE((*asked)->error().describe().starts_with("Page.fly: ")) << (*asked)->error().describe();
  }
}

TEST_F(ConnectionTest, hands_on_events_in_order_before_the_reply_that_follows_them) {
  start();
  const auto asked = send("A");
  await_commands(1);
  say(R"({"method":"One.happened","params":{"a":1},"sessionId":"S"})");
  say(R"({"method":"Two.happened"})");
  say(R"({"id":1,"result":{}})");
  run_until([&] { return !events.empty(); });
  await(asked);
  EXPECT_EQ(events, (std::vector<std::string>{R"(S One.happened {"a":1})", " Two.happened {}"}));
}

TEST_F(ConnectionTest, abandons_a_command_whose_time_is_up_and_drops_its_late_reply) {
  start();
  const auto asked = send("Slow.command", "", aio::Scope::background().within(20ms));
  await(asked);
  ASSERT_FALSE(**asked);
  EXPECT_EQ((*asked)->error().kind(), ErrorKind::timeout);
  EXPECT_EQ((*asked)->error().describe(), "Slow.command: deadline passed");
  EXPECT_EQ(connection->pending_count(), 0U);
  await_commands(1);
  say(R"({"id":1,"result":{"late":true}})");
  const auto next = send("Next");
  await_commands(2);
  say(R"({"id":2,"result":{}})");
  await(next);
  EXPECT_TRUE((**next)->empty());
}

TEST_F(ConnectionTest, a_cancelled_wait_ends_at_once) {
  start();
  aio::CancelSource source;
  const auto asked = send("A", "", aio::Scope(source));
  await_commands(1);
  source.cancel("asked to end");
  await(asked);
  EXPECT_EQ((*asked)->error().kind(), ErrorKind::cancelled);
  EXPECT_EQ(connection->pending_count(), 0U);
}

TEST_F(ConnectionTest, fails_what_waits_when_the_browser_closes_its_pipe) {
  start();
  const auto first = send("A");
  const auto second = send("B", "S");
  std::vector<std::string> posted;
  connection->post("S", "C", {}, [&](const Error& error) { posted.push_back(error.describe()); });
  await_commands(3);
  message_end.reset();
  await(second);
  for (const auto& outcome : {first, second}) EXPECT_EQ((*outcome)->error().kind(), ErrorKind::unavailable);
  EXPECT_EQ((*first)->error().describe(), "A: the browser ended unexpectedly");
  EXPECT_EQ(posted, std::vector<std::string>{"C: the browser ended unexpectedly"});
  EXPECT_FALSE(connection->is_open());
  const auto later = send("D");
  await(later);
  EXPECT_EQ((*later)->error().describe(), "D: the browser is gone");
  connection->close("closed again");
  run_ready();
  EXPECT_EQ(closings, std::vector<std::string>{"the browser ended unexpectedly"}) << "told once";
}

TEST_F(ConnectionTest, notices_a_browser_that_no_longer_reads) {
  start();
  ::signal(SIGPIPE, SIG_IGN);
  command_end.reset();
  const auto asked = send("A");
  await(asked);
  EXPECT_EQ((*asked)->error().kind(), ErrorKind::unavailable);
  EXPECT_EQ(closings.size(), 1U);
}

TEST_F(ConnectionTest, closes_on_what_is_no_message) {
  start();
  const auto asked = send("A");
  say("not a message");
  await(asked);
  EXPECT_TRUE((*asked)->error().describe().starts_with("A: the browser sent a message that is not JSON: "));
  EXPECT_EQ(closings.size(), 1U);
}

TEST_F(ConnectionTest, closes_on_json_that_is_no_object) {
  start();
  say("[1]");
  run_until([&] { return !closings.empty(); });
  EXPECT_EQ(closings.front(), "the browser sent a message that is no JSON object");
}

TEST_F(ConnectionTest, ignores_what_follows_the_message_that_closed_it) {
  start();
  const std::string both = std::string("nonsense\0{\"method\":\"Too.late\"}\0", 31);
  ASSERT_EQ(::write(message_end.get(), both.data(), both.size()), ssize_t(both.size()));
  run_until([&] { return !closings.empty(); });
  run_ready();
  EXPECT_TRUE(events.empty());
}

TEST_F(ConnectionTest, survives_strings_that_only_javascript_can_have) {
  start();
  say(R"({"method":"Runtime.consoleAPICalled","params":{"args":[{"value":"\ud800"}]},"sessionId":"S"})");
  run_until([&] { return !events.empty(); });
  EXPECT_EQ(events.front(), "S Runtime.consoleAPICalled {\"args\":[{\"value\":\"\uFFFD\"}]}");
  EXPECT_TRUE(connection->is_open());
}

TEST_F(ConnectionTest, skips_a_message_over_the_limit_and_says_whose_it_was) {
  start();
  say(R"({"method":"Huge.event","params":{"x":")" + std::string(33U << 20, 'x') + R"("},"sessionId":"S7"})");
  say(R"({"method":"Huge.browserEvent","params":{"x":")" + std::string(33U << 20, 'x') + R"("}})");
  say(R"({"method":"Next.event"})");
  run_until([&] { return !events.empty(); });
  EXPECT_EQ(oversized, (std::vector<SessionId>{"S7", ""}));
  EXPECT_EQ(events, std::vector<std::string>{" Next.event {}"});
}

TEST_F(ConnectionTest, carries_ten_thousand_commands_at_once) {
  constexpr int k_count = 10'000;
  start();
  std::vector<Outcome> outcomes;
  for (int i = 0; i < k_count; ++i) outcomes.push_back(send("Many"));
  await_commands(k_count);
  for (int id = 1; id <= k_count; ++id) {
    ASSERT_TRUE(received[std::size_t(id) - 1].starts_with(fmt::format(R"({{"id":{},)", id)));
    say(fmt::format(R"({{"id":{},"result":{{"n":{}}}}})", id, id));
  }
  await(outcomes.back());
  for (int i = 0; i < k_count; ++i) ASSERT_EQ(integer(**outcomes[std::size_t(i)]->operator->(), "n"), i + 1);
  EXPECT_EQ(connection->pending_count(), 0U);
}

TEST_F(ConnectionTest, keeps_commands_whole_while_the_pipe_is_full) {
  constexpr std::size_t k_count = 300;
  start();
  for (std::size_t i = 0; i < k_count; ++i) connection->post("", "Large", {{"x", std::string(5000 + i, 'x')}});
  const auto impatient = send("Late", "", aio::Scope::background().within(30ms));
  await(impatient);
  EXPECT_EQ((*impatient)->error().kind(), ErrorKind::timeout) << "the pipe is full and nobody reads";
  await_commands(k_count + 1);
  for (std::size_t i = 0; i < k_count; ++i) {
    const auto message = json::parse(received[i]);
    ASSERT_EQ(text(object(message.as_object(), "params"), "x").size(), 5000 + i);
  }
}

TEST_F(ConnectionTest, a_session_that_ended_fails_its_own_commands_only) {
  start();
  const auto lost = send("A", "S1");
  const auto kept = send("B", "S2");
  await_commands(2);
  connection->drop_session("S1");
  await(lost);
  EXPECT_EQ((*lost)->error().kind(), ErrorKind::not_found);
  EXPECT_EQ((*lost)->error().describe(), "A: the target is gone");
  EXPECT_EQ(connection->pending_count(), 1U);
  say(R"({"id":2,"result":{},"sessionId":"S2"})");
  await(kept);
  EXPECT_TRUE(**kept);
}

TEST_F(ConnectionTest, fails_what_waits_when_it_is_dropped) {
  start();
  const auto asked = send("A");
  await_commands(1);
  connection.reset();
  await(asked);
  EXPECT_EQ((*asked)->error().describe(), "A: the connection was dropped");
  EXPECT_TRUE(closings.empty()) << "who drops it knows";
}

TEST_F(ConnectionTest, may_be_dropped_before_it_was_started) {
  const auto asked = send("A");
  run_ready();
  connection.reset();
  await(asked);
  EXPECT_EQ((*asked)->error().kind(), ErrorKind::unavailable);
}

/// A handler that drops the connection and then still uses what it captured.
TEST_F(ConnectionTest, may_be_dropped_by_each_of_its_handlers) {
  for (const std::string handler : {"event", "oversized", "closed"}) {
    int calls = 0;
    const auto drop = [this, &calls, text = std::string(100, 'x')] {
      connection.reset();
      calls += text == std::string(100, 'x') ? 1 : 100;
    };
    int messages[2];
    ASSERT_EQ(::pipe2(messages, O_CLOEXEC | O_NONBLOCK), 0);
    message_end = Fd(messages[1]);
    int ignored[2];
    ASSERT_EQ(::pipe2(ignored, O_CLOEXEC), 0);
    command_end = Fd(ignored[0]);
    connection = std::make_unique<Connection>(context.get_executor(), messages[0], ignored[1]);
    connection->start({[=](const Event&) { drop(); }, [=](const SessionId&) { drop(); }, [=](const Error&) { drop(); }});
    if (handler == "event") say(R"({"method":"A"})");
    if (handler == "oversized") say(std::string(33U << 20, 'x'));
    if (handler == "closed") message_end.reset();
    run_until([&] { return calls > 0; });
    run_ready();
    EXPECT_EQ(calls, 1) << handler;
  }
}

TEST_F(ConnectionTest, may_be_dropped_by_the_failure_of_a_command) {
  start();
  int calls = 0;
  for (int i = 0; i < 3; ++i)
    connection->post("S", "A", {}, [&](const Error&) {
      connection.reset();
      ++calls;
    });
  await_commands(3);
  connection->drop_session("S");
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace gannet::browser::cdp
