"""The control socket: who is answered, how much of what, and what a command hears when nobody is there."""

from __future__ import annotations

import asyncio
import json
import socket
import stat
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from other_user import begin_as_nobody, open_folder
from structlog.testing import capture_logs

from phusong.agent.commands.ask_agent import (
    AskError,
    NoAgent,
    NoGoodAnswer,
    NotAllowed,
    OtherVersion,
    QuestionRefused,
    ask_agent,
)
from phusong.agent.control import LONGEST_QUESTION, MOST_AT_ONCE, SOCKET, ControlSocket, Refused

PATIENCE_S = 0.2


def refuse(question: dict[str, Any]) -> object:
    raise Refused(f"no link {question['id']!r}")


HANDLERS = {
    "status": lambda question: {"pid": 42, "asked": question},
    "long": lambda _: {"text": "ừ" * 500_000},
    "refuse": refuse,
    "break": lambda _: {"n": 1 // 0},
    "unspeakable": lambda _: {"n": object()},
    "list": lambda _: ["no mapping"],
}


@pytest_asyncio.fixture
async def folder(tmp_path: Path) -> AsyncIterator[Path]:
    """Give a folder with an open socket, whose path is far longer than a socket's address may be."""
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    control = ControlSocket(deep, HANDLERS, PATIENCE_S)
    await control.open()
    yield deep
    await control.close()
    assert not (deep / SOCKET).exists()


async def ask(folder: Path, **question: object) -> dict[str, Any]:
    return await asyncio.to_thread(ask_agent, folder, question)


class Raw:
    """A connection over which anything can be sent."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        with monkeypatch.context() as patch:
            patch.chdir(folder)
            self._socket.connect(SOCKET)

    async def say(self, octets: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, octets)

    async def hear(self) -> dict[str, Any]:
        """Return the one line of the answer; after it the connection is closed."""
        heard = b""
        while more := await asyncio.get_running_loop().sock_recv(self._socket, 65536):
            heard += more
        self._socket.close()
        assert heard.endswith(b"\n")
        assert heard.count(b"\n") == 1
        return json.loads(heard)

    def close(self) -> None:
        self._socket.close()


async def test_a_question_is_answered(folder: Path) -> None:
    """The function of that name gets the whole question."""
    assert await ask(folder, ask="status", id="l1") == {
        "pid": 42,
        "asked": {"format": 1, "ask": "status", "id": "l1"},
    }


async def test_a_long_answer_arrives_whole(folder: Path) -> None:
    """Answers have no limit that an explanation would meet."""
    assert len((await ask(folder, ask="long"))["text"]) == 500_000


@pytest.mark.parametrize(
    ("question", "error", "message"),
    [
        ({"ask": "explain"}, OtherVersion, "another version"),
        ({"ask": "status", "format": 2}, OtherVersion, "another version"),
        ({"ask": ["status"]}, OtherVersion, "another version"),
        ({"ask": "refuse", "id": "l\x1b9"}, QuestionRefused, r"no link 'l\\x1b9'"),
        ({"ask": "list"}, NoGoodAnswer, "no answer"),
        ({"ask": "status", "x": "y" * LONGEST_QUESTION}, NoGoodAnswer, "too_long"),
    ],
)
async def test_errors_have_types(
    folder: Path, question: dict[str, Any], error: type[AskError], message: str
) -> None:
    """Whoever asks can tell an old agent from a question that it refuses."""
    with pytest.raises(error, match=message):
        await ask(folder, **question)
    assert (await ask(folder, ask="status"))["pid"] == 42


@pytest.mark.parametrize("wanted", ["break", "unspeakable"])
async def test_a_defect_of_a_handler_ends_with_its_connection(folder: Path, wanted: str) -> None:
    """It is logged with its traceback, and the next question is answered."""
    with capture_logs() as logs, pytest.raises(NoGoodAnswer, match="failed"):
        await ask(folder, ask=wanted)
    assert [entry["event"] for entry in logs] == ["control_failed"]
    assert (await ask(folder, ask="status"))["pid"] == 42


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"\n", "malformed"),
        (b"status\n", "malformed"),
        (b"[]\n", "malformed"),
        (b'"status"\n', "malformed"),
        (b"{\xff}\n", "malformed"),
        (b"[" * 4000 + b"\n", "malformed"),
        (b"{}\n", "unknown_format"),
        (b'{"format": 1}\n', "unknown_ask"),
        (b'{"format": 1, "ask": "__class__"}\n', "unknown_ask"),
        (b"x" * (LONGEST_QUESTION + 2), "too_long"),
        (b"x" * 100_000 + b"\n", "too_long"),
        (b"", "too_slow"),
        (b'{"format": 1, "ask": "status"}', "too_slow"),
    ],
)
async def test_what_is_no_question_gets_a_word(
    folder: Path, said: bytes, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever comes, or does not come, is told in a word, soon, and then the connection is closed."""
    raw = Raw(folder, monkeypatch)
    await raw.say(said)
    assert await raw.hear() == {"format": 1, "error": error}


async def test_only_so_many_are_served_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too many is sent away at once; when the silent ones have had their time there is room again."""
    silent = [Raw(folder, monkeypatch) for _ in range(MOST_AT_ONCE)]
    one_more = Raw(folder, monkeypatch)
    assert await one_more.hear() == {"format": 1, "error": "busy"}
    assert [await raw.hear() for raw in silent] == [{"format": 1, "error": "too_slow"}] * MOST_AT_ONCE
    assert (await ask(folder, ask="status"))["pid"] == 42


async def test_who_leaves_or_does_not_listen_holds_up_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that goes before its answer, or never takes it, costs one of the places for a moment."""
    control = ControlSocket(tmp_path, HANDLERS, PATIENCE_S)
    await control.open()
    for _ in range(MOST_AT_ONCE - 2):
        raw = Raw(tmp_path, monkeypatch)
        await raw.say(b'{"format": 1, "ask": "long"}\n')
        raw.close()
    deaf = Raw(tmp_path, monkeypatch)
    await deaf.say(b'{"format": 1, "ask": "long"}\n')
    assert (await ask(tmp_path, ask="status"))["pid"] == 42
    async with asyncio.timeout(100 * PATIENCE_S):
        await asyncio.gather(*control._talks)
    with pytest.raises((AssertionError, ConnectionError)):  # a part of the answer, and then the end
        await deaf.hear()
    deaf.close()
    await control.close()


async def test_the_end_of_the_agent_ends_all_talks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not wait for those who are still to say something."""
    control = ControlSocket(tmp_path, HANDLERS)
    await control.open()
    silent = Raw(tmp_path, monkeypatch)
    assert (await ask(tmp_path, ask="status"))["pid"] == 42
    async with asyncio.timeout(PATIENCE_S):
        await control.close()
    silent.close()


@pytest.mark.parametrize("left", ["nothing", "file", "link"])
async def test_what_a_dead_agent_left_is_replaced(tmp_path: Path, left: str) -> None:
    """Also a file in that place; what a link points to is not touched."""
    other = tmp_path / "other"
    other.write_text("theirs", encoding="utf-8")
    if left == "file":
        (tmp_path / SOCKET).write_text("", encoding="utf-8")
    elif left == "link":
        (tmp_path / SOCKET).symlink_to(other)
    first = ControlSocket(tmp_path, {})
    await first.open()
    second = ControlSocket(tmp_path, HANDLERS)  # as after kill -9: the first has not removed its socket
    await second.open()
    assert (await ask(tmp_path, ask="status"))["pid"] == 42
    await second.close()
    await first.close()
    assert other.read_text(encoding="utf-8") == "theirs"


async def test_nobody_is_there(tmp_path: Path) -> None:
    """No folder, no socket, or one of an agent that is dead: one and the same error, with what to do."""
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(NoAgent, match="start one"):
            await ask(folder, ask="status")
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    dead.bind(str(tmp_path / SOCKET))
    dead.close()
    with pytest.raises(NoAgent, match="start one"):
        await ask(tmp_path, ask="status")


async def test_an_agent_that_says_nothing(tmp_path: Path) -> None:
    """A command does not wait for ever, and takes no nonsense for an answer."""

    async def close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as silent:
        silent.bind(str(tmp_path / SOCKET))
        silent.listen()
        with pytest.raises(NoGoodAnswer, match="did not answer within"):
            await asyncio.to_thread(ask_agent, tmp_path, {"ask": "status"}, PATIENCE_S)
    (tmp_path / SOCKET).unlink()
    async with await asyncio.start_unix_server(close, tmp_path / SOCKET):
        with pytest.raises(NoGoodAnswer):
            await ask(tmp_path, ask="status")


async def test_the_socket_is_for_its_owner_only() -> None:
    """Mode 0600 from the first moment; to another user the kernel says no, and the command says what to do."""
    with open_folder() as folder:
        control = ControlSocket(folder, HANDLERS)
        await control.open()
        assert stat.filemode((folder / SOCKET).stat().st_mode) == "srw-------"

        def try_it() -> str:
            try:
                return str(ask_agent(folder, {"ask": "status"}))
            except NotAllowed as error:
                return f"not allowed: {error}"

        told = await asyncio.to_thread(begin_as_nobody(try_it))
        assert told.startswith("not allowed: ")
        assert "sudo" in told
        await control.close()


async def test_another_user_is_refused_also_when_the_mode_is_wrong() -> None:
    """Who asks is known from the kernel; somebody else is refused and named in the log, root is answered."""
    with open_folder() as folder:
        control = ControlSocket(folder, HANDLERS)
        await control.open()
        (folder / SOCKET).chmod(0o666)

        def try_it() -> str:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
                connection.connect(str(folder / SOCKET))
                with suppress(BrokenPipeError):  # who refuses does not wait for the question
                    connection.sendall(b'{"format": 1, "ask": "status"}\n')
                return connection.recv(1000).decode()

        with capture_logs() as logs:
            told = await asyncio.to_thread(begin_as_nobody(try_it))
        assert json.loads(told) == {"format": 1, "error": "not_allowed"}
        assert [(entry["event"], entry["uid"]) for entry in logs] == [("control_refused", 65534)]
        assert (await ask(folder, ask="status"))["pid"] == 42
        await control.close()
