// ServerConnection: one client of the HttpServer, from its first byte to its last. One request at a time: what is pipelined waits
// in the kernel, so order and bounds come by themselves. Belongs to the single thread of the event loop.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "net/http_server.hpp"
#include "net/impl/guard.hpp"
#include "net/impl/request_parser.hpp"
#include "net/impl/response_head.hpp"

namespace gannet::net {

class ServerConnection;

/// What the server's connections share; outlives them.
struct ServerContext {
  aio::Executor executor;
  const Clock& clock;
  HttpServerOptions options;
  HttpServer::Handler handler;
  HttpServer::RefusalWriter refuse;
  HttpServer::AccessLog log{};
  HttpServerCounters counters{};
  aio::CancelSource draining{};  // No new requests; streams end.
  std::set<ServerConnection*> open{};
  std::map<Address, std::size_t> open_by_peer{};
  aio::TaskGroup group;
};

class ServerConnection : public std::enable_shared_from_this<ServerConnection>, private BodySink {
 public:
  using Socket = boost::asio::ip::tcp::socket;

  ServerConnection(ServerContext& context, Socket socket, Address peer);
  ~ServerConnection() override;

  static aio::Task<void> serve(std::shared_ptr<ServerConnection> connection);
  /// Ends the connection now if it waits for a request.
  void close_if_idle();

 private:
  aio::Task<void> run();
  /// Whether the parser has a whole request. If not, the client left or was refused.
  aio::Task<bool> read_request();
  aio::Task<std::expected<RequestParser::Step, HttpRefusal>> read_until(RequestParser::Step step);
  aio::Task<bool> receive();
  aio::Task<void> refuse(HttpRefusal refusal);

  /// Whether the connection goes on.
  aio::Task<bool> respond();
  aio::Task<bool> send(std::string_view head, std::string_view body);
  aio::Task<void> stream_body(const HttpResponse& response);
  aio::Task<Result<void>> write(std::string bytes) override;
  static aio::Task<void> watch_for_leaving(std::shared_ptr<ServerConnection> connection, aio::CancelSource left);
  /// Ends our side, and takes what the client still sends, so that it can read our last words before the reset.
  aio::Task<void> linger();
  void try_send(const HttpResponse& response);

  ServerContext& context_;
  Socket socket_;
  const Address peer_;
  RequestParser parser_;
  std::string buffer_;
  Guard guard_;
  bool is_idle_ = true;
  bool is_chunked_ = false;
  std::size_t requests_ = 0;
  std::uint64_t sent_bytes_ = 0;
};

}  // namespace gannet::net
