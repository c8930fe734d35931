#include "browser/cdp/framing.hpp"

namespace gannet::browser::cdp {
namespace {
constexpr std::size_t k_tail_bytes = 512;
}

void MessageSplitter::feed(std::string_view bytes, const std::function<void(std::string_view)>& on_message,
                           const std::function<void(const Oversized&)>& on_oversized) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\0');
    const auto part = bytes.substr(0, end);
    if (is_skipping_) {
      skipped_bytes_ += part.size();
      buffer_.append(part.size() > k_tail_bytes ? part.substr(part.size() - k_tail_bytes) : part);
      if (buffer_.size() > k_tail_bytes) buffer_.erase(0, buffer_.size() - k_tail_bytes);
    } else if (buffer_.size() + part.size() > limit_.count) {
      is_skipping_ = true;
      skipped_bytes_ = buffer_.size();
      buffer_.clear();
      buffer_.shrink_to_fit();
      continue;  // The same part again, as skipped bytes.
    } else if (end != std::string_view::npos && buffer_.empty()) {
      on_message(part);  // The common case: a whole message in one read, no copy.
    } else {
      buffer_.append(part);
      if (end != std::string_view::npos) on_message(buffer_);
    }
    if (end == std::string_view::npos) return;
    if (is_skipping_) {
      on_oversized({Bytes{skipped_bytes_}, buffer_});
      is_skipping_ = false;
    }
    buffer_.clear();
    if (buffer_.capacity() > (1U << 20)) buffer_.shrink_to_fit();
    bytes.remove_prefix(end + 1);
  }
}

std::string session_id_in(std::string_view tail) {
  constexpr std::string_view k_key = "\"sessionId\":\"";
  const auto at = tail.rfind(k_key);
  if (at == std::string_view::npos) return {};
  const auto rest = tail.substr(at + k_key.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace gannet::browser::cdp
