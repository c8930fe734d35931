#include "api/route.hpp"

#include <set>

#include "base/assert.hpp"
#include "base/text.hpp"

namespace gannet::api {
namespace {

bool is_parameter(std::string_view segment) { return segment.starts_with('{'); }

std::vector<std::string_view> segments_of(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return split(path.substr(1), '/');
}

}  // namespace

Router::Router(std::vector<Route> routes) : routes_(std::move(routes)) {
  std::set<std::string> seen;
  for (const auto& route : routes_) {
    segments_.push_back(segments_of(route.path));
    std::string shape(route.method);
    for (const auto segment : segments_.back()) (shape += '/') += is_parameter(segment) ? "{}" : segment;
    ASSERT_INVARIANT(seen.insert(shape).second, "each method and path has one route");
    ASSERT_INVARIANT(!route.answers.empty() && route.handler, "a route answers something");
  }
}

Router::Match Router::match(std::string_view method, std::string_view path) const {
  Match best;
  if (!path.starts_with('/')) return best;
  const auto wanted = segments_of(path);
  const auto as = method == "HEAD" ? std::string_view("GET") : method;
  // Fixed segments of a match, the first most significant: the larger pattern is the more special route.
  std::string best_pattern;
  std::set<std::string> allowed;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const auto& segments = segments_[i];
    if (segments.size() != wanted.size()) continue;
    std::string pattern;
    bool fits = true;
    for (std::size_t at = 0; fits && at < segments.size(); ++at) {
      const bool is_free = is_parameter(segments[at]);
      fits = is_free ? !wanted[at].empty() : segments[at] == wanted[at];
      pattern += is_free ? 'a' : 'b';
    }
    if (!fits) continue;
    allowed.insert(std::string(routes_[i].method));
    if (routes_[i].method != as || pattern <= best_pattern) continue;
    best_pattern = pattern;
    best.route = &routes_[i];
    best.parameters.clear();
    for (std::size_t at = 0; at < segments.size(); ++at)
      if (is_parameter(segments[at]))
        best.parameters.insert_or_assign(std::string(segments[at].substr(1, segments[at].size() - 2)),
                                         percent_decode(wanted[at]));
  }
  if (allowed.contains("GET")) allowed.insert("HEAD");
  best.allowed = join(std::vector<std::string>(allowed.begin(), allowed.end()), ", ");
  return best;
}

}  // namespace gannet::api
