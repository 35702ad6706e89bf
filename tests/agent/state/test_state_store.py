"""The state file: what is saved comes back, and nothing that happens to file or disk stops the agent."""

from __future__ import annotations

import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phusong.agent.state.device_memory import BytesCarried, DeviceMemory, Memory
from phusong.agent.state.state_file import APPLICATION_ID, FILE
from phusong.agent.state.state_store import StateFolderInUse, StateStore
from phusong.collectors.interface_lookup import Column, InterfaceSelector
from phusong.collectors.interface_memory import DeviceIdentity, InterfaceMemory, remembered_reading
from phusong.collectors.rates import Sample
from phusong.exporters.agent_metrics import AgentMetrics

UNIX, MONOTONIC = 1_790_000_000.0, 5000.0
WAN = InterfaceSelector(Column.ALIAS, "đến Cô Tô")


def memory(octets: int = 2**64 - 1, address: str = "192.0.2.1:161") -> Memory:
    reading = remembered_reading(
        "hub",
        if_index=7,
        if_name="Gi0/7",
        sys_uptime_ticks=2**32 - 1,
        discontinuity_ticks=5,
        octets_bits=64,
        in_octets=octets,
        out_octets=None,
    )
    interfaces = InterfaceMemory(
        read_at_s=MONOTONIC - 10,
        sys_uptime_ticks=2**32 - 1,
        table_change_ticks=None,
        identity=DeviceIdentity("1.3.6.1.4.1.9.1", b"\x80\0\0\t\3", "hub"),
        samples={WAN: Sample(reading, MONOTONIC - 10)},
        agent_restarts=3,
    )
    return Memory(
        devices={
            ("device", "hub"): DeviceMemory(address, interfaces, b"\x80\0\0\t\3", 22, 0),
            ("device", "cpe"): DeviceMemory("192.0.2.2:161"),
            ("endpoint", "hub"): DeviceMemory("192.0.2.3:161", objects_per_request=5),
        },
        carried={("l1", "near"): BytesCarried(10**24, 0), ("l1", "far"): BytesCarried(1, 2)},
    )


class Bench:
    """A state folder and the stores that follow one another on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.metrics = AgentMetrics("test")
        self.unix = UNIX
        self.store = self.open()

    def open(self) -> StateStore:
        return StateStore(self.folder, self.metrics, lambda: self.unix)

    def restart(self) -> None:
        self.store.close()
        self.store = self.open()

    def count(self, name: str) -> float:
        return self.metrics.registry.get_sample_value(name) or 0.0

    @property
    def errors(self) -> float:
        return self.count("phusong_state_write_errors_total")

    @property
    def put_aside(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob(f"{FILE}.corrupt-*"))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.store.close()


def test_what_is_saved_comes_back(bench: Bench) -> None:
    """Every field survives: 64-bit counters, empty ones, Vietnamese names, totals beyond SQL's integers."""
    assert bench.store.load(MONOTONIC) == Memory()
    assert bench.store.save(memory(), MONOTONIC)
    bench.restart()
    assert bench.store.load(MONOTONIC) == memory()
    assert (bench.errors, bench.put_aside) == (0, [])


def test_moments_follow_the_clock_of_the_new_process(bench: Bench) -> None:
    """The monotonic clock begins anew at a boot; how long ago something was read is kept all the same."""
    bench.store.save(memory(), MONOTONIC)
    bench.restart()
    bench.unix += 90.0
    interfaces = bench.store.load(20.0).devices["device", "hub"].interfaces
    assert interfaces is not None
    assert interfaces.read_at_s == 20.0 - 100.0
    assert interfaces.samples[WAN].at_s == 20.0 - 100.0


def test_what_is_gone_is_forgotten(bench: Bench) -> None:
    """A save replaces what was there."""
    bench.store.save(memory(), MONOTONIC)
    bench.store.save(Memory(), MONOTONIC)
    assert bench.store.load(MONOTONIC) == Memory()


