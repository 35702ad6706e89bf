"""The offices: where they stand and what they are called."""

from __future__ import annotations

import math

import pytest

from phusong.collectors.simulator.province import CommunePlace, build_province


def test_offices_stand_near_their_communes_centre(province, communes):
    """Every office is within 350 m of the centre, but not on it."""
    centres = {place.code: place for place in communes}
    for office in province.offices:
        place = centres[office.commune_code]
        north = (office.lat - place.lat) * 111_320
        east = (office.lon - place.lon) * 111_320 * math.cos(math.radians(place.lat))
        assert 10 < math.hypot(north, east) < 360
        assert office.district == place.district


def test_names_are_vietnamese_and_distinct(province):
    """Office names carry diacritics and none occurs twice: people tell offices apart by them."""
    names = [office.name for office in province.offices]
    assert len(set(names)) == len(names)
    assert "UBND xã Đồng Tiến, huyện Cô Tô" in names
    assert sum(not name.isascii() for name in names) == len(names)


def test_wrong_communes_are_refused(communes):
    """No communes, district codes instead of names, or too many communes: a message that says what is expected."""
    coded = [CommunePlace(p.code, p.name, p.kind, "193", p.lat, p.lon) for p in communes]
    for wrong in ([], coded, communes * 2):
        with pytest.raises(ValueError, match="177"):
            build_province(wrong)
