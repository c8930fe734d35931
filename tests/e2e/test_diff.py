"""Comparing scans: a baseline file, kept scans, what is new, what is gone, and what only was not seen."""

import json

import jsonschema
import pytest
from harness.gannet import EXIT_FAILED, EXIT_FINDINGS, EXIT_FINE, EXIT_USAGE, ROOT
from sites import versions

SCHEMA = json.loads((ROOT / "docs" / "comparison-document.schema.json").read_text())
SAME, DIFFERENT = 0, 1


@pytest.fixture
def scan_version(gannet, tmp_path):
    """Scans a version of the site; returns the run and a file with its document."""
    number = 0

    def scan(version, *arguments, states="untouched,accepted"):
        nonlocal number
        number += 1
        versions.make_live(version)
        run = gannet.scan(gannet.url(versions.HOST), "--states", states, *arguments)
        path = tmp_path / f"scan{number}.json"
        path.write_text(run.stdout)
        return run, path

    return scan


def _diff(gannet, *arguments, exit_code=SAME):
    run = gannet.run("diff", *map(str, arguments), "--format", "json", "--data-dir", str(gannet.data_dir), seconds=60)
    assert run.exit_code == exit_code, run
    comparison = json.loads(run.stdout)
    jsonschema.validate(comparison, SCHEMA)
    return comparison


def _changes(comparison, state="untouched"):
    """What a comparison says of a state, by name."""
    compared = comparison["states"][state]
    things = [(thing.get("name") or thing.get("key") or thing["domain"], thing)
              for kind in ("cookies", "storage", "third_parties") for thing in compared[kind]]
    return {name: thing for name, thing in things}


def test_second_version_is_told_from_the_first(gannet, scan_version):
    first, baseline = scan_version("first")
    assert first.exit_code == EXIT_FINE
    second, document = scan_version("second", "--baseline", str(baseline), "--fail-on", "new:high")
    assert second.exit_code == EXIT_FINDINGS, second

    comparison = second.get_document()["since_baseline"]
    jsonschema.validate(comparison, SCHEMA)
    for state in ("untouched", "accepted"):
        changes = _changes(comparison, state)
        assert {name: (change["change"], change["doubt"]) for name, change in changes.items()} == {
            "_ga": ("added", None), "metrics.example": ("added", None), "metrics_uid": ("added", None), "metrics_seen": ("added", None),
            "old": ("removed", None), "prefs": ("changed", None)}, "and not the cookies with names of their own on each answer"
        assert changes["prefs"]["attributes"] == [{"name": "same_site", "before": "Lax", "after": "Strict"}]
    assert "cookie-before-consent" in {f["kind"] for f in comparison["findings"]["changes"] if f["change"] == "new"}

    ids = [run.get_document()["scan_id"] for run in (first, second)]
    for scans in ([baseline, document], ids, [ids[1]], [baseline, ids[1][:13]]):
        told = _diff(gannet, *scans, "--exit-code", exit_code=DIFFERENT)
        assert (told["states"], told["findings"]) == (comparison["states"], comparison["findings"]), scans
    back = _changes(_diff(gannet, document, baseline))
    assert (back["_ga"]["change"], back["old"]["change"]) == ("removed", "added")


def test_same_version_has_no_differences_and_nothing_new(gannet, scan_version):
    first, baseline = scan_version("second")
    second, document = scan_version("second", "--baseline", str(baseline), "--fail-on", "new:info")
    assert second.exit_code == EXIT_FINE, second
    assert not second.get_document()["since_baseline"]["different"], second.get_document()["since_baseline"]
    assert _diff(gannet, baseline, document, "--exit-code", exit_code=SAME)["findings"]["same"] > 0
    assert scan_version("second", "--baseline", str(baseline), "--fail-on", "high,new:info")[0].exit_code == EXIT_FINDINGS


