#include "scan/impl/record_space.hpp"

#include "scan/impl/bounds.hpp"

namespace gannet::scan {

bool RecordSpace::take(std::size_t bytes) {
  if (bytes > max_.count - taken_) return false;
  taken_ += bytes;
  return true;
}

std::optional<record::CallStack> RecordSpace::share(record::CallStack stack) {
  if (const auto known = stacks_.find(stack); known != stacks_.end()) return *known;
  if (!take(bytes_of(stack))) return std::nullopt;
  return *stacks_.insert(std::move(stack)).first;
}

std::optional<record::SharedText> RecordSpace::share(std::string_view text) {
  if (text.empty()) return record::SharedText();
  if (const auto known = texts_.find(text); known != texts_.end()) return known->second;
  if (!take(sizeof(record::SharedText) + text.size())) return std::nullopt;
  record::SharedText shared(text);
  texts_.emplace(shared.view(), shared);
  return shared;
}

std::size_t RecordSpace::StackHash::operator()(const record::CallStack& stack) const {
  std::size_t hash = stack.size();
  for (const auto& frame : stack)
    for (const auto part : {std::hash<std::string_view>()(frame.function), std::hash<std::string_view>()(frame.url),
                            std::size_t(frame.line) << 32 | std::size_t(frame.column)})
      hash = (hash ^ part) * 0x9e3779b97f4a7c15U;
  return hash;
}

}  // namespace gannet::scan
