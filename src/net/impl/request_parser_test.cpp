#include "net/impl/request_parser.hpp"

#include <gtest/gtest.h>

namespace gannet::net {
namespace {

using Step = RequestParser::Step;

/// Feeds `text` in pieces of `piece` bytes until one request is complete; a refusal's status otherwise, or 0 for "more is
/// needed".
struct Parsed {
  int refused = 0;
  bool is_complete = false;
  HttpRequest request{};
  std::string rest{};
};

Parsed parse(std::string_view text, std::size_t piece = 1'000'000, RequestParser::Limits limits = {}, Bytes body_max = 1_KiB) {
  RequestParser parser(limits);
  Parsed result;
  for (std::size_t at = 0; at < text.size(); at += piece) {
    result.rest += text.substr(at, piece);
    while (true) {
      auto step = parser.parse(result.rest);
      if (step && *step == Step::head) {
        auto accepted = parser.accept_body(body_max);
        if (!accepted) return {.refused = accepted.error().status};
        if (parser.has_body()) continue;
      }
      if (!step) return {.refused = step.error().status};
      if (*step == Step::need_more) break;
      result.is_complete = true;
      result.request = parser.take();
      result.rest += text.substr(std::min(text.size(), at + piece));
      return result;
    }
  }
  return result;
}

TEST(RequestParser, reads_a_request_whatever_the_pieces) {
  const std::string text =
      "POST /a%20b?x=1#f HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\nhello"
      "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    const auto parsed = parse(text, piece);
    ASSERT_TRUE(parsed.is_complete) << piece << " " << parsed.refused;
    EXPECT_EQ(parsed.request.method, "POST");
    EXPECT_EQ(parsed.request.path, "/a%20b");
    EXPECT_EQ(parsed.request.query, "x=1");
    EXPECT_EQ(parsed.request.body, "hello");
    EXPECT_EQ(parsed.request.headers.find("content-type"), "application/json");
    EXPECT_EQ(parsed.rest, "GET / HTTP/1.1\r\nHost: h\r\n\r\n") << "what is pipelined stays";
  }
}

TEST(RequestParser, reads_chunks_and_keeps_trailers_out_of_the_head) {
  const std::string text =
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\n"
      "Authorization: Bearer forged\r\n\r\n";
  for (std::size_t piece = 1; piece < text.size(); ++piece) {
    const auto parsed = parse(text, piece);
    ASSERT_TRUE(parsed.is_complete) << piece;
    EXPECT_EQ(parsed.request.body, "abcde");
    EXPECT_FALSE(parsed.request.headers.contains("Authorization"));
  }
}

TEST(RequestParser, takes_absolute_form_and_leading_empty_lines) {
  EXPECT_EQ(parse("\r\nGET http://h/p?q HTTP/1.1\r\nHost: h\r\n\r\n").request.path, "/p");
  EXPECT_EQ(parse("GET https://h HTTP/1.1\r\nHost: h\r\n\r\n").request.path, "/");
  EXPECT_EQ(parse("GET https://h?q HTTP/1.1\r\nHost: h\r\n\r\n").request.query, "q");
  EXPECT_EQ(parse("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").request.path, "*");
}

TEST(RequestParser, refuses_what_two_readers_could_understand_differently) {
  const auto post = [](std::string_view fields) {
    return parse(fmt::format("POST / HTTP/1.1\r\nHost: h\r\n{}\r\n\r\n5\r\nhello\r\n0\r\n\r\n", fields)).refused;
  };
  EXPECT_EQ(post("Content-Length: 5\r\nContent-Length: 6"), 400);
  EXPECT_EQ(post("Content-Length: 5\r\nTransfer-Encoding: chunked"), 400);
  EXPECT_EQ(post("Transfer-Encoding: chunked\r\nContent-Length: 5"), 400);
  EXPECT_EQ(post("Transfer-Encoding: gzip, chunked"), 501);
  EXPECT_EQ(post("Transfer-Encoding: xchunked"), 501);
  EXPECT_EQ(post("Content-Length: +5"), 400);
  EXPECT_EQ(post("Content-Length: 5, 5"), 400);
  EXPECT_EQ(post("Content-Length : 5"), 400);
  EXPECT_EQ(post("X: a\r\n b: c"), 400) << "folded";
  EXPECT_EQ(post("X: a\nY: b"), 400) << "bare line feed";
  EXPECT_EQ(post(std::string("X: a") + '\0' + "b"), 400);
}

TEST(RequestParser, refuses_with_the_status_that_says_why) {
  EXPECT_EQ(parse("GET / HTTP/1.1\r\n\r\n").refused, 400) << "no Host";
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n").refused, 400);
  EXPECT_EQ(parse("GET / HTTP/2.0\r\nHost: a\r\n\r\n").refused, 505);
  EXPECT_EQ(parse("CONNECT h:1 HTTP/1.1\r\nHost: a\r\n\r\n").refused, 400);
  EXPECT_EQ(parse("GET / HTTP/1.1\r\nHost: a\r\nExpect: more\r\n\r\n").refused, 417);
  EXPECT_EQ(parse("\x16\x03\x01\x02 TLS where none is\r\n\r\n").refused, 400);
  EXPECT_EQ(parse(fmt::format("GET /{} HTTP/1.1\r\nHost: a\r\n\r\n", std::string(9'000, 'x'))).refused, 414);
}

TEST(RequestParser, bounds_head_body_and_framing) {
  const std::string endless = "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x');
  EXPECT_EQ(parse(endless, 100).refused, 431);
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1025\r\n\r\n").refused, 413);
  EXPECT_EQ(parse("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n").refused, 400);
  const std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(parse(chunked + "200\r\n" + std::string(512, 'x') + "\r\n201\r\n").refused, 413);
  EXPECT_EQ(parse(chunked + "xyz\r\n").refused, 400);
  EXPECT_EQ(parse(chunked + "1;" + std::string(10'000, 'e'), 100).refused, 400);
  EXPECT_EQ(parse(chunked + "0\r\n" + std::string(10'000, 't'), 100).refused, 400);
}

TEST(RequestParser, knows_whether_the_connection_goes_on) {
  const auto keeps_alive = [](std::string text) {
    RequestParser parser({});
    EXPECT_TRUE(parser.parse(text));
    return parser.keeps_alive();
  };
  EXPECT_TRUE(keeps_alive("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"));
  EXPECT_FALSE(keeps_alive("GET / HTTP/1.0\r\n\r\n"));
  EXPECT_TRUE(keeps_alive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

}  // namespace
}  // namespace gannet::net