def test_loss_in_a_visit_that_never_rests_is_none(gannet, scan_version):
    _, baseline = scan_version("first", states="untouched")
    run, document = scan_version("second, never at rest", "--baseline", str(baseline), states="untouched")
    changes = _changes(run.get_document()["since_baseline"])
    assert changes["old"]["change"] == "removed"
    assert changes["old"]["doubt"]["kind"] == "page_not_settled"
    assert changes["_ga"]["change"] == "added"
    text = gannet.run("diff", str(baseline), str(document)).stdout
    certain, unseen = text.split("NOT SEEN, BUT NOT PROVED GONE")
    assert "old (versions.test)" not in certain
    assert "old (versions.test)" in unseen and "still busy" in unseen


def test_reports_of_all_formats_have_what_is_new(gannet, scan_version, tmp_path):
    _, baseline = scan_version("first", states="untouched")
    versions.make_live("second")
    for format, heading in (("text", "SINCE THE BASELINE"), ("html", "<h2>Since the baseline</h2>")):
        run = gannet.run("scan", gannet.url(versions.HOST), *gannet.site_arguments(), "--states", "untouched", "--format", format,
                         "--baseline", str(baseline))
        assert heading in run.stdout and "_ga" in run.stdout.split(heading)[1]


def test_what_cannot_be_compared_is_named(gannet, tmp_path):
    (tmp_path / "text.json").write_text("no document")
    (tmp_path / "other.json").write_text('{"schema_version": "1.1", "scan_id": 7}')
    wrong = {
        "new without a baseline": (["scan", "a.test", "--fail-on", "new:high"], EXIT_USAGE, ["--baseline"]),
        "unknown severity": (["scan", "a.test", "--fail-on", "new:bad", "--baseline", "b.json"], EXIT_USAGE, ["bad", "critical"]),
        "baseline of two sites": (["scan", "a.test", "b.test", "--baseline", "b.json"], EXIT_USAGE, ["one by one"]),
        "missing baseline": (["scan", "a.test", "--baseline", "/nowhere/b.json"], EXIT_USAGE, ["--baseline", "/nowhere/b.json"]),
        "no scan": (["diff"], EXIT_USAGE, ["SCAN"]),
        "three scans": (["diff", "a", "b", "c"], EXIT_USAGE, ["c"]),
        "one file": (["diff", "a.json"], EXIT_USAGE, ["a.json", "named as well"]),
        "standard input twice": (["diff", "-", "-"], EXIT_USAGE, ["standard input"]),
        "empty standard input": (["diff", "-", str(tmp_path / "text.json")], EXIT_USAGE, ["no scan document"]),
        "no document": (["diff", str(tmp_path / "text.json"), "x.json"], EXIT_USAGE, ["x.json"]),
        "wrong member": (["diff", "x.json", str(tmp_path / "other.json")], EXIT_USAGE, ["other.json", "scan_id", "must be text"]),
        "unknown scan": (["diff", "01234567", "89abcdef", "--data-dir", str(tmp_path / "data")], EXIT_FAILED, ["89abcdef"]),
    }
    for name, (arguments, exit_code, words) in wrong.items():
        run = gannet.run(*arguments, seconds=20)
        assert (run.exit_code, run.stdout) == (exit_code, ""), f"{name}: {run}"
        assert [word for word in words if word not in run.stderr] == [], f"{name}: {run}"


def test_scans_of_different_hosts_are_compared_only_when_asked(gannet, scan_version, sites):
    _, baseline = scan_version("first", states="untouched")
    gannet.server.log.restart()
    refused = gannet.run("scan", gannet.url("plain.test"), *gannet.site_arguments(), "--baseline", str(baseline))
    assert refused.exit_code == EXIT_USAGE and refused.stdout == ""
    assert all(word in refused.stderr for word in (versions.HOST, "plain.test", "--any-host"))
    assert gannet.server.log.exchanges() == [], "known before the scan"
    run = gannet.scan_site(sites["plain"], states=("untouched",), arguments=("--baseline", str(baseline), "--any-host"))
    assert _changes(run.get_document()["since_baseline"])["old"]["change"] == "removed"


def test_first_scan_of_a_host_has_no_previous_one(gannet, scan_version):
    run, _ = scan_version("first", states="untouched")
    alone = gannet.run("diff", run.get_document()["scan_id"], "--data-dir", str(gannet.data_dir))
    assert alone.exit_code == EXIT_FAILED
    assert versions.HOST in alone.stderr and "name the scan" in alone.stderr
