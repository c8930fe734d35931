#include "coordination/impl/redis_connection.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <array>

#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/text.hpp"

namespace gannet::coordination::impl {

namespace {

namespace asio = boost::asio;

constexpr int k_depth_max = 4;

RedisReply reply_of(const redisReply& from, int depth = 0) {
  RedisReply reply;
  switch (from.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = RedisReply::Kind::integer;
      reply.integer = from.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      reply.kind = RedisReply::Kind::text;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = RedisReply::Kind::error;
      reply.text.assign(from.str, from.len);
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = RedisReply::Kind::array;
      for (std::size_t i = 0; depth < k_depth_max && i < from.elements; ++i)
        reply.items.push_back(reply_of(*from.element[i], depth + 1));
      break;
    default: break;
  }
  return reply;
}

Error error_of(const RedisReply& reply) {
  const auto word = std::string_view(reply.text).substr(0, reply.text.find(' '));
  const bool is_denied = word == "NOAUTH" || word == "WRONGPASS" || word == "NOPERM" || word == "READONLY" ||
                         reply.text.find("invalid password") != std::string::npos ||
                         reply.text.find("without any password") != std::string::npos;
  const auto kind = word == "WRONGTYPE"                         ? ErrorKind::conflict
                    : is_denied                                 ? ErrorKind::denied
                    : word == "LOADING" || word == "MASTERDOWN" ? ErrorKind::unavailable
                    : word == "OOM"                             ? ErrorKind::exhausted
                                                                : ErrorKind::protocol;
  return {kind, "Redis answers: " + printable(reply.text, 200)};
}

Result<std::vector<std::string>> resolve_blocking(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return fail(ErrorKind::unavailable, "the host name {} is not known: {}", host, gai_strerror(error));
  std::vector<std::string> addresses;
  for (const auto* at = found; at != nullptr; at = at->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(at->ai_addr, at->ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0)
      addresses.emplace_back(text.data());
  }
  freeaddrinfo(found);
  if (addresses.empty()) return fail(ErrorKind::unavailable, "the host name {} has no address", host);
  return addresses;
}

}  // namespace

/// What hiredis asks of an event loop. Lives until the last wait has returned, which may be after the context.
struct RedisConnection::Events : std::enable_shared_from_this<Events> {
  Events(const aio::Executor& executor, redisAsyncContext* of, RedisConnection* its_owner)
      : descriptor(executor, of->c.fd), context(of), owner(its_owner) {}

  static void attach(const std::shared_ptr<Events>& events) {
    auto& hooks = events->context->ev;
    // Given back in clean_up().
    hooks.data = new std::shared_ptr<Events>(events);
    hooks.addRead = [](void* data) { of(data).want_read(); };
    hooks.delRead = [](void* data) { of(data).wants_read = false; };
    hooks.addWrite = [](void* data) { of(data).want_write(); };
    hooks.delWrite = [](void* data) { of(data).wants_write = false; };
    hooks.cleanup = [](void* data) { clean_up(data); };
  }

  static Events& of(void* data) { return **static_cast<std::shared_ptr<Events>*>(data); }

  /// The context is about to close the socket and to vanish.
  static void clean_up(void* data) {
    const std::unique_ptr<std::shared_ptr<Events>> owned(static_cast<std::shared_ptr<Events>*>(data));
    auto& events = **owned;
    events.descriptor.release();
    const std::string why = events.context->errstr[0] != '\0' ? events.context->errstr : "the connection was closed";
    events.context = nullptr;
    if (events.owner) events.owner->on_gone(why);
  }

  void want_read() {
    wants_read = true;
    if (std::exchange(is_reading, true)) return;
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            self->is_reading = false;
                            if (error || !self->context || !self->wants_read) return;
                            redisAsyncHandleRead(self->context);
                            if (self->context && self->wants_read) self->want_read();
                          });
  }
  void want_write() {
    wants_write = true;
    if (std::exchange(is_writing, true)) return;
    descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                          [self = shared_from_this()](const boost::system::error_code& error) {
                            self->is_writing = false;
                            if (error || !self->context || !self->wants_write) return;
                            redisAsyncHandleWrite(self->context);
                            if (self->context && self->wants_write) self->want_write();
                          });
  }

  asio::posix::stream_descriptor descriptor;
  redisAsyncContext* context;
  /// Null once the owner does not want to hear of it.
  RedisConnection* owner;
  bool wants_read = false;
  bool wants_write = false;
  bool is_reading = false;
  bool is_writing = false;
};

/// One command under way. Its answer may come when nobody waits any more.
struct RedisConnection::Waiting {
  explicit Waiting(const aio::Executor& executor) : answer(executor) {}
  aio::OneShot<RedisReply> answer;
};

RedisConnection::~RedisConnection() {
  if (!context_) return;
  // Nothing may call back to what is gone, not even a free that hiredis puts off.
  context_->data = nullptr;
  Events::of(context_->ev.data).owner = nullptr;
  redisAsyncFree(context_);
}

Result<void> RedisConnection::open(const std::string& target, std::uint16_t port) {
  auto* context = port == 0 ? redisAsyncConnectUnix(target.c_str()) : redisAsyncConnect(target.c_str(), port);
  if (context == nullptr) return fail(ErrorKind::exhausted, "no memory for a connection");
  if (context->err != 0) {
    const std::string why = context->errstr;
    redisAsyncFree(context);
    return fail(ErrorKind::unavailable, "{}", why);
  }
  context->data = this;
  Events::attach(std::make_shared<Events>(executor_, context, this));
  context_ = context;
  reason_.clear();
  connected_ = std::make_shared<aio::OneShot<bool>>(executor_);
  // Setting the callback makes hiredis ask for the first write event, which tells that it is connected.
  redisAsyncSetConnectCallback(context, [](const redisAsyncContext* of, int status) {
    auto* self = static_cast<RedisConnection*>(of->data);
    if (self && status == REDIS_OK) self->connected_->set(true);
  });
  return {};
}

