"""``phusong run``: the agent with its server, its files, its signals and its service manager.

Start-up is all or nothing: the input is read, the address is bound and the first polls are scheduled before the
manager hears that the service is ready. After that no bad file stops it: it keeps what it had and says so.
"""

from __future__ import annotations

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from phusong.collectors.reachability import PingUnavailable
from phusong.coverage.editions import load_edition
from phusong.exporters.agent_metrics import AgentMetrics
from phusong.exporters.feed import snapshot_to_json
from phusong.exporters.http_server import ListenError, StatusServer
from phusong.exporters.prometheus import MetricsPage
from phusong.exporters.web_app import PageSources, create_app
from phusong.exporters.web_config import TlsConfig, WebConfig, WebConfigError, load_web_config

from .answers import Answers
from .control import ControlSocket
from .coverage_watch import CoverageWatch
from .daemon import Agent
from .event_feed import EventFeed
from .input.config import Config
from .input.problems import InputProblems
from .input.settings import LOCAL_TIME, load_all
from .inventory import Inventory
from .lifecycle import notify, on_signals, watchdog_interval_s
from .maintenance_watch import MaintenanceWatch
from .meetings_watch import MeetingsWatch
from .open_files import allow_more
from .state.history import History
from .state.state_store import StateFolderInUse, StateStore
from .whole_file import write_whole

if TYPE_CHECKING:
    from .polling.notification_watch import NotificationWatch

log = structlog.get_logger()

JUDGE_EVERY_S = 1.0
MAINTENANCE_LOOK_EVERY_S = 0.5
COVERAGE_LOOK_EVERY_S = 10.0
MEETINGS_LOOK_EVERY_S = 5.0
FEED_EVERY_S = 30.0
"""How often ``state/snapshot.json`` is written for the map."""
SAVE_EVERY_S = 60.0
SAVE_SOON_S = 5.0
"""How often ``state/phusong.db`` is written, and how soon of a device that changed, or whose rows did."""
COLLECT_AFTER = 50_000
"""Cycles are looked for after so many more objects than were dropped. Polls replace rows by the thousand and make
hardly a cycle: at Python's 700 a tenth of the agent's time went into looking."""
FEED_FILE = "snapshot.json"
OPEN_FILES = 8192
"""As in systemd/phusong.service: with fewer, services are found unreachable that are not."""


class StartFailed(RuntimeError):
    """The service cannot start; the message says why and what to do."""


async def run_service(config_path: Path, config: Config, inventory: Inventory) -> None:
    """Run the agent until a signal ends it.

    Raises
    ------
    StartFailed
        It cannot start.
    """
    await Service(config_path, config, inventory).run()


