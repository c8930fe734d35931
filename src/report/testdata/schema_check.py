"""Documents and damaged copies of one of them against a JSON Schema; the damages show that the schema can refuse."""

import copy
import json
import pathlib

from jsonschema import Draft202012Validator


def check(schema_path, folder, damages, damaged_name):
    """Prints what is wrong and returns the exit code: every *.json of the folder must satisfy the schema, and no damaged copy of
    `damaged_name` may. `damages` are functions that change a document, by what they do to it."""
    schema = json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    documents = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in sorted(pathlib.Path(folder).glob("*.json"))}
    failures = [] if damaged_name in documents else [f"no {damaged_name} in {folder}"]
    for name, document in documents.items():
        failures += [f"{name}: {'/'.join(map(str, error.absolute_path))}: {error.message}" for error in validator.iter_errors(document)]
    for name, damage in damages.items() if damaged_name in documents else ():
        damaged = copy.deepcopy(documents[damaged_name])
        damage(damaged)
        if validator.is_valid(damaged):
            failures.append(f"the schema accepts a document where {name}")
    print("\n".join(failures) or f"{len(documents)} documents valid, {len(damages)} damaged ones refused")
    return 1 if failures else 0
