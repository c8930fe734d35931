"""Kept scans as reports for people and for other programs. Schemas of the formats are checked by the unit test report.formats; here the
reports are compared with the scan document, and the PDF is read by another program than the one that made it."""

import csv
import json
import os
import pty
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest
from harness.gannet import EXIT_FINDINGS, EXIT_FINE, EXIT_USAGE, binary


@pytest.fixture
def leaky(gannet, sites):
    """The document of a kept scan with findings."""
    run = gannet.scan_site(sites["leaky"])
    assert run.exit_code == EXIT_FINE, run
    return run.get_document()


@pytest.fixture
def report(gannet, leaky, tmp_path):
    """Writes a report of the kept scan and gives its path."""

    def write(name, *arguments, exit_code=EXIT_FINE):
        path = tmp_path / f"report.{name}"
        run = gannet.run("report", leaky["scan_id"], *arguments, "--out", str(path))
        assert run.exit_code == exit_code, run
        return path

    return write


def text_of(pdf):
    return subprocess.run(["pdftotext", "-layout", pdf, "-"], check=True, capture_output=True, text=True).stdout


def test_formats_for_programs_tell_what_the_document_tells(leaky, report):
    cookies = [(state, cookie["name"], cookie["domain"], cookie["category"])
               for state, seen in leaky["states"].items() for cookie in seen["cookies"]]
    with open(report("csv", "--format", "csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["state"], row["name"], row["domain"], row["category"]) for row in rows] == cookies

    requests = sum(seen["requests"]["total"] for seen in leaky["states"].values())
    har = json.loads(report("har", "--format", "har").read_text())["log"]
    assert {page["_state"] for page in har["pages"]} == set(leaky["states"])
    own = [entry for entry in har["entries"] if "_byGannet" not in entry]
    assert len(own) == requests
    assert all(entry["time"] > 0 for entry in own if entry["response"]["status"] == 200)
    for entry in har["entries"]:
        assert "sid=" not in json.dumps(entry), "a cookie's value stands in the archive"

    sarif = json.loads(report("sarif", "--format", "sarif").read_text())["runs"][0]
    assert [result["partialFingerprints"]["gannetFindingId/v1"] for result in sarif["results"]] == [f["id"] for f in leaky["findings"]]

    suites = ElementTree.parse(report("xml", "--format", "junit")).getroot()
    failed = {(suite.get("name"), case.get("name")) for suite in suites for case in suite if case.find("failure") is not None}
    expected = {(evidence["state"], finding["kind"].replace("-", " ")) for finding in leaky["findings"] for evidence in finding["evidence"]
                if finding["severity"] != "info" and finding["confidence"] != "unsure"}
    assert failed == expected and expected


def test_report_is_decided_by_fail_on_as_a_scan_is(report):
    # The site's own names are in no data set, so the gravest finding that is not unsure is low.
    for severity, exit_code in (("low", EXIT_FINDINGS), ("high", EXIT_FINE)):
        junit = report(f"{severity}.xml", "--format", "junit", "--fail-on", severity, exit_code=exit_code)
        assert bool(ElementTree.parse(junit).getroot().findall(".//failure")) == (severity == "low")


def test_show_and_report_are_one_thing(gannet, leaky):
    shown, reported = (gannet.run(command, leaky["scan_id"], "--format", "text") for command in ("show", "report"))
    assert shown.exit_code == EXIT_FINE and shown.stdout == reported.stdout
    assert "<!doctype html>" in gannet.run("report", leaky["scan_id"]).stdout


def test_html_shows_each_state_as_it_looked(leaky, report):
    html = report("html").read_text()
    for caption in ("Before any choice: scrolled", "After refusing: reloaded", "After accepting: reloaded"):
        assert f'<img alt="{caption}" width="1366" height="768" src="data:image/jpeg;base64,' in html, caption
    pictures = subprocess.run(["pdfimages", "-list", report("pdf", "--format", "pdf")], check=True, capture_output=True, text=True).stdout
    assert len(pictures.splitlines()) - 2 >= 3, pictures


def test_pdf_holds_the_report_and_fetches_nothing(gannet, leaky, report, tmp_path):
    gannet.server.log.restart()
    pdf = report("pdf", "--format", "pdf")
    assert gannet.server.log.exchanges() == []
    text = text_of(pdf)
    for finding in leaky["findings"]:
        assert " ".join(finding["title"].split()[:3]) in " ".join(text.split())
    for cookie in leaky["states"]["untouched"]["cookies"]:
        assert cookie["name"] in text
    pages = text.rstrip("\f").split("\f")
    for number, page in enumerate(pages, start=1):
        assert f"page {number} of {len(pages)}" in " ".join(page.split()), f"page {number}"
        assert leaky["url"] in page, "the head of each page names the site"
    subprocess.run(["pdftoppm", "-r", "30", "-gray", pdf, tmp_path / "page"], check=True)
    for picture in tmp_path.glob("page*.pgm"):
        pixels = picture.read_bytes().split(b"\n255\n", 1)[1]
        assert sum(pixel < 200 for pixel in pixels) > 100, f"{picture.name} is empty"


def test_scan_itself_can_end_in_a_pdf(gannet, sites, tmp_path):
    pdf = tmp_path / "scan.pdf"
    run = gannet.run("scan", gannet.url(sites["plain"].host), *gannet.site_arguments(), "--states", "untouched", "--format", "pdf", "--out", str(pdf))
    assert run.exit_code == EXIT_FINE, run
    assert gannet.url(sites["plain"].host) in text_of(pdf)


def test_pdf_is_not_written_to_a_terminal(gannet):
    leader, follower = pty.openpty()
    done = subprocess.run([binary(), "report", "0192abcd", "--format", "pdf"], stdout=follower, stderr=subprocess.PIPE, text=True)
    os.close(follower)
    os.close(leader)
    assert (done.returncode, done.stderr) == (EXIT_USAGE, "gannet: --format pdf makes no text for a terminal; name a file with --out\n")
