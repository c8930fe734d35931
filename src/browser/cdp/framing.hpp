// Splits the byte stream of --remote-debugging-pipe into messages: JSON texts, each ended by a NUL byte. Sans-I/O.
// A message over the limit is not kept: it is skipped to its end and reported, so that one huge reply cannot take the memory.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/units.hpp"

namespace gannet::browser::cdp {

class MessageSplitter {
 public:
  explicit MessageSplitter(Bytes limit = 32_MiB) : limit_(limit) {}

  struct Oversized {
    Bytes size;
    /// The last bytes of the message (up to 512): Chromium writes "sessionId" there.
    std::string tail;
  };

  /// Feeds bytes; calls back for each message that ends in them, in order. The view is valid during the call only.
  void feed(std::string_view bytes, const std::function<void(std::string_view)>& on_message,
            const std::function<void(const Oversized&)>& on_oversized);

  std::size_t buffered_bytes() const { return buffer_.size(); }

 private:
  Bytes limit_;
  std::string buffer_;
  std::uint64_t skipped_bytes_ = 0;
  bool is_skipping_ = false;
};

/// The value of "sessionId" in the tail of a message, empty where there is none.
std::string session_id_in(std::string_view tail);

}  // namespace gannet::browser::cdp
