"""No address outside the allowed set is ever connected to, whatever a page does; and each protection is seen to be needed.

Watched twice: by canaries, sockets on addresses that the scan may not reach, and by strace, which sees every connection of gannet
and its browser. Every test of silence has one beside it that takes a protection away and must hear the leak."""

import pytest
from guard.altered_browser import Alteration
from guard.channels import CHANNELS
from guard.field import ALLOWED, Field

BY_NAME = {channel.name: channel for channel in CHANNELS}
ASKING = tuple(channel for channel in CHANNELS if channel.asks_proxy)
LIVE = tuple(channel for channel in CHANNELS if channel.is_implemented)

NO_PROXY = Alteration(dropped=("--proxy-server", "--proxy-bypass-list"), context={"proxyServer": None, "proxyBypassList": None})


def _names(channels) -> set[str]:
    return {channel.name for channel in channels}


def _each(channels):
    return pytest.mark.parametrize("channel", [pytest.param(channel, id=channel.name.replace(" ", "-")) for channel in channels])


def _until_sung(channels):
    return lambda sung, refused: sung >= _names(channels)


def _direct_rules(field: Field) -> str:
    """Names as gannet would resolve them, for a browser that resolves them itself."""
    rules = [f"MAP guard.test {ALLOWED}", *(f"MAP {c.host} {field.canaries.all[c.name].address}" for c in CHANNELS if not c.address)]
    return "--host-resolver-rules=" + ", ".join(rules)


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    made = Field(tmp_path_factory.mktemp("guard"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def guarded(field):
    """As users scan."""
    return field.observe(is_over=lambda sung, refused: refused >= _names(ASKING))


@pytest.fixture(scope="module")
def unchecked(field):
    """gannet's check of addresses lets every loopback address pass."""
    return field.observe(arguments=("--allow-net", "127.0.0.0/8", "--allow-net", "::1"), is_over=_until_sung(ASKING))


@pytest.fixture(scope="module")
def naked(field):
    """None of the protections on Chromium's command line, in its browser contexts and on its popups."""
    alteration = Alteration(
        dropped=(*NO_PROXY.dropped, "--host-resolver-rules", "--force-webrtc-ip-handling-policy", "--disable-quic"),
        added=(_direct_rules(field), f"--origin-to-force-quic-on={field.canaries.all['quic'].literal}"),
        context=NO_PROXY.context, commands_left_out=("Network.emulateNetworkConditions",))
    return field.observe(alteration=alteration, is_over=_until_sung(LIVE))


@_each(CHANNELS)
def test_guarded_channel_never_reaches_its_canary(channel, guarded):
    assert channel.name not in {name for _, name in guarded.sung}, guarded.evidence()


@_each(ASKING)
def test_channel_that_asks_the_proxy_is_refused_there(channel, guarded):
    assert channel.name in guarded.refused, guarded.evidence()


def test_guarded_browser_connects_to_its_gate_alone_and_gannet_to_the_allowed_address_alone(guarded, field):
    assert guarded.traffic.gate_ports, guarded.evidence()
    assert guarded.traffic.by_browser_past_the_gates() == set()
    assert {(str(c.address), c.port) for c in guarded.traffic.by_gannet()} == {(ALLOWED, field.server.https_port)}


@_each(ASKING)
def test_without_the_address_check_the_canary_is_reached_through_gannet(channel, unchecked):
    assert ("tcp", channel.name) in unchecked.sung, unchecked.evidence()


@_each(LIVE)
def test_without_any_protection_of_the_browser_the_canary_is_reached_past_gannet(channel, naked, field):
    canary = field.canaries.all[channel.name]
    assert (channel.protocol, channel.name) in naked.sung, naked.evidence()
    assert canary.port in {contact.port for contact in naked.traffic.by_browser_past_the_gates()}, naked.evidence()
