#include "net/impl/http_head.hpp"

#include <gtest/gtest.h>

namespace gannet::net {
namespace {

TEST(HeadEnd, is_found_however_the_bytes_arrive) {
  const std::string head = "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string stream = head + "body\r\n\r\n";
  for (std::size_t first = 1; first < head.size(); ++first) {
    EXPECT_FALSE(find_head_end(std::string_view(stream).substr(0, first), 0));
    EXPECT_EQ(find_head_end(stream, first), head.size()) << first;
  }
  EXPECT_EQ(find_head_end("a\n\nb", 0), 3U);
  EXPECT_EQ(find_head_end("a\n\r\nb", 0), 4U);
  EXPECT_FALSE(find_head_end("a\r\n\r", 0));
}

TEST(RequestHead, reads_connect_and_absolute_form) {
  const auto connect = RequestHead::parse("CONNECT Example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(connect);
  EXPECT_TRUE(connect->is_connect());
  EXPECT_EQ(connect->target, (Authority{"example.com", 443}));
  struct Case {
    const char* target;
    Authority authority;
    const char* path;
  };
  const Case cases[] = {
      {"http://example.com/a/../b?x#", {"", 0}, nullptr},
      {"http://example.com/a/../b?x=%zz", {"example.com", 80}, "/a/../b?x=%zz"},
      {"HTTP://EXAMPLE.com:8080", {"example.com", 8080}, "/"},
      {"http://example.com?x", {"example.com", 80}, "/?x"},
      {"http://[::1]/a", {"[::1]", 80}, "/a"},
      {"http://[::1]:81/a", {"[::1]", 81}, "/a"},
      {"http://2130706433/", {"127.0.0.1", 80}, "/"},
      {"https://example.com/", {}, nullptr},
      {"/path", {}, nullptr},
      {"*", {}, nullptr},
      {"http://", {}, nullptr},
      {"http:///a", {}, nullptr},
      {"http://u:p@example.com/", {}, nullptr},
      {"http://example.com:0/", {}, nullptr},
      {"http://example.com\\@evil/", {}, nullptr},
  };
  for (const auto& [target, authority, path] : cases) {
    const auto head = RequestHead::parse(fmt::format("GET {} HTTP/1.1\r\n\r\n", target));
    ASSERT_EQ(head.has_value(), path != nullptr) << target;
    if (!path) continue;
    EXPECT_EQ(head->target, authority) << target;
    EXPECT_EQ(head->path, path) << target;
  }
}

TEST(RequestHead, refuses_what_two_readers_could_understand_differently) {
  static constexpr const char* k_heads[] = {
      "\r\n\r\n",
      "GET\r\n\r\n",
      "GET http://a/\r\n\r\n",
      "GET  http://a/ HTTP/1.1\r\n\r\n",
      "GET http://a/ b HTTP/1.1\r\n\r\n",
      "GET http://a/ HTTP/2.0\r\n\r\n",
      "G(T http://a/ HTTP/1.1\r\n\r\n",
      "GET http://a/\x01 HTTP/1.1\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nName\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nName : x\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\n folded\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nName: a\rb\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nContent-Length: 1, 1\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nContent-Length:\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "GET http://a/ HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
      "GET http://a/ HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "CONNECT a HTTP/1.1\r\n\r\n",
      "CONNECT http://a:80/ HTTP/1.1\r\n\r\n",
      "CONNECT a:0 HTTP/1.1\r\n\r\n",
  };
  for (const char* text : k_heads) {
    const auto head = RequestHead::parse(text);
    ASSERT_FALSE(head) << text;
    EXPECT_EQ(head.error().kind(), ErrorKind::protocol);
  }
}

TEST(RequestHead, becomes_origin_form_without_what_was_for_the_proxy) {
  const auto head = RequestHead::parse(
      "POST http://Example.com:8080/a?b HTTP/1.1\r\nhost: other\r\nAccept: */*\r\nProxy-Connection: "
      "keep-alive\r\nProxy-Authorization: x\r\n"
      "Connection: keep-alive, X-Mine, Content-Length\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\nUpgrade: "
      "h2c\r\nContent-Length: 3\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->to_origin_form(),
            "POST /a?b HTTP/1.1\r\nHost: example.com:8080\r\nAccept: */*\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
}

TEST(RequestHead, keeps_an_upgrade) {
  const auto head =
      RequestHead::parse("GET http://a/ HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->to_origin_form(),
            "GET / HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: k\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
}

TEST(ResponseHead, is_relayed_as_the_last_of_its_connection) {
  const auto head = ResponseHead::parse(
      "HTTP/1.1 200 OK\nConnection: keep-alive\n folded\nKeep-Alive: 5\r\nSet-Cookie: a=1\r\nX: y\r\n\tz\r\nTransfer-Encoding: "
      "chunked\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 200);
  EXPECT_EQ(head->relayed,
            "HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nX: y\r\n\tz\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(ResponseHead::parse("HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")->relayed,
            "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
  EXPECT_TRUE(ResponseHead::parse("HTTP/1.1 103 Early Hints\r\n\r\n")->is_interim());
  for (const char* text :
       {"", "HTTP/2 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 2\r\n\r\n", "<html>\n\n", "HTTP/1.1 099 x\r\n\r\n"})
    EXPECT_FALSE(ResponseHead::parse(text)) << text;
}

TEST(BodyLength, ends_a_body_where_its_framing_says_however_it_is_cut) {
  struct Case {
    BodyLength body;
    std::string text;
  };
  const Case cases[] = {
      {BodyLength::none(), ""},
      {BodyLength::of(5), "hello"},
      {BodyLength::chunked(), "0\r\n\r\n"},
      {BodyLength::chunked(), "5\r\nhello\r\n0\r\n\r\n"},
      {BodyLength::chunked(), "A;name=\"x\"\r\n0123456789\r\n1\r\n!\r\n000\r\nTrailer: x\r\n\r\n"},
  };
  for (const auto& [body, text] : cases) {
    const std::string stream = text + "GET /next";
    for (std::size_t step = 1; step <= stream.size(); ++step) {
      BodyLength copy = body;
      std::size_t used = 0;
      for (std::size_t at = 0; at < stream.size(); at += step) {
        const auto taken = copy.take(std::string_view(stream).substr(at, step));
        ASSERT_TRUE(taken);
        used += *taken;
      }
      EXPECT_EQ(used, text.size()) << text << " by " << step;
      EXPECT_TRUE(copy.is_complete());
    }
  }
}

TEST(BodyLength, refuses_broken_and_endless_framing) {
  for (const std::string& text :
       {std::string("x\r\n"), std::string("\r\n"), std::string("-1\r\n"), std::string("0x5\r\n"),
        std::string("fffffffffffffffff\r\n"), std::string("1\r\nab\r\n"), "1;" + std::string(5000, 'x'), "0\r\n" + [] {
          std::string trailer;
          for (int i = 0; i < 5000; ++i) trailer += "a: b\r\n";
          return trailer;
        }()}) {
    auto body = BodyLength::chunked();
    EXPECT_FALSE(body.take(text)) << text.substr(0, 40);
  }
}

}  // namespace
}  // namespace gannet::net
