"""``phusong.yaml`` and the inventory it names, read together: what every command and every reload starts from.

Nothing is kept here and nothing is half read: the caller gets all of it, or all that is wrong with it.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

from phusong.agent.inventory import Inventory
from phusong.agent.meetings import Meeting
from phusong.collectors.profile_choice import AUTO
from phusong.coverage.editions import KNOWN_EDITIONS, load_edition
from phusong.exporters.web_config import WebConfigError, load_web_config

from .config import TIMEZONE, Config, ConfigReading, Paths, examine_config, load_paths
from .inventory_files import examine_inventory
from .meeting_files import examine_meetings
from .problems import InputProblems, Problem, name_hint
from .profile_files import examine_profiles
from .yaml_text import YamlDocument

LOCAL_TIME = timezone(timedelta(hours=7), TIMEZONE)
"""Viet Nam has had no summer time since 1975, so no time zone database is needed."""


def load_all(path: Path, *, environ: Mapping[str, str] = os.environ) -> tuple[Config, Inventory]:
    """Read the configuration, its secrets, the web configuration and the inventory.

    Parameters
    ----------
    path : Path
        ``phusong.yaml``.
    environ : mapping
        Where ``CREDENTIALS_DIRECTORY`` is looked up: systemd's folder of secret files.

    Raises
    ------
    InputProblems
        With everything that is wrong in any of the files. When the YAML itself is broken, the inventory is still
        checked as far as its folder, the names of credentials and the edition could be read.
    """
    reading = _read_config(path, environ)
    problems = [*reading.problems, *_web_problems(reading)]
    profiles, found = examine_profiles(reading.profiles)
    problems.extend(found)
    inventory = None
    if reading.inventory is not None:
        inventory, found = examine_inventory(
            reading.inventory,
            auths=reading.auth_names,
            communes=_communes(reading),
            timezone=LOCAL_TIME,
            profiles=[AUTO, *(profile.name for profile in profiles)],
            accounts=reading.accounts,
        )
        problems.extend(found)
        problems.extend(_limit_problems(reading, inventory))
    if reading.config is None or inventory is None or problems:
        raise InputProblems(problems)
    return replace(reading.config, profiles=profiles), inventory


def load_without_inventory(path: Path, *, environ: Mapping[str, str] = os.environ) -> tuple[Config, YamlDocument]:
    """Read the configuration, its secrets and the profiles, for a command that helps to write the inventory.

    Returns the document beside it, to tell places in the file.

    Raises
    ------
    InputProblems
        With everything that is wrong in any of these files.
    """
    reading = _read_config(path, environ)
    profiles, found = examine_profiles(reading.profiles)
    if reading.config is None or found:
        raise InputProblems([*reading.problems, *found])
    return replace(reading.config, profiles=profiles), reading.document


def load_inventory(path: Path) -> tuple[Paths, Inventory]:
    """Read the paths and the inventory, for a command that has no business with the secrets.

    Raises
    ------
    InputProblems
        The configuration is wrong, or else everything that is wrong in the inventory. Whether credentials and
        profiles exist is not checked.
    """
    paths = load_paths(path)
    communes = load_edition(paths.edition).communes
    inventory, problems = examine_inventory(paths.inventory, auths=None, communes=communes, timezone=LOCAL_TIME)
    if inventory is None:
        raise InputProblems(problems)
    return paths, inventory


def load_meetings(
    config: Config, inventory: Inventory, now: datetime
) -> tuple[tuple[Meeting, ...], tuple[Problem, ...]]:
    """Read the meetings that are not over, of the file that the configuration names; none without one.

    Beside them is returned why events of a calendar are left out.

    Raises
    ------
    InputProblems
        The file cannot be read, or something is wrong in a table.
    """
    if config.video.meetings is None:
        return (), ()
    districts = load_edition(config.edition).districts_by_commune
    return examine_meetings(config.video.meetings, inventory, zone=LOCAL_TIME, now=now, districts=districts)


def _read_config(path: Path, environ: Mapping[str, str]) -> ConfigReading:
    credentials = environ.get("CREDENTIALS_DIRECTORY")
    return examine_config(path, credentials_directory=Path(credentials) if credentials else None)


def _communes(reading: ConfigReading) -> Collection[str] | None:
    """Return the commune codes of the edition, ``None`` when it is not known."""
    return load_edition(reading.edition).communes if reading.edition in KNOWN_EDITIONS else None


def _limit_problems(reading: ConfigReading, inventory: Inventory | None) -> list[Problem]:
    """Report limits of links that are not in the inventory."""
    if reading.config is None or inventory is None:
        return []
    document = reading.document
    known = len(document.problems)
    for link_id in reading.config.limits.links:
        if link_id not in inventory.links:
            remedy = name_hint(link_id, inventory.links, "use an id of links.csv")
            document.report(
                document.key_mark(("limits", "links", link_id)), "limits.links has no such link", remedy
            )
    return document.problems[known:]


def _web_problems(reading: ConfigReading) -> list[Problem]:
    if reading.config is None or reading.config.web.config is None:
        return []
    try:
        load_web_config(reading.config.web.config)
    except WebConfigError as error:
        return [Problem(error.file, fault.line, "", fault.what, fault.remedy) for fault in error.faults]
    return []
