"""``phusong.yaml`` and the whole input: good folders load, bad ones say what is wrong and never a secret."""

from __future__ import annotations

import copy
import dataclasses
import json
import shutil
import time
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phusong.agent.input.config import Config, NotificationsConfig, PingConfig, PollConfig, load_config, load_paths
from phusong.agent.input.event_receivers import EventsConfig, SyslogConfig
from phusong.agent.input.problems import InputProblems, Problem, nearest, shown
from phusong.agent.input.profile_files import packaged_profiles
from phusong.agent.input.secret import Secret
from phusong.agent.input.settings import load_all
from phusong.agent.input.text_files import MAX_FILE_BYTES
from phusong.agent.input.yaml_text import YamlDocument, parse_yaml
from phusong.agent.judging.limits import Limits, LimitsBook
from phusong.exporters.syslog import SyslogAddress
from phusong.exporters.webhook import WebhookUrl

FOLDER = Path(__file__).parent
GOOD = FOLDER / "good"
BAD = sorted(path.name for path in (FOLDER / "bad").iterdir())
CANARY = "canary-5ecret"


def refused(path: Path, **environ: str) -> InputProblems:
    with pytest.raises(InputProblems) as caught:
        load_all(path, environ=environ)
    return caught.value


def all_text_of(error: InputProblems) -> str:
    """Return everything that any handler could print of an error, local variables included."""
    trace = traceback.TracebackException.from_exception(error, capture_locals=True)
    parts = [str(error), repr(error), repr(error.args), repr(error.problems), repr(error.__context__)]
    return "\n".join([*parts, *trace.format(chain=True)])


