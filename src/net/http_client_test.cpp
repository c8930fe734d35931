#include "net/http_client.hpp"

#include <csignal>
#include <filesystem>

#include "base/text.hpp"
#include "net/impl/http_test_support.hpp"

namespace gannet::net {
namespace {

using namespace std::chrono_literals;

struct HttpClientTest : HttpTest {
  AddressPolicy policy;
  std::unique_ptr<Resolver> resolver;
  std::unique_ptr<HttpClient> client;
  HttpServer::Handler handler;

  void start_all(HttpServer::Handler answering) {
    server = std::make_unique<HttpServer>(executor, clock, HttpServerOptions{}, std::move(answering));
    ASSERT_TRUE(server->listen("127.0.0.1", 0));
    resolver = std::make_unique<Resolver>(executor, clock,
                                          Resolver::Options{.overrides = {*ResolveOverride::parse("*.test:*:127.0.0.1"),
                                                                          *ResolveOverride::parse("*.meta:*:169.254.169.254")},
                                                            .threads = 1});
    client = std::make_unique<HttpClient>(executor, *resolver, policy, HttpClient::Options{});
  }

  Url at(std::string_view path, std::string_view host = "a.test") const {
    return *Url::parse(fmt::format("http://{}:{}{}", host, server->port(), path));
  }

