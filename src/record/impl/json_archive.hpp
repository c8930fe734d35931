// Writes and reads structures as JSON from one list of their fields: for each structure T there is a function template
// `fields(archive, T&)` that calls archive("name", value.member) for each member; it must be found by argument-dependent lookup.
#pragma once

#include <charconv>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "base/ids.hpp"
#include "record/consent_string.hpp"
#include "record/shared.hpp"

namespace gannet::record {

/// T or const T: what `fields` takes, so that one list serves both directions.
template <class T, class Structure>
concept Of = std::same_as<std::remove_const_t<T>, Structure>;

template <class T>
concept Enumeration = std::is_enum_v<T>;
template <class T>
concept Integer = std::integral<T> && !std::same_as<T, bool>;

/// Bytes of the valid UTF-8 sequence that the text begins with (RFC 3629 section 4); 0 where there is none.
inline std::size_t utf8_length(std::string_view text) {
  const auto is_within = [&](std::size_t at, int min, int max) {
    return at < text.size() && std::uint8_t(text[at]) >= min && std::uint8_t(text[at]) <= max;
  };
  const int first = std::uint8_t(text[0]);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return is_within(1, 0x80, 0xbf) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef)
    return is_within(1, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf) && is_within(2, 0x80, 0xbf) ? 3 : 0;
  if (first >= 0xf0 && first <= 0xf4) {
    const bool has_second = is_within(1, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    return has_second && is_within(2, 0x80, 0xbf) && is_within(3, 0x80, 0xbf) ? 4 : 0;
  }
  return 0;
}

/// Each byte that is not UTF-8 becomes U+FFFD: a page names its cookies as it likes, and a record must stay readable.
inline std::string repair_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    out += length > 0 ? text.substr(0, length) : std::string_view("\xef\xbf\xbd");
    text.remove_prefix(length > 0 ? length : 1);
  }
  return out;
}

class JsonWriter {
 public:
  template <class T>
  void operator()(std::string_view name, const T& value) {
    if (!is_nothing(value)) object_.emplace(boost::json::string_view(name.data(), name.size()), encode(value));
  }

  boost::json::object take() && { return std::move(object_); }

  template <class T>
  static boost::json::object encode_structure(const T& value) {
    JsonWriter writer;
    fields(writer, value);
    return std::move(writer).take();
  }

 private:
  template <class T>
  static bool is_nothing(const T& value) {
    if constexpr (requires { value.has_value(); })
      return !value.has_value();
    else if constexpr (requires { value.empty(); })
      return value.empty();
    else
      return false;
  }

  static boost::json::value encode(bool value) { return value; }
  static boost::json::value encode(double value) { return value; }
  static boost::json::value encode(Integer auto value) { return value; }
  static boost::json::value encode(Enumeration auto value) { return text(to_string(value)); }
  static boost::json::value encode(const std::string& value) { return text(repair_utf8(value)); }
  static boost::json::value encode(const SharedText& value) { return text(repair_utf8(value)); }
  static boost::json::value encode(const CallStack& value) { return encode_all(value); }
  static boost::json::value encode(Instant value) { return value.time_since_epoch().count(); }
  template <class Tag>
  static boost::json::value encode(const Id<Tag>& value) {
    return text(value.to_string());
  }
  template <class T>
  static boost::json::value encode(const std::optional<T>& value) {
    return encode(*value);
  }
  template <class T>
  static boost::json::value encode(const std::vector<T>& values) {
    return encode_all(values);
  }
  static boost::json::value encode(const IdSet& values) { return encode_all(values); }
  template <class Key, class T>
  static boost::json::value encode(const std::map<Key, T>& values) {
    boost::json::object object;
    for (const auto& [key, value] : values) {
      const std::string name = key_text(key);
      object.emplace(boost::json::string_view(name.data(), name.size()), encode(value));
    }
    return object;
  }
  template <class T>
    requires std::is_class_v<T>
  static boost::json::value encode(const T& value) {
    return encode_structure(value);
  }

  static boost::json::value encode_all(const auto& values) {
    boost::json::array array;
    array.reserve(values.size());
    for (const auto& value : values) array.push_back(encode(value));
    return array;
  }

  static boost::json::value text(std::string_view value) { return boost::json::string_view(value.data(), value.size()); }
  static std::string key_text(const std::string& key) { return repair_utf8(key); }
  static std::string key_text(Integer auto key) { return fmt::format("{}", key); }
  static std::string key_text(Enumeration auto key) { return std::string(to_string(key)); }

  boost::json::object object_;
};

/// Stops at the first member of a wrong type; what was read until then is of no use.
class JsonReader {
 public:
  template <class T>
  void operator()(std::string_view name, T& value) {
    if (!problem_.empty()) return;
    const auto* member = object_->if_contains(boost::json::string_view(name.data(), name.size()));
    if (!member) return;
    const Step step(*this, path_.empty() ? std::string(name) : fmt::format(".{}", name));
    decode(*member, value);
  }

  /// Error `invalid` with the path of the offending value.
  template <class T>
  static Result<T> read(const boost::json::value& json) {
    JsonReader reader;
    T value;
    reader.decode(json, value);
    if (!reader.problem_.empty()) return fail(ErrorKind::invalid, "{}", reader.problem_);
    return value;
  }

