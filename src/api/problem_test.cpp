#include "api/problem.hpp"

#include <gtest/gtest.h>
#include <boost/json.hpp>

namespace gannet::api {
namespace {

boost::json::object document_of(const Problem& problem) {
  const auto response = to_response(problem, {.path = "/api/v1/schedules", .request_id = "r1", .at = Instant{}});
  EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
  return boost::json::parse(response.body).as_object();
}

TEST(Problem, has_the_members_of_the_rfc_and_of_the_guides) {
  const auto document = document_of(Problem::invalid("time_config.hour", "must be 0 to 23"));
  EXPECT_EQ(document.at("status").as_int64(), 422);
  EXPECT_EQ(document.at("title").as_string(), "Unprocessable Content");
  EXPECT_EQ(document.at("detail").as_string(), "time_config.hour must be 0 to 23");
  EXPECT_EQ(document.at("instance").as_string(), "/api/v1/schedules");
  const auto& error = document.at("error").as_object();
  EXPECT_EQ(error.at("code").as_string(), "VALIDATION_ERROR");
  EXPECT_EQ(error.at("request_id").as_string(), "r1");
  EXPECT_EQ(error.at("timestamp").as_string(), "1970-01-01T00:00:00.000Z");
  const auto& field = error.at("details").at("errors").at(0);
  EXPECT_EQ(field.at("field").as_string(), "time_config.hour");
}

TEST(Problem, keeps_the_text_of_our_own_errors_from_clients) {
  const auto problem = Problem::from(Error(ErrorKind::internal, "column 3 of table users is odd"));
  EXPECT_EQ(problem.status, 500);
  EXPECT_EQ(problem.detail.find("users"), std::string::npos);
  EXPECT_NE(problem.cause.find("users"), std::string::npos);
}

TEST(Problem, finds_the_field_that_a_module_names) {
  const auto field_of = [](std::string message) {
    return Problem::from(Error(ErrorKind::invalid, std::move(message))).errors.at(0).field;
  };
  EXPECT_EQ(field_of("time_config.hour is 24; right would be an hour from 0 to 23"), "time_config.hour");
  EXPECT_EQ(field_of("misfire_policy is odd"), "misfire_policy");
  EXPECT_EQ(field_of("the name is too long"), "");
  EXPECT_EQ(field_of("Europe/Atlantis is no zone"), "");
}

TEST(Problem, says_when_to_try_again) {
  const auto problem = Problem::from(Error(ErrorKind::unavailable, "the database does not answer"));
  EXPECT_EQ(problem.status, 503);
  EXPECT_TRUE(problem.headers.contains("Retry-After"));
  EXPECT_EQ(Problem::from(Error(ErrorKind::not_found, "x")).status, 404);
  EXPECT_EQ(Problem::from(Error(ErrorKind::conflict, "x")).status, 409);
}

}  // namespace
}  // namespace gannet::api
