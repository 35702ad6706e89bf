"""The vendor profiles: those that come with the program, and those of a folder that the configuration names.

Each file is checked by itself (``profile_shape``, ``profile_sensor``), then all of them together: what they are
based on, and that no two claim one device. A file of the folder replaces the packaged one of the same name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

from phusong.collectors.profile import GENERIC, Match, Profile, Sensor
from phusong.collectors.profile_choice import AUTO
from phusong.collectors.snmp.ber import Oid, format_oid, parse_oid

from .mib_objects import OBJECTS, KnownObjects, read_objects
from .problems import Problem, name_hint, shown
from .profile_sensor import read_sensor
from .profile_shape import AlternativeShape, MatchShape, ProfileShape, SensorShape
from .shape_problems import check_shape
from .yaml_text import KeyPath, YamlDocument, read_yaml

MOST_FILES = 200
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_OID = re.compile(r"1(\.(0|[1-9][0-9]{0,9})){3,60}")


@dataclass(slots=True)
class _Draft:
    """One file read by itself."""

    profile: Profile
    based_on: str
    document: YamlDocument


@dataclass(slots=True)
class _Folder:
    """One folder read by itself."""

    drafts: dict[str, _Draft] = field(default_factory=dict)
    objects: KnownObjects = field(default_factory=KnownObjects)
    problems: list[Problem] = field(default_factory=list)


def packaged_folder() -> Path:
    """Return where the profiles lie that come with the program."""
    return Path(str(resources.files("phusong.collectors") / "profiles"))


def packaged_profiles() -> tuple[Profile, ...]:
    """Return the profiles that come with the program."""
    return examine_profiles(None)[0]


def examine_profiles(folder: Path | None) -> tuple[tuple[Profile, ...], tuple[Problem, ...]]:
    """Read the packaged profiles and those of ``folder``; return the sound ones, and all that is wrong."""
    packaged = _packaged()
    own = _Folder()
    if folder is not None and folder.is_dir():
        own = _read_folder(folder, packaged.objects)
    elif folder is not None:
        remedy = "create the folder, or correct 'profiles' in phusong.yaml"
        own.problems.append(Problem(str(folder), 0, "", "there is no such folder", remedy))
    profiles, problems = _put_together({**packaged.drafts, **own.drafts})
    return profiles, (*packaged.problems, *own.problems, *problems)


@cache
def _packaged() -> _Folder:
    """Read the packaged folder once: it does not change while the program runs."""
    return _read_folder(packaged_folder(), KnownObjects())


def _read_folder(path: Path, objects: KnownObjects) -> _Folder:
    folder = _Folder()
    folder.objects.rows = {name: list(rows) for name, rows in objects.rows.items()}
    if (path / OBJECTS.file).exists():
        rows, found = read_objects(path / OBJECTS.file)
        folder.objects.add(rows)
        folder.problems += found
    files = sorted(file for file in path.iterdir() if file.suffix in (".yaml", ".yml"))
    for file in files[:MOST_FILES]:
        document = read_yaml(file)
        draft = _read_draft(file, document, folder.objects) if document.complete else None
        folder.problems += sorted(document.problems, key=lambda problem: problem.line)
        if draft is not None:
            folder.drafts[draft.profile.name] = draft
    if len(files) > MOST_FILES:
        folder.problems.append(Problem(str(path), 0, "", f"more than {MOST_FILES} profiles", "remove some"))
    return folder


def _read_draft(file: Path, document: YamlDocument, objects: KnownObjects) -> _Draft | None:
    name = file.stem
    if not _NAME.fullmatch(name) or name == AUTO:
        what = f"{shown(name)} cannot be the name of a profile"
        document.report((1, 0), what, "name the file with up to 40 small letters, digits and dashes")
    shape = check_shape(ProfileShape, document, document.root, ())
    if shape is None:
        return None
    match = _read_match(document, shape.match) if shape.match else Match()
    sensors = [_read_sensor(document, n, block, objects) for n, block in enumerate(shape.sensors)]
    if document.problems:
        return None
    profile = Profile(
        name=name,
        vendor=shape.vendor,
        match=match,
        sensors=tuple(sensor for sensor in sensors if sensor is not None),
        file=document.file,
        about=shape.about,
    )
    return _Draft(profile, shape.based_on or "", document)


def _read_match(document: YamlDocument, shape: MatchShape) -> Match:
    prefixes: list[Oid] = []
    for n, text in enumerate(shape.sys_object_id):
        mark = document.value_mark(("match", "sys_object_id", n))
        if _OID.fullmatch(text) is None:
            what = f"match.sys_object_id.{n} {shown(text)} is no OID"
            document.report(mark, what, "write numbers and dots, like 1.3.6.1.4.1.9.1")
        elif (oid := parse_oid(text)) in prefixes:
            document.report(mark, f"match.sys_object_id.{n} stands here twice", "remove one of the two")
        else:
            prefixes.append(oid)
    return Match(tuple(prefixes), tuple(shape.sys_descr or ()))


def _read_sensor(
    document: YamlDocument, n: int, block: Mapping[str, object], objects: KnownObjects
) -> Sensor | None:
    path: KeyPath = ("sensors", n)
    shape = check_shape(SensorShape, document, block, path)
    if shape is None:
        return None
    alternatives: list[tuple[KeyPath, AlternativeShape]] = []
    for m, other in enumerate(shape.otherwise or ()):
        other_path: KeyPath = (*path, "otherwise", m)
        found = check_shape(AlternativeShape, document, other, other_path)
        if found is not None:
            alternatives.append((other_path, found))
    return read_sensor(document, path, shape, alternatives, objects)


def _put_together(drafts: Mapping[str, _Draft]) -> tuple[tuple[Profile, ...], tuple[Problem, ...]]:
    """Join profiles with what they are based on, and see that no two are for the same devices."""
    problems = [problem for draft in drafts.values() for problem in _check_base(draft, drafts)]
    problems += _find_duplicates(drafts.values())
    wrong = {problem.file for problem in problems}
    profiles = tuple(
        _with_base(name, drafts) for name, draft in sorted(drafts.items()) if draft.profile.file not in wrong
    )
    return profiles, tuple(problems)


def _check_base(draft: _Draft, drafts: Mapping[str, _Draft]) -> Iterable[Problem]:
    line, column = draft.document.value_mark(("based_on",))
    base = draft.based_on
    if base and base not in drafts:
        remedy = name_hint(base, list(drafts), f"write one of {', '.join(sorted(drafts))}")
        what = f"based_on names an unknown profile {shown(base)}"
        yield Problem(draft.document.file, line, str(column), what, remedy)
        return
    seen = {draft.profile.name}
    while base and base in drafts:
        if base in seen:
            what = f"based_on leads back to {shown(base)}"
            yield Problem(draft.document.file, line, str(column), what, "base one of them on no other")
            return
        seen.add(base)
        base = drafts[base].based_on


def _with_base(name: str, drafts: Mapping[str, _Draft]) -> Profile:
    """Return a profile with the sensors of what it is based on, but for the quantities that it has sensors for."""
    draft = drafts[name]
    profile, sensors = draft.profile, list(draft.profile.sensors)
    base, seen = draft.based_on, {name}
    while base in drafts and base not in seen:
        seen.add(base)
        own = {sensor.quantity for sensor in sensors}
        sensors += [sensor for sensor in drafts[base].profile.sensors if sensor.quantity not in own]
        base = drafts[base].based_on
    return Profile(profile.name, profile.vendor, profile.match, tuple(sensors), profile.file, profile.about)


def _find_duplicates(drafts: Iterable[_Draft]) -> Iterable[Problem]:
    """Report each sysObjectID for which a second profile asks for no text in sysDescr, or for the same text.

    The packaged profiles come first, so that an own one is blamed.
    """
    claims: dict[tuple[Oid, str], _Draft] = {}
    for draft in drafts:
        match = draft.profile.match
        if draft.profile.name == GENERIC and match.sys_object_ids:
            line, column = draft.document.key_mark(("match",))
            what = f"{GENERIC} is for devices that no profile is for, so match has no meaning"
            yield Problem(draft.document.file, line, str(column), what, "remove match")
        for n, prefix in enumerate(match.sys_object_ids):
            for text in match.sys_descr or ("",):
                first = claims.setdefault((prefix, text.casefold()), draft)
                if first is not draft:
                    line, column = draft.document.value_mark(("match", "sys_object_id", n))
                    what = f"match.sys_object_id.{n} {format_oid(prefix)} is that of {shown(first.profile.name)}"
                    what += f" too, with the same sys_descr {shown(text)}" if text else " too"
                    remedy = f"remove it here or in {first.document.file}, or tell them apart by match.sys_descr"
                    yield Problem(draft.document.file, line, str(column), what, remedy)