def test_one_device_is_saved_and_the_rest_stays(bench: Bench) -> None:
    """What is saved soon takes the place of that device's rows, those that are gone too, and of no other's."""
    full = memory()
    hub = full.devices["device", "hub"]
    assert hub.interfaces is not None
    (end, carried), *others = full.carried.items()
    assert others
    bare = replace(hub, objects_per_request=1, interfaces=replace(hub.interfaces, samples={}))
    part = Memory({("device", "hub"): bare}, {end: replace(carried, received=carried.received + 1)})
    bench.store.save(full, MONOTONIC)
    assert bench.store.update(part, MONOTONIC)
    bench.restart()
    assert bench.store.load(MONOTONIC) == Memory(
        {**full.devices, **part.devices}, {**full.carried, **part.carried}
    )


def test_numbers_too_large_for_the_file_cost_their_row_only(bench: Bench) -> None:
    """A device that says sysUpTime 2^64 loses its memory; the others keep theirs."""
    full = memory()
    hub = full.devices["device", "hub"]
    assert hub.interfaces is not None
    absurd = replace(hub, interfaces=replace(hub.interfaces, sys_uptime_ticks=2**64))
    assert bench.store.save(replace(full, devices={**full.devices, ("device", "hub"): absurd}), MONOTONIC)
    assert bench.store.load(MONOTONIC).devices.keys() == {("device", "cpe"), ("endpoint", "hub")}


def test_a_second_agent_is_refused(bench: Bench) -> None:
    """Two agents on one folder would overwrite each other: the second hears who is there, and what to do."""
    with pytest.raises(StateFolderInUse, match=rf"process {os.getpid()}\).*another folder as 'state'"):
        bench.open()
    bench.store.close()
    bench.store = bench.open()


def test_the_lock_ends_with_the_process(tmp_path: Path) -> None:
    """After kill -9 the next agent starts, and finds the last save whole."""
    script = (
        "import sys, time; from pathlib import Path; sys.path[:0] = sys.argv[2:]\n"
        "from test_state_store import Bench, MONOTONIC, memory\n"
        "bench = Bench(Path(sys.argv[1]))\n"
        "for octets in range(10**9):\n"
        "    bench.store.save(memory(octets), MONOTONIC)\n"
        "    if octets == 3: print('saved', flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "saved\n"
        with pytest.raises(StateFolderInUse, match=str(process.pid)):
            Bench(tmp_path)
        process.send_signal(signal.SIGKILL)
    bench = Bench(tmp_path)
    interfaces = bench.store.load(MONOTONIC).devices["device", "hub"].interfaces
    bench.store.close()
    assert interfaces is not None
    assert (interfaces.samples[WAN].reading.in_octets or 0) >= 3
    assert (bench.errors, bench.put_aside) == (0, [])


@pytest.mark.parametrize(
    "content",
    [
        b"this is no database at all" * 100,
        b"SQLite format 3\0" + bytes(100),
        b"\0" * 8192,
    ],
    ids=["text", "header only", "zeros"],
)
def test_a_damaged_file_is_put_aside(bench: Bench, content: bytes) -> None:
    """The agent starts with nothing, says so once, counts it, and saves into a new file."""
    bench.store.close()
    (bench.folder / FILE).write_bytes(content)
    bench.store = bench.open()
    assert bench.store.load(MONOTONIC) == Memory()
    assert bench.put_aside == [f"{FILE}.corrupt-20260921T141320Z"]
    assert (bench.folder / bench.put_aside[0]).read_bytes() == content
    assert bench.count("phusong_state_files_put_aside_total") == 1
    assert bench.store.save(memory(), MONOTONIC)
    bench.restart()
    assert bench.store.load(MONOTONIC) == memory()


@settings(
    max_examples=25,
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.integers(0, 40_000), st.binary(min_size=1, max_size=200)), max_size=6),
    st.integers(0, 40_000),
)
def test_no_damage_keeps_the_agent_from_starting(
    tmp_path_factory: pytest.TempPathFactory, writes: list[tuple[int, bytes]], length: int
) -> None:
    """Whatever bytes are overwritten or cut off: it loads something or nothing, and the next save works."""
    bench = Bench(tmp_path_factory.mktemp("state"))
    bench.store.save(memory(), MONOTONIC)
    bench.store.close()
    file = bench.folder / FILE
    content = bytearray(file.read_bytes())
    for at, octets in writes:
        content[at : at + len(octets)] = octets
    file.write_bytes(content[:length] if length % 2 else content)
    bench.store = bench.open()
    bench.store.load(MONOTONIC)
    assert bench.store.save(memory(), MONOTONIC) or bench.store.save(memory(), MONOTONIC)
    bench.restart()
    assert bench.store.load(MONOTONIC) == memory()
    bench.store.close()


