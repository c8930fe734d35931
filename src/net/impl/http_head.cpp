#include "net/impl/http_head.hpp"

#include <algorithm>
#include <charconv>

#include "base/text.hpp"

namespace gannet::net {
namespace {

constexpr std::size_t k_framing_line_bytes_max = 4096;
constexpr std::size_t k_trailer_bytes_max = 16 * 1024;

bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
bool is_token(std::string_view text) { return !text.empty() && std::ranges::all_of(text, is_token_character); }

/// Visible text, spaces and tabs; bytes above ASCII pass (RFC 9110 §5.5, obs-text).
bool is_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c == '\t' || (std::uint8_t(c) >= 0x20 && c != 0x7f); });
}

std::vector<std::string_view> lines_of(std::string_view head) {
  auto lines = split(head, '\n');
  for (auto& line : lines)
    if (line.ends_with('\r')) line.remove_suffix(1);
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::vector<std::string> list_of(std::string_view value) {
  std::vector<std::string> members;
  for (const auto part : split(value, ',')) members.push_back(to_lower(trim(part)));
  return members;
}

bool contains(const std::vector<std::string>& list, std::string_view member) {
  return std::ranges::find(list, member) != list.end();
}

/// What concerns one connection only, the fields named by Connection aside. Transfer-Encoding stays: bodies are relayed as they
/// are.
bool is_hop_by_hop(std::string_view lower_name) {
  return lower_name == "connection" || lower_name == "keep-alive" || lower_name == "te" || lower_name == "upgrade" ||
         lower_name.starts_with("proxy-");
}

/// Fields that Connection may name but must not remove: they say where the message ends and whom it is for.
bool is_protected(std::string_view lower_name) {
  return lower_name == "host" || lower_name == "content-length" || lower_name == "transfer-encoding";
}

Result<Authority> parse_absolute_target(std::string_view target, std::string& path) {
  constexpr std::string_view k_prefix = "http://";
  if (!equals_ignoring_case(target.substr(0, k_prefix.size()), k_prefix))
    return fail(ErrorKind::protocol, "the target of a request to a proxy must be an absolute http URL");
  const auto rest = target.substr(k_prefix.size());
  const auto end = std::min(rest.find_first_of("/?"), rest.size());
  const auto host = rest.substr(0, end);
  const auto after_bracket = host.starts_with('[') ? host.find(']') : 0;
  const bool has_port = after_bracket != std::string_view::npos && host.find(':', after_bracket) != std::string_view::npos;
  auto authority = parse_authority(has_port ? std::string(host) : std::string(host) + ":80");
  if (!authority) return fail(ErrorKind::protocol, "{}", authority.error().message());
  path = rest.substr(end);
  if (!path.starts_with('/')) path.insert(0, "/");
  return authority;
}

Result<BodyLength> body_length(const RequestHead& head, bool is_http_1_0) {
  std::optional<std::string> length;
  std::optional<std::string> coding;
  for (const auto& [name, value] : head.headers) {
    auto& seen = equals_ignoring_case(name, "content-length") ? length : coding;
    if (&seen == &coding && !equals_ignoring_case(name, "transfer-encoding")) continue;
    if (seen) return fail(ErrorKind::protocol, "{} is given twice", name);
    seen = value;
  }
  if (length && coding) return fail(ErrorKind::protocol, "both Content-Length and Transfer-Encoding are given");
  if (coding) {
    if (is_http_1_0 || !equals_ignoring_case(*coding, "chunked"))
      return fail(ErrorKind::protocol, "the only Transfer-Encoding taken is chunked, in HTTP/1.1");
    return BodyLength::chunked();
  }
  if (!length) return BodyLength::none();
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(length->data(), length->data() + length->size(), bytes);
  if (error != std::errc() || end != length->data() + length->size())
    return fail(ErrorKind::protocol, "Content-Length is not a number");
  return BodyLength::of(bytes);
}

}  // namespace

std::optional<std::size_t> find_head_end(std::string_view buffer, std::size_t from) {
  for (auto at = buffer.find('\n', from > 3 ? from - 3 : 0); at != std::string_view::npos; at = buffer.find('\n', at + 1)) {
    if (buffer.substr(at + 1, 1) == "\n") return at + 2;
    if (buffer.substr(at + 1, 2) == "\r\n") return at + 3;
  }
  return std::nullopt;
}

BodyLength BodyLength::chunked() {
  BodyLength body(0);
  body.state_ = State::size_line;
  return body;
}

Result<void> BodyLength::end_of_line() {
  std::string_view line = line_;
  if (line.ends_with('\r')) line.remove_suffix(1);
  switch (state_) {
    case State::size_line: {
      const auto digits = line.substr(0, line.find_first_of("; \t"));
      const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), left_, 16);
      if (error != std::errc() || end != digits.data() + digits.size())
        return fail(ErrorKind::protocol, "a chunk has no valid size");
      state_ = left_ == 0 ? State::trailer : State::data;
      break;
    }
    case State::data_end:
      if (!line.empty()) return fail(ErrorKind::protocol, "a chunk is longer than its size");
      state_ = State::size_line;
      break;
    case State::trailer:
      if (line.empty()) state_ = State::complete;
      break;
    case State::counted:
    case State::data:
    case State::complete: break;
  }
  line_.clear();
  return {};
}

