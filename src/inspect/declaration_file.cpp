// The files that a declaration comes in.
#include <algorithm>
#include <array>
#include <memory>
#include <span>

#include <libxml/HTMLparser.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "base/file.hpp"
#include "base/text.hpp"
#include "datasets/json_text.hpp"
#include "inspect/declaration.hpp"

namespace gannet::inspect {
namespace {

/// Far above what sites declare; bounds the comparison.
constexpr std::size_t k_entries_max = 5'000;
constexpr std::string_view k_remedy = "name the column \"name\"; domain, category and lifetime are optional";

/// What a column may be called, the best title first.
constexpr auto k_name_titles = std::to_array<std::string_view>({"name", "cookie name", "cookie", "cookies", "key"});
constexpr auto k_domain_titles = std::to_array<std::string_view>({"domain", "host", "provider", "anbieter"});
constexpr auto k_category_titles = std::to_array<std::string_view>({"category", "kategorie", "purpose", "zweck", "type", "typ"});
constexpr auto k_lifetime_titles = std::to_array<std::string_view>(
    {"lifetime", "expiry", "expires", "expiration", "duration", "retention", "maximum storage duration", "laufzeit", "ablauf"});

using Row = std::vector<std::string>;

std::optional<std::size_t> find_column(const Row& header, std::span<const std::string_view> titles) {
  for (const std::string_view title : titles) {
    for (std::size_t i = 0; i < header.size(); ++i) {
      if (equals_ignoring_case(trim(header[i]), title)) return i;
    }
  }
  return std::nullopt;
}

struct Columns {
  explicit Columns(const Row& header)
      : name(find_column(header, k_name_titles)),
        domain(find_column(header, k_domain_titles)),
        category(find_column(header, k_category_titles)),
        lifetime(find_column(header, k_lifetime_titles)) {}
  std::optional<std::size_t> name, domain, category, lifetime;
};

std::string cell(const Row& row, std::optional<std::size_t> column) {
  return column && *column < row.size() ? std::string(trim(row[*column])) : std::string();
}

/// Providers are often companies, not hosts: such a one is left out.
std::string host_or_nothing(std::string_view text) {
  std::string host = to_lower(text);
  host.erase(0, host.find_first_not_of('.'));
  const bool is_host =
      host.contains('.') && host.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string::npos;
  return is_host ? host : std::string();
}

DeclaredCookie make_declared(const Row& row, const Columns& columns) {
  DeclaredCookie declared;
  declared.name = cell(row, columns.name);
  declared.domain = host_or_nothing(cell(row, columns.domain));
  declared.category_text = cell(row, columns.category);
  declared.category = parse_declared_category(declared.category_text);
  declared.lifetime = parse_lifetime(cell(row, columns.lifetime));
  return declared;
}

Result<void> add_entry(std::vector<DeclaredCookie>& list, DeclaredCookie declared, std::string_view file) {
  if (list.size() == k_entries_max)
    return fail(ErrorKind::invalid, "{}: declares more than {} cookies; split the file", file, k_entries_max);
  list.push_back(std::move(declared));
  return {};
}

/// A cell from `at` on, in quotes or not (RFC 4180); leaves `at` behind it, on the separator or the line's end.
Result<std::string> read_cell(std::string_view text, std::size_t& at, char separator, std::string_view where) {
  std::string value;
  if (at < text.size() && text[at] == '"') {
    for (++at;; ++at) {
      if (at >= text.size()) return fail(ErrorKind::invalid, "{}: a quoted cell does not end; close it with \"", where);
      if (text[at] == '"' && (++at >= text.size() || text[at] != '"')) return value;
      value += text[at];
    }
  }
  const auto end = std::min(text.find_first_of(std::string{separator, '\n'}, at), text.size());
  value = text.substr(at, end - at);
  at = end;
  return value;
}

struct Line {
  Row cells;
  std::size_t number = 0;
};

Result<std::vector<Line>> read_csv(std::string_view text, std::string_view file) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  const std::string_view first = text.substr(0, text.find('\n'));
  const char separator = first.contains(';') ? ';' : first.contains('\t') ? '\t' : ',';
  std::vector<Line> lines;
  std::size_t number = 1;
  for (std::size_t at = 0; at < text.size();) {
    Line line{.cells = {}, .number = number};
    const std::size_t start = at;
    while (true) {
      line.cells.push_back(TRY(read_cell(text, at, separator, fmt::format("{}: line {}", file, number))));
      at = std::min(text.find_first_of(std::string{separator, '\n'}, at), text.size());
      if (at >= text.size() || text[at++] == '\n') break;
    }
    number += std::size_t(std::ranges::count(text.substr(start, at - start), '\n'));
    const bool is_blank = std::ranges::all_of(line.cells, [](const std::string& cell) { return trim(cell).empty(); });
    if (!is_blank) lines.push_back(std::move(line));
  }
  return lines;
}

Row row_of(const boost::json::object& object, Row& header) {
  Row row;
  header.clear();
  for (const auto& [field, value] : object) {
    if (!value.is_string()) continue;
    header.emplace_back(std::string_view(field));
    row.emplace_back(value.get_string());
  }
  return row;
}

std::string name_of(const xmlNode& node) { return to_lower(reinterpret_cast<const char*>(node.name)); }

/// The text within, each run of white space as one space.
std::string text_of(xmlNode& node) {
  const std::unique_ptr<xmlChar, void (*)(void*)> content(xmlNodeGetContent(&node), xmlFree);
  std::string text;
  if (!content) return text;
  for (const char c : std::string_view(reinterpret_cast<const char*>(content.get()))) {
    const bool is_space = c == ' ' || (c >= '\t' && c <= '\r');
    if (!is_space) text += c;
    if (is_space && !text.empty() && text.back() != ' ') text += ' ';
  }
  return std::string(trim(text));
}

Row cells_of(const xmlNode& row) {
  Row cells;
  for (xmlNode* child = row.children; child; child = child->next) {
    if (child->type == XML_ELEMENT_NODE && (name_of(*child) == "td" || name_of(*child) == "th")) cells.push_back(text_of(*child));
  }
  return cells;
}

/// In the order of the document.
xmlNode* next_node(xmlNode* node) {
  if (node->children && node->type == XML_ELEMENT_NODE) return node->children;
  while (node && !node->next) node = node->parent && node->parent->type == XML_ELEMENT_NODE ? node->parent : nullptr;
  return node ? node->next : nullptr;
}

/// Walks through the page: a table's header row says what its columns are, the last heading that names a category says what a
/// table without such a column holds.
class HtmlTables {
 public:
  explicit HtmlTables(std::string_view file) : file_(file) {}

