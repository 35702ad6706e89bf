"""What every dashboard has around its panels: identity, links to the others, the data source and its variables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import dashboard

from phusong.exporters.grafana.queries import DATASOURCE
from phusong.exporters.grafana.words import Words

ALL: Final = "$__all"
TIME_ZONE: Final = "Asia/Ho_Chi_Minh"

PanelBuilder = Builder[dashboard.Panel]


class Annotation(dashboard.AnnotationQuery):
    """Spans of time in which a query gives more than 0, named by its labels; the SDK knows no title of them."""

    def __init__(self, name: str, expression: str, title: str) -> None:
        super().__init__(name, DATASOURCE, icon_color="semi-dark-orange", expr=expression)
        self.title = title

    def to_json(self) -> dict[str, object]:
        """Return it with the title."""
        return {**super().to_json(), "titleFormat": self.title, "step": "60s"}

    def build(self) -> Annotation:
        """Return itself: the dashboard's builder asks for a builder."""
        return self


class Board:
    """A dashboard in the making; panels flow from left to right, 24 columns wide, in the order of ``add``."""

    def __init__(
        self,
        words: Words,
        name: str,
        title: str,
        about: str,
        *,
        since: str = "now-6h",
        refresh: str = "30s",
    ) -> None:
        self.words = words
        say = words.say
        self._builder = (
            builders.Dashboard(f"Phủ Sóng: {say(title)}")
            .uid(words.uid(name))
            .description(say(about))
            .tags(["phusong", words.tag])
            .timezone(TIME_ZONE)
            .time(since, "now")
            .refresh(refresh)
            .editable()
            .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
            .link(
                builders.DashboardLink(say("Dashboards"))
                .type(dashboard.DashboardLinkType.DASHBOARDS)
                .tags([words.tag])
                .keep_time(True)
            )
            .with_variable(builders.DatasourceVariable("datasource").label(say("Data source")).type("prometheus"))
        )

    def choose(
        self, name: str, label: str, query: str, *, several: bool = True, hidden: bool = False, first: str = ""
    ) -> None:
        """Add a variable whose values are those of a label.

        With ``several`` any number may be chosen, and at first all are; else it is one, at first ``first``.
        """
        variable = (
            builders.QueryVariable(name)
            .datasource(DATASOURCE)
            .query({"qryType": 1, "query": query, "refId": "PrometheusVariableQueryEditor-VariableQuery"})
            .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
            .sort(dashboard.VariableSort.NATURAL_ASC)
        )
        if hidden:
            variable.hide(dashboard.VariableHide.HIDE_VARIABLE)
        else:
            variable.label(self.words.say(label))
        if several:
            variable.multi(True).include_all(True).all_value(".*")
            variable.current(dashboard.VariableOption(text=["All"], value=[ALL]))
        elif first:
            variable.current(dashboard.VariableOption(text=first, value=first))
        self._builder.with_variable(variable)

    def annotate(self, name: str, expression: str, title: str) -> None:
        """Mark the spans of time in which the query gives more than 0."""
        self._builder.annotation(Annotation(self.words.say(name), expression, title))  # type: ignore[arg-type]  # it builds itself

    def row(self, title: str) -> None:
        """Begin a part with a title."""
        self._builder.with_row(builders.Row(self.words.say(title)))

    def folded(self, title: str, panels: Sequence[PanelBuilder]) -> None:
        """Add a part that asks nothing of Prometheus until somebody opens it."""
        row = builders.Row(self.words.say(title)).collapsed(True)
        for panel in panels:
            row.with_panel(panel)
        self._builder.with_row(row)

    def add(self, *panels: PanelBuilder) -> None:
        """Add panels."""
        for panel in panels:
            self._builder.with_panel(panel)

    def build(self) -> dashboard.Dashboard:
        """Return the dashboard; its panels are numbered in their order."""
        built = self._builder.build()
        for number, panel in enumerate(_every(built.panels or []), start=1):
            panel.id_val = number
        return built


def _every(
    panels: Sequence[dashboard.Panel | dashboard.RowPanel],
) -> Iterator[dashboard.Panel | dashboard.RowPanel]:
    """Yield panels and rows, each row before the panels that are folded into it."""
    for panel in panels:
        yield panel
        if isinstance(panel, dashboard.RowPanel):
            yield from panel.panels
