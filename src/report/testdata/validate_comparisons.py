"""validate_comparisons.py SCHEMA FOLDER: every *.json of the folder must satisfy the schema, and every damaged copy must not."""

import copy
import json
import pathlib
import sys

from jsonschema import Draft202012Validator

DAMAGES = {
    "a required field is missing": lambda document: document.pop("different"),
    "a field is unknown": lambda document: document.update(surprise=1),
    "the version is another": lambda document: document.update(schema_version="2.0"),
    "a state is unknown": lambda document: document["states"].update(withdrawn={}),
    "a kind of change is unknown": lambda document: document["findings"]["changes"][0].update(change="gone"),
    "a doubt has no kind": lambda document: document["findings"]["changes"][0].update(doubt={"state": "untouched", "about": ""}),
}


def main():
    schema_path, folder = map(pathlib.Path, sys.argv[1:])
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    failures = []
    documents = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))}
    for name, document in documents.items():
        failures += [f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]
    for name, damage in DAMAGES.items():
        damaged = copy.deepcopy(documents["worse.json"])
        damage(damaged)
        if validator.is_valid(damaged):
            failures.append(f"the schema accepts a document where {name}")
    print("\n".join(failures) or f"{len(documents)} documents valid, {len(DAMAGES)} damaged ones refused")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
