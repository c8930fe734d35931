// BodyReader: the fields of a JSON object that a client sent, each read once with its type and bounds. Mistakes are collected, so
// that a client learns of all of them at once. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/problem.hpp"
#include "base/ids.hpp"

namespace gannet::api {

struct TextBounds {
  std::size_t min = 0;
  std::size_t max = 255;  // In bytes.
};
struct NumberBounds {
  std::int64_t min = 0;
  std::int64_t max = INT64_MAX;
};

class BodyReader {
 public:
  /// A body that is no JSON object at all is an error of its own (400). An empty body is an empty object.
  static std::expected<BodyReader, Problem> parse(const net::HttpRequest& request);
  /// An element of an array in a body; its fields are named under `prefix`.
  BodyReader(BodyReader&&) noexcept;
  BodyReader& operator=(BodyReader&&) noexcept;
  ~BodyReader();

  /// Whether the field is there, null included.
  bool has(std::string_view name) const;
  bool is_null(std::string_view name) const;
  bool empty() const;

  // Absent fields and null give nothing; a value of another type or out of bounds gives nothing and is an error.
  std::optional<std::string> text(std::string_view name, TextBounds bounds = {});
  std::optional<std::int64_t> integer(std::string_view name, NumberBounds bounds = {});
  std::optional<bool> boolean(std::string_view name);
  std::optional<Instant> instant(std::string_view name);
  std::optional<std::vector<std::string>> texts(std::string_view name, std::size_t count_max, TextBounds bounds = {});
  /// The object as JSON text.
  std::optional<std::string> object(std::string_view name, std::size_t bytes_max = 64 * 1024);
  /// The array as JSON text.
  std::optional<std::string> array(std::string_view name, std::size_t bytes_max = 64 * 1024);
  /// The objects of an array.
  std::optional<std::vector<BodyReader>> objects(std::string_view name, std::size_t count_max);
  template <class IdType>
  std::optional<IdType> id(std::string_view name) {
    const auto written = text(name);
    if (!written) return std::nullopt;
    auto parsed = IdType::parse(*written);
    if (parsed) return *parsed;
    wrong(name, "must be a UUID");
    return std::nullopt;
  }

  /// The same where the field must be there.
  std::string required_text(std::string_view name, TextBounds bounds = {.min = 1});
  std::string required_object(std::string_view name);

  /// Fields that may be there and say nothing, such as those that a reply adds to what was sent.
  void ignore(std::initializer_list<std::string_view> names);

  void wrong(std::string_view name, std::string message);
  /// What was found wrong, fields that nobody asked for among it; call last.
  std::optional<Problem> finish();

 private:
  struct State;
  explicit BodyReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace gannet::api
