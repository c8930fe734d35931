#include "scan/impl/picture.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "base/units.hpp"
#include "browser/cdp/json.hpp"

namespace gannet::scan {

namespace cdp = browser::cdp;

namespace {

/// A page at rest takes a fifth of a second; one that is busy is not waited for.
constexpr std::chrono::seconds k_picture_budget{3};
/// A viewport full of noise has a third of this.
constexpr Bytes k_picture_max = 4_MiB;
/// Texts stay readable.
constexpr int k_quality = 60;

}  // namespace

aio::Task<Result<Picture>> take_picture(aio::Scope scope, browser::Page& page) {
  boost::json::object params{{"format", "jpeg"}, {"quality", k_quality}};
  auto reply = co_await page.send(scope.within(k_picture_budget), "Page.captureScreenshot", std::move(params));
  if (!reply && reply.error().kind() == ErrorKind::timeout && scope.check())
    co_return fail(ErrorKind::timeout, "the browser drew none within {} s, being busy", k_picture_budget.count());
  if (!reply) co_return pass(reply);
  const auto encoded = cdp::text(*reply, "data");
  if (encoded.size() / 4 * 3 > k_picture_max.count)
    co_return fail(ErrorKind::exhausted, "the picture is larger than {}", format_bytes(k_picture_max));
  auto bytes = decode_base64(encoded);
  auto screenshot = bytes ? record::describe_jpeg(*bytes) : std::nullopt;
  if (!screenshot) co_return fail(ErrorKind::protocol, "the browser's picture is not JPEG");
  co_return Picture{std::move(*screenshot), std::move(*bytes)};
}

}  // namespace gannet::scan
