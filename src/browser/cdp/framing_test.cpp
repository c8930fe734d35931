#include "browser/cdp/framing.hpp"

#include <gtest/gtest.h>

namespace gannet::browser::cdp {
namespace {

struct Sink {
  std::vector<std::string> messages;
  std::vector<MessageSplitter::Oversized> oversized;
  void feed(MessageSplitter& splitter, std::string_view bytes) {
    splitter.feed(
        bytes, [&](std::string_view message) { messages.emplace_back(message); },
        [&](const MessageSplitter::Oversized& skipped) { oversized.push_back(skipped); });
  }
};

TEST(MessageSplitter, gives_the_same_messages_however_the_bytes_arrive) {
  const std::string stream("{\"id\":1}\0{\"id\":22}\0{}\0", 22);
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    MessageSplitter splitter;
    Sink sink;
    for (std::size_t at = 0; at < stream.size(); at += step) sink.feed(splitter, std::string_view(stream).substr(at, step));
    EXPECT_EQ(sink.messages, (std::vector<std::string>{"{\"id\":1}", "{\"id\":22}", "{}"})) << "step " << step;
  }
}

TEST(MessageSplitter, skips_a_message_over_the_limit_and_keeps_the_next) {
  for (std::size_t step : {1UL, 7UL, 64UL, 4096UL}) {
    MessageSplitter splitter(Bytes{100});
    Sink sink;
    std::string stream = "{\"x\":\"" + std::string(1000, 'a') + "\",\"sessionId\":\"S1\"}";
    stream += '\0';
    stream += "{\"id\":2}";
    stream += '\0';
    for (std::size_t at = 0; at < stream.size(); at += step) sink.feed(splitter, std::string_view(stream).substr(at, step));
    ASSERT_EQ(sink.oversized.size(), 1U);
    EXPECT_EQ(sink.oversized[0].size.count, 1025U);
    EXPECT_EQ(session_id_in(sink.oversized[0].tail), "S1");
    EXPECT_EQ(sink.messages, std::vector<std::string>{"{\"id\":2}"});
    EXPECT_LE(splitter.buffered_bytes(), 100U);
  }
}

}  // namespace
}  // namespace gannet::browser::cdp
