#include "scan/impl/network_error.hpp"

#include <utility>

#include <fmt/format.h>

namespace gannet::scan {

std::string words_for_network_error(std::string_view error) {
  // Names as in Chromium's net/base/net_error_list.h. A name that is the start of another one comes after it.
  static constexpr std::pair<std::string_view, std::string_view> k_words[] = {
      {"ERR_NAME_NOT_RESOLVED", "the host name does not exist"},
      {"ERR_ADDRESS_UNREACHABLE", "there is no way to the server's address"},
      {"ERR_UNSAFE_PORT", "browsers refuse this port"},
      {"ERR_CONNECTION_REFUSED", "the server refused the connection"},
      {"ERR_CONNECTION_RESET", "the server reset the connection"},
      {"ERR_CONNECTION_CLOSED", "the server closed the connection"},
      {"ERR_CONNECTION_ABORTED", "the connection broke"},
      {"ERR_CONNECTION_TIMED_OUT", "the server did not answer"},
      {"ERR_TIMED_OUT", "the server did not answer"},
      {"ERR_TUNNEL_CONNECTION_FAILED", "no connection to the server came about"},
      {"ERR_EMPTY_RESPONSE", "the server closed the connection without an answer"},
      {"ERR_INVALID_HTTP_RESPONSE", "what the server answers is no HTTP"},
      {"ERR_INVALID_RESPONSE", "what the server answers is no HTTP"},
      {"ERR_RESPONSE_HEADERS_TOO_BIG", "the headers of the answer are larger than a browser takes, 256 KiB"},
      {"ERR_RESPONSE_HEADERS_MULTIPLE", "the answer has a header twice that may be there once"},
      {"ERR_RESPONSE_HEADERS_TRUNCATED", "the answer ends within its headers"},
      {"ERR_CONTENT_LENGTH_MISMATCH", "the answer is shorter than it says"},
      {"ERR_INCOMPLETE_CHUNKED_ENCODING", "the answer ends before its last part"},
      {"ERR_INVALID_CHUNKED_ENCODING", "the parts of the answer are not as HTTP has them"},
      {"ERR_CONTENT_DECODING_FAILED", "the answer is not compressed as it says"},
      {"ERR_HTTP2_PROTOCOL_ERROR", "the server does not speak HTTP/2 correctly"},
      {"ERR_CERT_DATE_INVALID", "the certificate has expired or is not valid yet"},
      {"ERR_CERT_AUTHORITY_INVALID", "the certificate's authority is not trusted; --ca FILE adds one"},
      {"ERR_CERT_COMMON_NAME_INVALID", "the certificate is for another host name"},
      {"ERR_CERT_REVOKED", "the certificate was revoked"},
      {"ERR_CERT_WEAK", "the certificate is too weak to be trusted"},
      {"ERR_CERT_INVALID", "the certificate is malformed"},
      {"ERR_SSL_VERSION_OR_CIPHER_MISMATCH", "the server speaks only kinds of TLS that are not safe any more"},
      {"ERR_SSL_CLIENT_AUTH_CERT_NEEDED", "the server asks for a certificate of the visitor's"},
      {"ERR_BAD_SSL_CLIENT_AUTH_CERT", "the server asks for a certificate of the visitor's"},
      {"ERR_SSL", "the server does not speak TLS correctly"},
      {"ERR_TOO_MANY_REDIRECTS", "the page redirects in a circle"},
      {"ERR_INVALID_REDIRECT", "the page redirects to what is no address"},
      {"ERR_UNSAFE_REDIRECT", "the page redirects to where a browser does not follow"},
      {"ERR_UNKNOWN_URL_SCHEME", "the page goes on to an address that only another program can open"},
      {"ERR_INVALID_AUTH_CREDENTIALS", "the page asks for a password"},
      {"ERR_BLOCKED_BY_RESPONSE", "the answer forbids that it is shown"},
      {"ERR_INSUFFICIENT_RESOURCES", "the browser has no room for more requests"},
      {"ERR_OUT_OF_MEMORY", "the browser has no memory left"},
  };
  for (const auto& [name, words] : k_words)
    if (error.find(name) != std::string_view::npos) return fmt::format("{} ({})", words, error);
  return std::string(error);
}

}  // namespace gannet::scan
