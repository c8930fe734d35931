"""The sites do what they declare: checked with Chromium alone, so that a failing scan test accuses gannet and not the site.

Runs with --reference only."""

import time

import pytest
from harness.compare import log_differences
from harness.server import VISITOR_COOKIE, visitor_of_value_size
from harness.truth import STATES, Cookie
from sites import load_sites


pytestmark = pytest.mark.reference

CASES = [pytest.param(site, state, id=f"{site.name}-{state}") for site in load_sites().values() for state in STATES
         if state in site.truth and site.is_plain_visit]


@pytest.mark.parametrize("site, state", CASES)
def test_chromium_has_the_declared_jar_in_each_phase(site, state, server, reference):
    server.log.restart()
    jars = {}
    reference.open(f"{site.scheme}://{site.host}:{server.https_port if site.scheme == 'https' else server.http_port}{site.path}")
    jars["S0"] = reference.cookies()
    reference.scroll()
    jars["S1"] = reference.cookies()
    for selector in {"accepted": site.accept, "rejected": site.reject}.get(state, ()):
        reference.click(selector)
    jars["S2"] = reference.cookies()
    reference.reload()
    jars["S3"] = reference.cookies()

    found = []
    seen = set()
    truth = site.truth[state]
    for phase, jar in jars.items():
        keys = {_key(cookie) for cookie in jar}
        declared = {c.key for c in truth.cookies if c.phase <= phase and c.present}
        found += [f"{phase}: {key} in the jar, not declared" for key in keys - declared]
        found += [f"{phase}: {key} declared, not in the jar" for key in declared - keys]
        seen |= keys
    by_key = {cookie.key: cookie for cookie in truth.cookies}
    for cookie in jars["S3"]:
        if declared_cookie := by_key.get(_key(cookie)):
            found += _attribute_differences(cookie, declared_cookie)
    found += sorted(f"refused or not: {name} {reason}" for name, reason in reference.refused ^ {
        (b.name, b.reason) for b in truth.blocked if b.kind == "http"})
    found += _storage_differences(reference, site, truth)
    visitor = next(visitor_of_value_size(len(c["value"])) for c in jars["S0"] if c["name"] == VISITOR_COOKIE)
    found += log_differences(server.log.exchanges(visitor=visitor), truth)
    found += [f"log: {e.scheme}://{e.host}{e.path} answered {e.status}" for e in server.log.exchanges() if e.status == 404]
    assert not found, "\n".join(found + ["the server saw:", server.log.text()])


def _key(cookie: dict) -> tuple:
    partition = cookie.get("partitionKey")
    return (cookie["name"], cookie["domain"].removeprefix("."), not cookie["domain"].startswith("."), cookie["path"],
            partition["topLevelSite"] if partition else None)


def _attribute_differences(cookie: dict, declared: Cookie) -> list[str]:
    lifetime = None if cookie["session"] else cookie["expires"] - time.time()
    if declared.kept_lifetime and lifetime and not -60 <= lifetime - declared.kept_lifetime <= 5:
        return [f"{cookie['name']}: lives {lifetime} s, not {declared.kept_lifetime}"]
    pairs = {"secure": (cookie["secure"], declared.secure), "http_only": (cookie["httpOnly"], declared.http_only),
             "same_site": (cookie.get("sameSite", "unspecified"), declared.same_site),
             "session": (cookie["session"], declared.lifetime is None)}
    return [f"{cookie['name']}: {name} is {got}, not {wanted}" for name, (got, wanted) in pairs.items() if got != wanted]


def _storage_differences(reference, site, truth) -> list[str]:
    """The start page's own storage at the end."""
    kept = reference.evaluate("""(async () => [
        ...Object.keys(localStorage).map(key => "localStorage " + key), ...Object.keys(sessionStorage).map(key => "sessionStorage " + key),
        ...(await indexedDB.databases()).map(database => "IndexedDB " + database.name),
        ...(self.isSecureContext ? (await caches.keys()).map(key => "CacheStorage " + key) : [])])()""")
    declared = {f"{s.area} {s.key}" for s in truth.storage if s.origin == site.origin and s.present and s.area != "serviceWorker"}
    return [f"storage: {text}" for text in sorted(declared ^ set(kept))]
