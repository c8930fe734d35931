// The style sheet of the HTML report. Light and dark follow the reader's system; text contrasts are 4.5:1 or better (WCAG 2.2
// §1.4.3).
#pragma once

#include <string_view>

namespace gannet::report {

inline constexpr std::string_view k_report_style = R"css(
:root { --page: #f6f7f9; --card: #fff; --text: #1b2430; --calm: #5b6675; --line: #dde2e9;
  --bad: #b3261e; --bad-card: #fdecea; --open: #7a5200; --open-card: #fff4dc; --good: #1d6b37; --good-card: #e6f5ea; }
@media (prefers-color-scheme: dark) {
  :root { --page: #12161c; --card: #1b212a; --text: #e6eaf0; --calm: #9aa5b4; --line: #303947;
    --bad: #ff8a80; --bad-card: #3b1d1c; --open: #f3c262; --open-card: #36290f; --good: #7fd69a; --good-card: #15301e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 24px 16px 64px; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 4px 0 8px; }
h2 { font-size: 1.1rem; margin: 36px 0 10px; }
h3 { font-size: 1rem; margin: 0; }
dl + h3 { margin: 14px 0 8px; }
p { margin: 4px 0; }
.bad { color: var(--bad); } .open { color: var(--open); } .good { color: var(--good); } .calm { color: var(--calm); }
.verdict { padding: 20px 24px; border-radius: 10px; border-left: 6px solid; }
.verdict p { color: var(--text); }
.verdict.bad { background: var(--bad-card); } .verdict.open { background: var(--open-card); } .verdict.good { background: var(--good-card); }
.verdict .site { font-weight: 600; }
.when, .legend, .tags { color: var(--calm); font-size: .87rem; }
.verdict .when { color: var(--text); opacity: .8; }
.states { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 12px; margin: 14px 0 0; }
.state { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 14px 16px; }
.state h3 { display: inline; margin-right: 6px; }
.state .tags { display: inline; }
figure { margin: 10px 0 0; }
figure img { display: block; width: 100%; height: auto; max-height: 240px; object-fit: cover; object-position: top; border: 1px solid var(--line); border-radius: 6px; }
figcaption { color: var(--calm); font-size: .85rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); gap: 12px; }
.gaps { list-style: none; margin: 0; padding: 0; }
.gaps li { background: var(--card); border: 1px solid var(--line); border-left: 4px solid var(--calm); border-radius: 6px; padding: 8px 12px; margin: 6px 0;
  color: var(--text); }
.gaps li.open { border-left-color: var(--open); }
.gaps b { display: inline-block; min-width: 5.5em; margin-right: 6px; }
article { background: var(--card); border: 1px solid var(--line); border-left: 4px solid; border-radius: 6px; padding: 12px 16px; margin: 8px 0; }
article > * { color: var(--text); }
article .tags { color: inherit; font-weight: 600; }
article .evidence { margin: 6px 0; font-size: .93rem; }
article .evidence b { margin-right: 8px; }
article .advice::before { content: "→ "; }
details { margin-top: 4px; color: var(--calm); font-size: .87rem; }
summary { cursor: pointer; }
details.rest { margin: 10px 0; color: var(--text); font-size: inherit; }
details.rest > summary { color: var(--calm); padding: 6px 2px; }
ol { margin: 4px 0; padding-left: 2.2em; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 6px; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; overflow-wrap: normal; }
th, td { text-align: left; vertical-align: top; padding: 7px 10px; white-space: nowrap; }
th { font-weight: 600; color: var(--calm); border-bottom: 1px solid var(--line); }
tbody tr + tr td { border-top: 1px solid var(--line); }
td.name { white-space: normal; min-width: 10em; overflow-wrap: anywhere; }
td.long { white-space: normal; min-width: 18em; overflow-wrap: anywhere; }
td details { white-space: normal; min-width: 16em; }
small { display: block; color: var(--calm); font-size: .85rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 4px 18px; margin: 0; font-size: .93rem; }
dt { color: var(--calm); } dd { margin: 0; }
@media (max-width: 560px) { .verdict { padding: 16px; } h1 { font-size: 1.3rem; } dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: 8px; }
  .gaps b { display: block; }
  .scroll { overflow: visible; } table, tbody, tr { display: block; } thead { position: absolute; clip-path: inset(50%); }
  tr { padding: 8px 12px; } tbody tr + tr { border-top: 1px solid var(--line); } tbody tr + tr td { border-top: 0; }
  td { display: grid; grid-template-columns: 7em 1fr; padding: 1px 0; white-space: normal; overflow-wrap: anywhere; }
  td::before { content: attr(data-title); color: var(--calm); } td > * { grid-column: 2; } td:empty { display: none; }
  td:first-child { display: block; font-weight: 600; } td:first-child::before { content: none; }
  td:first-child small { font-weight: 400; } td.name, td.long, td details { min-width: 0; } }
@media print {
  :root { --page: #fff; --card: #fff; --text: #1b2430; --calm: #5b6675; --line: #cfd5dd;
    --bad: #b3261e; --bad-card: #fdecea; --open: #7a5200; --open-card: #fff4dc; --good: #1d6b37; --good-card: #e6f5ea; }
  html { font-size: 11px; } body { background: none; font-size: 9pt; } main { max-width: none; padding: 0; }
  .states { grid-template-columns: repeat(auto-fit, minmax(120px, 1fr)); } h2 { margin-top: 22px; }
  .verdict, .state, figure, .evidence, .gaps li, tr { break-inside: avoid; }
  h2, h3, summary, .tags { break-after: avoid; } thead { display: table-header-group; }
  .verdict, .gaps li, article { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  /* Paper cannot be unfolded, or scrolled. */
  details::details-content { content-visibility: visible; block-size: auto; }
  .scroll { overflow: visible; } table { font-size: 7.5pt; } th, td { padding: 3px 5px; } small, details { font-size: 7pt; }
  td.name, td.long { min-width: 0; } td details { min-width: 0; } td ol { padding-left: 1.6em; } }
)css";

}  // namespace gannet::report
