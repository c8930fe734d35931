#include "coordination/redis_for_test.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <future>
#include <memory>

#include <hiredis/hiredis.h>

#include "base/assert.hpp"

namespace gannet::coordination {

namespace {

/// The server is the same file as this tool, and is what its name says it is: so the package with the tools is enough, and no
/// service comes with it.
constexpr const char* k_program = "/usr/bin/redis-check-rdb";

pid_t spawn(std::vector<std::string> arguments, int output) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  ASSERT_INVARIANT(pid >= 0, "fork");
  if (pid > 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(k_program, argv.data());
  ::_exit(127);
}

std::string text_of(const redisReply* reply) {
  if (reply == nullptr) return "(no answer)";
  switch (reply->type) {
    case REDIS_REPLY_INTEGER: return std::to_string(reply->integer);
    case REDIS_REPLY_NIL: return "(nil)";
    case REDIS_REPLY_ERROR: return "(error) " + std::string(reply->str, reply->len);
    case REDIS_REPLY_ARRAY: {
      std::string all;
      for (std::size_t i = 0; i < reply->elements; ++i) all += (i ? "," : "") + text_of(reply->element[i]);
      return all;
    }
    default: return {reply->str, reply->len};
  }
}

}  // namespace

RedisForTest::RedisForTest(std::vector<std::string> settings) : settings_(std::move(settings)) {
  std::string name = (std::filesystem::temp_directory_path() / "gannet_redis_XXXXXX").string();
  ASSERT_INVARIANT(::mkdtemp(name.data()) != nullptr, "a temporary folder");
  folder_ = name;
  start();
}

RedisForTest::~RedisForTest() {
  stop();
  std::filesystem::remove_all(folder_);
}

RedisAddress RedisForTest::address() const {
  RedisAddress address;
  address.socket_path = socket_path();
  return address;
}

void RedisForTest::start() {
  std::array<int, 2> output{};
  ASSERT_INVARIANT(::pipe2(output.data(), O_CLOEXEC) == 0, "a pipe");
  std::vector<std::string> arguments{"redis-server",   "--port", "0", "--unixsocket", socket_path(), "--dir",
                                     folder_.string(), "--save", "",  "--appendonly", "no"};
  arguments.insert(arguments.end(), settings_.begin(), settings_.end());
  server_ = spawn(std::move(arguments), output[1]);
  ::close(output[1]);

  std::promise<bool> ready;
  auto is_ready = ready.get_future();
  log_reader_ = std::jthread([from = output[0], ready = std::move(ready)]() mutable {
    std::string log;
    bool is_told = false;
    std::array<char, 4096> chunk{};
    while (true) {
      const auto size = ::read(from, chunk.data(), chunk.size());
      if (size <= 0) break;
      log.append(chunk.data(), std::size_t(size));
      // Of version 5 to 7, in either case.
      if (!is_told && log.find("eady to accept connections") != std::string::npos) ready.set_value(is_told = true);
    }
    if (!is_told) ready.set_value(false);
    ::close(from);
  });
  ASSERT_INVARIANT(is_ready.get(), "redis-server did not start; install the package redis-tools");
}

void RedisForTest::stop() {
  if (server_ == 0) return;
  ::kill(server_, SIGKILL);
  ::waitpid(server_, nullptr, 0);
  server_ = 0;
  log_reader_.join();
}

void RedisForTest::pause() const { ::kill(server_, SIGSTOP); }
void RedisForTest::resume() const { ::kill(server_, SIGCONT); }

std::string RedisForTest::command(const std::vector<std::string>& words) const {
  const std::unique_ptr<redisContext, decltype(&redisFree)> context(redisConnectUnix(socket_path().c_str()), redisFree);
  ASSERT_INVARIANT(context && context->err == 0, "a connection to the test's Redis");
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (const auto& word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  void* reply = redisCommandArgv(context.get(), int(words.size()), starts.data(), sizes.data());
  const std::unique_ptr<void, decltype(&freeReplyObject)> owned(reply, freeReplyObject);
  return text_of(static_cast<redisReply*>(reply));
}

}  // namespace gannet::coordination