aio::Task<Result<void>> RedisConnection::connect(aio::Scope scope, RedisAddress address, asio::thread_pool& resolving) {
  std::vector<std::string> targets{address.socket_path};
  if (address.socket_path.empty()) {
    std::function<Result<std::vector<std::string>>()> look_up = [address] {
      return resolve_blocking(address.host, address.port);
    };
    auto found = co_await aio::run_blocking(resolving, executor_, scope, std::move(look_up));
    if (!found) co_return pass(found);
    targets = std::move(*found);
  }
  Result<void> opened;
  for (const auto& target : targets) {
    opened = open(target, address.socket_path.empty() ? address.port : 0);
    if (!opened) continue;
    const auto connected = connected_;
    auto done = co_await connected->wait(scope);
    if (done && context_) break;
    opened = done ? fail(ErrorKind::unavailable, "{}", reason_) : pass(done);
    close("it did not connect");
  }
  if (!opened) co_return opened;

  std::vector<std::vector<std::string>> commands;
  if (!address.password.empty() && address.user.empty()) commands.push_back({"AUTH", address.password});
  if (!address.password.empty() && !address.user.empty()) commands.push_back({"AUTH", address.user, address.password});
  if (address.database != 0) commands.push_back({"SELECT", std::to_string(address.database)});
  for (auto& words : commands) {
    const auto name = words.front();
    auto answer = co_await command(scope, std::move(words));
    if (!answer) co_return pass(answer, name);
  }
  co_return Result<void>();
}

aio::Task<Result<RedisReply>> RedisConnection::command(aio::Scope scope, std::vector<std::string> words) {
  if (!context_) co_return fail(ErrorKind::unavailable, "{}", reason_);
  std::vector<const char*> starts;
  std::vector<std::size_t> sizes;
  for (const auto& word : words) {
    starts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const auto waiting = std::make_shared<Waiting>(executor_);
  auto held = std::make_unique<std::shared_ptr<Waiting>>(waiting);
  const auto on_reply = [](redisAsyncContext* context, void* reply, void* data) {
    const std::unique_ptr<std::shared_ptr<Waiting>> owned(static_cast<std::shared_ptr<Waiting>*>(data));
    auto& answer = (*owned)->answer;
    if (reply == nullptr)
      answer.set(fail(ErrorKind::unavailable, "{}",
                      context->errstr[0] != '\0' ? context->errstr : "the connection was closed before the answer"));
    else
      answer.set(reply_of(*static_cast<redisReply*>(reply)));
  };
  if (redisAsyncCommandArgv(context_, on_reply, held.get(), int(words.size()), starts.data(), sizes.data()) != REDIS_OK)
    co_return fail(ErrorKind::unavailable, "the connection is closing");
  (void)held.release();  // on_reply owns it: hiredis calls it once, whatever happens.
  auto reply = co_await waiting->answer.wait(std::move(scope));
  if (reply && reply->kind == RedisReply::Kind::error) co_return std::unexpected(error_of(*reply));
  co_return reply;
}

aio::Task<Result<void>> RedisConnection::subscribe(aio::Scope scope, std::string pattern,
                                                   std::function<void(std::string_view, std::string_view)> on_message) {
  if (!context_) co_return fail(ErrorKind::unavailable, "{}", reason_);
  on_message_ = std::move(on_message);
  const auto subscribed = subscribed_ = std::make_shared<aio::OneShot<bool>>(executor_);
  const auto on_reply = [](redisAsyncContext* context, void* data, void*) {
    auto* self = static_cast<RedisConnection*>(context->data);
    if (data == nullptr || self == nullptr) return;
    const auto reply = reply_of(*static_cast<redisReply*>(data));
    if (reply.kind == RedisReply::Kind::error) self->subscribed_->set(std::unexpected(error_of(reply)));
    if (reply.items.empty()) return;
    // "psubscribe", pattern, number; then "pmessage", pattern, channel, message.
    if (reply.items[0].text == "psubscribe") self->subscribed_->set(true);
    if (reply.items.size() == 4 && reply.items[0].text == "pmessage") self->on_message_(reply.items[2].text, reply.items[3].text);
  };
  const char* words[] = {"PSUBSCRIBE", pattern.c_str()};
  const std::size_t sizes[] = {10, pattern.size()};
  if (redisAsyncCommandArgv(context_, on_reply, nullptr, 2, words, sizes) != REDIS_OK)
    co_return fail(ErrorKind::unavailable, "the connection is closing");
  if (auto confirmed = co_await subscribed->wait(std::move(scope)); !confirmed) co_return pass(confirmed, "PSUBSCRIBE");
  co_return Result<void>();
}

void RedisConnection::close(std::string_view reason) {
  if (!context_) return;
  reason_ = reason;
  // Calls every waiting callback, and clean_up() in the end: at once, or after the callback from which this is called.
  redisAsyncFree(context_);
}

void RedisConnection::on_gone(std::string_view why) {
  context_ = nullptr;
  if (reason_.empty()) reason_ = why;
  for (const auto& waiting : {connected_, subscribed_})
    if (waiting) waiting->set(fail(ErrorKind::unavailable, "{}", reason_));
  closed_.notify_all();
}

}  // namespace gannet::coordination::impl
