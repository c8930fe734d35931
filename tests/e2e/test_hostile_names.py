"""What a page calls things (sites/hostile_names.py) is text in every report, on every terminal and in every file: never markup, never a
control sequence, never a line of gannet's own."""

import csv
import json
import re
from xml.etree import ElementTree

import pytest
from sites.hostile_names import BEACON_HOST, FORGED_LINE, HOST, MARKER, TEXTS

SECONDS = 30
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def scanned(gannet, tmp_path):
    """A scan of the page, kept; returns a function that reports it in a format."""
    params = tmp_path / "params.json"
    params.write_text(json.dumps({"wait_for_dynamic_content": 2, "max_retries": 0}))
    run = gannet.scan(gannet.url(HOST, scheme="http"), "--states", "untouched,accepted", "--params", str(params), "--verbose")
    assert MARKER in run.stdout, "the page's names are not in the report at all"

    def report(kind: str, *options: str):
        return gannet.run("show", run.get_document()["scan_id"], "--format", kind, *options)

    report.scan = run
    return report


def _control_characters(text: str) -> set[str]:
    return {f"U+{ord(found):04X}" for found in _CONTROLS.findall(text)}


def _open(browser, path) -> None:
    """From a file of the same folder: a document that needs another process has first requests that the browser does not tell."""
    empty = path.with_name("empty.html")
    empty.write_text("<!doctype html>")
    browser.open(empty.as_uri())
    browser.requested.clear()
    browser.open(path.as_uri())


def test_names_are_text_in_every_report(scanned, gannet, reference, tmp_path):
    reports = {kind: scanned(kind).stdout for kind in ("text", "html", "json", "har", "sarif", "junit")}
    tables = {table: scanned("csv", "--table", table).stdout for table in ("cookies", "storage", "third-parties", "findings", "requests")}
    html = reports["html"]
    for name, output in ({"progress": scanned.scan.stderr} | reports | tables).items():
        assert _control_characters(output) == set(), name
        assert not [line for line in output.splitlines() if line.strip() == FORGED_LINE], name
    assert MARKER in reports["text"] and MARKER in html
    assert "]0;owned" in html, "the terminal's sequences were not seen as text"
    for kind in ("json", "har", "sarif"):
        json.loads(reports[kind])
    ElementTree.fromstring(reports["junit"])
    cells = [cell for table in tables.values() for row in csv.reader(table.splitlines()) for cell in row]
    assert [cell for cell in cells if cell.startswith(_FORMULA_STARTS)] == []
    assert "'=HYPERLINK" in "".join(cells), "no cell would have been a formula"

    path = tmp_path / "report.html"
    path.write_text(html)
    gannet.server.log.restart()
    _open(reference, path)
    assert reference.evaluate("document.body.innerText").count(MARKER) > 0
    assert [url for url in reference.requested if not url.startswith("data:")] == [path.as_uri()]
    assert reference.evaluate("typeof pwned") == "undefined"
    assert reference.evaluate("document.querySelectorAll('[onerror], [onload], img[src=x], a[href^=\"javascript:\"]').length") == 0
    assert gannet.server.log.exchanges(host=BEACON_HOST) == []


def test_markup_that_were_not_escaped_would_be_noticed(gannet, reference, tmp_path):
    """The control of the test above: the same texts, put into a document as they are."""
    path = tmp_path / "control.html"
    path.write_text("".join(TEXTS).replace("{{http}}", str(gannet.server.http_port)))
    gannet.server.log.restart()
    _open(reference, path)
    gannet.server.log.wait_for(lambda seen: bool(seen), SECONDS)
    reference.settle()
    assert reference.evaluate("typeof pwned") == "number"
    assert len(reference.requested) > 1
    assert [e.host for e in gannet.server.log.exchanges()] == [BEACON_HOST]
