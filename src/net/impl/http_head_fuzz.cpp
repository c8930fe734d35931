#include "net/impl/http_head.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"

namespace {

using gannet::net::BodyLength;

/// How much of the bytes is the body, taken in pieces of `step`.
std::optional<std::size_t> body_size(BodyLength body, std::string_view bytes, std::size_t step) {
  std::size_t total = 0;
  while (!bytes.empty() && !body.is_complete()) {
    const auto piece = bytes.substr(0, step);
    const auto taken = body.take(piece);
    if (!taken) return std::nullopt;
    ASSERT_INVARIANT(*taken <= piece.size(), "no more is taken than there is");
    ASSERT_INVARIANT(*taken == piece.size() || body.is_complete(), "what is left over follows the body");
    total += *taken;
    bytes.remove_prefix(*taken);
    if (*taken == 0) break;
  }
  return total;
}

}  // namespace

/// The input is what a browser, or a site, writes to the proxy.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const auto end = gannet::net::find_head_end(stream, 0);
  const auto head = stream.substr(0, end.value_or(size));
  if (end) {
    ASSERT_INVARIANT(*end <= size, "a head ends within its text");
    ASSERT_INVARIANT(gannet::net::find_head_end(stream, *end - 1) == end, "the end is found also where it is cut");
  }
  if (const auto request = gannet::net::RequestHead::parse(head)) {
    ASSERT_INVARIANT(request->target.port != 0 && !request->target.host.empty(), "a target can be connected to");
    if (!request->is_connect()) {
      const auto sent = request->to_origin_form();
      ASSERT_INVARIANT(gannet::net::find_head_end(sent, 0) == sent.size(), "one head is sent and nothing after it");
      ASSERT_INVARIANT(std::ranges::count(sent, '\r') == std::ranges::count(sent, '\n'), "no line end comes from a value");
    }
    const auto body = stream.substr(head.size());
    const auto whole = body_size(request->body, body, body.size() + 1);
    ASSERT_INVARIANT(body_size(request->body, body, 3) == whole, "how the connection cuts a body does not matter");
  }
  if (const auto response = gannet::net::ResponseHead::parse(head)) {
    ASSERT_INVARIANT(response->status >= 100 && response->status <= 999, "a status has three digits");
    ASSERT_INVARIANT(gannet::net::find_head_end(response->relayed, 0) == response->relayed.size(), "one head is relayed");
  }
  return 0;
}