@pytest.mark.parametrize("case", BAD)
def test_bad_folders(case: str) -> None:
    """Each bad folder gives exactly its expected problems, one line each, in order, and no secret."""
    folder = FOLDER / "bad" / case
    error = refused(folder / "phusong.yaml")
    found = [str(problem).replace(f"{folder}/", "") for problem in error.problems]
    expected = (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert len(found) == len(expected), found
    for problem, fragment in zip(found, expected, strict=True):
        assert fragment in problem
        assert "\n" not in problem
    assert CANARY not in all_text_of(error)


def test_there_are_bad_folders_with_canaries() -> None:
    """The bad folders hold the canary, so that the search for it can fail."""
    files = [path for path in (FOLDER / "bad").rglob("*") if path.is_file()]
    assert sum(CANARY.encode() in path.read_bytes() for path in files) >= len(BAD) - 1


def test_smallest() -> None:
    """What is left out has the documented default."""
    folder = GOOD / "smallest"
    config, inventory = load_all(folder / "phusong.yaml", environ={})
    assert config.poll == PollConfig(interval_s=30.0, timeout_s=2.0, retries=3, sensors_interval_s=60.0)
    assert config.ping == PingConfig(interval_s=10.0, packets=5, method="icmp", port=7)
    assert (config.web.host, config.web.port, config.web.config) == ("127.0.0.1", 9780, None)
    assert (config.state, config.web.map) == (folder / "state", folder / "state" / "map.html")
    assert config.notifications is None
    assert config.events == EventsConfig()
    assert config.coverage.summary is None
    assert (config.coverage.fallback_technology, config.coverage.fallback_min_dbm) == ("4G", -105.0)
    assert config.timezone == "Asia/Ho_Chi_Minh"
    assert (config.auths["wan-v1"].version, config.auths["wan-v1"].community.reveal()) == (0, b"canary-5ecret")
    assert len(inventory.links) == 1


def test_everything() -> None:
    """Every key arrives where it belongs; durations are seconds, paths are relative to the file."""
    folder = GOOD / "everything"
    config, _ = load_all(folder / "phusong.yaml", environ={})
    assert (config.province_code, config.edition) == ("22", "2020-01")
    assert (config.inventory, config.state) == (folder / "inventory", Path("/var/lib/phusong"))
    assert (config.auths["wan-v1"].version, config.auths["wan-v1"].community.reveal()) == (0, b"canary-0ld")
    assert (config.auths["wan-v2"].version, config.auths["wan-v2"].community.reveal()) == (1, b"canary-5ecret")
    assert config.poll == PollConfig(interval_s=60.0, timeout_s=0.5, retries=0, sensors_interval_s=300.0)
    assert config.ping == PingConfig(interval_s=15.0, packets=3, method="udp-echo", port=10007)
    assert {profile.name for profile in config.profiles} == {"box", *(p.name for p in packaged_profiles())}
    assert config.notifications == NotificationsConfig("::", 10162, ("wan-v2", "wan-v1"))
    general = Limits(0.85, 0.01, 0.12, 0.002, 600.0, 6, 3600.0)
    assert config.limits == LimitsBook(
        general,
        {"backup": dataclasses.replace(general, rtt_s=0.4)},
        {"vd-1": dataclasses.replace(general, use_ratio=0.95)},
    )
    hook, syslog = config.events.webhook, config.events.syslog
    assert hook
    assert hook.url == WebhookUrl(True, "ops.example", 8443, "/hook?from=phusong")
    assert hook.secret.reveal() == b"canary-hook-key-0123456789"
    assert (hook.timeout_s, hook.queue, hook.retry_for_s) == (5.0, 500, 172_800.0)
    assert hook.ca_pem.startswith("-----BEGIN CERTIFICATE-----")
    assert syslog == SyslogConfig(SyslogAddress("tls", "2001:db8::1", 6514), "authpriv", hook.ca_pem, 700)
    assert config.coverage.summary == folder / "coverage" / "coverage.json"
    assert (config.coverage.fallback_technology, config.coverage.fallback_min_dbm) == ("5G", -100.5)
    assert (config.web.host, config.web.port) == ("::1", 9781)
    assert (config.web.config, config.web.map) == (folder / "web.yml", folder / "out" / "map.html")
    drawn = load_paths(folder / "phusong.yaml").map_settings
    assert (drawn.history_s, drawn.tiles and drawn.tiles.max_zoom) == (86_400.0, 16)
    names = ("before/coverage.json", "plan", "neighbours.gpkg")
    assert (drawn.compare, drawn.plan, drawn.neighbours) == tuple(folder / name for name in names)


def test_paths_without_secrets(smallest: Path) -> None:
    """A program that only needs paths reads them without any secret file, and refuses what is wrong."""
    (smallest.parent / "wan-community").unlink()
    paths = load_paths(smallest)
    assert (paths.state, paths.summary) == (smallest.parent / "state", None)
    assert paths.map == smallest.parent / "state" / "map.html"
    for text in ("inventory: 5\n", "inventory: [\n"):
        smallest.write_text(text, encoding="utf-8")
        with pytest.raises(InputProblems):
            load_paths(smallest)


def test_excel() -> None:
    """A secret file with CR LF at its end holds the secret without it."""
    config, inventory = load_all(GOOD / "excel" / "phusong.yaml", environ={})
    assert config.auths["wan-v2"].community.reveal() == b"canary-5ecret"
    assert len(inventory.endpoints) == 1


def test_credentials_directory(tmp_path: Path) -> None:
    """With systemd's credentials directory the secrets come from there and from nowhere else."""
    config_file = GOOD / "smallest" / "phusong.yaml"
    assert "wan-community cannot be read" in str(refused(config_file, CREDENTIALS_DIRECTORY=str(tmp_path)))
    (tmp_path / "wan-community").write_bytes(b" from systemd \n")
    config, _ = load_all(config_file, environ={"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert config.auths["wan-v1"].community.reveal() == b" from systemd "


@pytest.fixture
def smallest(tmp_path: Path) -> Path:
    """Copy the smallest good folder and return the path of its ``phusong.yaml``."""
    shutil.copytree(GOOD / "smallest", tmp_path / "copy")
    return tmp_path / "copy" / "phusong.yaml"


def test_missing_file(tmp_path: Path) -> None:
    """A configuration that is not there is one problem that names it."""
    (problem,) = refused(tmp_path / "phusong.yml").problems
    assert "phusong.yml: cannot be read: No such file or directory" in str(problem)


def test_secret_behind_a_loop_of_links(smallest: Path) -> None:
    """What the system refuses for a secret file is passed on in its words."""
    (smallest.parent / "wan-community").unlink()
    (smallest.parent / "wan-community").symlink_to("wan-community")
    assert "wan-community cannot be read: Too many levels of symbolic links" in str(refused(smallest))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("[" * 20_000, "nested more than 16 levels deep", id="deep"),
        pytest.param("{a: " * 20_000, "nested more than 16 levels deep", id="deep mappings"),
        pytest.param("a: [" + "1," * 10_000 + "]", "more than 2000 values", id="wide"),
        pytest.param("a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", "an alias (*name) is not accepted", id="bomb"),
        pytest.param("x" * (MAX_FILE_BYTES + 1), "larger than 5 MiB", id="large"),
        pytest.param("? [a]\n: 1\n", "a key that is no plain text", id="list as key"),
        pytest.param('a: "\\UFFFFFFFF"\n', "this is not valid YAML", id="character beyond Unicode"),
        pytest.param("a: \x07\n", ":1:4: a character that YAML does not allow", id="bell"),
        pytest.param("%YAML 1.1\n---\na: 1\n", "a % directive is not accepted", id="directive"),
    ],
)
def test_hostile_yaml(smallest: Path, text: str, expected: str) -> None:
    """Text made to exhaust the reader is refused, in less time than anyone would wait."""
    smallest.write_text(text, encoding="utf-8")
    begin = time.process_time()
    assert expected in str(refused(smallest))
    assert time.process_time() - begin < 5


@given(st.text(alphabet=st.sampled_from(list("ab:-?{}[],&*!|>'\"%@#\\x0U~ \n\t")), max_size=60))
def test_no_text_breaks_the_yaml_reader(text: str) -> None:
    """Any text gives values or problems; it is never incomplete without a reason."""
    document = YamlDocument("phusong.yaml")
    parse_yaml(text, document)
    assert document.complete or document.problems


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("22", 22), ("010", 10), ('"22"', "22"), ("2c", "2c"), ("-105", -105), ("1.5", 1.5), ("1e3", 1000.0)),
        *(("no", "no"), ("NO", "NO"), ("on", "on"), ("true", True), ("False", False), ("null", None), ("~", None)),
        *(("30s", "30s"), ("12:30:45", "12:30:45"), ("2020-01", "2020-01"), ("2020-01-01", "2020-01-01")),
        *(("0x10", "0x10"), ("1_000", "1_000"), (".inf", ".inf"), ("", None)),
    ],
)
def test_plain_values(text: str, value: object) -> None:
    """Unquoted values are read as YAML 1.2 reads them, not 1.1: no surprises with NO, octal or sexagesimal."""
    document = YamlDocument("phusong.yaml")
    parse_yaml(f"key: {text}\n", document)
    assert document.root == {"key": value}
    assert isinstance(document.root, dict)
    assert type(document.root["key"]) is type(value)


