// A picture of what a page's viewport shows.
#pragma once

#include <string>

#include "browser/page.hpp"
#include "record/screenshot.hpp"

namespace gannet::scan {

struct Picture {
  record::Screenshot screenshot;
  std::string bytes;
};

/// Takes a few seconds at most, whatever the page does. Errors: the scope's, `protocol` where the browser gives something else,
/// `exhausted` for a picture that is too large to keep.
aio::Task<Result<Picture>> take_picture(aio::Scope scope, browser::Page& page);

}  // namespace gannet::scan