Result<std::size_t> BodyLength::take(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && !is_complete()) {
    if (state_ == State::counted || state_ == State::data) {
      const auto step = std::min<std::uint64_t>(left_, bytes.size() - used);
      used += step;
      left_ -= step;
      if (left_ == 0) state_ = state_ == State::counted ? State::complete : State::data_end;
      continue;
    }
    const char c = bytes[used++];
    if (state_ == State::trailer && ++trailer_bytes_ > k_trailer_bytes_max)
      return fail(ErrorKind::protocol, "the trailer is too long");
    if (c == '\n') {
      if (auto ended = end_of_line(); !ended) return pass(ended);
    } else if (line_.size() >= k_framing_line_bytes_max) {
      return fail(ErrorKind::protocol, "a line between chunks is too long");
    } else {
      line_ += c;
    }
  }
  return used;
}

Result<RequestHead> RequestHead::parse(std::string_view text) {
  const auto lines = lines_of(text);
  if (lines.empty()) return fail(ErrorKind::protocol, "the request is empty");
  const auto words = split(lines[0], ' ');
  if (words.size() != 3 || !is_token(words[0])) return fail(ErrorKind::protocol, "the first line is not METHOD TARGET HTTP/1.1");
  const bool is_http_1_0 = words[2] == "HTTP/1.0";
  if (!is_http_1_0 && words[2] != "HTTP/1.1") return fail(ErrorKind::protocol, "only HTTP/1.1 and HTTP/1.0 are spoken");
  const auto is_target_character = [](char c) { return std::uint8_t(c) > 0x20 && c != 0x7f && c != '#' && c != '\\'; };
  if (!std::ranges::all_of(words[1], is_target_character))
    return fail(ErrorKind::protocol, "the target has a character it may not have");

  RequestHead head;
  head.method = words[0];
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const auto colon = lines[i].find(':');
    const auto name = lines[i].substr(0, colon);
    if (colon == std::string_view::npos || !is_token(name)) return fail(ErrorKind::protocol, "header line {} is malformed", i);
    const auto value = trim(lines[i].substr(colon + 1));
    if (!is_field_value(value)) return fail(ErrorKind::protocol, "the header {} has a control character", name);
    if (equals_ignoring_case(name, "connection")) head.wants_upgrade |= contains(list_of(value), "upgrade");
    head.headers.emplace_back(name, value);
  }
  if (head.is_connect()) {
    auto authority = parse_authority(words[1]);
    if (!authority) return fail(ErrorKind::protocol, "CONNECT: {}", authority.error().message());
    head.target = std::move(*authority);
  } else {
    head.target = TRY(parse_absolute_target(words[1], head.path));
    head.body = TRY(body_length(head, is_http_1_0));
  }
  if (head.target.port == 0) return fail(ErrorKind::protocol, "nothing can listen on port 0");
  return head;
}

std::string RequestHead::to_origin_form() const {
  std::vector<std::string> dropped;
  for (const auto& [name, value] : headers)
    if (equals_ignoring_case(name, "connection"))
      for (auto& member : list_of(value)) dropped.push_back(std::move(member));
  const std::string host = target.port == 80 ? target.host : fmt::format("{}:{}", target.host, target.port);
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", method, path, host);
  std::string upgrade;
  for (const auto& [name, value] : headers) {
    const std::string lower = to_lower(name);
    if (lower == "upgrade" && wants_upgrade) upgrade = value;
    if (lower == "host" || is_hop_by_hop(lower) || (contains(dropped, lower) && !is_protected(lower))) continue;
    out += fmt::format("{}: {}\r\n", name, value);
  }
  if (!upgrade.empty())
    out += fmt::format("Connection: Upgrade\r\nUpgrade: {}\r\n", upgrade);
  else
    out += "Connection: close\r\n";
  return out + "\r\n";
}

Result<ResponseHead> ResponseHead::parse(std::string_view text) {
  const auto lines = lines_of(text);
  const auto bad = [] { return fail(ErrorKind::protocol, "the answer is not HTTP/1"); };
  if (lines.empty() || !lines[0].starts_with("HTTP/1.") || lines[0].size() < 12) return bad();
  ResponseHead head;
  const auto [end, error] = std::from_chars(lines[0].data() + 9, lines[0].data() + 12, head.status);
  if (error != std::errc() || end != lines[0].data() + 12 || head.status < 100) return bad();

  const bool is_final = head.status >= 200;
  const bool is_upgrade = head.status == 101;
  head.relayed = std::string(lines[0]) + "\r\n";
  bool was_dropped = false;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    // A line that continues the one before (obs-fold) shares its fate.
    const bool continues = lines[i].starts_with(' ') || lines[i].starts_with('\t');
    if (!continues) {
      const auto name = to_lower(trim(lines[i].substr(0, lines[i].find(':'))));
      was_dropped = is_hop_by_hop(name) && !(is_upgrade && (name == "connection" || name == "upgrade"));
    }
    if (!was_dropped) head.relayed += std::string(lines[i]) + "\r\n";
  }
  if (is_final) head.relayed += "Connection: close\r\n";
  head.relayed += "\r\n";
  return head;
}

}  // namespace gannet::net
