// SharedText and SharedList: immutable values that a record holds many times over, and keeps once. A copy shares what it was
// copied from, so that a stack may stand in a write, in a verdict and in every piece of evidence. Data only.
#pragma once

#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace gannet::record {

class SharedText {
 public:
  SharedText() = default;
  // NOLINTBEGIN(google-explicit-constructor,hicpp-explicit-conversions): it is a text like any other.
  SharedText(std::string text) : text_(text.empty() ? nullptr : std::make_shared<const std::string>(std::move(text))) {}
  SharedText(std::string_view text) : SharedText(std::string(text)) {}
  SharedText(const char* text) : SharedText(std::string(text)) {}
  operator std::string_view() const { return view(); }
  // NOLINTEND(google-explicit-constructor,hicpp-explicit-conversions)

  std::string_view view() const { return text_ ? std::string_view(*text_) : std::string_view(); }
  std::string string() const { return std::string(view()); }
  bool empty() const { return !text_; }
  std::size_t size() const { return view().size(); }

  friend bool operator==(const SharedText& a, const SharedText& b) { return a.text_ == b.text_ || a.view() == b.view(); }
  friend bool operator==(const SharedText& a, std::string_view b) { return a.view() == b; }
  friend bool operator==(const SharedText& a, const std::string& b) { return a.view() == b; }
  friend bool operator==(const SharedText& a, const char* b) { return a.view() == b; }

 private:
  /// Null for the empty text.
  std::shared_ptr<const std::string> text_;
};

struct StackFrame {
  std::string function;
  std::string url;
  /// From 1, as people count. 0: not known.
  int line = 0;
  int column = 0;
  bool operator==(const StackFrame&) const = default;
};

/// One header of a request or response.
struct Header {
  /// Lower case.
  SharedText name;
  /// As Redactor::header leaves it.
  SharedText value;
  bool operator==(const Header&) const = default;
};

template <class T>
class SharedList {
 public:
  SharedList() = default;
  // NOLINTBEGIN(google-explicit-constructor,hicpp-explicit-conversions): it is a list like any other.
  SharedList(std::vector<T> items) : items_(items.empty() ? nullptr : std::make_shared<const std::vector<T>>(std::move(items))) {}
  SharedList(std::initializer_list<T> items) : SharedList(std::vector(items)) {}
  // NOLINTEND(google-explicit-constructor,hicpp-explicit-conversions)

  bool empty() const { return !items_; }
  std::size_t size() const { return items_ ? items_->size() : 0; }
  const T* data() const { return items_ ? items_->data() : nullptr; }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }
  const T& operator[](std::size_t index) const { return (*items_)[index]; }
  /// Throws std::out_of_range.
  const T& at(std::size_t index) const {
    if (!items_) throw std::out_of_range("an empty list");
    return items_->at(index);
  }

  friend bool operator==(const SharedList& a, const SharedList& b) {
    return a.items_ == b.items_ || (a.items_ && b.items_ && *a.items_ == *b.items_);
  }

 private:
  /// Null for the empty list.
  std::shared_ptr<const std::vector<T>> items_;
};

/// Frames, innermost first.
using CallStack = SharedList<StackFrame>;
using Headers = SharedList<Header>;

}  // namespace gannet::record
