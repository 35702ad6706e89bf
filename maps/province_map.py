"""The province on one page: communes by coverage, lines by verdict, offices, endpoints.

Draws finished numbers and computes none. The drawing itself is in ``assets/province_*.js``; here the data, the
folium page and the check that the page is one self-contained file come together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from branca.element import Element, Figure, MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from phusong.maps.display_geometry import simplify_for_display
from phusong.maps.input_check import MapError, check_inputs
from phusong.maps.page import OWN_ASSET, LeafletMap, origin_of, self_contained, write_page
from phusong.maps.palette import palette_css
from phusong.maps.province_data import CommuneName, Extras, province_data
from phusong.maps.text import escape_html, script_json
from phusong.maps.wording import WORDS

if TYPE_CHECKING:
    import geopandas as gpd

    from phusong.coverage.summary import CoverageSummary
    from phusong.exporters.snapshot import Snapshot

__all__ = ["MapError", "build_province_map", "write_page"]

_SCRIPTS = tuple(
    f"province_{name}"
    for name in (
        *("words", "view", "states", "measures", "shapes", "palette", "basemap", "layers", "cards", "legend"),
        *("incidents", "search", "table", "ruler", "history", "beside", "header", "map"),
    )
)
_ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E"
    "%3Ccircle cx='8' cy='8' r='7' fill='%23196d78'/%3E%3Ccircle cx='8' cy='8' r='3' fill='white'/%3E%3C/svg%3E"
)


class _Drawing(JSCSSMixin, MacroElement):
    """The place of the data and the call that draws it.

    The data itself is put in after rendering: branca reads what a macro gave as a Jinja template again, and a
    device called ``{{ ... }}`` would run in this process.
    """

    _template = Template(
        """
        {% macro html(this, kwargs) %}
        <noscript>{{ this.no_script }}</noscript>
        <script type="application/json" id="province-data">{{ this.data_marker }}</script>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            phusong.drawProvince({{ this._parent.get_name() }});
        {% endmacro %}
        """
    )

    data_marker = "@province-data@"

    def __init__(self, no_script: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca's MacroElement has no annotations
        self._name = "province_drawing"
        self.default_js = [(name, f"{OWN_ASSET}{name}.js") for name in _SCRIPTS]
        self.default_css = [("province_map_css", OWN_ASSET + "province_map.css")]
        self.no_script = escape_html(no_script)


def build_province_map(
    *,
    communes: gpd.GeoDataFrame,
    summary: CoverageSummary | None,
    snapshot: Snapshot | None,
    lang: str = "vi",
    extras: Extras | None = None,
) -> str:
    """Return the province map as the text of one HTML file that loads nothing.

    Parameters
    ----------
    communes
        Boundaries with columns ``code``, ``name``, ``district`` and ``geometry``; simplified for display here.
    summary
        Coverage figures of the same edition; without them every commune is hatched as "no data".
    snapshot
        The state of lines, offices and endpoints; without it there are only communes.
    lang
        The language in which the page opens, ``"vi"`` or ``"en"``; it has both.
    extras
        Land around, coverage polygons, gaps, history, another run to compare with, a tile server.

    Raises
    ------
    MapError
        A column is missing, the language is not known, or summary, snapshot and boundaries are of different
        editions.
    phusong.maps.display_geometry.BoundaryError
        The boundaries cannot be drawn.
    phusong.maps.page.PageError
        The page would load something (an asset was changed or is not vendored).
    """
    check_inputs(communes, summary, snapshot, lang)
    extras = extras or Extras()
    data = province_data(
        names=commune_names(communes),
        geometry=simplify_for_display(communes),
        summary=summary,
        snapshot=snapshot,
        lang=lang,
        extras=extras,
    )
    words = WORDS[lang]
    page = LeafletMap(tiles=None, location=(21.1, 107.3), zoom_start=9, zoom_snap=0.05, attribution_control=False)
    # folium names its variables by random ids; a fixed one gives the same bytes for the same inputs.
    page._id = "province"  # noqa: SLF001
    drawing = _Drawing(words["no_script"])
    drawing._id = "province"  # noqa: SLF001
    page.add_child(drawing)
    figure = page.get_root()
    assert isinstance(figure, Figure)  # noqa: S101 - folium puts every map into one; this tells mypy
    figure.title = escape_html(words["title"])
    figure.header.add_child(Element(f'<link rel="icon" href="{_ICON}">'), name="icon")
    figure.header.add_child(Element(f"<style>{palette_css()}</style>"), name="palette")
    html = figure.render().replace(_Drawing.data_marker, script_json(data))
    tile_origin = origin_of(extras.tiles.url) if extras.tiles else None
    return self_contained(html, lang=lang, tile_origin=tile_origin)


def commune_names(communes: gpd.GeoDataFrame) -> tuple[CommuneName, ...]:
    """Return what the boundary layer says of each commune beside its shape."""
    return tuple(
        CommuneName(str(code), str(name), "" if district is None or district != district else str(district))
        for code, name, district in zip(communes["code"], communes["name"], communes["district"], strict=True)
    )