class Service:
    """The running agent. Made in an event loop; ``run`` returns when a signal or ``stop`` ends it."""

    def __init__(self, config_path: Path, config: Config, inventory: Inventory) -> None:
        allow_more(OPEN_FILES)
        self._config_path = config_path
        self._config = config
        self._inventory = inventory
        self._metrics = AgentMetrics(version("phusong"))
        self.page = MetricsPage(self._metrics)
        self._stop = asyncio.Event()
        self._reloading: asyncio.Task[None] | None = None
        self._reload_again = False
        self._feed_failed = False
        try:
            config.state.mkdir(parents=True, exist_ok=True)
            self._store = StateStore(config.state, self._metrics, time.time)
        except StateFolderInUse as error:
            raise StartFailed(str(error)) from error
        except OSError as error:
            raise StartFailed(
                f"{config.state}: the state folder cannot be made ({error.strerror}); make it writable, "
                "or name another one as 'state'"
            ) from error
        try:
            self._feed = EventFeed(config, inventory, self._metrics)
            self.agent = Agent(config, inventory, self._metrics, self._store.load(time.monotonic()), self._feed)
        except PingUnavailable as error:
            self._store.close()
            raise StartFailed(str(error)) from error
        self._coverage = CoverageWatch(self.agent)
        self._meetings = self._make_meetings_watch(config)
        self._maintenance = MaintenanceWatch(self._store, self.agent, self._metrics)
        self._history = History(self._store, self._metrics, self.agent.hourly)
        self.agent.remember(self._history.left_behind(time.time() - config.limits.longest_memory_s))
        self._notifications = self._make_notification_watch()
        self._notifications_at = _listen(config)
        self._control = ControlSocket(config.state, Answers(self.agent, self._maintenance, time.time()).all)
        self._server = self._make_server()
        self._note_reload(good=True)

    @property
    def url(self) -> str:
        """Where the service is reached; only while it runs."""
        host, port = self._server.address
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self._tls else 'http'}://{shown}:{port}/"

    async def run(self) -> None:
        """Serve and poll until ``stop`` is called.

        Raises
        ------
        StartFailed
            The address cannot be bound.
        """
        try:
            await self._server.start()
        except ListenError as error:
            await self.agent.drain()
            self._store.close()
            raise StartFailed(str(error)) from error
        await self._open_notifications()
        await self._open_control()
        on_signals(stop=self.stop, reload=self._reload_soon)
        self._feed.open()
        self._feed.agent_started()
        self.agent.start()
        chores = [asyncio.create_task(chore) for chore in self._chores()]
        log.info("agent_started", url=self.url, links=len(self._inventory.links))
        notify("READY=1")
        await self._stop.wait()
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        if self._notifications:
            self._notifications.close()
        await self.agent.drain()
        await self.save_state()
        await self._history.close()
        await self._control.close()
        self._store.close()
        self._feed.agent_stopped()
        await asyncio.gather(self._feed.close(), self._server.close())
        log.info("agent_stopped")

    def _make_notification_watch(self) -> NotificationWatch | None:
        if self._config.notifications is None:
            return None
        from .polling.notification_watch import (  # pysnmp: a quarter of a second
            NotificationWatch,
            engine_file_problem,
        )

        try:
            return NotificationWatch(self._config, self.agent, self._metrics)
        except OSError as error:
            self._store.close()
            raise StartFailed(engine_file_problem(self._config.state, error)) from error

    async def _open_notifications(self) -> None:
        """Bind the address of notifications, if there is one."""
        where = self._config.notifications
        if self._notifications is None or where is None:
            return
        try:
            self._notifications.open(where)
        except OSError as error:
            from .polling.notification_watch import bind_problem

            await self.agent.drain()
            self._store.close()
            await self._server.close()
            raise StartFailed(bind_problem(where, error)) from error
        log.info("notifications_open", address=self._notifications.address)

    async def _open_control(self) -> None:
        """Let commands on this machine ask; without that the agent does all else that it has to do."""
        try:
            if self._store.holds_folder:
                await self._control.open()
        except OSError as error:
            log.error("control_not_open", folder=str(self._config.state), problem=error.strerror)

    def _make_meetings_watch(self, config: Config) -> MeetingsWatch:
        districts = load_edition(config.edition).districts_by_commune
        return MeetingsWatch(config.video.meetings, LOCAL_TIME, time.time, self.agent.use_meetings, districts)

    def _make_server(self) -> StatusServer:
        web = self._config.web
        try:
            access = load_web_config(web.config) if web.config else WebConfig()
        except WebConfigError as error:
            raise StartFailed(str(error)) from error
        sources = PageSources(
            current=self.agent.current,
            ready=lambda: self.agent.ready,
            alive=lambda: self.agent.alive,
            metrics=self.page,
            map_file=web.map,
            version=version("phusong"),
        )
        self._tls: TlsConfig | None = access.tls
        return StatusServer(create_app(sources, access.users), web.host, web.port, access.tls)

    def stop(self) -> None:
        """End the service: nothing new is begun, what is under way may finish. A second call ends it at once."""
        if self._stop.is_set():
            os._exit(1)
        notify("STOPPING=1")
        self._stop.set()

    async def look_at_coverage(self) -> None:
        """Read ``coverage.json`` when it is new."""
        await self._coverage.look(self._config)

    async def _look_at_meetings(self) -> None:
        """Read the file of meetings when it is new."""
        watch = self._meetings
        await watch.look(self.agent.inventory)
        if watch is not self._meetings:  # a reload came meanwhile: what was read is another file's
            self.agent.use_meetings(self._meetings.meetings)
        self._metrics.meetings_last_read_successful.set(not self._meetings.failed)

    async def write_feed(self) -> None:
        """Write the state as JSON for the map, atomically; a failure is counted, and reported when it begins."""
        path, snapshot = self._config.state / FEED_FILE, self.agent.current()
        try:
            await asyncio.to_thread(lambda: write_whole(path, snapshot_to_json(snapshot)))
        except OSError as error:
            self._metrics.state_write_errors.inc()
            if not self._feed_failed:
                log.error("state_not_written", file=str(path), problem=error.strerror)
            self._feed_failed = True
        else:
            self._feed_failed = False

    async def save_state(self) -> None:
        """Write what must outlive this process; whatever the disk says, the agent goes on."""
        await asyncio.to_thread(self._store.save, self.agent.memory(), time.monotonic())

    async def _save_now_and_then(self) -> None:
        """Save all once a minute, and soon what a restart must not undo."""
        saved_at = time.monotonic()
        while True:
            await asyncio.sleep(SAVE_SOON_S)
            if time.monotonic() - saved_at >= SAVE_EVERY_S:
                saved_at = time.monotonic()
                await self.save_state()
            elif self.agent.memory_urgent:
                await asyncio.to_thread(self._store.update, self.agent.urgent_memory(), time.monotonic())

    async def _judge(self) -> None:
        self._history.observe(self.agent.current(), complete=self.agent.ready)
        if self._notifications:
            self._notifications.look()

    async def _look_at_maintenance(self) -> None:
        """Judge at once when somebody entered or ended a window."""
        if await self._maintenance.look():
            await self._judge()

    async def _freeze_memory(self) -> None:
        """Put what stays for good out of the collector's sight: to look through it again holds up every poll."""
        gc.set_threshold(COLLECT_AFTER)
        gc.freeze()
        await self.agent.wait_ready()
        gc.freeze()

    def _chores(self) -> list[Coroutine[object, object, None]]:
        chores = [
            self._freeze_memory(),
            _every(JUDGE_EVERY_S, self._judge),
            _every(JUDGE_EVERY_S, self._history.keep),
            _every(MAINTENANCE_LOOK_EVERY_S, self._look_at_maintenance),
            _every(COVERAGE_LOOK_EVERY_S, self.look_at_coverage),
            _every(MEETINGS_LOOK_EVERY_S, self._look_at_meetings),
            _every(FEED_EVERY_S, self.write_feed),
            self._save_now_and_then(),
        ]
        watchdog_s = watchdog_interval_s()
        if watchdog_s:
            chores.append(_every(watchdog_s, self._feed_watchdog))
        return chores

    async def _feed_watchdog(self) -> None:
        """Tell the manager that we live: only while the schedule does."""
        if self.agent.alive:
            notify("WATCHDOG=1")

    def _reload_soon(self) -> None:
        self._reload_again = True
        if not self._stop.is_set() and (self._reloading is None or self._reloading.done()):
            self._reloading = asyncio.create_task(self._reload())

    async def _reload(self) -> None:
        """Read all files again, and once more when they may have changed meanwhile."""
        while self._reload_again and not self._stop.is_set():
            self._reload_again = False
            notify("RELOADING=1")
            try:
                await self._reload_once()
            except Exception:
                log.exception("reload_failed")
                self._note_reload(good=False)
                self._feed.reload_failed(["a fault of the agent"])
            finally:
                notify("READY=1")

    async def _reload_once(self) -> None:
        """Take over what the files say; when anything is wrong with them, everything stays as it was."""
        try:
            config, inventory = await asyncio.to_thread(load_all, self._config_path)
            self.agent.reload(config, inventory)
        except InputProblems as error:
            for problem in error.problems:
                log.error("reload_problem", problem=str(problem))
            self._note_reload(good=False)
            self._feed.reload_failed([str(problem) for problem in error.problems])
        except OSError as error:
            log.error("reload_problem", problem=str(error))
            self._note_reload(good=False)
            self._feed.reload_failed([str(error)])
        else:
            fixed = {key: getattr(config, key) != getattr(self._config, key) for key in ("web", "state")}
            fixed["notifications.listen"] = _listen(config) != self._notifications_at
            if any(fixed.values()):
                log.warning("restart_needed", keys=", ".join(key for key, changed in fixed.items() if changed))
            before = self._config
            self._config = replace(config, web=self._config.web, state=self._config.state)
            if self._notifications:
                self._notifications.reload(config)
            self._coverage.look_anew()
            if (config.video.meetings, config.edition) != (before.video.meetings, before.edition):
                self.agent.use_meetings(())
                self._meetings = self._make_meetings_watch(config)
            self._note_reload(good=True)
            self._feed.use(config, inventory)
            self._feed.reloaded()
            log.info("reloaded", links=len(inventory.links), endpoints=len(inventory.endpoints))
            await self.look_at_coverage()
            await self._look_at_meetings()

    def _note_reload(self, *, good: bool) -> None:
        self._metrics.config_last_reload_successful.set(good)
        if good:
            self._metrics.config_last_reload_success_timestamp.set(time.time())


def _listen(config: Config) -> tuple[str, int] | None:
    where = config.notifications
    return (where.host, where.port) if where else None


async def _every(seconds: float, action: Callable[[], Awaitable[None]]) -> None:
    """Do something now and then; one failure is logged and does not end it."""
    while True:
        try:
            await action()
        except Exception:
            log.exception("chore_failed")
        await asyncio.sleep(seconds)
