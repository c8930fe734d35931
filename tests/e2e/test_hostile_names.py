"""What a page calls things (sites/hostile_names.py) is text in every report, on every terminal and in every file: never markup, never a
control sequence, never a line of gannet's own."""

import json
import re

import pytest
from sites.hostile_names import BEACON_HOST, FORGED_LINE, HOST, MARKER, TEXTS

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@pytest.fixture
def scanned(gannet, tmp_path):
    """A scan of the page, kept; returns a function that reports it in a format."""
    params = tmp_path / "params.json"
    params.write_text(json.dumps({"wait_for_dynamic_content": 2, "max_retries": 0}))
    run = gannet.scan(gannet.url(HOST, scheme="http"), "--states", "untouched,accepted", "--params", str(params), "--verbose")
    assert MARKER in run.stdout, "the page's names are not in the report at all"

    def report(kind: str):
        return gannet.run("show", run.get_document()["scan_id"], "--data-dir", str(gannet.data_dir), "--format", kind)

    report.scan = run
    return report


def _control_characters(text: str) -> set[str]:
    return {f"U+{ord(found):04X}" for found in _CONTROLS.findall(text)}


def test_names_are_text_in_every_report(scanned, gannet, reference, tmp_path):
    text, html, document = scanned("text").stdout, scanned("html").stdout, scanned("json").stdout
    for name, output in {"scan": scanned.scan.stderr, "text": text, "html": html}.items():
        assert _control_characters(output) == set(), name
        assert not [line for line in output.splitlines() if line.strip() == FORGED_LINE], name
    assert MARKER in text and MARKER in html
    assert "]0;owned" in text, "the terminal's sequences were not seen as text"
    # The escapes of JSON hide what a terminal would obey; DEL and C1 need none there.
    assert not {c for c in document if ord(c) < 0x20 and c != "\n"}
    json.loads(document)

    path = tmp_path / "report.html"
    path.write_text(html)
    gannet.server.log.restart()
    reference.open(path.as_uri())
    assert reference.evaluate("document.body.innerText").count(MARKER) > 0
    assert reference.requested == [path.as_uri()]
    assert reference.evaluate("typeof pwned") == "undefined"
    assert reference.evaluate("document.querySelectorAll('[onerror], [onload], img[src=x], a[href^=\"javascript:\"]').length") == 0
    assert gannet.server.log.exchanges(host=BEACON_HOST) == []


def test_markup_that_were_not_escaped_would_be_noticed(gannet, reference, tmp_path):
    """The control of the test above: the same texts, put into a document as they are."""
    path = tmp_path / "control.html"
    path.write_text("".join(TEXTS).replace("{{http}}", str(gannet.server.http_port)))
    gannet.server.log.restart()
    reference.open(path.as_uri())
    assert reference.evaluate("typeof pwned") == "number"
    assert len(reference.requested) > 1
    assert [e.host for e in gannet.server.log.exchanges()] == [BEACON_HOST]
