#include "app/pdf.hpp"

#include <boost/json.hpp>

#include "base/random.hpp"
#include "base/text.hpp"
#include "browser/cdp/json.hpp"
#include "report/html.hpp"

namespace gannet::app {

using namespace std::chrono_literals;
namespace json = boost::json;

namespace {

constexpr std::string_view k_dead_proxy = "http://127.0.0.1:9";
constexpr std::size_t k_pdf_bytes_max = 256U << 20;
constexpr std::size_t k_chunk_bytes = 1U << 20;

/// The report neither runs scripts nor loads anything, so there is nothing to hear.
class DeafObserver final : public browser::PageObserver {
 public:
  void on_event(const browser::SessionView&, std::string_view, const json::object&) override {}
  void on_problem(const browser::SessionView&, const Error&) override {}
};

json::object print_options(const std::string& title) {
  constexpr auto k_inch_mm = 25.4;
  const std::string style =
      "font:7pt sans-serif;color:#5b6675;width:100%;margin:0 12mm;display:flex;justify-content:space-between";
  const std::string title_html = report::escape_html(title);
  return {{"printBackground", true},
          {"paperWidth", 210 / k_inch_mm},
          {"paperHeight", 297 / k_inch_mm},
          {"marginTop", 18 / k_inch_mm},
          {"marginBottom", 16 / k_inch_mm},
          {"marginLeft", 12 / k_inch_mm},
          {"marginRight", 12 / k_inch_mm},
          {"displayHeaderFooter", true},
          {"headerTemplate", fmt::format("<div style='{}'><span>{}</span><span>Gannet</span></div>", style, title_html)},
          {"footerTemplate", fmt::format("<div style='{}'><span></span><span>page <span class='pageNumber'></span> of <span "
                                         "class='totalPages'></span></span></div>",
                                         style)},
          {"generateTaggedPDF", true},
          {"generateDocumentOutline", true},
          // In pieces: one reply would have to fit into one protocol message.
          {"transferMode", "ReturnAsStream"}};
}

aio::Task<Result<std::string>> read_stream(aio::Scope scope, browser::Page& page, std::string handle) {
  std::string bytes;
  for (bool is_end = false; !is_end;) {
    auto chunk = co_await page.send(scope, "IO.read", {{"handle", handle}, {"size", k_chunk_bytes}});
    if (!chunk) co_return pass(chunk, "reading the PDF");
    const json::value* encoded = chunk->if_contains("base64Encoded");
    const std::string data = browser::cdp::string(*chunk, "data");
    if (encoded && encoded->is_bool() && encoded->get_bool()) {
      auto decoded = decode_base64(data);
      if (!decoded) co_return fail(ErrorKind::protocol, "the browser sent a PDF that is not base64");
      bytes += *decoded;
    } else {
      bytes += data;
    }
    if (bytes.size() > k_pdf_bytes_max) co_return fail(ErrorKind::exhausted, "the PDF is larger than 256 MiB");
    const json::value* eof = chunk->if_contains("eof");
    is_end = eof && eof->is_bool() && eof->get_bool();
  }
  co_await page.send(scope, "IO.close", {{"handle", handle}});
  if (!bytes.starts_with("%PDF-")) co_return fail(ErrorKind::protocol, "the browser made something that is no PDF");
  co_return bytes;
}

aio::Task<Result<std::string>> print_page(aio::Scope scope, browser::Page& page, PdfText text) {
  auto offline = co_await page.send(scope, "Network.emulateNetworkConditions",
                                    {{"offline", true}, {"latency", 0}, {"downloadThroughput", 0}, {"uploadThroughput", 0}});
  if (!offline) co_return pass(offline, "turning the network off");
  auto written = co_await page.send(scope, "Page.setDocumentContent", {{"frameId", page.main_frame_id()}, {"html", text.html}});
  if (!written) co_return pass(written, "giving the report to the browser");
  // A data: URL is decoded after the text around it.
  auto decoded =
      co_await page.evaluate(scope, page.main_frame_id(), browser::World::isolated,
                             "Promise.all([...document.images].map(image => image.decode().catch(() => 0))).then(() => 0)");
  if (!decoded) co_return pass(decoded, "waiting for the pictures");
  auto printed = co_await page.send(scope, "Page.printToPDF", print_options(text.title));
  if (!printed) co_return pass(printed, "printing");
  co_return co_await read_stream(scope, page, browser::cdp::string(*printed, "stream"));
}

/// Everything that printing alone needs, taken down again.
aio::Task<Result<std::string>> launch_and_print(aio::Executor executor, browser_host::HostClient& host,
                                                browser::BrowserOptions options, PdfText text) {
  SystemRandom random;
  const auto scope = aio::Scope::background().within(120s);
  auto browser = co_await browser::Browser::launch(scope.within(60s), executor, host, random, std::move(options));
  if (!browser) {
    co_await host.stop();
    co_return pass(browser);
  }
  auto pdf = co_await print_pdf(scope, **browser, std::move(text));
  co_await (*browser)->stop();
  co_await host.stop();
  co_return pdf;
}

}  // namespace

aio::Task<Result<std::string>> print_pdf(aio::Scope scope, browser::Browser& browser, PdfText text) {
  auto context = co_await browser.open_context(scope, std::string(k_dead_proxy), "", "");
  if (!context) co_return pass(context, "making the PDF");
  DeafObserver observer;
  auto page = co_await (*context)->open_page(scope, observer);
  if (!page) co_return pass(page, "making the PDF");
  auto pdf = co_await print_page(scope, **page, std::move(text));
  auto closed = co_await (*context)->close_page(scope, std::move(*page));
  auto disposed = co_await (*context)->dispose(scope);
  if (!pdf) co_return pass(pdf, "making the PDF");
  if (!closed) co_return pass(closed, "making the PDF");
  if (!disposed) co_return pass(disposed, "making the PDF");
  co_return pdf;
}

Result<std::string> print_pdf_blocking(browser_host::HostProcess host, const browser::BrowserOptions& options, PdfText text) {
  boost::asio::io_context context(1);
  Result<std::string> pdf = fail(ErrorKind::internal, "not printed");
  {
    browser_host::HostClient client(context.get_executor(), std::move(host));
    pdf = aio::run(context, launch_and_print(context.get_executor(), client, options, std::move(text)));
    context.run();
  }
  return pdf;
}

}  // namespace gannet::app
