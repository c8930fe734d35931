#include "net/http_message.hpp"

#include <algorithm>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "net/impl/response_head.hpp"

namespace gannet::net {
namespace {

std::string decode_form(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '+', ' ');
  return percent_decode(spaced);
}

std::string_view opaque_tag(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  return etag;
}

}  // namespace

std::optional<std::string_view> HttpHeaders::find(std::string_view name) const {
  for (const auto& [field, value] : fields_)
    if (equals_ignoring_case(field, name)) return value;
  return std::nullopt;
}

std::string HttpHeaders::joined(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [field, value] : fields_)
    if (equals_ignoring_case(field, name)) values.push_back(value);
  return join(values, ", ");
}

void HttpHeaders::set(std::string name, std::string value) {
  remove(name);
  add(std::move(name), std::move(value));
}

void HttpHeaders::remove(std::string_view name) {
  std::erase_if(fields_, [name](const Field& field) { return equals_ignoring_case(field.first, name); });
}

std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const auto part : split(query, '&')) {
    if (part.empty()) continue;
    const auto equals = part.find('=');
    const auto value = equals == std::string_view::npos ? std::string_view() : part.substr(equals + 1);
    parameters.emplace_back(decode_form(part.substr(0, equals)), decode_form(value));
  }
  return parameters;
}

PreparedBody::PreparedBody(std::string content)
    : plain(std::move(content)), gzip(gzip_compress(plain)), etag('"' + sha256_hex(plain).substr(0, 32) + '"') {}

HttpResponse HttpResponse::text(int status, std::string content_type, std::string body) {
  HttpResponse response{.status = status, .body = std::move(body)};
  response.headers.add("Content-Type", std::move(content_type));
  return response;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 207: return "Multi-Status";
    case 301: return "Moved Permanently";
    case 302: return "Found";
    case 303: return "See Other";
    case 304: return "Not Modified";
    case 307: return "Temporary Redirect";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 406: return "Not Acceptable";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 410: return "Gone";
    case 411: return "Length Required";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 423: return "Locked";
    case 428: return "Precondition Required";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 499: return "Client Closed Request";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 502: return "Bad Gateway";
    case 503: return "Service Unavailable";
    case 504: return "Gateway Timeout";
    case 505: return "HTTP Version Not Supported";
    case 507: return "Insufficient Storage";
    default: return "";
  }
}

bool matches_etag(std::string_view list, std::string_view etag) {
  if (trim(list) == "*") return true;
  return std::ranges::any_of(split(list, ','),
                             [etag](std::string_view entry) { return opaque_tag(trim(entry)) == opaque_tag(etag); });
}

HttpResponse with_etag(const HttpRequest& request, HttpResponse response, const std::string& etag) {
  const auto known = request.headers.joined("If-None-Match");
  response.headers.set("ETag", etag);
  if (known.empty() || !matches_etag(known, etag)) return response;
  response.status = 304;
  response.body.clear();
  response.prepared.reset();
  response.headers.remove("Content-Type");
  return response;
}

}  // namespace gannet::net
