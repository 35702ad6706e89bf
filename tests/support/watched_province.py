"""The simulated province, the agent that watches it and a real Prometheus that scrapes the agent."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from processes import CLI, fetch, free_port, run_cli, running, simulated_province, wait_for


@contextmanager
def scraping(folder: Path, port: int) -> Iterator[str]:
    """Run a Prometheus that scrapes a port of 127.0.0.1 every second; give its address."""
    (folder / "prometheus.yml").write_text(
        "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"
        f"scrape_configs: [{{job_name: phusong, static_configs: [{{targets: ['127.0.0.1:{port}']}}]}}]\n"
    )
    own = f"127.0.0.1:{free_port()}"
    command = [
        shutil.which("prometheus") or "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address={own}",
    ]
    with running(command, folder / "prometheus.log"):
        yield f"http://{own}"


@contextmanager
def watched_province(folder: Path) -> Iterator[str]:
    """Start the province, coverage, the agent and Prometheus; give Prometheus's address."""
    port = free_port()
    config = folder / "province" / "phusong.yaml"
    with (
        simulated_province(folder / "province", listen=f"127.0.0.1:{port}"),
        running([*CLI, "run", "--config", config], folder / "run.log"),
        scraping(folder, port) as prometheus,
    ):
        measured = run_cli("demo-coverage", folder)
        assert measured.returncode == 0, measured.stdout + measured.stderr
        wait_for(lambda: fetch(f"http://127.0.0.1:{port}/-/ready"), "the agent")
        yield prometheus
