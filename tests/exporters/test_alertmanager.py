"""The examples for Alertmanager and Prometheus: accepted by their own tools, routed as documented, safe to read.

That messages really arrive, once and at the right place, is shown in ``tests/e2e/test_alerting.py``.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from phusong.agent.readiness.readiness import Reason
from phusong.exporters.snapshot import CallFault

EXPORTERS = Path(__file__).parents[2] / "exporters"
CONFIG = EXPORTERS / "alertmanager/alertmanager.yml"
TEMPLATES = EXPORTERS / "alertmanager/phusong.tmpl"
ALERTS: dict[str, str] = {
    rule["alert"]: rule["labels"]["severity"]
    for group in YAML(typ="safe").load((EXPORTERS / "rules/phusong-alerts.yml").read_text("utf-8"))["groups"]
    for rule in group["rules"]
}
NOT_READY = {
    *(Reason.LINE_DOWN, Reason.UNREACHABLE, Reason.NOT_KNOWN, Reason.NO_SERVICE, Reason.NOT_REGISTERED),
    *(Reason.FAULT, Reason.LINE_CONGESTED, Reason.LINE_DEGRADED, Reason.HEADROOM_DOWN, Reason.HEADROOM_UP),
}
"""The reasons for which an endpoint outside calls and maintenance is told before a meeting."""
HOSTILE = (
    "</div><script>alert(1)</script>\r\nTừ lúc: 00:00"
    ' <a href="javascript:x">*_[x](http://evil)\u202e{{ .ExternalURL }}'
)


def _run(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False, timeout=60)


def _alert(alertname: str, status: str = "firing", /, **labels: str) -> dict[str, Any]:
    return {
        "status": status,
        "labels": {"alertname": alertname, "severity": ALERTS[alertname], **labels},
        "annotations": {
            "since": "14:33 26/10/2026",
            "description": labels.get("name", ""),
            "runbook_url": f"https://phusong.example/runbooks/{alertname}.md",
        },
        "startsAt": "2026-10-26T07:35:00Z",
        "endsAt": "2026-10-26T18:05:00Z",
    }


def _render(folder: Path, template: str, *alerts: dict[str, Any], kind: str = "text") -> str:
    """Return what Alertmanager would write for one group of alerts."""
    common = dict(set.intersection(*({*alert["labels"].items()} for alert in alerts)))
    data = {
        "receiver": "pages",
        "status": "firing" if any(alert["status"] == "firing" for alert in alerts) else "resolved",
        "alerts": alerts,
        "groupLabels": {},
        "commonLabels": common,
        "commonAnnotations": {},
        "externalURL": "http://alertmanager.example",
    }
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    done = _run(
        *("amtool", "template", "render", f"--template.glob={TEMPLATES}", f"--template.type={kind}"),
        *(f"--template.data={folder / 'data.json'}", f'--template.text={{{{ template "{template}" . }}}}'),
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_amtool_accepts_the_example() -> None:
    """Routes, inhibition, receivers and templates are of the version that Debian has."""
    done = _run("amtool", "check-config", CONFIG)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout


def test_promtool_accepts_the_example(tmp_path: Path) -> None:
    """Installed as documented, Prometheus finds the rules."""
    shutil.copy(EXPORTERS / "prometheus.yml", tmp_path)
    shutil.copytree(EXPORTERS / "rules", tmp_path / "rules")
    done = _run("promtool", "check", "config", tmp_path / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 rule files found" in done.stdout


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_goes_where_its_severity_says(name: str) -> None:
    """Critical wakes somebody, warning is a ticket, info a note; the dead-man switch has a way of its own."""
    receiver = {"critical": "pages", "warning": "tickets", "info": "notes"}[ALERTS[name]]
    if name == "PhusongWatchdog":
        receiver = "dead-man"
    done = _run(
        *("amtool", "config", "routes", "test", f"--config.file={CONFIG}", f"--verify.receivers={receiver}"),
        *(f"alertname={name}", f"severity={ALERTS[name]}", "carrier=Carrier B", "district=Huyện Cô Tô"),
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        (["alertname=Other"], "tickets"),
        (["alertname=Other", "severity=unheard"], "tickets"),
        (["alertname=Other", "severity=critical"], "pages"),
        (["alertname=PhusongWatchdog", "severity=critical"], "dead-man"),
    ],
)
def test_nothing_is_lost_on_the_way(labels: list[str], receiver: str) -> None:
    """What has another severity, or none, is a ticket."""
    done = _run("amtool", "config", "routes", "test", f"--config.file={CONFIG}", *labels)
    assert done.stdout.strip() == receiver


def test_inhibition_names_alerts_that_exist() -> None:
    """Every matcher of the inhibition rules fits an alert: a misspelt one would hold nothing back."""
    config = YAML(typ="safe").load(CONFIG.read_text(encoding="utf-8"))
    for rule in config["inhibit_rules"]:
        for matcher in (*rule["source_matchers"], *rule["target_matchers"]):
            label, operator, pattern = re.fullmatch(r'(\w+)(=~|!~|=)"(.+)"', matcher).groups()  # type: ignore[union-attr]
            if label == "reason":
                assert operator == "="
                assert pattern in {*Reason}
                continue
            assert label == "alertname"
            for part in pattern.split("|"):
                assert any(re.fullmatch(part, name) for name in ALERTS), f"{operator} {part}"


def test_no_secret_is_shipped() -> None:
    """Passwords come from files; what cannot is a placeholder, and the file says how to keep it."""
    text = CONFIG.read_text(encoding="utf-8")
    assert re.findall(r"(?:password|credentials|token): *(\S+)", text) == ["REPLACE-ME"]
    assert "0600" in text


@pytest.mark.parametrize("name", ALERTS)
def test_every_alert_has_a_title(name: str, tmp_path: Path) -> None:
    """In Vietnamese, one line, and no alert under its English name."""
    subject = _render(tmp_path, "phusong.subject", _alert(name))
    assert name not in subject
    assert "\n" not in subject
    urgency = {"critical": "KHẨN CẤP", "warning": "Cảnh báo", "info": "Thông tin"}[ALERTS[name]]
    assert subject.startswith(f"[{urgency}] ")
    assert len(subject) < 80


def test_a_message_is_readable(tmp_path: Path) -> None:
    """One alert, as it stands on a phone."""
    alert = _alert("WanLinkDown", link="coto-1", carrier="Carrier B", district="Huyện Cô Tô", name="UBND Cô Tô")
    assert _render(tmp_path, "phusong.text", alert) == (
        "[Cảnh báo] Mất kênh truyền: UBND Cô Tô, Carrier B, Huyện Cô Tô\n"
        "\n"
        "▲ Cảnh báo: Mất kênh truyền\n"
        "Tên: UBND Cô Tô\n"
        "Kênh: coto-1\n"
        "Nhà mạng: Carrier B\n"
        "Địa bàn: Huyện Cô Tô\n"
        "Từ lúc: 14:33 26/10/2026\n"
        "UBND Cô Tô\n"
        "Xử lý: https://phusong.example/runbooks/WanLinkDown.md"
    )


def test_a_message_on_a_meeting_is_readable(tmp_path: Path) -> None:
    """Who is not ready, when the meeting begins, and why, in Vietnamese."""
    alert = _alert("VcNotReady", endpoint="vc-coto", name="Phòng họp Cô Tô", reason="not_registered")
    alert["annotations"] = {"begins": "08:00 27/10/2026"}
    assert _render(tmp_path, "phusong.text", alert) == (
        "[Cảnh báo] Sắp họp, điểm cầu chưa sẵn sàng: Phòng họp Cô Tô\n"
        "\n"
        "▲ Cảnh báo: Sắp họp, điểm cầu chưa sẵn sàng\n"
        "Tên: Phòng họp Cô Tô\n"
        "Điểm cầu: vc-coto\n"
        "Giờ họp: 08:00 27/10/2026\n"
        "Lý do: chưa đăng ký tổng đài\n"
        "Từ lúc: 14:35 26/10/2026"
    )


@pytest.mark.parametrize(
    ("name", "label", "word"),
    [
        *(("VcNotReady", "reason", reason) for reason in Reason if reason in NOT_READY),
        *(("VcPoorCall", "fault", fault) for fault in CallFault),
    ],
)
def test_reasons_are_told_in_vietnamese(name: str, label: str, word: str, tmp_path: Path) -> None:
    """No word of the agent's own stands where people read why."""
    text = _render(tmp_path, "phusong.text", _alert(name, **{label: word}))
    (reason,) = re.findall(r"^Lý do: (.+)$", text, re.MULTILINE)
    assert reason != word
    assert "_" not in reason


