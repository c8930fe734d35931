#include "scan/impl/record_space.hpp"

#include "scan/impl/bounds.hpp"

namespace gannet::scan {

namespace {

/// What a shared text takes besides its letters: the string, its count of references, its place in the pool.
constexpr std::size_t k_text_overhead_bytes = 128;

std::size_t bytes_of(std::string_view text) { return k_text_overhead_bytes + text.size(); }

}  // namespace

bool RecordSpace::take(std::size_t bytes) {
  if (taken_ > max_.count || bytes > max_.count - taken_) return false;
  taken_ += bytes;
  return true;
}

std::optional<record::CallStack> RecordSpace::share(record::CallStack stack) {
  if (const auto* known = pool_.find(stack)) return *known;
  if (!take(bytes_of(stack))) return std::nullopt;
  return pool_.share(std::move(stack));
}

std::optional<record::SharedText> RecordSpace::share(std::string_view text) {
  if (const auto* known = pool_.find(text)) return *known;
  if (!text.empty() && !take(bytes_of(text))) return std::nullopt;
  return pool_.share(text);
}

record::Headers RecordSpace::share_in_place(record::Headers headers) {
  if (!pool_.find(headers)) taken_ += sizeof(record::Header) * headers.size();
  return pool_.share(std::move(headers));
}

record::SharedText RecordSpace::share_in_place(std::string_view text) {
  if (!text.empty() && !pool_.find(text)) taken_ += bytes_of(text);
  return pool_.share(text);
}

}  // namespace gannet::scan
