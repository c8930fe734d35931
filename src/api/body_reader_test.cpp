#include "api/body_reader.hpp"

#include <gtest/gtest.h>

namespace gannet::api {
namespace {

net::HttpRequest request_with(std::string body, std::string type = "application/json") {
  return {.method = "POST", .path = "/", .headers = {{"Content-Type", std::move(type)}}, .body = std::move(body)};
}

TEST(BodyReader, reads_fields_of_their_types) {
  auto body = BodyReader::parse(request_with(
      R"({"name":"n","count":3,"flag":true,"at":"2026-11-21T22:37:20Z","tags":["a","b"],"config":{"x":[1]},"none":null})"));
  ASSERT_TRUE(body);
  EXPECT_EQ(body->required_text("name"), "n");
  EXPECT_EQ(body->integer("count", {1, 3}), 3);
  EXPECT_EQ(body->boolean("flag"), true);
  EXPECT_EQ(format_instant(*body->instant("at")), "2026-11-21T22:37:20.000Z");
  EXPECT_EQ(body->texts("tags", 2), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(body->object("config"), R"({"x":[1]})");
  EXPECT_EQ(body->text("none"), std::nullopt);
  EXPECT_TRUE(body->is_null("none"));
  EXPECT_EQ(body->text("absent"), std::nullopt);
  EXPECT_FALSE(body->finish());
}

TEST(BodyReader, tells_of_all_mistakes_at_once) {
  auto body = BodyReader::parse(request_with(R"({"name":5,"count":4,"flag":"yes","config":[],"tags":[1],"exta":1})"));
  ASSERT_TRUE(body);
  body->required_text("name");
  body->required_text("domain");
  body->integer("count", {1, 3});
  body->boolean("flag");
  body->object("config");
  body->texts("tags", 5);
  const auto problem = body->finish();
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->status, 422);
  std::vector<std::string> lines;
  for (const auto& error : problem->errors) lines.push_back(error.field + " " + error.message);
  EXPECT_EQ(lines, (std::vector<std::string>{"name must be text; it is a number", "domain is missing",
                                             "count must be a whole number from 1 to 3", "flag must be true or false; it is text",
                                             "config must be an object; it is an array", "tags must hold texts of 0 to 255 bytes",
                                             "exta is not known here"}));
  EXPECT_EQ(problem->detail, "name must be text; it is a number");
}

TEST(BodyReader, names_fields_within_arrays) {
  auto body = BodyReader::parse(request_with(R"({"items":[{"domain":"a"},{"domain":1}]})"));
  ASSERT_TRUE(body);
  auto items = body->objects("items", 10);
  ASSERT_TRUE(items);
  ASSERT_EQ(items->size(), 2U);
  EXPECT_EQ((*items)[0].required_text("domain"), "a");
  (*items)[1].required_text("domain");
  const auto problem = (*items)[1].finish();
  ASSERT_TRUE(problem);
  EXPECT_EQ(problem->errors[0].field, "items[1].domain");
}

TEST(BodyReader, refuses_what_is_no_json_object) {
  const auto status = [](net::HttpRequest request) {
    const auto body = BodyReader::parse(request);
    return body ? 0 : body.error().status;
  };
  EXPECT_EQ(status(request_with("{\"a\":")), 400);
  EXPECT_EQ(status(request_with("[1]")), 400);
  EXPECT_EQ(status(request_with("{\"a\":\"\xff\"}")), 400) << "not UTF-8";
  EXPECT_EQ(status(request_with(std::string(100, '[') + std::string(100, ']'))), 400) << "too deep";
  EXPECT_EQ(status(request_with("{}", "text/plain")), 415);
  EXPECT_EQ(status(request_with("{}", "application/merge-patch+json")), 0);
  EXPECT_EQ(status(request_with("")), 0);
}

}  // namespace
}  // namespace gannet::api
