#include "net/impl/request_parser.hpp"

#include <algorithm>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "base/text.hpp"

namespace gannet::net {

namespace beast = boost::beast;
namespace http = beast::http;

namespace {

/// What may stand between two pieces of a body: the line of a chunk with its extensions, or all trailers.
constexpr std::size_t k_framing_bytes_max = 4096;

HttpRefusal refusal_for(const beast::error_code& error) {
  if (error == http::error::header_limit) return {431, "the header section is too long"};
  if (error == http::error::body_limit) return {413, "the body is longer than this route takes"};
  if (error == http::error::bad_version) return {505, "this server speaks HTTP/1.1 and HTTP/1.0"};
  return {400, "the request is not well-formed HTTP/1.1: " + error.message()};
}

std::ptrdiff_t count(const HttpHeaders& headers, std::string_view name) {
  return std::ranges::count_if(headers, [name](const auto& field) { return equals_ignoring_case(field.first, name); });
}

std::string to_text(beast::string_view text) { return std::string(text.data(), text.size()); }

}  // namespace

struct RequestParser::Message {
  http::request_parser<http::string_body> parser;
};

RequestParser::RequestParser(Limits limits) : limits_(limits) { reset(); }
RequestParser::~RequestParser() = default;

void RequestParser::reset() {
  message_ = std::make_unique<Message>();
  message_->parser.header_limit(std::uint32_t(limits_.head_bytes_max.count));
  message_->parser.body_limit(boost::none);
  message_->parser.eager(false);
  request_ = HttpRequest{};
  has_begun_ = false;
}

std::expected<RequestParser::Step, HttpRefusal> RequestParser::parse(std::string& buffer) {
  return message_->parser.is_header_done() ? parse_body(buffer) : parse_head(buffer);
}

std::expected<RequestParser::Step, HttpRefusal> RequestParser::parse_head(std::string& buffer) {
  // An empty line before a request is ignored (RFC 9112 §2.2).
  if (!has_begun_) buffer.erase(0, std::min(buffer.find_first_not_of("\r\n"), buffer.size()));
  if (buffer.empty()) return Step::need_more;
  has_begun_ = true;
  beast::error_code error;
  const auto used = message_->parser.put({buffer.data(), buffer.size()}, error);
  if (error && error != http::error::need_more) return std::unexpected(refusal_for(error));
  const auto head = std::string_view(buffer).substr(0, used);
  if (head.find("\r\n ") != std::string_view::npos || head.find("\r\n\t") != std::string_view::npos)
    return std::unexpected(HttpRefusal{400, "folded header lines are not accepted"});
  buffer.erase(0, used);
  if (!message_->parser.is_header_done()) return Step::need_more;
  auto& fields = message_->parser.get();
  request_.method = to_text(fields.method_string());
  for (const auto& field : fields) request_.headers.add(to_text(field.name_string()), to_text(field.value()));
  if (auto checked = check_head(); !checked) return std::unexpected(checked.error());
  return Step::head;
}

std::expected<void, HttpRefusal> RequestParser::check_head() {
  const auto& target = message_->parser.get().target();
  if (target.size() > limits_.target_bytes_max.count) return std::unexpected(HttpRefusal{414, "the request target is too long"});
  if (auto set = set_target(to_text(target)); !set) return set;
  const auto hosts = count(request_.headers, "Host");
  if (hosts > 1 || (hosts == 0 && is_http11()))
    return std::unexpected(HttpRefusal{400, "an HTTP/1.1 request has exactly one Host field"});
  const auto coding = request_.headers.joined("Transfer-Encoding");
  if (!coding.empty() && (!equals_ignoring_case(coding, "chunked") || !is_http11()))
    return std::unexpected(HttpRefusal{501, "the only transfer coding known here is chunked"});
  if (!coding.empty() && request_.headers.contains("Content-Length"))
    return std::unexpected(HttpRefusal{400, "a request has Content-Length or Transfer-Encoding, not both"});
  const auto length = request_.headers.find("Content-Length").value_or("0");
  if (count(request_.headers, "Content-Length") > 1 || length.find_first_not_of("0123456789") != std::string_view::npos)
    return std::unexpected(HttpRefusal{400, "Content-Length is one number"});
  const auto expected = request_.headers.joined("Expect");
  if (!expected.empty() && !equals_ignoring_case(expected, "100-continue"))
    return std::unexpected(HttpRefusal{417, "the only expectation known here is 100-continue"});
  return {};
}

std::expected<void, HttpRefusal> RequestParser::set_target(std::string target) {
  // Absolute form is for proxies, but a server takes it (RFC 9112 §3.2.2).
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equals_ignoring_case(std::string_view(target).substr(0, scheme.size()), scheme)) continue;
    const auto path = target.find_first_of("/?", scheme.size());
    target = path == std::string::npos ? "/" : target.substr(path);
    if (target.starts_with('?')) target.insert(0, "/");
    break;
  }
  if (!target.starts_with('/') && !(target == "*" && request_.method == "OPTIONS"))
    return std::unexpected(HttpRefusal{400, "the request target must begin with /"});
  target.erase(std::min(target.find('#'), target.size()));
  const auto question = target.find('?');
  request_.path = target.substr(0, question);
  if (question != std::string::npos) request_.query = target.substr(question + 1);
  return {};
}

bool RequestParser::is_http11() const { return message_->parser.get().version() >= 11; }

bool RequestParser::expects_continue() const { return is_http11() && has_body() && request_.headers.contains("Expect"); }

bool RequestParser::has_body() const { return !message_->parser.is_done(); }

bool RequestParser::keeps_alive() const { return message_->parser.keep_alive(); }

std::expected<void, HttpRefusal> RequestParser::accept_body(Bytes limit) {
  const auto length = message_->parser.content_length();
  if (length && *length > limit.count)
    return std::unexpected(
        HttpRefusal{413, fmt::format("the body has {} bytes; this route takes {} at most", *length, limit.count)});
  message_->parser.body_limit(limit.count);
  message_->parser.eager(true);
  return {};
}

std::expected<RequestParser::Step, HttpRefusal> RequestParser::parse_body(std::string& buffer) {
  auto& parser = message_->parser;
  while (!parser.is_done() && !buffer.empty()) {
    beast::error_code error;
    const auto used = parser.put({buffer.data(), buffer.size()}, error);
    buffer.erase(0, used);
    if (error && error != http::error::need_more) return std::unexpected(refusal_for(error));
    if (used == 0) break;
  }
  if (parser.is_done()) return Step::complete;
  if (buffer.size() > k_framing_bytes_max)
    return std::unexpected(HttpRefusal{400, "a chunk's line or the trailer section is too long"});
  return Step::need_more;
}

HttpRequest RequestParser::take() {
  HttpRequest request = std::move(request_);
  request.body = std::move(message_->parser.get().body());
  reset();
  return request;
}

}  // namespace gannet::net
