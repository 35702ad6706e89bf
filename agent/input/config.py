"""``phusong.yaml`` as plain values: reading it, its paths, and what must fit together in it.

The keys and their types stand in ``config_shape``, ``snmp.auths`` in ``credentials``; the inventory that it names
is read by ``inventory_files``, and ``settings`` does both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from phusong.agent.judging.limits import DEFAULT_BOOK, DEFAULT_LIMITS, Limits, LimitsBook
from phusong.collectors.profile import Profile
from phusong.collectors.snmp.budget import REQUESTS_PER_S

from .config_shape import ConfigShape, LimitShape, MapShape, NotificationsShape
from .credentials import AUTH_NAME, AUTHS, Auth, UserAuth, read_auths
from .event_receivers import EventsConfig, read_receivers
from .problems import InputProblems, Problem, name_hint
from .shape_problems import check_shape
from .video_config import ServicesConfig, VideoConfig, read_services, read_video
from .video_shape import ACCOUNT_NAME
from .yaml_text import YamlDocument, read_yaml

TIMEZONE = "Asia/Ho_Chi_Minh"


@dataclass(frozen=True, slots=True)
class PollConfig:
    """How devices are polled; ``timeout_s`` is the deadline of an operation, ``retries`` are spread over it.

    ``requests_per_second`` is the budget of each address.
    """

    interval_s: float
    timeout_s: float
    retries: int
    sensors_interval_s: float = 60.0
    requests_per_second: float = REQUESTS_PER_S


@dataclass(frozen=True, slots=True)
class PingConfig:
    """How lines are pinged; ``method`` is ``icmp`` or ``udp-echo`` (RFC 862), ``port`` is for the latter."""

    interval_s: float
    packets: int
    method: str
    port: int


@dataclass(frozen=True, slots=True)
class WebConfig:
    """Where metrics and map are served; ``config`` is the exporter-toolkit file, ``map`` the page to serve."""

    host: str
    port: int
    config: Path | None
    map: Path


@dataclass(frozen=True, slots=True)
class NotificationsConfig:
    """Where traps and informs arrive, and the names of the credentials that they may carry."""

    host: str
    port: int
    auths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CoverageConfig:
    """Where the coverage figures are, and which technology and signal (dBm) count as a fallback."""

    summary: Path | None
    fallback_technology: str
    fallback_min_dbm: float


@dataclass(frozen=True, slots=True)
class Config:
    """All of ``phusong.yaml``, paths resolved against its folder."""

    province_code: str
    edition: str
    inventory: Path
    state: Path
    auths: dict[str, Auth]
    poll: PollConfig
    ping: PingConfig
    coverage: CoverageConfig
    web: WebConfig
    timezone: str = TIMEZONE
    notifications: NotificationsConfig | None = None
    """``None``: none are received."""
    limits: LimitsBook = DEFAULT_BOOK
    events: EventsConfig = field(default_factory=EventsConfig)
    video: VideoConfig = field(default_factory=VideoConfig)
    services: ServicesConfig = field(default_factory=ServicesConfig)
    profiles: tuple[Profile, ...] = ()
    """The vendor profiles, those that come with the program and own ones; ``settings`` reads them."""


@dataclass(frozen=True, slots=True)
class TilesConfig:
    """A raster tile server of one's own; ``url`` has ``{z}``, ``{x}`` and ``{y}``."""

    url: str
    attribution: str
    max_zoom: int


@dataclass(frozen=True, slots=True)
class MapSettings:
    """What the map shows beside figures and states; ``compare`` is another run's ``coverage.json``."""

    history_s: float
    compare: Path | None
    plan: Path | None
    """Folder of ``phusong coverage plan``."""
    neighbours: Path | None
    tiles: TilesConfig | None


@dataclass(frozen=True, slots=True)
class Paths:
    """The files that pass between the programs: the folder of the state, the coverage figures, the map.

    And what belongs to reading the inventory: its folder, and the edition of its communes; and to drawing the map.
    """

    inventory: Path
    edition: str
    state: Path
    summary: Path | None
    map: Path
    map_settings: MapSettings


