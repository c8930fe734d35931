#include "change/impl/member.hpp"

#include <fmt/format.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>

#include "change/snapshot.hpp"

namespace gannet::change {

std::string Member::place() const {
  if (!parent_) return "";
  const std::string before = parent_->place();
  if (name_.empty()) return fmt::format("{}[{}]", before, index_);
  return before.empty() ? std::string(name_) : fmt::format("{}.{}", before, name_);
}

std::unexpected<Error> Member::refuse(std::string_view words) const {
  const std::string where = place();
  return fail(ErrorKind::invalid, "{}: {}", where.empty() ? "the document" : where, words);
}

Result<std::optional<Member>> Member::find(std::string_view name) const {
  const auto* object = value_->if_object();
  if (!object) return refuse("must be an object");
  const auto* found = object->if_contains(name);
  if (!found || found->is_null()) return std::nullopt;
  return Member(*found, this, name, 0);
}

Result<Member> Member::at(std::string_view name) const {
  const auto found = TRY(find(name));
  if (!found) return refuse(fmt::format("\"{}\" is missing", name));
  return *found;
}

Result<std::string> Member::text() const {
  const auto* text = value_->if_string();
  if (!text) return refuse("must be text");
  return std::string(*text);
}

Result<bool> Member::boolean() const {
  const auto* boolean = value_->if_bool();
  if (!boolean) return refuse("must be true or false");
  return *boolean;
}

Result<std::int64_t> Member::integer() const {
  const auto* integer = value_->if_int64();
  if (!integer) return refuse("must be a whole number");
  return *integer;
}

Result<std::size_t> Member::size() const {
  const auto* array = value_->if_array();
  if (!array) return refuse("must be a list");
  if (array->size() > k_list_items_max)
    return fail(ErrorKind::exhausted, "{}: has {} entries; at most {} can be compared", place(), array->size(), k_list_items_max);
  return array->size();
}

const boost::json::value& Member::element(std::size_t index) const { return value_->get_array()[index]; }

}  // namespace gannet::change
