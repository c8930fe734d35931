#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.hpp"
#include "browser/cdp/json.hpp"
#include "browser/cdp/message.hpp"
#include "record/json.hpp"
#include "scan/recorder.hpp"

namespace gannet::scan {
namespace {

namespace cdp = browser::cdp;

record::Visit record_messages(std::string_view text) {
  static aio::asio::io_context context{1};
  static const record::Redactor redactor(std::string(32, 'k'));
  static const ManualClock clock(Instant(std::chrono::days(20'000)));
  const auto no_words = [](std::string_view, std::uint16_t) { return std::string(); };
  ScanSpace space;
  Recorder recorder(context.get_executor(), {clock, redactor, space},
                    {record::ConsentState::untouched, "https://shop.test/", "token", {no_words, no_words}});
  const browser::SessionView page{"S", "T", "page", "about:blank"};
  const browser::SessionView worker{"W", "V", "worker", "https://shop.test/worker.js"};
  recorder.on_event(page, "Gannet.sessionAttached", {});

  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto message = cdp::parse_message(line);
    if (!message) continue;
    const auto& object = cdp::as_object(*message);
    const auto& params = cdp::object(object, "params");
    const auto method = cdp::text(object, "method");
    if (method == "jar")
      recorder.note_jar(cdp::array(params, "cookies"));
    else if (method == "inventory")
      recorder.note_inventory(params);
    else
      recorder.on_event(cdp::text(object, "sessionId") == "W" ? worker : page, method, params);
  }
  return recorder.finish();
}

}  // namespace
}  // namespace gannet::scan

/// The input is what a browser says during one visit: protocol messages, each ended by a line end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace record = gannet::record;
  const auto written = record::to_json(gannet::scan::record_messages({reinterpret_cast<const char*>(data), size}));
  const auto again = record::visit_from_json(written);
  ASSERT_INVARIANT(again && record::to_json(*again) == written, "whatever was recorded can be kept and read again");
  return 0;
}
