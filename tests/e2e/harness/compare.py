"""Compares a state of a scan document with a site's declaration, and the declaration with the server's log. Each function returns
the differences in words; none is the only right answer."""

from collections import Counter
from collections.abc import Callable

from .log import Exchange
from .server import VISITOR_COOKIE, visitor_of_value_size
from .truth import Blocked, Cookie, Storage, Truth, plain_url

_LIFETIME_TOLERANCE_SECONDS = 5


def report_differences(state: dict, truth: Truth, log: Callable[[int], list[Exchange]]) -> list[str]:
    """`log` gives the exchanges of one visitor. Everything that a report of this state says about the truth is compared."""
    found = []
    if state["consent"]["result"] != truth.consent:
        found.append(f"consent: {state['consent']} instead of {truth.consent}")
    found += cookie_differences([c for c in state["cookies"] if c["present"] or not truth.has_passing], truth.cookies)
    found += _storage_differences([s for s in state["storage"] if s["present"] or not truth.has_passing], truth.storage)
    found += [] if truth.has_passing else _blocked_differences(state["blocked_cookies"], truth.blocked)
    found += _set_differences("third party", {f"{t['domain']} from {t['first_phase']}" for t in state["third_parties"]},
                              {f"{domain} from {phase}" for domain, phase in truth.third_parties.items()})
    visitors = {visitor_of_value_size(c["value"]["size_bytes"]) for c in state["cookies"] if c["name"] == VISITOR_COOKIE}
    for visitor in visitors:
        found += log_differences(log(visitor), truth)
    return found


def cookie_differences(reported: list[dict], declared: tuple[Cookie, ...]) -> list[str]:
    by_key = {cookie.key: cookie for cookie in declared}
    found = []
    seen = set()
    for item in reported:
        key = (item["name"], item["domain"], item["host_only"], item["path"], item["partition_key"])
        if key in seen:
            found.append(f"cookie {key}: reported twice")
        elif key not in by_key:
            found.append(f"cookie {key}: reported, but not set by the site; set_by {item['set_by']}")
        else:
            found += [f"cookie {item['name']}: {text}" for text in _attribute_differences(item, by_key[key])]
        seen.add(key)
    return found + [f"cookie {key}: set by the site, but not reported" for key in by_key if key not in seen]


def log_differences(exchanges: list[Exchange], truth: Truth) -> list[str]:
    """What one visitor's exchanges contradict in the declaration: the log decides."""
    found = []
    declared_http = {c.name for c in truth.cookies if c.kind == "http"} | {b.name for b in truth.blocked if b.kind == "http"}
    sent = {line.partition("=")[0].strip() for e in exchanges for line in e.set_cookies if "max-age=0" not in line.lower()}
    found += [f"log: the server set {name}, which is not declared" for name in sorted(sent - declared_http)]
    found += [f"log: the server never set {name}" for name in sorted(declared_http - sent)]
    returned = {name for e in exchanges for name in e.cookies}
    found += [f"log: the browser sent {name}, which is not declared" for name in sorted(returned - {c.name for c in truth.cookies})]
    fetched = Counter(f"{e.scheme}://{e.host}{e.path}" for e in exchanges)
    # What wrote the cookie came again, so the page was loaded again with the cookie in the jar.
    due = {c.name for c in truth.cookies if c.resent and c.present and fetched[c.by] > 1}
    found += [f"log: the browser never sent {name}" for name in sorted(due - returned)]
    return found


def _attribute_differences(item: dict, cookie: Cookie) -> list[str]:
    writer = (cookie.kind, cookie.by, cookie.written_with) if cookie.observed else ("unknown", "", "")
    pairs = {
        "party": (item["party"], cookie.party), "secure": (item["secure"], cookie.secure),
        "http_only": (item["http_only"], cookie.http_only), "same_site": (item["same_site"], cookie.same_site),
        "session": (item["session"], cookie.lifetime is None), "phase": (item["phase"], cookie.phase),
        "present": (item["present"], cookie.present), "set_by.kind": (item["set_by"]["kind"], writer[0]),
        "set_by.url": (plain_url(item["set_by"]["url"]), writer[1]), "set_by.method": (item["set_by"]["method"], writer[2]),
        "set_by.by_gannet": (item["set_by"]["by_gannet"], cookie.by_gannet),
        "size_bytes": (item["size_bytes"], len(cookie.name) + item["value"]["size_bytes"]),
    }
    found = [f"{name} is {got!r}, not {wanted!r}" for name, (got, wanted) in pairs.items() if got != wanted]
    for name, wanted in (("lifetime_seconds", cookie.kept_lifetime), ("declared_lifetime_seconds", cookie.lifetime)):
        got = item[name]
        if (got is None) != (wanted is None) or (got is not None and abs(got - wanted) > _LIFETIME_TOLERANCE_SECONDS):
            found.append(f"{name} is {got}, not {wanted}")
    return found


def _blocked_differences(reported: list[dict], declared: tuple[Blocked, ...]) -> list[str]:
    unreasoned = {b.name for b in declared if not b.reason}
    return _set_differences("blocked cookie", {
        f"{b['name']} [{'' if b['name'] in unreasoned else '+'.join(b['reasons'])}] by {b['set_by']['kind']} "
        f"{plain_url(b['set_by']['url'])} in {b['phase']}" for b in reported},
        {f"{b.name} [{b.reason}] by {b.kind} {b.by} in {b.phase}" for b in declared})


def _storage_differences(reported: list[dict], declared: tuple[Storage, ...]) -> list[str]:
    unwatched = {s.identity for s in declared if s.by is None}

    def text(identity: tuple[str, str, str], kind: str, by: str | None, phase: str, party: str, is_present: bool) -> str:
        writer = "anyone" if identity in unwatched else f"{kind} {by}"
        return f"{' '.join(identity)} by {writer} in {phase}, {party} party{'' if is_present else ', gone'}"

    return _set_differences("storage", {
        text((s["area"], plain_url(s["origin"]), plain_url(s["key"])), s["set_by"]["kind"], plain_url(s["set_by"]["url"]), s["phase"],
             s["party"], s["present"]) for s in reported},
        {text(s.identity, s.kind, s.by, s.phase, s.party, s.present) for s in declared})


def _set_differences(what: str, reported: set[str], declared: set[str]) -> list[str]:
    return ([f"{what}: reported, but not declared: {text}" for text in sorted(reported - declared)]
            + [f"{what}: declared, but not reported: {text}" for text in sorted(declared - reported)])