@dataclass(frozen=True, slots=True)
class ConfigReading:
    """What could be read; with problems there is no ``config``, but perhaps enough to read on."""

    document: YamlDocument
    config: Config | None
    inventory: Path | None
    edition: str | None
    auth_names: frozenset[str] | None
    """Also the names of credentials that are wrong themselves; ``None`` when they are not known."""
    profiles: Path | None
    """The folder of own profiles."""
    accounts: frozenset[str] | None = None
    """The names of accounts at endpoints; ``None`` when they are not known."""

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was found wrong, from top to bottom."""
        return _in_order(self.document)


def load_config(path: Path, *, credentials_directory: Path | None = None) -> Config:
    """Read ``phusong.yaml`` and the secret files it names.

    Parameters
    ----------
    path : Path
        The file.
    credentials_directory : Path, optional
        The folder of the secret files, systemd's ``$CREDENTIALS_DIRECTORY``; without it the folder of ``path``.

    Raises
    ------
    InputProblems
        With everything that is wrong in the file.
    """
    reading = examine_config(path, credentials_directory=credentials_directory)
    if reading.config is None:
        raise InputProblems(reading.problems)
    return reading.config


def load_paths(path: Path) -> Paths:
    """Read only the paths of ``phusong.yaml``: for programs that have no business with its secrets.

    Raises
    ------
    InputProblems
        The file is wrong; secret files and inventory are not looked at.
    """
    document = read_yaml(path)
    shape = check_shape(ConfigShape, document, document.root, ()) if document.complete else None
    if shape is None or document.problems:
        raise InputProblems(_in_order(document))
    return _paths(shape, path.parent)


def examine_config(path: Path, *, credentials_directory: Path | None = None) -> ConfigReading:
    """Read ``phusong.yaml`` as ``load_config`` does, but return what was found instead of raising."""
    document = read_yaml(path)
    config = None
    if document.complete:
        shape = check_shape(ConfigShape, document, document.root, ())
        secrets = credentials_directory or path.parent
        auths = read_auths(document, secrets)
        if shape is not None:
            _cross_check(document, shape, auths)
            events = read_receivers(document, shape.events, secrets, path.parent)
            config = replace(
                _assemble(shape, auths, path.parent),
                events=events,
                video=read_video(document, shape.video, secrets, path.parent),
                services=read_services(document, shape.services, path.parent),
            )
    edition = document.at(("province", "edition"))
    entries = document.at(AUTHS)
    names = [name for name in entries if AUTH_NAME.fullmatch(name)] if isinstance(entries, dict) else []
    accounts = document.at(("video", "accounts"))
    return ConfigReading(
        document=document,
        config=None if document.problems else config,
        inventory=_folder(document, "inventory", path.parent),
        edition=edition if isinstance(edition, str) else None,
        auth_names=frozenset(names) if document.complete and names else None,
        profiles=_folder(document, "profiles", path.parent),
        accounts=frozenset(filter(ACCOUNT_NAME.fullmatch, accounts if isinstance(accounts, dict) else ()))
        if document.complete
        else None,
    )


def _in_order(document: YamlDocument) -> tuple[Problem, ...]:
    return tuple(sorted(document.problems, key=lambda problem: (problem.line, int(problem.column or 0))))


def _folder(document: YamlDocument, key: str, parent: Path) -> Path | None:
    """Return the folder of a key, from a broken document only when it exists: half a text may hold anything."""
    text = document.at((key,))
    if not isinstance(text, str) or not text or not text.isprintable():
        return None
    folder = parent / text
    return folder if document.complete or folder.is_dir() else None


def _cross_check(document: YamlDocument, shape: ConfigShape, auths: Mapping[str, Auth]) -> None:
    """Report what each key alone cannot show."""
    if shape.poll.timeout >= shape.poll.interval:
        mark = document.value_mark(("poll", "timeout"))
        document.report(mark, "poll.timeout must be shorter than poll.interval", "shorten it, 2s is usual")
    if "port" in shape.ping.model_fields_set and shape.ping.method != "udp-echo":
        mark = document.key_mark(("ping", "port"))
        document.report(mark, "ping.port has no meaning for ICMP", "remove it, or write method: udp-echo")
    if shape.notifications:
        _check_notifications(document, shape.notifications, auths)


def _check_notifications(
    document: YamlDocument, notifications: NotificationsShape, auths: Mapping[str, Auth]
) -> None:
    """Report names that are not there, and users of whom one message could not tell which is meant."""
    known = document.at(AUTHS)
    names = known if isinstance(known, dict) else auths
    users: dict[str, str] = {}
    for index, name in enumerate(notifications.auths):
        mark = document.value_mark(("notifications", "auths", index))
        if name not in names:
            remedy = name_hint(name, names, "use a name from snmp.auths")
            document.report(mark, "notifications.auths names credentials that are not in snmp.auths", remedy)
        auth = auths.get(name)
        if isinstance(auth, UserAuth) and users.setdefault(auth.user, name) != name:
            what = f"notifications.auths has two credentials for one user, {users[auth.user]} and {name}"
            document.report(mark, what, "name one of them; let devices send notifications with that one")


def _paths(shape: ConfigShape, folder: Path) -> Paths:
    state = folder / shape.state
    return Paths(
        inventory=folder / shape.inventory,
        edition=shape.province.edition,
        state=state,
        summary=folder / shape.coverage.summary if shape.coverage.summary else None,
        map=folder / shape.web.map if shape.web.map else state / "map.html",
        map_settings=_map_settings(shape.map, folder),
    )


def _map_settings(shape: MapShape, folder: Path) -> MapSettings:
    tiles = shape.tiles
    return MapSettings(
        history_s=shape.history,
        compare=folder / shape.compare if shape.compare else None,
        plan=folder / shape.plan if shape.plan else None,
        neighbours=folder / shape.neighbours if shape.neighbours else None,
        tiles=TilesConfig(tiles.url, tiles.attribution, tiles.max_zoom) if tiles else None,
    )


def _limits(shape: LimitShape, otherwise: Limits) -> Limits:
    """Return limits in which what is not written is as in ``otherwise``."""
    written: dict[str, Any] = {
        "use_ratio": shape.use,
        "loss_ratio": shape.loss,
        "rtt_s": shape.rtt,
        "error_ratio": shape.errors,
        "over_s": shape.over,
        "flap_changes": shape.flaps,
        "flap_within_s": shape.flaps_within,
    }
    return replace(otherwise, **{name: value for name, value in written.items() if value is not None})


def _assemble(shape: ConfigShape, auths: dict[str, Auth], folder: Path) -> Config:
    paths = _paths(shape, folder)
    host, port = shape.web.listen
    notifications = shape.notifications
    general = _limits(shape.limits, DEFAULT_LIMITS)
    return Config(
        province_code=shape.province.code,
        edition=paths.edition,
        inventory=paths.inventory,
        state=paths.state,
        auths=auths,
        poll=PollConfig(
            shape.poll.interval,
            shape.poll.timeout,
            shape.poll.retries,
            shape.poll.sensors_interval,
            shape.poll.requests_per_second,
        ),
        ping=PingConfig(shape.ping.interval, shape.ping.packets, shape.ping.method, shape.ping.port),
        coverage=CoverageConfig(
            summary=paths.summary,
            fallback_technology=shape.coverage.fallback.technology,
            fallback_min_dbm=shape.coverage.fallback.min_dbm,
        ),
        limits=LimitsBook(
            general,
            {role: _limits(limits, general) for role, limits in shape.limits.roles.items()},
            {link: _limits(limits, general) for link, limits in shape.limits.links.items()},
        ),
        web=WebConfig(
            host=host,
            port=port,
            config=folder / shape.web.config if shape.web.config else None,
            map=paths.map,
        ),
        notifications=NotificationsConfig(*notifications.listen, tuple(notifications.auths))
        if notifications
        else None,
    )
