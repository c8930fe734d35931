// What a PostgreSQL error means, and how much of its text may be shown. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace gannet::db::impl {

/// By SQLSTATE (PostgreSQL manual, appendix A).
ErrorKind kind_of_sqlstate(std::string_view sqlstate);

/// Whether the server ended the session together with the statement.
bool ends_session(std::string_view sqlstate);

/// The primary message of a failed statement, with advice where there is any. Where messages of its class quote the value that
/// was wrong, what they quote is left out. DETAIL and HINT, which hold rows, are not for us.
std::string describe_failure(std::string_view sqlstate, std::string_view message);

/// What libpq says when it cannot connect, or cannot read a connection string: it has no SQLSTATE for that.
ErrorKind kind_of_connection_failure(std::string_view message);

/// With spaces for line ends.
std::string one_line(std::string_view message);

/// The same without what stands between the first and the last double quote.
std::string without_quoted(std::string_view message);

}  // namespace gannet::db::impl