  Result<void> read(xmlNode* root) {
    for (xmlNode* node = root; node; node = next_node(node)) {
      if (node->type != XML_ELEMENT_NODE) continue;
      const std::string name = name_of(*node);
      const bool is_heading = name.size() == 2 && name[0] == 'h' && name[1] >= '1' && name[1] <= '6';
      if (is_heading || name == "caption" || name == "summary") {
        if (std::string text = text_of(*node); parse_declared_category(text)) heading_ = std::move(text);
      }
      if (name == "table") columns_.reset();
      if (name == "tr") TRY(read_row(cells_of(*node)));
    }
    if (!has_header_) return fail(ErrorKind::invalid, "{}: no table has a column for cookie names; {}", file_, k_remedy);
    return {};
  }

  std::vector<DeclaredCookie> take() { return std::move(list_); }

 private:
  Result<void> read_row(const Row& cells) {
    if (const Columns columns(cells); columns.name) {
      columns_ = columns;
      has_header_ = true;
      return {};
    }
    if (!columns_) return {};
    DeclaredCookie declared = make_declared(cells, *columns_);
    if (declared.name.empty()) return {};
    if (!declared.category && !heading_.empty()) {
      declared.category_text = heading_;
      declared.category = parse_declared_category(heading_);
    }
    return add_entry(list_, std::move(declared), file_);
  }

  std::string_view file_;
  std::vector<DeclaredCookie> list_;
  std::optional<Columns> columns_;
  std::string heading_;
  bool has_header_ = false;
};

}  // namespace

Result<std::vector<DeclaredCookie>> parse_declaration_csv(std::string_view content, std::string_view file) {
  const auto lines = TRY(read_csv(content, file));
  if (lines.empty()) return fail(ErrorKind::invalid, "{}: is empty; {}", file, k_remedy);
  const Columns columns(lines.front().cells);
  if (!columns.name)
    return fail(ErrorKind::invalid, "{}: line {}: no column for cookie names; {}", file, lines.front().number, k_remedy);
  std::vector<DeclaredCookie> list;
  for (const Line& line : std::span(lines).subspan(1)) {
    DeclaredCookie declared = make_declared(line.cells, columns);
    if (declared.name.empty()) return fail(ErrorKind::invalid, "{}: line {}: the cookie's name is empty", file, line.number);
    TRY(add_entry(list, std::move(declared), file));
  }
  return list;
}

Result<std::vector<DeclaredCookie>> parse_declaration_json(std::string_view content, std::string_view file) {
  const auto json = TRY(datasets::parse_json(content, file));
  const auto* value = &json;
  if (const auto* object = json.if_object()) value = object->if_contains("cookies");
  const auto* entries = value ? value->if_array() : nullptr;
  if (!entries) return fail(ErrorKind::invalid, "{}: must be an array of cookies, or an object with the array \"cookies\"", file);
  std::vector<DeclaredCookie> list;
  Row header;
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto* object = (*entries)[i].if_object();
    if (!object) return fail(ErrorKind::invalid, "{}: cookies[{}]: must be an object with \"name\"", file, i);
    const Row row = row_of(*object, header);
    DeclaredCookie declared = make_declared(row, Columns(header));
    if (declared.name.empty()) return fail(ErrorKind::invalid, "{}: cookies[{}]: the text \"name\" is missing", file, i);
    TRY(add_entry(list, std::move(declared), file));
  }
  return list;
}

Result<std::vector<DeclaredCookie>> parse_declaration_html(std::string_view content, std::string_view file) {
  constexpr int k_options = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET;
  const std::unique_ptr<xmlDoc, decltype(&xmlFreeDoc)> page(
      htmlReadMemory(content.data(), static_cast<int>(content.size()), nullptr, "UTF-8", k_options), xmlFreeDoc);
  xmlNode* root = page ? xmlDocGetRootElement(page.get()) : nullptr;
  HtmlTables tables(file);
  TRY(tables.read(root));
  return tables.take();
}

Result<std::vector<DeclaredCookie>> load_declaration(const std::filesystem::path& path) {
  const std::string ending = to_lower(path.extension().string());
  const std::string file = path.string();
  const std::string content = TRY(read_file(path, 4_MiB));
  if (ending == ".csv") return parse_declaration_csv(content, file);
  if (ending == ".json") return parse_declaration_json(content, file);
  if (ending == ".html" || ending == ".htm") return parse_declaration_html(content, file);
  return fail(ErrorKind::invalid, "{}: the declaration must be a .csv, .json, .html or .htm file", file);
}

}  // namespace gannet::inspect
