#include "browser_host/protocol.hpp"

#include <cstring>
#include <limits>
#include <tuple>
#include <type_traits>
#include <utility>

namespace gannet::browser_host {
namespace {

// The fields of each structure, in the order they are written.
template <class T>
constexpr auto k_fields = nullptr;
template <>
constexpr auto k_fields<Bytes> = std::tuple(&Bytes::count);
template <>
constexpr auto k_fields<EnvironmentVariable> = std::tuple(&EnvironmentVariable::name, &EnvironmentVariable::value);
template <>
constexpr auto k_fields<UserDataFile> = std::tuple(&UserDataFile::path, &UserDataFile::content);
template <>
constexpr auto k_fields<SpawnOptions> =
    std::tuple(&SpawnOptions::executable, &SpawnOptions::args, &SpawnOptions::environment, &SpawnOptions::files,
               &SpawnOptions::ca_certificates, &SpawnOptions::renderer_memory_max, &SpawnOptions::browser_memory_max);
template <>
constexpr auto k_fields<SpawnCommand> = std::tuple(&SpawnCommand::id, &SpawnCommand::options);
template <>
constexpr auto k_fields<KillCommand> = std::tuple(&KillCommand::id);
template <>
constexpr auto k_fields<Ready> = std::tuple(&Ready::user, &Ready::base_folder);
template <>
constexpr auto k_fields<StartFailed> = std::tuple(&StartFailed::kind, &StartFailed::reason);
template <>
constexpr auto k_fields<Spawned> = std::tuple(&Spawned::id, &Spawned::pid);
template <>
constexpr auto k_fields<Failed> = std::tuple(&Failed::id, &Failed::kind, &Failed::reason);
template <>
constexpr auto k_fields<Exited> = std::tuple(&Exited::id, &Exited::status, &Exited::stderr_tail);
template <>
constexpr auto k_fields<Sampled> = std::tuple(&Sampled::id, &Sampled::total, &Sampled::largest_renderer);
template <>
constexpr auto k_fields<MemoryExcess> = std::tuple(&MemoryExcess::whose, &MemoryExcess::used, &MemoryExcess::limit);
template <>
constexpr auto k_fields<Killed> = std::tuple(&Killed::id, &Killed::pid, &Killed::what, &Killed::excess);

// The largest valid number of each enumeration.
template <class E>
constexpr std::underlying_type_t<E> k_enum_max = 0;
template <>
constexpr auto k_enum_max<BrowserId> = std::numeric_limits<std::uint32_t>::max();
template <>
constexpr auto k_enum_max<ErrorKind> = std::to_underlying(ErrorKind::internal);
template <>
constexpr auto k_enum_max<MemoryVictim> = std::to_underlying(MemoryVictim::browser);

template <class T>
constexpr bool k_is_vector = false;
template <class T>
constexpr bool k_is_vector<std::vector<T>> = true;

template <class T>
constexpr bool k_is_number = std::is_integral_v<T> || std::is_enum_v<T>;

template <class T>
void put(std::string& out, const T& value) {
  if constexpr (k_is_number<T>) {
    char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    out.append(bytes, sizeof(T));
  } else if constexpr (std::is_same_v<T, std::string>) {
    put(out, static_cast<std::uint32_t>(value.size()));
    out += value;
  } else if constexpr (k_is_vector<T>) {
    put(out, static_cast<std::uint32_t>(value.size()));
    for (const auto& element : value) put(out, element);
  } else {
    std::apply([&](auto... field) { (put(out, value.*field), ...); }, k_fields<T>);
  }
}

/// Takes a value off the front of `in`; false when it is not there.
template <class T>
bool take(std::string_view& in, T& value) {
  if constexpr (std::is_enum_v<T>) {
    std::underlying_type_t<T> number{};
    if (!take(in, number) || std::cmp_less(number, 0) || number > k_enum_max<T>) return false;
    value = static_cast<T>(number);
    return true;
  } else if constexpr (std::is_integral_v<T>) {
    if (in.size() < sizeof(T)) return false;
    // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): the line above compared the sizes.
    std::memcpy(&value, in.data(), sizeof(T));
    in.remove_prefix(sizeof(T));
    return true;
  } else if constexpr (std::is_same_v<T, std::string>) {
    std::uint32_t size = 0;
    if (!take(in, size) || size > in.size()) return false;
    value = in.substr(0, size);
    in.remove_prefix(size);
    return true;
  } else if constexpr (k_is_vector<T>) {
    std::uint32_t count = 0;
    // Every element takes at least its length field, so a count above the bytes left is a lie.
    if (!take(in, count) || count > in.size()) return false;
    value.resize(count);
    for (auto& element : value)
      if (!take(in, element)) return false;
    return true;
  } else {
    return std::apply([&](auto... field) { return (take(in, value.*field) && ...); }, k_fields<T>);
  }
}

template <class Variant>
std::string encode_variant(const Variant& message) {
  std::string out;
  put(out, static_cast<std::uint8_t>(message.index()));
  std::visit([&](const auto& alternative) { put(out, alternative); }, message);
  return out;
}

template <class Variant, std::size_t Index = 0>
Result<Variant> decode_variant(std::uint8_t tag, std::string_view in) {
  if constexpr (Index == std::variant_size_v<Variant>) {
    return fail(ErrorKind::protocol, "unknown browser host message {}", tag);
  } else {
    if (tag != Index) return decode_variant<Variant, Index + 1>(tag, in);
    std::variant_alternative_t<Index, Variant> message{};
    if (!take(in, message) || !in.empty()) return fail(ErrorKind::protocol, "malformed browser host message {}", tag);
    return Variant(std::move(message));
  }
}

template <class Variant>
Result<Variant> decode(std::string_view in) {
  std::uint8_t tag = 0;
  if (!take(in, tag)) return fail(ErrorKind::protocol, "empty browser host message");
  return decode_variant<Variant>(tag, in);
}

}  // namespace

std::string_view to_string(MemoryVictim victim) {
  switch (victim) {
    case MemoryVictim::renderer: return "renderer";
    case MemoryVictim::browser: return "browser";
  }
  return "";
}

std::string encode(const Command& command) { return encode_variant(command); }
std::string encode(const Report& report) { return encode_variant(report); }
Result<Command> decode_command(std::string_view bytes) { return decode<Command>(bytes); }
Result<Report> decode_report(std::string_view bytes) { return decode<Report>(bytes); }

}  // namespace gannet::browser_host
