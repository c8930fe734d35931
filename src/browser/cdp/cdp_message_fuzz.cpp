#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/serialize.hpp>

#include "base/assert.hpp"
#include "base/units.hpp"
#include "browser/cdp/framing.hpp"
#include "browser/cdp/json.hpp"
#include "browser/cdp/message.hpp"

namespace {

using gannet::operator""_KiB;
namespace cdp = gannet::browser::cdp;

struct Split {
  std::vector<std::string> messages;
  std::vector<std::uint64_t> oversized;
  bool operator==(const Split&) const = default;
};

/// The stream in pieces of `step` bytes, as a pipe may give it.
Split split(std::string_view stream, std::size_t step) {
  Split result;
  cdp::MessageSplitter splitter(4_KiB);
  for (; !stream.empty(); stream.remove_prefix(std::min(step, stream.size())))
    splitter.feed(
        stream.substr(0, step), [&](std::string_view message) { result.messages.emplace_back(message); },
        [&](const cdp::MessageSplitter::Oversized& skipped) {
          result.oversized.push_back(skipped.size.count);
          cdp::session_id_in(skipped.tail);
        });
  ASSERT_INVARIANT(splitter.buffered_bytes() <= 4096, "an unfinished message is bounded");
  return result;
}

}  // namespace

/// The input is what a browser writes to its pipe: messages, each ended by NUL.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view stream(reinterpret_cast<const char*>(data), size);
  const auto whole = split(stream, size + 1);
  ASSERT_INVARIANT(split(stream, 7) == whole, "how the pipe cuts the stream does not matter");
  for (const auto& text : whole.messages) {
    const auto message = cdp::parse_message(text);
    if (!message) continue;
    const auto written = boost::json::serialize(*message);
    ASSERT_INVARIANT(cdp::repair_unicode(written) == written, "what is read is valid Unicode");
    ASSERT_INVARIANT(cdp::parse_message(written).has_value(), "what was read is read again");
    const auto& object = cdp::as_object(*message);
    cdp::integer(object, "id");
    cdp::text(cdp::object(object, "params"), "url");
    cdp::array(object, "args");
  }
  return 0;
}
