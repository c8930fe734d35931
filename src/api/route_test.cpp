#include "api/route.hpp"

#include <gtest/gtest.h>

namespace gannet::api {
namespace {

aio::Task<Reply> nothing(Call&) { co_return net::HttpResponse{}; }

Route route(std::string_view method, std::string_view path) {
  return {.method = method, .path = path, .id = path, .tag = "t", .summary = "s", .answers = {{200, "ok"}}, .handler = nothing};
}

const Router& router() {
  static const Router k_router({route("GET", "/scans/{scan_id}"), route("DELETE", "/scans/{scan_id}"),
                                route("DELETE", "/scans/by-domain"), route("GET", "/scans/{scan_id}/stream"),
                                route("GET", "/scans"), route("POST", "/scans"), route("GET", "/")});
  return k_router;
}

std::string_view path_of(std::string_view method, std::string_view path) {
  const auto match = router().match(method, path);
  return match.route ? match.route->path : "none";
}

TEST(Router, prefers_fixed_segments_to_parameters) {
  EXPECT_EQ(path_of("DELETE", "/scans/by-domain"), "/scans/by-domain");
  EXPECT_EQ(path_of("DELETE", "/scans/0a"), "/scans/{scan_id}");
  EXPECT_EQ(path_of("GET", "/scans/by-domain"), "/scans/{scan_id}") << "no such fixed path for GET";
}

TEST(Router, reads_parameters_decoded) {
  const auto match = router().match("GET", "/scans/a%2Fb%20c/stream");
  ASSERT_NE(match.route, nullptr);
  EXPECT_EQ(match.parameters.at("scan_id"), "a/b c");
}

TEST(Router, knows_what_else_a_path_allows) {
  EXPECT_EQ(router().match("PUT", "/scans").allowed, "GET, HEAD, POST");
  EXPECT_EQ(router().match("PUT", "/scans").route, nullptr);
  EXPECT_EQ(router().match("GET", "/nothing").allowed, "");
}

TEST(Router, takes_head_and_a_slash_at_the_end) {
  EXPECT_EQ(path_of("HEAD", "/scans"), "/scans");
  EXPECT_EQ(path_of("GET", "/scans/"), "/scans");
  EXPECT_EQ(path_of("GET", "/"), "/");
  EXPECT_EQ(path_of("GET", "//"), "/") << "nothing lies below the root's slash";
  EXPECT_EQ(path_of("GET", "/scans//stream"), "none") << "a parameter is not empty";
  EXPECT_EQ(path_of("GET", "*"), "none");
}

}  // namespace
}  // namespace gannet::api
