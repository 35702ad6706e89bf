"""Why an endpoint is not ready for a meeting, in words and colours: the values of the label ``reason``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grafana_foundation_sdk.models.dashboard import ValueMap

from phusong.exporters.grafana import states
from phusong.exporters.grafana.words import Words
from phusong.exporters.snapshot import Verdict

REASONS: Final[Mapping[str, tuple[str, str]]] = {
    "maintenance": ("In maintenance", states.COLOURS[Verdict.MAINTENANCE]),
    "line_down": ("Its line is out", states.COLOURS[Verdict.PARENT_DOWN]),
    "unreachable": ("It answers nothing, its line is up", states.COLOURS[Verdict.UNREACHABLE]),
    "not_known": ("Nothing fresh is known of it", states.COLOURS[Verdict.UNKNOWN]),
    "no_service": ("Neither SIP nor H.323 answers", states.COLOURS[Verdict.NO_SERVICE]),
    "not_registered": ("Not registered", states.COLOURS[Verdict.NOT_REGISTERED]),
    "fault": ("A part of it failed", states.COLOURS[Verdict.DOWN]),
    "poor_call": ("In a poor call", states.COLOURS[Verdict.POOR_CALL]),
    "line_congested": ("Its line is congested", states.COLOURS[Verdict.CONGESTED]),
    "line_degraded": ("Its line is degraded", states.COLOURS[Verdict.DEGRADED]),
    "headroom_down": ("Its line has too little left, to the office", states.COLOURS[Verdict.DEGRADED]),
    "headroom_up": ("Its line has too little left, from the office", states.COLOURS[Verdict.DEGRADED]),
}
"""The words of ``agent.readiness.readiness.Reason`` that keep an endpoint out; a test holds them together."""


def reasons(words: Words) -> ValueMap:
    """Map the label ``reason`` to words."""
    return states.by_text({reason: (words.say(text), colour) for reason, (text, colour) in REASONS.items()})
