"""Real web applications from Debian scan correctly."""

import pytest
from harness.compare import report_differences
from harness.gannet import EXIT_FINE
from sites.applications import ADMINER, DOKUWIKI


@pytest.mark.parametrize("name, application, title", [("dokuwiki", DOKUWIKI, "Test wiki"), ("adminer", ADMINER, "Adminer")])
def test_application_scans_as_its_server_and_scripts_say(name, application, title, gannet, sites, tmp_path):
    site = sites[name]
    folder = tmp_path / "application"
    folder.mkdir()
    application.start(folder)
    try:
        run = gannet.scan_site(site, states=tuple(site.truth))
    finally:
        application.stop()
    assert (run.get_document()["status"], run.exit_code) == ("success", EXIT_FINE), run
    found = []
    for state, truth in site.truth.items():
        found += [f"{state}: {text}" for text in report_differences(run.state(state), truth, gannet.visitor_log)]
        assert title in run.state(state)["pages"][0]["title"]
    sent = {line.partition("=")[0] for e in gannet.server.log.exchanges(host=site.host) for line in e.set_cookies}
    declared = {cookie.name for cookie in site.truth["untouched"].cookies if cookie.kind == "http"}
    found += [f"log: {cookie} is set and not declared, or the other way round" for cookie in sent ^ declared]
    assert not found, "\n".join(found + ["the server saw:", gannet.server.log.text()])
