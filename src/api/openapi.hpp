// The OpenAPI 3.1 document, written from the routes. Pure.
#pragma once

#include <span>
#include <string>

#include "api/route.hpp"

namespace gannet::api {

/// `schemas` is the JSON object of components/schemas that the routes name.
std::string write_openapi(std::span<const Route> routes, std::string_view schemas);

}  // namespace gannet::api
