// SharedPool: makes equal texts and lists of one scan one in memory, where its record is made and where it is read back: the
// pages of a site ask for the same files with the same headers, state by state. Not for use from several threads at once.
#pragma once

#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "record/shared.hpp"

namespace gannet::record {

class SharedPool {
 public:
  /// The equal one that is held; null where there is none.
  const SharedText* find(std::string_view text) const;
  template <class T>
  const SharedList<T>* find(const SharedList<T>& list) const {
    const auto known = lists<T>().find(list);
    return known == lists<T>().end() ? nullptr : &*known;
  }

  /// The equal one that is held, else this one, which is held from now on.
  SharedText share(std::string_view text);
  template <class T>
  SharedList<T> share(SharedList<T> list) {
    return list.empty() ? list : *lists<T>().insert(std::move(list)).first;
  }

 private:
  struct Hash {
    std::size_t operator()(const CallStack& stack) const;
    std::size_t operator()(const Headers& headers) const;
  };
  template <class T>
  using Lists = std::unordered_set<SharedList<T>, Hash>;

  template <class T>
  Lists<T>& lists() {
    return std::get<Lists<T>>(lists_);
  }
  template <class T>
  const Lists<T>& lists() const {
    return std::get<Lists<T>>(lists_);
  }

  std::unordered_map<std::string_view, SharedText> texts_;
  std::tuple<Lists<StackFrame>, Lists<Header>> lists_;
};

}  // namespace gannet::record