def test_the_file_of_another_program_is_not_touched(bench: Bench) -> None:
    """A database with other tables, or of a later version of ours, is put aside as it is."""
    bench.store.close()
    for pragma in ("user_version = 3", f"application_id = {APPLICATION_ID}; PRAGMA user_version = 99"):
        with sqlite3.connect(bench.folder / FILE) as other:
            other.executescript(f"CREATE TABLE theirs (x); INSERT INTO theirs VALUES (42); PRAGMA {pragma}")
        other.close()
        bench.unix += 60
        bench.store = bench.open()
        assert bench.store.load(MONOTONIC) == Memory()
        bench.store.close()
        (bench.folder / FILE).unlink()
    assert len(bench.put_aside) == 2
    for name in bench.put_aside:
        with sqlite3.connect(bench.folder / name) as other:
            assert other.execute("SELECT x FROM theirs").fetchall() == [(42,)]
        other.close()


def test_rows_that_make_no_sense_are_left_out(bench: Bench) -> None:
    """A row changed by hand costs that row only."""
    bench.store.save(memory(), MONOTONIC)
    bench.store.close()
    with sqlite3.connect(bench.folder / FILE) as other:
        other.execute("UPDATE interface SET in_octets = 'many'")
        other.execute("UPDATE carried SET sent_bytes = '-1' WHERE link_end = 'near'")
        other.execute("UPDATE asked SET objects_per_request = -5 WHERE kind = 'endpoint'")
    other.close()
    bench.store = bench.open()
    read = bench.store.load(MONOTONIC)
    assert read.carried == {("l1", "far"): BytesCarried(1, 2)}
    assert read.devices.keys() == {("device", "hub"), ("device", "cpe")}
    interfaces = read.devices["device", "hub"].interfaces
    assert interfaces is not None
    assert interfaces.samples == {}


def test_a_full_disk_is_survived(bench: Bench) -> None:
    """Writes that fail are counted; when there is room again, saving goes on by itself with nothing lost."""
    assert bench.store.save(memory(), MONOTONIC)
    many = Memory({("device", f"d{n}"): DeviceMemory("192.0.2.1:161" + "x" * 200) for n in range(2000)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024, before[1]))
        assert not bench.store.save(many, MONOTONIC)
        assert not bench.store.save(many, MONOTONIC)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert (bench.errors, bench.put_aside) == (2, [])
    assert bench.store.load(MONOTONIC) == memory()
    assert bench.store.save(many, MONOTONIC)
    assert len(bench.store.load(MONOTONIC).devices) == 2000


def test_a_folder_that_is_not_there_is_survived(tmp_path: Path) -> None:
    """Nothing can be read or written: no crash, errors counted, and it works once the folder is there."""
    bench = Bench(tmp_path / "missing")
    assert bench.store.load(MONOTONIC) == Memory()
    assert not bench.store.save(memory(), MONOTONIC)
    assert bench.errors == 2
    (tmp_path / "missing").mkdir()
    assert bench.store.save(memory(), MONOTONIC)
    bench.store.close()
