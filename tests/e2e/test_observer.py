"""A page cannot tell that its cookie setter is observed: it sees in gannet's browser what it sees in the same browser alone."""

import json

WRITES_MS_MAX = 1500


def _seen(server) -> dict:
    server.log.wait_for(lambda exchanges: any(e.path == "/seen" for e in exchanges), 30)
    return json.loads(server.log.exchanges(host="probe.test", path="/seen")[0].body)


def test_page_sees_the_same_setters_names_and_stacks_as_without_gannet(gannet, sites, reference):
    gannet.server.log.restart()
    reference.open(gannet.url("probe.test"))
    clean = _seen(gannet.server)
    gannet.scan_site(sites["probe"], states=("untouched",))
    observed = _seen(gannet.server)
    assert observed["seen"]["reads"] == 2, "a value given to the setter is read once, by the setter"
    assert {part for part in clean["seen"] if clean["seen"][part] != observed["seen"][part]} == set()


def test_thousand_cookie_writes_and_a_debugger_statement_stay_fast(gannet, sites):
    gannet.scan_site(sites["probe"], states=("untouched",))
    observed = _seen(gannet.server)
    assert observed["writesMs"] < WRITES_MS_MAX
    assert observed["pauseMs"] < 100
