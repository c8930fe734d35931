// Hostile bytes on a connection: each request that comes out is complete and within its limits, and the pieces they came in
// change nothing.
#include <cstdint>

#include "base/assert.hpp"
#include "net/impl/request_parser.hpp"

namespace gannet::net {
namespace {

constexpr Bytes k_body_max{512};

struct Seen {
  std::vector<HttpRequest> requests;
  int refused = 0;
};

Seen read_all(std::string_view bytes, std::size_t piece) {
  RequestParser parser({.head_bytes_max = 2_KiB});
  Seen seen;
  std::string buffer;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    buffer += bytes.substr(at, piece);
    while (true) {
      auto step = parser.parse(buffer);
      if (step && *step == RequestParser::Step::head) {
        if (auto accepted = parser.accept_body(k_body_max); !accepted) step = std::unexpected(accepted.error());
        if (step && parser.has_body()) continue;
      }
      if (!step) {
        seen.refused = step.error().status;
        return seen;
      }
      if (*step == RequestParser::Step::need_more) break;
      seen.requests.push_back(parser.take());
    }
    ASSERT_INVARIANT(buffer.size() <= 8192 + piece, "what is not understood is bounded");
  }
  return seen;
}

}  // namespace
}  // namespace gannet::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gannet::net;  // style: allow using-namespace, because the entry point lies outside every namespace
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = read_all(bytes, 8192);
  const auto pieces = read_all(bytes, 7);
  for (const auto& request : whole.requests) {
    ASSERT_INVARIANT(request.body.size() <= k_body_max.count, "bodies keep to the limit");
    ASSERT_INVARIANT(request.path.starts_with('/') || request.path == "*", "targets are paths");
  }
  ASSERT_INVARIANT(whole.requests.size() == pieces.requests.size() || whole.refused != 0 || pieces.refused != 0,
                   "the same requests, however they are cut");
  for (std::size_t i = 0; i < std::min(whole.requests.size(), pieces.requests.size()); ++i)
    ASSERT_INVARIANT(whole.requests[i].body == pieces.requests[i].body && whole.requests[i].path == pieces.requests[i].path,
                     "the same contents, however they are cut");
  return 0;
}
