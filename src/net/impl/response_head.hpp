// The head of a response and the choice of its encoding. Sans I/O: values in, text out.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "net/http_message.hpp"

namespace gannet::net {

/// Smaller bodies are sent as they are: the saving is less than a packet.
inline constexpr std::size_t k_compress_bytes_min = 1000;

/// RFC 1952.
std::string gzip_compress(std::string_view content);

/// Whether an Accept-Encoding field (RFC 9110 §12.5.3) allows gzip.
bool accepts_gzip(std::string_view accept_encoding);

/// What of a response the wire needs to know.
struct WireBody {
  enum class Framing { counted, chunked, until_close };
  std::string_view plain{};  // Of the response, which outlives this.
  std::string compressed{};  // Instead of `plain`, where it was compressed for this response.
  Framing framing = Framing::counted;

  std::string_view bytes() const { return compressed.empty() ? plain : std::string_view(compressed); }
};

struct ClientAbilities {
  std::string accept_encoding{};
  bool is_http11 = true;  // Understands chunks.
};

/// Chooses the bytes to send to this client and sets Content-Encoding, Vary and the tag accordingly in `response`, which outlives
/// the result. A tag becomes weak when it is sent for compressed bytes.
WireBody choose_body(const ClientAbilities& client, HttpResponse& response);

struct HeadOptions {
  bool is_last = false;  // The connection ends after this response.
  Instant now;
};

/// Status line and fields up to the empty line. Control characters in fields, which would split a response, become spaces.
std::string write_head(const HttpResponse& response, const WireBody& body, HeadOptions options);

/// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 §5.6.7).
std::string http_date(Instant at);

/// The framing of one piece of a chunked body; 0 ends the body.
std::string chunk_prefix(std::size_t size);

}  // namespace gannet::net