  Result<FetchResponse> fetch(FetchRequest request, aio::Scope scope = aio::Scope::background().within(20s)) {
    Result<FetchResponse> response = fail(ErrorKind::internal, "not run");
    run([&]() -> aio::Task<void> {
      response = co_await client->fetch(scope, request);
      co_await client->stop();
    });
    return response;
  }
};

/// Echoes what it was asked; paths /to/… redirect.
aio::Task<HttpResponse> answer_client(aio::Scope scope, aio::Executor executor, HttpRequest request) {
  if (request.path.starts_with("/to/")) {
    HttpResponse response{.status = std::stoi(request.path.substr(4))};
    response.headers.add("Location", percent_decode(request.query));
    co_return response;
  }
  if (request.path == "/wait") co_await aio::sleep(executor, scope, 1h);
  if (request.path == "/large") co_return HttpResponse::text(200, "text/plain", std::string(100'000, 'x'));
  auto header = [&](const char* name) { return std::string(request.headers.find(name).value_or("-")); };
  co_return HttpResponse::text(
      200, "text/plain",
      fmt::format("{} {} {} {} {}", request.method, request.path, request.body, header("Authorization"), header("Content-Type")));
}

HttpServer::Handler echoing(aio::Executor executor) {
  return [executor](aio::Scope scope, HttpRequest request) { return answer_client(scope, executor, std::move(request)); };
}

TEST_F(HttpClientTest, gets_and_posts) {
  policy.allow(*Network::parse("127.0.0.0/8"));
  start_all(echoing(executor));
  Result<FetchResponse> got = fail(ErrorKind::internal, ""), posted = fail(ErrorKind::internal, "");
  run([&]() -> aio::Task<void> {
    got = co_await client->fetch(aio::Scope::background().within(20s),
                                 {.url = at("/x"), .headers = {{"Authorization", "Bearer t"}}});
    posted = co_await client->fetch(aio::Scope::background().within(20s),
                                    {.method = "POST", .url = at("/y"), .headers = {{"Content-Type", "a/b"}}, .body = "data"});
    co_await client->stop();
  });
  ASSERT_TRUE(got) << got.error().describe();
  EXPECT_EQ(got->status, 200);
  EXPECT_EQ(got->body, "GET /x  Bearer t -");
  EXPECT_EQ(got->headers.find("content-type"), "text/plain");
  ASSERT_TRUE(posted) << posted.error().describe();
  EXPECT_EQ(posted->body, "POST /y data - a/b");
}

TEST_F(HttpClientTest, runs_many_fetches_at_once) {
  policy.allow(*Network::parse("127.0.0.0/8"));
  start_all(echoing(executor));
  int succeeded = 0;
  run([&]() -> aio::Task<void> {
    aio::TaskGroup group(executor);
    for (int i = 0; i < 40; ++i)
      group.spawn(
          [](HttpClient* c, Url url, int* count) -> aio::Task<void> {
            auto response = co_await c->fetch(aio::Scope::background().within(20s), {.url = url});
            if (response && response->status == 200) ++*count;
          }(client.get(), at(fmt::format("/{}", i)), &succeeded),
          "fetch");
    co_await group.wait_idle(aio::Scope::background().within(20s));
    co_await client->stop();
  });
  EXPECT_EQ(succeeded, 40);
}

TEST_F(HttpClientTest, refuses_private_addresses_unless_allowed) {
  start_all(echoing(executor));
  const auto refused = fetch({.url = at("/")});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), ErrorKind::denied) << refused.error().describe();
  EXPECT_EQ(server->counters().connections_total, 0U);
}

TEST_F(HttpClientTest, follows_redirects_and_checks_each_address_again) {
  policy.allow(*Network::parse("127.0.0.0/8"));
  start_all(echoing(executor));
  std::vector<Result<FetchResponse>> responses;
  const auto ask = [&](FetchRequest request) -> aio::Task<void> {
    responses.push_back(co_await client->fetch(aio::Scope::background().within(20s), std::move(request)));
  };
  const std::string other = fmt::format("http%3A%2F%2Fb.test:{}%2Fother", server->port());
  run([&]() -> aio::Task<void> {
    co_await ask({.url = at("/to/302?/end"), .headers = {{"Authorization", "secret"}}});
    co_await ask({.method = "POST", .url = at("/to/302?/end"), .headers = {{"Content-Type", "a/b"}}, .body = "data"});
    co_await ask({.method = "POST", .url = at("/to/307?/end"), .body = "data"});
    co_await ask({.url = at("/to/302?" + other), .headers = {{"Authorization", "secret"}}});
    co_await ask({.url = at("/to/302?http%3A%2F%2Fx.meta%2Flatest")});
    co_await ask({.url = at("/to/302?file%3A%2F%2F%2Fetc%2Fpasswd")});
    co_await ask({.url = at("/to/302?/end"), .redirects_max = 0});
    co_await ask({.url = at("/to/302?%2Fto%2F302%3F%2Fend"), .redirects_max = 1});
    co_await client->stop();
  });
  ASSERT_EQ(responses.size(), 8U);
  EXPECT_EQ(responses[0]->body, "GET /end  secret -");
  EXPECT_EQ(responses[0]->url.path(), "/end");
  EXPECT_EQ(responses[1]->body, "GET /end  - -");
  EXPECT_EQ(responses[2]->body, "POST /end data - application/x-www-form-urlencoded");
  EXPECT_EQ(responses[3]->body, "GET /other  - -") << "credentials stay with their origin";
  ASSERT_FALSE(responses[4]);
  EXPECT_EQ(responses[4].error().kind(), ErrorKind::denied) << responses[4].error().describe();
  ASSERT_FALSE(responses[5]);
  EXPECT_EQ(responses[5].error().kind(), ErrorKind::protocol);
  EXPECT_EQ(responses[6]->status, 302);
  ASSERT_FALSE(responses[7]);
  EXPECT_EQ(responses[7].error().kind(), ErrorKind::exhausted);
}

/// A TLS server of OpenSSL's for the name a.test, with a certificate that an authority of the test's own has signed.
class TlsServer {
 public:
  TlsServer() {
    std::string name = (std::filesystem::temp_directory_path() / "gannet_tls_XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
    const auto make = fmt::format(
        "cd {} && exec 2>/dev/null && KEY='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2' &&"
        " openssl req -x509 $KEY -subj /CN=test -keyout authority.key -out authority.pem &&"
        " openssl req -x509 $KEY -subj /CN=test -keyout other.key -out other.pem &&"
        " openssl req -x509 $KEY -subj /CN=a.test -addext subjectAltName=DNS:a.test -addext basicConstraints=CA:FALSE"
        " -CA authority.pem -CAkey authority.key -keyout server.key -out server.pem",
        name);
    EXPECT_EQ(std::system(make.c_str()), 0);
    const auto serve = fmt::format(
        "cd {} && echo $$ && exec openssl s_server -accept 127.0.0.1:0 -cert server.pem -key server.key -www 2>/dev/null", name);
    output_ = ::popen(serve.c_str(), "r");
    char line[200];
    EXPECT_TRUE(std::fgets(line, sizeof line, output_));
    pid_ = std::atoi(line);
    while (port_ == 0 && std::fgets(line, sizeof line, output_))
      if (const std::string_view text(line); text.starts_with("ACCEPT ")) port_ = std::atoi(line + text.rfind(':') + 1);
    EXPECT_NE(port_, 0) << "openssl s_server does not listen";
  }
  ~TlsServer() {
    ::kill(pid_, SIGKILL);
    ::pclose(output_);
    std::filesystem::remove_all(folder_);
  }
  int port() const { return port_; }
  std::string file(const char* name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
  FILE* output_ = nullptr;
  pid_t pid_ = 0;
  int port_ = 0;
};

TEST_F(HttpClientTest, trusts_the_certificates_it_was_told_to_and_no_others) {
  policy.allow(*Network::parse("127.0.0.0/8"));
  start_all(echoing(executor));
  const TlsServer tls;
  const auto get = [&](std::string_view host, std::string ca_file) {
    client = std::make_unique<HttpClient>(executor, *resolver, policy, HttpClient::Options{.ca_file = std::move(ca_file)});
    return fetch({.url = *Url::parse(fmt::format("https://{}:{}/", host, tls.port()))});
  };
  const auto known = get("a.test", tls.file("authority.pem"));
  ASSERT_TRUE(known) << known.error().describe();
  EXPECT_EQ(known->status, 200);
  EXPECT_NE(known->body.find("s_server"), std::string::npos);
  for (const auto& [host, ca_file] : {std::pair<const char*, std::string>{"a.test", tls.file("other.pem")},
                                      {"a.test", ""},
                                      {"b.test", tls.file("authority.pem")}}) {
    const auto refused = get(host, ca_file);
    ASSERT_FALSE(refused) << host << " " << ca_file;
    EXPECT_EQ(refused.error().kind(), ErrorKind::denied) << refused.error().describe();
    EXPECT_NE(refused.error().describe().find("certificate"), std::string::npos) << refused.error().describe();
  }
}

TEST_F(HttpClientTest, bounds_size_and_time) {
  policy.allow(*Network::parse("127.0.0.0/8"));
  start_all(echoing(executor));
  Result<FetchResponse> large = fail(ErrorKind::internal, ""), slow = large, cancelled = large, enough = large;
  run([&]() -> aio::Task<void> {
    const auto scope = aio::Scope::background().within(20s);
    large = co_await client->fetch(scope, {.url = at("/large"), .body_bytes_max = Bytes{99'999}});
    enough = co_await client->fetch(scope, {.url = at("/large"), .body_bytes_max = Bytes{100'000}});
    slow = co_await client->fetch(scope.within(50ms), {.url = at("/wait")});
    aio::TaskGroup group(executor);
    group.spawn(
        [](HttpClient* c, Url url, Result<FetchResponse>* out) -> aio::Task<void> {
          *out = co_await c->fetch(aio::Scope::background().within(20s), {.url = url});
        }(client.get(), at("/wait"), &cancelled),
        "fetch");
    co_await wait_until([&] { return server->counters().connections > 0; });
    co_await client->stop();
    co_await group.wait_idle(scope);
  });
  EXPECT_EQ(large.error().kind(), ErrorKind::exhausted) << large.error().describe();
  ASSERT_TRUE(enough);
  EXPECT_EQ(slow.error().kind(), ErrorKind::timeout) << slow.error().describe();
  EXPECT_EQ(cancelled.error().kind(), ErrorKind::cancelled) << cancelled.error().describe();
}

TEST_F(HttpClientTest, says_what_kept_it_from_the_server) {
  policy.allow(*Network::parse("127.0.0.0/8"));
  start_all(echoing(executor));
  Result<FetchResponse> tls = fail(ErrorKind::internal, ""), closed = tls, scheme = tls;
  std::uint16_t free_port = 0;
  {
    tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    free_port = acceptor.local_endpoint().port();
  }
  run([&]() -> aio::Task<void> {
    const auto scope = aio::Scope::background().within(20s);
    tls = co_await client->fetch(scope, {.url = *Url::parse(fmt::format("https://a.test:{}/", server->port()))});
    closed = co_await client->fetch(scope, {.url = *Url::parse(fmt::format("http://a.test:{}/", free_port))});
    scheme = co_await client->fetch(scope, {.url = *Url::parse("wss://a.test/")});
    co_await client->stop();
  });
  EXPECT_FALSE(tls);
  EXPECT_EQ(closed.error().kind(), ErrorKind::unavailable) << closed.error().describe();
  EXPECT_EQ(scheme.error().kind(), ErrorKind::invalid);
}

}  // namespace
}  // namespace gannet::net
