"""In each consent state the report says of cookies, storage, refused writes and third parties exactly what servers and scripts did."""

import pytest
from harness.compare import report_differences
from sites import load_sites

SITES = [pytest.param(site, id=site.name) for site in load_sites().values() if site.is_plain_visit]


@pytest.mark.parametrize("site", SITES)
def test_report_equals_what_servers_and_scripts_did(site, gannet):
    run = gannet.scan_site(site, states=tuple(site.truth))
    document = run.get_document()
    found = []
    for name, truth in site.truth.items():
        found += [f"{name}: {text}" for text in report_differences(document["states"][name], truth, gannet.visitor_log)]
        found += [f"{name}: page {page['url']} is {page['status']}: {page['reason']}" for page in document["states"][name]["pages"]
                  if page["status"] != "ok"]
    if (document["status"], run.exit_code) != ("success", site.exit_code):
        found.append(f"status {document['status']} ({document['reason']}), exit code {run.exit_code}\n{run.stderr}")
    assert not found, "\n".join(found + ["the server saw:", gannet.server.log.text()])
