// SharedText and CallStack: immutable values that a record holds many times over, and keeps once. A copy shares what it was
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

/// A list of frames, innermost first.
class CallStack {
 public:
  CallStack() = default;
  // NOLINTBEGIN(google-explicit-constructor,hicpp-explicit-conversions): it is a list like any other.
  CallStack(std::vector<StackFrame> frames)
      : frames_(frames.empty() ? nullptr : std::make_shared<const std::vector<StackFrame>>(std::move(frames))) {}
  CallStack(std::initializer_list<StackFrame> frames) : CallStack(std::vector(frames)) {}
  // NOLINTEND(google-explicit-constructor,hicpp-explicit-conversions)

  bool empty() const { return !frames_; }
  std::size_t size() const { return frames_ ? frames_->size() : 0; }
  const StackFrame* data() const { return frames_ ? frames_->data() : nullptr; }
  const StackFrame* begin() const { return data(); }
  const StackFrame* end() const { return data() + size(); }
  const StackFrame& operator[](std::size_t index) const { return (*frames_)[index]; }
  /// Throws std::out_of_range.
  const StackFrame& at(std::size_t index) const {
    if (!frames_) throw std::out_of_range("an empty call stack");
    return frames_->at(index);
  }

  friend bool operator==(const CallStack& a, const CallStack& b) {
    return a.frames_ == b.frames_ || (a.frames_ && b.frames_ && *a.frames_ == *b.frames_);
  }

 private:
  /// Null for the empty stack.
  std::shared_ptr<const std::vector<StackFrame>> frames_;
};

}  // namespace gannet::record
