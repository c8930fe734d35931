"""validate.py SCHEMA FOLDER: every *.json of the folder must satisfy the schema, and every damaged copy of leaky.json must not."""

import sys

from schema_check import check


def put(path, value):
    """A damage: the value put at the path."""

    def damage(document):
        *parents, last = path
        for step in parents:
            document = document[step]
        document[last] = value

    return damage


def drop(path):
    """A damage: the member at the path removed."""

    def damage(document):
        *parents, last = path
        for step in parents:
            document = document[step]
        del document[last]

    return damage


COOKIE = ("states", "untouched", "cookies", 0)
DAMAGES = {
    "a required field is missing": drop(("status",)),
    "a nested required field is missing": drop((*COOKIE, "set_by", "kind")),
    "a field is unknown": put(("surprise",), 1),
    "a cookie's field is unknown": put((*COOKIE, "raw_value"), "secret"),
    "a state is unknown": put(("states", "withdrawn"), {}),
    "the status is unknown": put(("status",), "clean"),
    "the version is another": put(("schema_version",), "2.0"),
    "a phase is unknown": put((*COOKIE, "phase"), "S4"),
    "a time has no zone": put(("started_at",), "2026-11-21T22:37:20.123"),
    "the id is not a UUID": put(("scan_id",), "42"),
    "a finding's id is too short": put(("findings", 0, "id"), "6f1d0c2a"),
    "a count is negative": put(("states", "untouched", "requests", "total"), -1),
    "a digest is no digest": put((*COOKIE, "value", "hmac"), "the raw value"),
    "a stack is too deep": put(
        (*COOKIE, "set_by", "stack"), [{"function": "", "url": "", "line": 1, "column": 1}] * 21
    ),
}


if __name__ == "__main__":
    sys.exit(check(*sys.argv[1:], DAMAGES, "leaky.json"))
