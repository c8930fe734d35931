"""Decisions of users about cookies, and what is published of them: from a scan to its review, rules, policy and declaration."""

import json
import shlex

import pytest
from harness.gannet import EXIT_FINDINGS, EXIT_FINE, EXIT_PARTIAL, EXIT_USAGE


@pytest.fixture
def kept(gannet, sites):
    """A kept scan of a site with unknown cookies."""
    return gannet.scan_site(sites["many"], states=("untouched",))


def _run(gannet, *arguments):
    return gannet.run(*arguments, environment={"GANNET_DATA_DIR": str(gannet.data_dir)})


def _category(gannet, scan, name):
    shown = json.loads(_run(gannet, "show", scan, "--format", "json").stdout)
    return {(c["category"], c["category_source"]) for c in shown["states"]["untouched"]["cookies"] if c["name"] == name}


def test_an_unknown_cookie_is_settled_by_the_command_that_the_review_gives(gannet, kept):
    scan = kept.get_document()["scan_id"]
    review = json.loads(_run(gannet, "cookies", "review", "--format", "json").stdout)
    assert review["scans"] == 1
    entries = {cookie["name"]: cookie for cookie in review["cookies"]}
    entry = entries["empty_path"]
    assert (entry["hosts"], entry["states"], entry["set_by"]["kind"]) == (["www.many.test"], ["untouched"], "http")

    command = shlex.split(entry["command"].replace("CATEGORY", "functional"))
    assert _run(gannet, *command[1:]).exit_code == EXIT_FINE
    assert _category(gannet, scan, "empty_path") == {("functional", "rule file")}
    again = json.loads(_run(gannet, "cookies", "review", "--format", "json").stdout)
    assert {cookie["name"] for cookie in again["cookies"]} == set(entries) - {"empty_path"}


def test_a_decision_is_explained_guarded_and_taken_back(gannet, kept):
    cookie = ("empty_path", "--domain", "www.many.test")
    assert _run(gannet, "cookies", "set", *cookie, "--category", "analytics", "--note", "House statistics.").exit_code == EXIT_FINE
    explained = json.loads(_run(gannet, "cookies", "test", *cookie, "--format", "json").stdout)
    assert explained["decision"]["category"] == "analytics"
    assert [link["source"] for link in explained["chain"] if link["decides"]] == ["rule file"]
    assert _run(gannet, "cookies", "check").exit_code == EXIT_FINE

    rules = gannet.data_dir / "rules.json"
    edited = json.loads(rules.read_text())
    edited["rules"].insert(0, {"prefix": "empty", "category": "necessary"})
    rules.write_text(json.dumps(edited))
    wrong = _run(gannet, "cookies", "check")
    assert wrong.exit_code == EXIT_FINDINGS and "WRONG empty_path @ www.many.test: analytics was decided, necessary is found" in wrong.stdout

    assert _run(gannet, "cookies", "unset", *cookie).exit_code == EXIT_FINE
    assert json.loads(rules.read_text()) == {"rules": [{"prefix": "empty", "category": "necessary"}], "cases": []}

    rules.write_text('{\n"rules": [,]}')
    for command in (("cookies", "set", *cookie, "--category", "analytics"), ("show", kept.get_document()["scan_id"])):
        refused = _run(gannet, *command)
        assert refused.exit_code == EXIT_USAGE and f"{rules}: not JSON at line 2" in refused.stderr


def test_a_policy_names_what_was_seen_and_asks_for_review_of_the_rest(gannet, kept):
    scan = kept.get_document()["scan_id"]
    assert _run(gannet, "cookies", "set", "empty_path", "--domain", "many.test", "--category", "functional", "--note", "Keeps a path.").exit_code == 0
    policy = _run(gannet, "policy", scan).stdout
    functional, review = policy.index("### Functional"), policy.index("### Needs review")
    assert functional < policy.index("| empty\\_path | www<!-- -->.many.test | Keeps a path. | 1 hour | cookie | first party |") < review
    assert policy.index("| two |") > review
    assert "not seen in full with consent given" in policy
    assert "<th scope=\"col\">Name</th>" in _run(gannet, "policy", scan, "--format", "html").stdout


def test_a_declaration_is_held_against_what_was_seen(gannet, kept, tmp_path):
    scan = kept.get_document()["scan_id"]
    declaration = tmp_path / "declared.csv"
    declaration.write_text("Name,Domain,Expiry\none,many.test,Session\nempty_*,,1 day\nnever,,\n")
    run = _run(gannet, "policy", scan, "--declaration", str(declaration), "--format", "json", "--fail-on-undeclared")
    assert run.exit_code == EXIT_FINDINGS, run.stderr
    result = json.loads(run.stdout)
    assert {match["name"]: len(match["differences"]) for match in result["declared_and_seen"]} == {"one": 0, "empty_*": 1}
    assert {"two", "sid"} <= {item["name"] for item in result["seen_not_declared"]}
    assert [entry["name"] for entry in result["declared_not_seen"]] == ["never"]

    declaration.write_text("Name\n*\n")
    complete = _run(gannet, "policy", scan, "--declaration", str(declaration), "--fail-on-undeclared")
    assert complete.exit_code in (EXIT_FINE, EXIT_PARTIAL) and "Seen, not declared: 0" in complete.stdout
