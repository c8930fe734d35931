"""validate_comparisons.py SCHEMA FOLDER: every *.json of the folder must satisfy the schema, and every damaged copy must not."""

import sys

from schema_check import check

DAMAGES = {
    "a required field is missing": lambda document: document.pop("different"),
    "a field is unknown": lambda document: document.update(surprise=1),
    "the version is another": lambda document: document.update(schema_version="2.0"),
    "a state is unknown": lambda document: document["states"].update(withdrawn={}),
    "a kind of change is unknown": lambda document: document["findings"]["changes"][0].update(change="gone"),
    "a doubt has no kind": lambda document: document["findings"]["changes"][0].update(doubt={"state": "untouched", "about": ""}),
}


if __name__ == "__main__":
    sys.exit(check(*sys.argv[1:], DAMAGES, "worse.json"))
