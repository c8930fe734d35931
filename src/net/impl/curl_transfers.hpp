// HttpClient::Transfers: libcurl's multi interface on the event loop (curl_multi_socket_action). curl says which sockets and
// which time it waits for; the loop tells it what happened.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <curl/curl.h>

#include <boost/asio/posix/stream_descriptor.hpp>

#include "net/http_client.hpp"

namespace gannet::net {

/// One request without redirects, to addresses that were checked.
struct Transfer {
  const FetchRequest& request;
  std::vector<Address> addresses;
  const HttpClient::Options& options;
  const AddressPolicy& policy;
  HttpHeaders headers{};
  std::string body{};
  bool is_too_large = false;
  std::string denied{};  // Why an address was refused when the socket was made.
};

class HttpClient::Transfers {
 public:
  explicit Transfers(aio::Executor executor);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// Returns the status. `transfer` has what came.
  aio::Task<Result<int>> perform(aio::Scope scope, Transfer& transfer);
  /// Ends what runs and waits for it.
  aio::Task<void> stop();

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;
  struct Watched {
    Watched(const aio::Executor& executor, int fd) : descriptor(executor, fd) {}
    /// The descriptor is curl's: it is not closed here.
    ~Watched() { descriptor.release(); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;
    Descriptor descriptor;
    int wanted = 0;
    bool is_waiting_to_read = false;
    bool is_waiting_to_write = false;
    bool is_removed = false;
  };

  static int on_socket(CURL*, curl_socket_t socket, int wanted, void* self, void*);
  static int on_timer(CURLM*, long timeout_ms, void* self);
  void watch(curl_socket_t socket, int wanted);
  static aio::Task<void> wait_for(Transfers* self, std::shared_ptr<Watched> watched, int direction);
  static aio::Task<void> keep_time(Transfers* self);
  void act(curl_socket_t socket, int what);
  void collect_finished();

  aio::Executor executor_;
  CURLM* multi_;
  std::map<curl_socket_t, std::shared_ptr<Watched>> sockets_;
  std::map<CURL*, aio::OneShot<CURLcode>*> running_;
  SteadyInstant wake_at_ = SteadyInstant::max();
  aio::Signal changed_;  // `wake_at_` or `running_`.
  aio::CancelSource stopping_;
  bool is_keeping_time_ = false;
  aio::TaskGroup group_;
};

}  // namespace gannet::net