@pytest.mark.parametrize(
    ("written", "seconds"), [("500ms", 0.5), ("1.5s", 1.5), ("5m", 300.0), ("1h", 3600.0), ("0.1s", 0.1)]
)
def test_durations(smallest: Path, written: str, seconds: float) -> None:
    """Durations with a unit are seconds."""
    text = smallest.read_text(encoding="utf-8")
    smallest.write_text(f"{text}poll: {{interval: {written}, timeout: 50ms}}\n", encoding="utf-8")
    assert load_config(smallest).poll.interval_s == pytest.approx(seconds)


@pytest.mark.parametrize(
    "written", ["30", "30 s", "s", "-1s", "1d", "1e1s", "٣s", "", "[30s]", "2h", "1ms", "null"]
)
def test_no_durations(smallest: Path, written: str) -> None:
    """A number without a unit is refused: nobody knows whether it is seconds."""
    text = smallest.read_text(encoding="utf-8")
    smallest.write_text(f"{text}ping: {{interval: {written}}}\n", encoding="utf-8")
    with pytest.raises(InputProblems, match=r"ping\.interval must be"):
        load_config(smallest)


@pytest.mark.parametrize(
    ("written", "listen"),
    [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::]:9780", ("::", 9780)), ("agent.example:80", ("agent.example", 80))],
)
def test_listen(smallest: Path, written: str, listen: tuple[str, int]) -> None:
    """IPv4, bracketed IPv6 and names are accepted; port 0 lets the system choose."""
    text = smallest.read_text(encoding="utf-8")
    smallest.write_text(f'{text}web: {{listen: "{written}"}}\n', encoding="utf-8")
    config = load_config(smallest)
    assert (config.web.host, config.web.port) == listen


@pytest.mark.parametrize(
    "written",
    ["9780", ":9780", "127.0.0.1", "127.0.0.1:", "::1:9780", "[127.0.0.1]:1", "1.2.3:1", "a:65536", "a b:1"],
)
def test_no_listen(smallest: Path, written: str) -> None:
    """Half an address is refused."""
    text = smallest.read_text(encoding="utf-8")
    smallest.write_text(f'{text}web: {{listen: "{written}"}}\n', encoding="utf-8")
    with pytest.raises(InputProblems, match=r"web\.listen must be an address and a port"):
        load_config(smallest)


HOOK_URLS = {
    "https://ops.example": WebhookUrl(True, "ops.example", 443, "/"),
    "http://192.0.2.9:8080/a/b?c=d": WebhookUrl(False, "192.0.2.9", 8080, "/a/b?c=d"),
    "https://[2001:db8::1]/": WebhookUrl(True, "2001:db8::1", 443, "/"),
}


@pytest.mark.parametrize("written", list(HOOK_URLS))
def test_urls_of_a_webhook(smallest: Path, written: str) -> None:
    """Names, IPv4 and bracketed IPv6, with the usual port where none is said."""
    (smallest.parent / "key").write_text("0123456789abcdef\n")
    text = smallest.read_text(encoding="utf-8")
    smallest.write_text(f'{text}events: {{webhook: {{url: "{written}", secret_file: key}}}}\n', encoding="utf-8")
    hook = load_config(smallest).events.webhook
    assert hook
    assert (hook.url, hook.timeout_s, hook.queue, hook.retry_for_s) == (HOOK_URLS[written], 10.0, 10_000, 86_400.0)


