#include "net/impl/response_head.hpp"

#include <array>
#include <chrono>
#include <iterator>

#include <fmt/format.h>
#include <zlib.h>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet::net {
namespace {

bool is_compressible(std::string_view content_type) {
  return content_type.starts_with("text/") || content_type.find("json") != std::string_view::npos ||
         content_type.find("javascript") != std::string_view::npos || content_type.find("xml") != std::string_view::npos ||
         content_type.find("yaml") != std::string_view::npos;
}

bool has_body(int status) { return status >= 200 && status != 204 && status != 304; }

std::string without_controls(std::string_view text) {
  std::string clean(text);
  for (char& c : clean)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  return clean;
}

void add_vary(HttpHeaders& headers) {
  const std::string known = headers.joined("Vary");
  headers.set("Vary", known.empty() ? "Accept-Encoding" : known + ", Accept-Encoding");
}

void weaken_etag(HttpHeaders& headers) {
  const auto etag = headers.find("ETag");
  if (etag && !etag->starts_with("W/")) headers.set("ETag", "W/" + std::string(*etag));
}

}  // namespace

std::string gzip_compress(std::string_view content) {
  // Level 5: on API answers within 3 % of the size of level 9 in a third of its time.
  z_stream stream{};
  const int begun = deflateInit2(&stream, 5, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY);
  ASSERT_INVARIANT(begun == Z_OK, "zlib starts unless memory is gone");
  std::string out(deflateBound(&stream, uLong(content.size())), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));  // zlib reads only.
  stream.avail_in = uInt(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = uInt(out.size());
  const int done = deflate(&stream, Z_FINISH);
  deflateEnd(&stream);
  ASSERT_INVARIANT(done == Z_STREAM_END, "deflateBound() is enough");
  out.resize(stream.total_out);
  return out;
}

bool accepts_gzip(std::string_view accept_encoding) {
  bool any = false;
  for (const auto entry : split(accept_encoding, ',')) {
    const auto parts = split(entry, ';');
    const auto coding = trim(parts.front());
    bool is_refused = false;
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto weight = trim(parts[i]);
      if (weight.starts_with("q=") || weight.starts_with("Q="))
        is_refused = weight.find_first_of("123456789", 2) == std::string_view::npos;
    }
    if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) return !is_refused;
    if (coding == "*") any = !is_refused;
  }
  return any;
}

WireBody choose_body(const ClientAbilities& client, HttpResponse& response) {
  WireBody body;
  if (response.stream) {
    body.framing = client.is_http11 ? WireBody::Framing::chunked : WireBody::Framing::until_close;
    return body;
  }
  body.plain = response.prepared ? std::string_view(response.prepared->plain) : std::string_view(response.body);
  const auto type = response.headers.find("Content-Type");
  const bool may_compress = body.plain.size() >= k_compress_bytes_min && type && is_compressible(*type) &&
                            !response.headers.contains("Content-Encoding") && has_body(response.status);
  if (!may_compress) return body;
  add_vary(response.headers);
  if (!accepts_gzip(client.accept_encoding)) return body;
  if (response.prepared)
    body.plain = response.prepared->gzip;
  else
    body.compressed = gzip_compress(body.plain);
  response.headers.add("Content-Encoding", "gzip");
  weaken_etag(response.headers);
  return body;
}

std::string write_head(const HttpResponse& response, const WireBody& body, HeadOptions options) {
  std::string head =
      fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status, reason_phrase(response.status), http_date(options.now));
  for (const auto& [name, value] : response.headers) {
    head += name;
    head += ": ";
    head += without_controls(value);
    head += "\r\n";
  }
  if (body.framing == WireBody::Framing::chunked)
    head += "Transfer-Encoding: chunked\r\n";
  else if (body.framing == WireBody::Framing::counted && has_body(response.status))
    fmt::format_to(std::back_inserter(head), "Content-Length: {}\r\n", body.bytes().size());
  if (options.is_last) head += "Connection: close\r\n";
  head += "\r\n";
  return head;
}

std::string http_date(Instant at) {
  using namespace std::chrono;
  static constexpr std::array k_days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array k_months{"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(at);
  const year_month_day date(day);
  const hh_mm_ss time(floor<seconds>(at - day));
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", k_days[weekday(day).c_encoding()], unsigned(date.day()),
                     k_months[unsigned(date.month()) - 1], int(date.year()), time.hours().count(), time.minutes().count(),
                     time.seconds().count());
}

std::string chunk_prefix(std::size_t size) { return fmt::format("{:x}\r\n", size); }

}  // namespace gannet::net
