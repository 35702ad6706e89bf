"""The province's claims with our figure beside each, and SDG 9.c.1."""

from __future__ import annotations

from made_up_communes import four_communes, layer, square

from phusong.coverage.input.layers import Layer
from phusong.coverage.measuring.claims import (
    BROADBAND,
    CENTRES_4G,
    MOBILE_2020,
    MOBILE_2024,
    check_claims,
    sdg_9c1,
)
from phusong.coverage.measuring.indicators import About, measure_communes
from phusong.coverage.measuring.levels import add_up
from phusong.coverage.measuring.unions import unite_layers
from phusong.coverage.summary import Broadband, CoverageSummary


def _summary(
    *layers: Layer, method: str = "raster", broadband: dict[str, Broadband] | None = None
) -> CoverageSummary:
    communes = measure_communes(four_communes(), unite_layers(layers), About(broadband=broadband or {}))
    return CoverageSummary(
        "2020-01", "", "", False, False, tuple(each.source for each in layers), communes, (),
        units=add_up(communes, broadband_known=broadband is not None), population_method=method,
    )  # fmt: skip


def test_claims_that_hold() -> None:
    """Everything covered and connected: all claims hold, with what was counted."""
    broadband = {f"0000{n}": Broadband(n, None) for n in (1, 2, 3, 4)}
    checked = {c.claim.key: c for c in check_claims(_summary(layer(square(0, 0, 20)), broadband=broadband))}
    assert {key: (c.reached, c.whole, c.holds) for key, c in checked.items()} == {
        CENTRES_4G: (4, 4, True),
        MOBILE_2020: (10_000, 10_000, True),
        MOBILE_2024: (10_000, 10_000, True),
        BROADBAND: (4, 4, True),
    }
    assert (checked[CENTRES_4G].technology, checked[CENTRES_4G].min_dbm) == ("4G", -105.0)


def test_claims_that_do_not_hold() -> None:
    """The best technology of any operator counts; 98 % of the people is more than 96 and less than 100."""
    layers = (
        layer(square(0, 0, 20, 10), operator="A"),
        layer(square(0, 10, 20, 9.7), square(0, 0, 20, 10), technology="2G", operator="B"),
    )
    checked = {c.claim.key: c for c in check_claims(_summary(*layers, broadband={"00001": Broadband(3, 4)}))}
    assert (checked[CENTRES_4G].reached, checked[CENTRES_4G].holds) == (2, False)
    assert (checked[MOBILE_2020].technology, checked[MOBILE_2020].holds) == ("2G", True)
    assert (checked[MOBILE_2024].holds, checked[MOBILE_2024].estimate) == (False, False)
    assert (checked[BROADBAND].share, checked[BROADBAND].holds) == (0.25, False)


def test_what_cannot_be_checked_says_so() -> None:
    """No 4G layer and no list of broadband: no figure, no verdict. People by area are an estimate."""
    checked = {
        c.claim.key: c for c in check_claims(_summary(layer(square(0, 0, 20), technology="3G"), method="area"))
    }
    assert (checked[CENTRES_4G].reached, checked[CENTRES_4G].holds) == (None, None)
    assert (checked[BROADBAND].reached, checked[BROADBAND].share, checked[BROADBAND].holds) == (None, None, None)
    assert (checked[MOBILE_2024].estimate, checked[BROADBAND].estimate) == (True, False)


def test_sdg_is_the_best_single_operator() -> None:
    """The maximum over operators, named, at the weakest class; technologies without layers have no row."""
    layers = (
        layer(square(0, 0, 10), operator="A"),
        layer(square(10, 10, 10), operator="B"),
        layer(square(0, 0, 20), operator="A", technology="2G", min_dbm=None),
        layer(square(0, 0, 20), operator="A", technology="5G"),
    )
    figures = sdg_9c1(_summary(*layers))
    assert [(f.technology, f.operator, f.min_dbm, f.population_covered, f.population_ratio) for f in figures] == [
        ("2G", "A", None, 10_000.0, 1.0),
        ("4G", "B", -105.0, 4_000.0, 0.4),
    ]
