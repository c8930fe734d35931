#include "api/body_reader.hpp"

#include <set>

#include <boost/json.hpp>

#include "base/text.hpp"

namespace gannet::api {

namespace json = boost::json;

namespace {

constexpr std::size_t k_depth_max = 32;

std::string_view kind_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null: return "null";
    case json::kind::bool_: return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
    case json::kind::double_: return "a number";
    case json::kind::string: return "text";
    case json::kind::array: return "an array";
    case json::kind::object: return "an object";
  }
  return "something else";
}

bool is_json(const net::HttpRequest& request) {
  const auto type = request.headers.find("Content-Type");
  return !type || type->find("json") != std::string_view::npos;
}

}  // namespace

struct BodyReader::State {
  json::object fields;
  std::string prefix;
  std::set<std::string, std::less<>> asked;
  std::vector<FieldError> errors;
  /// The value of a field that is there and not null.
  const json::value* find(std::string_view name) {
    asked.emplace(name);
    const auto* value = fields.if_contains(name);
    return value && !value->is_null() ? value : nullptr;
  }
};

BodyReader::BodyReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
BodyReader::BodyReader(BodyReader&&) noexcept = default;
BodyReader& BodyReader::operator=(BodyReader&&) noexcept = default;
BodyReader::~BodyReader() = default;

std::expected<BodyReader, Problem> BodyReader::parse(const net::HttpRequest& request) {
  auto state = std::make_unique<State>();
  if (trim(request.body).empty()) return BodyReader(std::move(state));
  if (!is_json(request))
    return std::unexpected(Problem{.status = 415, .detail = "the body must be JSON, with Content-Type: application/json"});
  json::error_code error;
  json::parse_options options;
  options.max_depth = k_depth_max;
  auto value = json::parse({request.body.data(), request.body.size()}, error, {}, options);
  if (error) return std::unexpected(Problem{.status = 400, .detail = "the body is not JSON: " + error.message()});
  if (!value.is_object())
    return std::unexpected(
        Problem{.status = 400, .detail = fmt::format("the body must be a JSON object; it is {}", kind_of(value))});
  state->fields = std::move(value.get_object());
  return BodyReader(std::move(state));
}

bool BodyReader::has(std::string_view name) const { return state_->fields.contains(name); }
bool BodyReader::is_null(std::string_view name) const {
  const auto* value = state_->fields.if_contains(name);
  return value && value->is_null();
}
bool BodyReader::empty() const { return state_->fields.empty(); }

void BodyReader::wrong(std::string_view name, std::string message) {
  state_->errors.push_back({state_->prefix + std::string(name), std::move(message)});
}

std::optional<std::string> BodyReader::text(std::string_view name, TextBounds bounds) {
  const auto* value = state_->find(name);
  if (!value) return std::nullopt;
  const auto* text = value->if_string();
  if (!text) {
    wrong(name, fmt::format("must be text; it is {}", kind_of(*value)));
  } else if (text->size() < bounds.min || text->size() > bounds.max) {
    wrong(name, fmt::format("must have {} to {} bytes; it has {}", bounds.min, bounds.max, text->size()));
  } else if (text->find('\0') != json::string::npos) {
    wrong(name, "must not hold a null character");
  } else {
    return std::string(text->data(), text->size());
  }
  return std::nullopt;
}

std::optional<std::int64_t> BodyReader::integer(std::string_view name, NumberBounds bounds) {
  const auto* value = state_->find(name);
  if (!value) return std::nullopt;
  const auto* number = value->if_int64();
  if (number && *number >= bounds.min && *number <= bounds.max) return *number;
  wrong(name, fmt::format("must be a whole number from {} to {}", bounds.min, bounds.max));
  return std::nullopt;
}

std::optional<bool> BodyReader::boolean(std::string_view name) {
  const auto* value = state_->find(name);
  if (!value) return std::nullopt;
  if (const auto* flag = value->if_bool()) return *flag;
  wrong(name, fmt::format("must be true or false; it is {}", kind_of(*value)));
  return std::nullopt;
}

