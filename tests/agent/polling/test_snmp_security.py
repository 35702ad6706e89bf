"""Weak credentials are named once, and a change of engine gets the name of its device."""

from __future__ import annotations

import pytest
import structlog

from phusong.agent.input.credentials import Auth, CommunityAuth, UserAuth
from phusong.agent.input.secret import Secret
from phusong.agent.polling.snmp_security import EngineWatch, WeakChoiceLog, weak_choices
from phusong.collectors.snmp.usm_engine import Engine, Engines
from phusong.collectors.snmp.usm_keys import AuthProtocol, PrivProtocol

ONE, OTHER = Secret(b"canary-one"), Secret(b"canary-two")
ADDRESS = ("192.0.2.1", 161)
ENGINE, ANOTHER = bytes.fromhex("80001f8801"), bytes.fromhex("80001f8802")


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        (CommunityAuth(1, ONE), []),
        (UserAuth("u"), []),
        (UserAuth("u", AuthProtocol.SHA256, ONE, PrivProtocol.AES128, OTHER), []),
        (UserAuth("u", AuthProtocol.SHA512, ONE), []),
        (UserAuth("u", AuthProtocol.MD5, ONE), ["md5:"]),
        (UserAuth("u", AuthProtocol.SHA, ONE, PrivProtocol.DES, OTHER), ["sha and des:"]),
        (UserAuth("u", AuthProtocol.SHA256, ONE, PrivProtocol.DES, OTHER), ["des:"]),
        (UserAuth("u", AuthProtocol.SHA256, ONE, PrivProtocol.AES256C, ONE), ["one password"]),
    ],
)
def test_weak_choices(auth: Auth, words: list[str]) -> None:
    """MD5, SHA-1, DES and a password used twice are weak; nothing else is, and no password is shown."""
    found = weak_choices({"wan": auth})
    assert [name for name, _ in found] == ["wan"] * len(words)
    for (_, weakness), word in zip(found, words, strict=True):
        assert weakness.startswith(word)
        assert "canary" not in weakness


def test_a_weak_choice_is_logged_once() -> None:
    """Reading the configuration again repeats nothing; another weakness is told."""
    told = WeakChoiceLog()
    weak = UserAuth("u", AuthProtocol.MD5, ONE)
    with structlog.testing.capture_logs() as logs:
        told.warn({"wan": weak})
        told.warn({"wan": weak})
        told.warn({"wan": weak, "lan": weak})
    assert [(entry["event"], entry["auth"]) for entry in logs] == [
        ("snmp_credentials_weak", "wan"),
        ("snmp_credentials_weak", "lan"),
    ]


def test_another_engine_is_counted_and_logged_under_the_name_of_its_device() -> None:
    """The first engine is no change, the next one is; after a device was replaced by intention, neither is."""
    engines, counted = Engines(), []
    watch = EngineWatch(engines, lambda device, changes: counted.append((device, changes)))
    watch.expect(ADDRESS, "hub")
    with structlog.testing.capture_logs() as logs:
        engines.pin(ADDRESS, Engine(ENGINE))
        engines.pin(ADDRESS, Engine(ENGINE))
        engines.pin(ADDRESS, Engine(ANOTHER))
        watch.forget({"hub"})
        watch.expect(ADDRESS, "hub-2")
        engines.pin(ADDRESS, Engine(ENGINE))
    assert counted == [("hub", 0), ("hub", 1), ("hub-2", 0)]
    (entry,) = logs
    assert entry == {
        "event": "snmp_engine_changed",
        "log_level": "warning",
        "id": "hub",
        "before": ENGINE.hex(),
        "after": ANOTHER.hex(),
    }
