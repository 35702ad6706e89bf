"""Whom to ask: every mistake in addresses, lists and names of credentials is found before anybody is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from phusong.agent.input.asked_devices import (
    MOST_IN_RANGES,
    AskedDevice,
    asked_by_words,
    check_auths,
    known_rows,
    read_list,
)
from phusong.agent.input.problems import InputProblems

CANARY = "canary-5ecret"


def test_words_are_addresses_names_and_ranges() -> None:
    """In their order, each once; what was named itself is expected to answer, the rest of a range is not."""
    asked = asked_by_words(["192.0.2.6", "192.0.2.4/30", "r1.example", "2001:db8::1", "192.0.2.6"], 161, ["a"])
    assert [(device.address, device.is_expected) for device in asked] == [
        ("192.0.2.6", True),
        ("192.0.2.5", False),
        ("r1.example", True),
        ("2001:db8::1", True),
    ]
    assert asked[0] == AskedDevice("192.0.2.6", 161, ("a",))


@pytest.mark.parametrize(
    ("words", "fragment"),
    [
        (["192.0.2.300"], "address 1: '192.0.2.300' is no address"),
        (["192.0.2.1", "a b"], "address 2"),
        (["192.0.2.0/x"], "no range"),
        (["0.0.0.0/0"], "more than 1024"),
        (["::/0"], "more than 1024"),
        (["10.0.0.0/22", "10.1.0.0/28"], "address 2: the ranges have more than 1024"),
        (["224.0.0.1"], "no device"),
    ],
)
def test_words_that_cannot_be_asked(words: list[str], fragment: str) -> None:
    """Each with its place; a range larger than the limit is not even listed."""
    with pytest.raises(InputProblems) as caught:
        asked_by_words(words, 161, ["a"])
    assert fragment in str(caught.value)


def test_the_largest_range() -> None:
    """A /22 is 1,022 hosts, and a single address is a range too."""
    assert len(asked_by_words(["10.0.0.0/22"], 161, ["a"])) == MOST_IN_RANGES - 2
    assert [device.address for device in asked_by_words(["10.0.0.7/32"], 161, ["a"])] == ["10.0.0.7"]


def write(folder: Path, text: str) -> Path:
    path = folder / "list.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_list(tmp_path: Path) -> None:
    """Columns in any order, optional ones left out, Excel's semicolons; a row's own credentials come alone."""
    path = write(tmp_path, "auth;address;port;site_id;device_id\n;192.0.2.1;;coto;r1\nb;r2.example;1161;;\n")
    assert read_list(path, {"a", "b"}, ["a"]) == [
        AskedDevice("192.0.2.1", 161, ("a",), "coto", "r1"),
        AskedDevice("r2.example", 1161, ("b",)),
    ]


@pytest.mark.parametrize(
    ("text", "fragments"),
    [
        ("", ["1: the file is empty"]),
        ("address\n", ["has no rows"]),
        ("address,name\n192.0.2.1,x\n", ["1:2: unknown column 'name'"]),
        ("port\n161\n", ["1:address: the required column address is missing"]),
        ("address,port\n192.0.2.1,0\nx y,161\n", ["2:port:", "3:address:"]),
        ("address\n192.0.2.1\n192.0.2.1\n", ["3:address: the same device as on line 2"]),
        ("address,device_id\n192.0.2.1,r1\n192.0.2.2,r1\n", ["3:device_id: duplicate device_id 'r1'"]),
        ("address,auth\n192.0.2.1,bb\n", ["2:auth: unknown name of credentials; did you mean 'b'?"]),
        (f"address,auth\n192.0.2.1,{CANARY}\n", ["2:auth: unknown name of credentials"]),
        (f"address,auth\n192.0.2.1,{CANARY} x\n", ["2:auth: this is no name of credentials"]),
        ("address,site_id\n192.0.2.1,Cô Tô\n", ["2:site_id: 'Cô Tô' is no id"]),
    ],
)
def test_mistakes_in_a_list(tmp_path: Path, text: str, fragments: list[str]) -> None:
    """File, line, column and remedy for each, all at once; what may be a secret is not repeated."""
    path = write(tmp_path, text)
    with pytest.raises(InputProblems) as caught:
        read_list(path, {"a", "b"}, ["a"])
    lines = str(caught.value).splitlines()
    assert len(lines) == len(fragments)
    for line, fragment in zip(lines, fragments, strict=True):
        assert line.startswith(str(path))
        assert fragment in line
    assert CANARY not in str(caught.value)


def test_a_list_row_needs_credentials(tmp_path: Path) -> None:
    """Where neither the row nor the command line names any, the row is named."""
    with pytest.raises(InputProblems, match="2:auth: no credentials for this row; fill it in, or use --auth NAME"):
        read_list(write(tmp_path, "address\n192.0.2.1\n"), {"a", "b"}, [])


def test_names_of_credentials() -> None:
    """In their order, each once; the only one there is need not be named; several are not guessed among."""
    assert check_auths(["b", "a", "b"], {"a": 1, "b": 2}) == ("b", "a")
    assert check_auths([], {"only": 1}) == ("only",)
    with pytest.raises(InputProblems, match=r"--auth: is missing; name the credentials to try \(known: a, b\)"):
        check_auths([], {"a": 1, "b": 2})
    with pytest.raises(InputProblems) as caught:
        check_auths(["a", CANARY], {"a": 1, "b": 2})
    assert "--auth number 2: unknown name" in str(caught.value)
    assert CANARY not in str(caught.value)


def test_an_inventory_that_is_half_there_helps(tmp_path: Path) -> None:
    """Its sound rows are known; absent and broken files say nothing, and nothing is raised."""
    assert known_rows(tmp_path / "nowhere").ids == frozenset()
    (tmp_path / "devices.csv").write_text(
        "device_id,site_id,address,port,auth\nr1,,192.0.2.1,,a\nr2,,nonsense!,,a\n", encoding="utf-8"
    )
    (tmp_path / "links.csv").write_bytes(b"\xff\xfe")
    known = known_rows(tmp_path)
    assert (known.ids, known.link_ids) == ({"r1", "r2"}, frozenset())
    assert known.devices == {("192.0.2.1", 161): "r1"}