std::optional<Instant> BodyReader::instant(std::string_view name) {
  const auto written = text(name);
  if (!written) return std::nullopt;
  if (auto at = parse_instant(*written)) return *at;
  wrong(name, "must be a time in UTC, such as 2026-11-21T22:37:20Z");
  return std::nullopt;
}

std::optional<std::vector<std::string>> BodyReader::texts(std::string_view name, std::size_t count_max, TextBounds bounds) {
  const auto* value = state_->find(name);
  if (!value) return std::nullopt;
  const auto* array = value->if_array();
  if (!array || array->size() > count_max) {
    wrong(name, fmt::format("must be an array of at most {} texts", count_max));
    return std::nullopt;
  }
  std::vector<std::string> texts;
  for (const auto& entry : *array) {
    const auto* text = entry.if_string();
    if (!text || text->size() < bounds.min || text->size() > bounds.max) {
      wrong(name, fmt::format("must hold texts of {} to {} bytes", bounds.min, bounds.max));
      return std::nullopt;
    }
    texts.emplace_back(text->data(), text->size());
  }
  return texts;
}

std::optional<std::string> BodyReader::object(std::string_view name, std::size_t bytes_max) {
  const auto* value = state_->find(name);
  if (!value) return std::nullopt;
  if (!value->is_object()) {
    wrong(name, fmt::format("must be an object; it is {}", kind_of(*value)));
    return std::nullopt;
  }
  std::string text = json::serialize(*value);
  if (text.size() <= bytes_max) return text;
  wrong(name, fmt::format("must have at most {} bytes as JSON", bytes_max));
  return std::nullopt;
}

std::optional<std::string> BodyReader::array(std::string_view name, std::size_t bytes_max) {
  const auto* value = state_->find(name);
  if (!value) return std::nullopt;
  if (!value->is_array()) {
    wrong(name, fmt::format("must be an array; it is {}", kind_of(*value)));
    return std::nullopt;
  }
  std::string text = json::serialize(*value);
  if (text.size() <= bytes_max) return text;
  wrong(name, fmt::format("must have at most {} bytes as JSON", bytes_max));
  return std::nullopt;
}

std::optional<std::vector<BodyReader>> BodyReader::objects(std::string_view name, std::size_t count_max) {
  const auto* value = state_->find(name);
  if (!value) return std::nullopt;
  const auto* array = value->if_array();
  if (!array || array->size() > count_max) {
    wrong(name, fmt::format("must be an array of at most {} objects", count_max));
    return std::nullopt;
  }
  std::vector<BodyReader> readers;
  for (std::size_t i = 0; i < array->size(); ++i) {
    const auto* object = (*array)[i].if_object();
    if (!object) {
      wrong(name, fmt::format("must hold objects; number {} is {}", i, kind_of((*array)[i])));
      return std::nullopt;
    }
    auto state = std::make_unique<State>();
    state->fields = *object;
    state->prefix = fmt::format("{}{}[{}].", state_->prefix, name, i);
    readers.push_back(BodyReader(std::move(state)));
  }
  return readers;
}

std::string BodyReader::required_text(std::string_view name, TextBounds bounds) {
  if (!has(name) || is_null(name)) {
    state_->asked.emplace(name);
    wrong(name, "is missing");
  }
  return text(name, bounds).value_or("");
}

std::string BodyReader::required_object(std::string_view name) {
  if (!has(name) || is_null(name)) {
    state_->asked.emplace(name);
    wrong(name, "is missing");
  }
  return object(name).value_or("{}");
}

void BodyReader::ignore(std::initializer_list<std::string_view> names) { state_->asked.insert(names.begin(), names.end()); }

std::optional<Problem> BodyReader::finish() {
  for (const auto& field : state_->fields)
    if (const std::string_view name(field.key().data(), field.key().size()); !state_->asked.contains(name))
      wrong(printable(name, 100), "is not known here");
  if (state_->errors.empty()) return std::nullopt;
  Problem problem = Problem::invalid(state_->errors.front().field, state_->errors.front().message);
  problem.errors = state_->errors;
  return problem;
}

}  // namespace gannet::api