@pytest.mark.parametrize(
    "written",
    [
        *("ops.example/hook", "ftp://ops.example/", "https://", "https:///hook", "https://a b/", "https://[::1/"),
        *("https://ops.example:0/", "https://ops.example:99999/", "https://1.2.3/", "https://ops.example/#x"),
        *("https://canary-5ecret@ops.example/", "https://ops.example/a b", "https://ops.example/\u00e9", ""),
        "https://ops.example\\r\\nX-Evil: 1/",
    ],
)
def test_no_urls_of_a_webhook(smallest: Path, written: str) -> None:
    """What is no URL, or has more in it than a place, is refused without being repeated."""
    text = smallest.read_text(encoding="utf-8")
    hook = f'events: {{webhook: {{url: "{written}", secret_file: key}}}}'
    smallest.write_text(f"{text}{hook}\n", encoding="utf-8")
    error = refused(smallest)
    assert any("events.webhook.url" in str(problem) for problem in error.problems)
    assert CANARY not in all_text_of(error)


@pytest.mark.parametrize(
    "written",
    ["siem.example:514", "udp://siem.example", "udp://siem.example:0", "http://a:1", "tls://:1", "udp://"],
)
def test_no_addresses_of_syslog(smallest: Path, written: str) -> None:
    """The way, the place and the port all have to be there."""
    text = smallest.read_text(encoding="utf-8")
    smallest.write_text(f'{text}events: {{syslog: {{address: "{written}"}}}}\n', encoding="utf-8")
    assert "events.syslog.address must be a transport, an address and a port" in str(refused(smallest))


def test_a_broken_text_repeats_nothing_as_a_folder(smallest: Path) -> None:
    """An open quote can make the rest of the file look like the inventory's path: it is not repeated."""
    smallest.write_text(f'inventory: "x\ncommunity: {CANARY}\nweb: {{listen: "a:1"}}\n', encoding="utf-8")
    assert CANARY not in str(refused(smallest))


def test_a_loaded_configuration_shows_no_secret() -> None:
    """Printing, copying or serialising a whole configuration gives three stars for each secret."""
    config = load_config(GOOD / "smallest" / "phusong.yaml")
    plain = json.dumps(dataclasses.asdict(config), default=str)
    texts = [repr(config), str(config), f"{config}", repr(copy.deepcopy(config)), plain]
    assert all("***" in text and CANARY not in text for text in texts)


def test_secret() -> None:
    """A secret shows itself to nobody who does not ask for it, and equal ones are equal."""
    secret = Secret(CANARY.encode())
    texts = [
        str(secret),
        repr(secret),
        f"{secret}",
        f"{secret:>9}",
        f"{secret!r:s}",
        repr([secret]),
        f"{secret}",
    ]
    assert {text.strip(" []") for text in texts} == {"***"}
    assert secret.reveal() == CANARY.encode()
    assert secret == Secret(CANARY.encode()) != Secret(b"other")
    assert len({secret, Secret(CANARY.encode())}) == 1
    with pytest.raises(TypeError, match="not JSON serializable"):
        json.dumps(secret)
    with pytest.raises(TypeError, match="not serialised"):
        copy.copy(secret)


def test_problem_text() -> None:
    """A problem is one line: place, what, remedy, with the parts of the place that are known."""
    assert str(Problem("a.csv", 3, "port", "no port", "write one")) == "a.csv:3:port: no port; write one"
    assert str(Problem("a.csv", 3, "", "bad", "mend it")) == "a.csv:3: bad; mend it"
    assert str(Problem("a.csv", 0, "", "missing", "create it")) == "a.csv: missing; create it"


@pytest.mark.parametrize(
    ("text", "near"),
    [("intervall", "interval"), ("TIMEOUT", "timeout"), ("reties", "retries"), (CANARY, None), ("", None)],
)
def test_nearest(text: str, near: str | None) -> None:
    """A typo finds its word, something else finds nothing."""
    assert nearest(text, ["interval", "timeout", "retries", "community_file"]) == near


def test_shown() -> None:
    """Text from a file cannot move the cursor or fill the screen."""
    assert shown("Vân\x1b[2J\n") == "'Vân\\x1b[2J\\n'"
    assert len(shown("x" * 1000)) == 62


def test_config_is_frozen() -> None:
    """Nobody changes a configuration that others have read."""
    config: Config = load_config(GOOD / "smallest" / "phusong.yaml")
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.edition = "2025-07"  # type: ignore[misc]