def test_the_end_of_an_alert(tmp_path: Path) -> None:
    """It says so first, and when, in the local time of the province."""
    text = _render(tmp_path, "phusong.text", _alert("WanHubDown", "resolved", device="hub1"))
    assert text.startswith("[Đã hết] Mất thiết bị trung tâm\n\n✔ ĐÃ HẾT: Mất thiết bị trung tâm\nThiết bị: hub1\n")
    assert "\nHết lúc: 01:05 27/10/2026\n" in text


def test_a_large_group_stays_short(tmp_path: Path) -> None:
    """Twelve alerts of a hundred, and how many there are: Telegram takes 4,096 characters."""
    alerts = [_alert("WanSiteIsolated", site=f"s-{n}", name=f"UBND xã số {n}", carrier="A") for n in range(100)]
    text = _render(tmp_path, "phusong.text", *alerts)
    assert text.startswith("[KHẨN CẤP] Cơ quan bị cô lập, không có 4G, A (100)\n")
    assert text.count("▲") == 12
    assert text.endswith("… tất cả 100 cảnh báo: xem trang trạng thái.")
    assert len(text) < 4096


@pytest.mark.parametrize(
    "label",
    [
        "name",
        "carrier",
        "district",
        "link",
        "device",
        "endpoint",
        "commune",
        "meeting",
        "service",
        "part",
        "reason",
    ],
)
def test_hostile_text_stays_text(label: str, tmp_path: Path) -> None:
    """What a device or an inventory says is neither markup nor a line of its own, in mail and on Telegram."""
    alert = _alert("VcNotReady", **{label: HOSTILE})
    flat = HOSTILE.replace("\r\n", " ").replace("\u202e", " ")
    subject, text = (_render(tmp_path, template, alert) for template in ("phusong.subject", "phusong.text"))
    assert (flat in subject) == (label in {"name", "carrier", "district"})
    assert flat in text
    assert not {"\u202e", "\r"} & {*subject, *text}
    assert "\n" not in subject
    assert text.count("\nTừ lúc: ") == 1
    page = _render(tmp_path, "phusong.html", alert, kind="html")
    assert re.findall(r"<(script|a)\b", page) == []
    assert page.count("<div") == page.count("</div>") == 1
    assert flat in html.unescape(page)
    assert "alertmanager.example" not in page


def test_telegram_is_told_that_it_is_plain_text() -> None:
    """With any parse mode, a name with an underscore or an angle bracket would break the message or change it."""
    config = YAML(typ="safe").load(CONFIG.read_text(encoding="utf-8"))
    telegrams = [chat for receiver in config["receivers"] for chat in receiver.get("telegram_configs", ())]
    assert [chat["parse_mode"] for chat in telegrams] == [""]
