"""No address outside the allowed set is ever connected to, whatever a page does; and each protection is seen to be needed.

Watched twice: by canaries, sockets on addresses that the scan may not reach, and by strace, which sees every connection of gannet
and its browser. Every test of silence has one beside it that takes a protection away and must hear the leak."""

import json

import pytest
from guard.altered_browser import FULL, Alteration
from guard.channels import CHANNELS, PAGE_HOST, REBOUND_HOST, Channel
from guard.field import ALLOWED, Field
from guard.hosts_file import HostsFile
from harness.gannet import EXIT_FAILED

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
    rules = [f"MAP {PAGE_HOST} {ALLOWED}", *(f"MAP {c.host} {field.canaries.all[c.name].address}" for c in CHANNELS if not c.address)]
    return "--host-resolver-rules=" + ", ".join(rules)


def _forced_quic(field: Field) -> str:
    return f"--origin-to-force-quic-on={field.canaries.all['quic'].literal}"


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
        added=(_direct_rules(field), _forced_quic(field)),
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


def test_without_the_webrtc_policy_stun_leaves_as_a_datagram(field):
    seen = field.observe((BY_NAME["stun"],), alteration=Alteration(dropped=("--force-webrtc-ip-handling-policy",)))
    assert ("udp", "stun") in seen.sung, seen.evidence()


def test_without_the_contexts_bypass_rule_loopback_is_reached_past_the_gate(field):
    seen = field.observe((BY_NAME["iframe loopback"],), alteration=Alteration(context={"proxyBypassList": None}))
    assert ("tcp", "iframe loopback") in seen.sung, seen.evidence()


def test_without_the_contexts_proxy_everything_ends_at_the_dead_proxy_of_the_command_line(field):
    seen = field.observe((BY_NAME["fetch"],), alteration=Alteration(context={"proxyServer": None}), can_reach_page=False)
    assert {(str(c.address), c.port) for c in seen.traffic.by_browser_past_the_gates()} == {("127.0.0.1", 9)}, seen.evidence()


def test_without_any_proxy_no_name_is_resolved_and_the_page_is_not_found(field):
    seen = field.observe((BY_NAME["fetch"],), alteration=NO_PROXY, can_reach_page=False)
    assert seen.traffic.by_browser_past_the_gates() == set()
    assert seen.run.exit_code == EXIT_FAILED and "ERR_NAME_NOT_RESOLVED" in seen.run.stdout, seen.evidence()


def test_without_any_proxy_the_resolver_rules_hold_back_every_tcp_channel_and_webtransport(field):
    channels = tuple(c for c in LIVE if c.name not in ("stun", "quic"))
    rules = f"--host-resolver-rules=MAP {PAGE_HOST} {ALLOWED}, MAP * ~NOTFOUND, EXCLUDE {ALLOWED}"
    alteration = Alteration(dropped=(*NO_PROXY.dropped, "--host-resolver-rules"), added=(rules,), context=NO_PROXY.context)
    seen = field.observe(channels, alteration=alteration)
    assert seen.sung == set(), seen.evidence()
    assert {str(c.address) for c in seen.traffic.by_browser_past_the_gates()} == {ALLOWED}, seen.evidence()


@pytest.mark.parametrize("is_dropped, protocol", [(False, "tcp"), (True, "udp")], ids=["with-the-flag", "without-it"])
def test_quic_is_spoken_only_without_its_flag(is_dropped, protocol, field):
    """No proxy in the way, and Chromium told to speak QUIC to this host: the flag alone decides."""
    alteration = Alteration(dropped=(*NO_PROXY.dropped, "--host-resolver-rules", *(["--disable-quic"] if is_dropped else [])),
                            added=(_direct_rules(field), _forced_quic(field)), context=NO_PROXY.context)
    seen = field.observe((BY_NAME["quic"],), alteration=alteration)
    assert {kind for kind, _ in seen.sung} == {protocol}, seen.evidence()


@pytest.mark.parametrize("is_dropped", [False, True], ids=["with-the-rules", "without-them"])
def test_browser_asks_name_servers_only_without_the_resolver_rules(is_dropped, field):
    """STUN by name is what resolves past a proxy; its own policy, which would end it earlier, is gone in both runs."""
    stun_by_name = Channel("stun", "await gather({urls: 'stun:NAME'});")
    dropped = ("--force-webrtc-ip-handling-policy", *(["--host-resolver-rules"] if is_dropped else []))
    seen = field.observe((stun_by_name,), alteration=Alteration(dropped=dropped))
    assert (53 in {c.port for c in seen.traffic.by_browser_past_the_gates()}) == is_dropped, seen.evidence()
    assert not {c.port for c in seen.traffic.by_browser_past_the_gates()} & {443, 853}, "DNS over HTTPS or TLS"


