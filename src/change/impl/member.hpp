// Member: a value somewhere in a JSON document that others wrote, which knows its place for the error message. Borrows from the
// document and from the member it was taken from; both must outlive it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/value.hpp>

#include "base/error.hpp"

namespace gannet::change {

class Member {
 public:
  explicit Member(const boost::json::value& root) : value_(&root) {}

  /// Errors: `invalid` where this is no object or has no such member.
  Result<Member> at(std::string_view name) const;
  /// As at(), but nullopt where it is missing or null.
  Result<std::optional<Member>> find(std::string_view name) const;

  Result<std::string> text() const;
  Result<bool> boolean() const;
  Result<std::int64_t> integer() const;

  Result<std::string> text(std::string_view name) const { return TRY(at(name)).text(); }
  Result<bool> boolean(std::string_view name) const { return TRY(at(name)).boolean(); }
  Result<std::int64_t> integer(std::string_view name) const { return TRY(at(name)).integer(); }

  /// One of the words of an enumeration, as its to_string() writes them.
  template <class Enumeration, std::size_t N>
  Result<Enumeration> word(std::string_view name, const std::array<Enumeration, N>& choices) const {
    const auto member = TRY(at(name));
    const std::string text = TRY(member.text());
    std::string words;
    for (const Enumeration choice : choices) {
      if (to_string(choice) == text) return choice;
      words += (words.empty() ? "" : ", ") + std::string(to_string(choice));
    }
    return member.refuse("must be one of " + words);
  }

  /// Calls `read`, a `Result<void>(const Member&)`, with each element of an array. Errors: `exhausted` above k_list_items_max.
  template <class Read>
  Result<void> each(std::string_view name, Read read) const {
    const auto list = TRY(at(name));
    const std::size_t size = TRY(list.size());
    for (std::size_t i = 0; i < size; ++i) TRY(read(Member(list.element(i), &list, {}, i)));
    return {};
  }

  /// The error `invalid` with the member's place before the words.
  std::unexpected<Error> refuse(std::string_view words) const;

 private:
  Member(const boost::json::value& value, const Member* parent, std::string_view name, std::size_t index)
      : value_(&value), parent_(parent), name_(name), index_(index) {}

  Result<std::size_t> size() const;
  const boost::json::value& element(std::size_t index) const;
  std::string place() const;

  const boost::json::value* value_;
  const Member* parent_ = nullptr;
  /// Empty for an element of an array.
  std::string_view name_;
  std::size_t index_ = 0;
};

}  // namespace gannet::change