 private:
  /// One step down in the path, for error messages.
  class Step {
   public:
    Step(JsonReader& reader, const std::string& part) : reader_(reader), size_(reader.path_.size()) { reader_.path_ += part; }
    ~Step() { reader_.path_.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    JsonReader& reader_;
    std::size_t size_;
  };

  void expected(std::string_view what) {
    if (problem_.empty()) problem_ = fmt::format("{}: expected {}", path_.empty() ? "record" : path_, what);
  }

  void decode(const boost::json::value& json, bool& out) {
    if (const bool* value = json.if_bool())
      out = *value;
    else
      expected("true or false");
  }
  void decode(const boost::json::value& json, double& out) {
    boost::system::error_code error;
    out = json.to_number<double>(error);
    if (error) expected("a number");
  }
  template <Integer T>
  void decode(const boost::json::value& json, T& out) {
    if (const auto* number = json.if_int64(); number && std::in_range<T>(*number))
      out = T(*number);
    else if (const auto* large = json.if_uint64(); large && std::in_range<T>(*large))
      out = T(*large);
    else if (json.is_int64() || json.is_uint64())
      expected(std::is_unsigned_v<T> ? "an integer of 0 or more" : "a smaller integer");
    else
      expected("an integer");
  }
  template <Enumeration T>
  void decode(const boost::json::value& json, T& out) {
    if (const auto* name = json.if_string(); name && find_enumerator(std::string_view(name->data(), name->size()), out)) return;
    expected(fmt::format("one of {}", enumerator_names<T>()));
  }
  void decode(const boost::json::value& json, std::string& out) {
    if (const auto* value = json.if_string())
      out.assign(value->data(), value->size());
    else
      expected("text");
  }
  void decode(const boost::json::value& json, SharedText& out) {
    std::string text;
    decode(json, text);
    out = SharedText(std::move(text));
  }
  void decode(const boost::json::value& json, CallStack& out) {
    std::vector<StackFrame> frames;
    decode(json, frames);
    out = CallStack(std::move(frames));
  }
  void decode(const boost::json::value& json, Instant& out) {
    std::int64_t microseconds = 0;
    decode(json, microseconds);
    out = Instant(std::chrono::microseconds(microseconds));
  }
  template <class Tag>
  void decode(const boost::json::value& json, Id<Tag>& out) {
    std::string value;
    decode(json, value);
    if (auto id = Id<Tag>::parse(value))
      out = *id;
    else
      expected("a UUID");
  }
  template <class T>
  void decode(const boost::json::value& json, std::optional<T>& out) {
    decode(json, out.emplace());
  }
  template <class T>
  void decode(const boost::json::value& json, std::vector<T>& out) {
    decode_all(json, [&](T&& item) { out.push_back(std::move(item)); }, std::type_identity<T>());
  }
  void decode(const boost::json::value& json, IdSet& out) {
    std::vector<int> ids;
    decode(json, ids);
    out = IdSet(ids.begin(), ids.end());
  }
  template <class Key, class T>
  void decode(const boost::json::value& json, std::map<Key, T>& out) {
    const auto* object = json.if_object();
    if (!object) return expected("an object");
    for (const auto& [name, value] : *object) {
      const std::string_view text(name.data(), name.size());
      const Step step(*this, fmt::format(".{}", text));
      Key key{};
      if (!decode_key(text, key)) return expected("another name");
      decode(value, out[key]);
      if (!problem_.empty()) return;
    }
  }
  template <class T>
    requires std::is_class_v<T>
  void decode(const boost::json::value& json, T& out) {
    const auto* object = json.if_object();
    if (!object) return expected("an object");
    const auto* outer = std::exchange(object_, object);
    fields(*this, out);
    object_ = outer;
  }

  template <class T, class Add>
  void decode_all(const boost::json::value& json, Add add, std::type_identity<T>) {
    const auto* array = json.if_array();
    if (!array) return expected("a list");
    for (std::size_t i = 0; i < array->size() && problem_.empty(); ++i) {
      const Step step(*this, fmt::format("[{}]", i));
      T item{};
      decode((*array)[i], item);
      add(std::move(item));
    }
  }

  // The record's enumerations count from 0, and to_string is empty past the last.
  template <Enumeration T>
  static bool find_enumerator(std::string_view name, T& out) {
    for (int i = 0; !to_string(T(i)).empty(); ++i) {
      if (to_string(T(i)) != name) continue;
      out = T(i);
      return true;
    }
    return false;
  }
  template <Enumeration T>
  static std::string enumerator_names() {
    std::string names;
    for (int i = 0; !to_string(T(i)).empty(); ++i) names += fmt::format("{}{}", i == 0 ? "" : ", ", to_string(T(i)));
    return names;
  }

  static bool decode_key(std::string_view text, std::string& key) {
    key = text;
    return true;
  }
  static bool decode_key(std::string_view text, int& key) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), key);
    return error == std::errc() && end == text.data() + text.size();
  }
  template <Enumeration T>
  static bool decode_key(std::string_view text, T& key) {
    return find_enumerator(text, key);
  }

  const boost::json::object* object_ = nullptr;
  std::string path_;
  std::string problem_;
};

}  // namespace gannet::record
