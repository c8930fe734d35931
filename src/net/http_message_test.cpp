#include "net/http_message.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include "net/impl/response_head.hpp"

namespace gannet::net {
namespace {

std::string gunzip(std::string_view compressed) {
  z_stream stream{};
  inflateInit2(&stream, MAX_WBITS + 16);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = uInt(compressed.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  inflateEnd(&stream);
  out.resize(stream.total_out);
  return out;
}

TEST(HttpHeaders, are_found_in_any_case_and_joined) {
  HttpHeaders headers{{"Accept", "a"}, {"X-One", "1"}, {"accept", "b"}};
  EXPECT_EQ(headers.find("ACCEPT"), "a");
  EXPECT_EQ(headers.joined("Accept"), "a, b");
  headers.set("ACCEPT", "c");
  EXPECT_EQ(headers.joined("accept"), "c");
  EXPECT_FALSE(headers.contains("X-Two"));
}

TEST(Query, is_decoded_in_order) {
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_query("enabled=true&domain=https%3A%2F%2Fa.example&q=a+b&flag&=x&&z=%zz"),
            (Pairs{{"enabled", "true"}, {"domain", "https://a.example"}, {"q", "a b"}, {"flag", ""}, {"", "x"}, {"z", "%zz"}}));
  EXPECT_TRUE(parse_query("").empty());
}

TEST(Etag, is_compared_weakly_and_in_lists) {
  EXPECT_TRUE(matches_etag(R"("a", W/"b")", R"("b")"));
  EXPECT_TRUE(matches_etag("*", R"("b")"));
  EXPECT_FALSE(matches_etag(R"("ab")", R"("b")"));
  HttpRequest request{.method = "GET", .headers = {{"If-None-Match", R"(W/"v3")"}}};
  const auto known = with_etag(request, HttpResponse::text(200, "text/plain", "body"), R"("v3")");
  EXPECT_EQ(known.status, 304);
  EXPECT_EQ(known.body, "");
  EXPECT_EQ(with_etag(request, HttpResponse::text(200, "text/plain", "body"), R"("v4")").status, 200);
}

TEST(AcceptEncoding, weighs_what_the_client_says) {
  EXPECT_TRUE(accepts_gzip("gzip, deflate, br"));
  EXPECT_TRUE(accepts_gzip("br;q=1.0, GZIP;q=0.001"));
  EXPECT_TRUE(accepts_gzip("*"));
  EXPECT_FALSE(accepts_gzip(""));
  EXPECT_FALSE(accepts_gzip("br"));
  EXPECT_FALSE(accepts_gzip("gzip;q=0.000, *"));
  EXPECT_FALSE(accepts_gzip("identity, *;q=0"));
}

TEST(WireBody, is_compressed_from_a_thousand_bytes_on) {
  const ClientAbilities client{.accept_encoding = "gzip"};
  const std::string text(1000, 'x');
  HttpResponse small = HttpResponse::text(200, "application/json", text.substr(1));
  EXPECT_EQ(choose_body(client, small).bytes(), text.substr(1));
  EXPECT_FALSE(small.headers.contains("Vary"));

  HttpResponse large = HttpResponse::text(200, "application/problem+json", text);
  large.headers.add("ETag", "\"v1\"");
  const auto body = choose_body(client, large);
  EXPECT_EQ(gunzip(body.bytes()), text);
  EXPECT_EQ(large.headers.find("Content-Encoding"), "gzip");
  EXPECT_EQ(large.headers.find("Vary"), "Accept-Encoding");
  EXPECT_EQ(large.headers.find("ETag"), "W/\"v1\"");

  HttpResponse plain = HttpResponse::text(200, "text/html", text);
  EXPECT_EQ(choose_body({}, plain).bytes(), text);
  EXPECT_EQ(plain.headers.find("Vary"), "Accept-Encoding") << "a cache must know that there are two forms";
  HttpResponse picture = HttpResponse::text(200, "image/webp", text);
  EXPECT_EQ(choose_body(client, picture).bytes(), text);
}

TEST(WireBody, takes_the_prepared_form) {
  HttpResponse response = HttpResponse::text(200, "text/css", "");
  response.prepared = std::make_shared<PreparedBody>(std::string(5000, 'y'));
  const auto body = choose_body({.accept_encoding = "gzip"}, response);
  EXPECT_EQ(body.bytes(), response.prepared->gzip);
  EXPECT_EQ(gunzip(body.bytes()), response.prepared->plain);
}

TEST(ResponseHead, cannot_be_split) {
  HttpResponse response = HttpResponse::text(200, "text/plain", "x");
  response.headers.add("X-Request-ID", "a\r\nSet-Cookie: evil=1");
  const std::string head = write_head(response, {.plain = "x"}, {.now = Instant{}});
  EXPECT_EQ(head,
            "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\nContent-Type: text/plain\r\n"
            "X-Request-ID: a  Set-Cookie: evil=1\r\nContent-Length: 1\r\n\r\n");
}

TEST(HttpDate, is_the_fixed_form) {
  const auto at = parse_instant("1994-11-06T08:49:37Z");
  ASSERT_TRUE(at);
  EXPECT_EQ(http_date(*at), "Sun, 06 Nov 1994 08:49:37 GMT");
}

}  // namespace
}  // namespace gannet::net
