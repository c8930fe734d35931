#include "record/shared_pool.hpp"

#include <cstdint>
#include <functional>

namespace gannet::record {

namespace {

void mix(std::size_t& hash, std::size_t part) { hash = (hash ^ part) * 0x9e3779b97f4a7c15U; }
void mix(std::size_t& hash, std::string_view part) { mix(hash, std::hash<std::string_view>()(part)); }

}  // namespace

const SharedText* SharedPool::find(std::string_view text) const {
  const auto known = texts_.find(text);
  return known == texts_.end() ? nullptr : &known->second;
}

SharedText SharedPool::share(std::string_view text) {
  if (text.empty()) return {};
  if (const auto* known = find(text)) return *known;
  SharedText shared(text);
  // The key is the text's own bytes, which stay where they are.
  texts_.emplace(shared.view(), shared);
  return shared;
}

std::size_t SharedPool::Hash::operator()(const CallStack& stack) const {
  std::size_t hash = stack.size();
  for (const auto& frame : stack) {
    mix(hash, frame.function);
    mix(hash, frame.url);
    mix(hash, std::size_t(frame.line) << 32 | std::size_t(frame.column));
  }
  return hash;
}

std::size_t SharedPool::Hash::operator()(const Headers& headers) const {
  std::size_t hash = headers.size();
  for (const auto& header : headers) {
    mix(hash, header.name.view());
    mix(hash, header.value.view());
  }
  return hash;
}

}  // namespace gannet::record