def test_metadata_service_and_the_gate_itself_are_refused_though_all_loopback_is_allowed(field):
    metadata = Channel("iframe", "await frame('https://169.254.169.254:PORT/');")
    gate = Channel("fetch", "const ports = await (await fetch('/gate')).text();"
                            "for (const port of ports.split(' ')) await fetch(`https://127.0.0.1:${port}/`).catch(() => 0);")
    seen = field.observe((metadata, gate, BY_NAME["iframe loopback"]), arguments=("--allow-net", "127.0.0.0/8"))
    assert seen.refused == {"iframe"} and seen.sung == {("tcp", "iframe loopback")}, seen.evidence()
    port = next(iter(seen.traffic.gate_ports))
    assert f"port {port} at 127.0.0.1 is refused: it belongs to this installation of Gannet" in seen.run.stderr
    assert port not in {c.port for c in seen.traffic.by_gannet()}, seen.evidence()


class TestFullChromium:
    """Any Chromium may be named. A full one has a profile of its own, reads preferences where the headless shell reads switches, and can
    ask name servers over HTTPS."""

    COOKIES_ALONE = {"Default/Preferences": json.dumps({"profile": {"cookie_controls_mode": 0, "block_third_party_cookies": False}})}

    def test_no_canary_is_reached_and_what_it_asks_for_itself_ends_at_the_dead_proxy(self, field):
        seen = field.observe(alteration=Alteration(real=FULL), is_over=lambda sung, refused: refused >= _names(ASKING))
        assert seen.sung == set(), seen.evidence()
        assert seen.refused >= _names(ASKING), seen.evidence()
        assert {(str(c.address), c.port) for c in seen.traffic.by_browser_past_the_gates()} <= {("127.0.0.1", 9)}, seen.evidence()

    def test_without_the_preference_stun_leaves_as_a_datagram(self, field):
        seen = field.observe((BY_NAME["stun"],), alteration=Alteration(real=FULL, files=self.COOKIES_ALONE))
        assert ("udp", "stun") in seen.sung, seen.evidence()

    @pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "unguarded"])
    def test_name_server_over_https_is_asked_only_without_the_guard(self, is_guarded, field):
        """The browser is told to use nothing else; the server is the canary of a channel that is not tried."""
        server = field.canaries.all["image"]
        state = {"dns_over_https": {"mode": "secure", "templates": f"https://{server.literal}/dns-query{{?dns}}"}}
        taken = {} if is_guarded else {"dropped": (*NO_PROXY.dropped, "--host-resolver-rules"), "context": NO_PROXY.context}
        alteration = Alteration(real=FULL, files={"Local State": json.dumps(state)}, **taken)
        seen = field.observe((BY_NAME["fetch"],), alteration=alteration, can_reach_page=is_guarded)
        assert (("tcp", "image") in seen.sung) == (not is_guarded), seen.evidence()


class TestRebinding:
    """Names that lead to other addresses than they did, or to several. The layer below is tested beside net/resolver: a remembered
    answer that runs out, and ForwardProxy checking each new one."""

    SECOND = Channel("fetch", f"await fetch('https://{REBOUND_HOST}:PORT/', {{mode: 'no-cors'}}).catch(() => 0);")
    ALL_LOOPBACK = ("--allow-net", "127.0.0.0/8")

    @pytest.fixture
    def canary(self, field):
        return field.canaries.all["fetch"]

    @pytest.fixture
    def hosts(self):
        made = HostsFile(rebound=ALLOWED)
        yield made
        made.close()

    @pytest.mark.parametrize("arguments", [(), ALL_LOOPBACK], ids=["checked", "unchecked"])
    def test_name_with_a_refused_and_an_allowed_address_leads_to_the_allowed_one_alone(self, arguments, field, hosts, canary):
        """Nothing listens at the allowed address and this port, so what leads elsewhere has every reason to."""
        hosts.rebind(rebound=f"{ALLOWED} {canary.address}")
        seen = field.observe((self.SECOND,), hosts=hosts, arguments=arguments)
        contacts = {(str(c.address), c.port) for c in seen.traffic.by_gannet()}
        assert ((canary.address, canary.port) in contacts) == bool(arguments), seen.evidence()
        assert (ALLOWED, canary.port) in contacts or arguments, seen.evidence()
        assert (("tcp", "fetch") in seen.sung) == bool(arguments), seen.evidence()

    @pytest.mark.parametrize("arguments", [(), ALL_LOOPBACK], ids=["checked", "unchecked"])
    def test_name_that_turned_before_it_was_asked_for_is_refused(self, arguments, field, hosts, canary):
        turn = Channel("fetch", f"await fetch('/rebind?rebound={canary.address}'); {self.SECOND.code}")
        seen = field.observe((turn,), hosts=hosts, arguments=arguments)
        assert ("fetch" in seen.refused) != bool(arguments), seen.evidence()
        assert (("tcp", "fetch") in seen.sung) == bool(arguments), seen.evidence()

    def test_name_that_turns_under_its_own_page_keeps_its_address(self, field, hosts, canary):
        """Even with the check of addresses out of the way."""
        turn = Channel("fetch", f"await fetch('/rebind?rebound={canary.address}'); {self.SECOND.code}")
        seen = field.observe((turn,), hosts=hosts, start=REBOUND_HOST, arguments=self.ALL_LOOPBACK)
        assert (ALLOWED, canary.port) in {(str(c.address), c.port) for c in seen.traffic.by_gannet()}, seen.evidence()
        assert seen.sung == set(), seen.evidence()
