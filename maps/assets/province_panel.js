/* Header, switches, legend, incidents, table and sources: what stands around the map. */
"use strict";

(function (phusong) {
  const { element, word, wordFor } = phusong;

  function makeHeader(data) {
    const notes = [];
    if (data.synthetic) notes.push(element("span", { class: "badge synthetic" }, word("synthetic")));
    if (data.schematic) notes.push(element("span", { class: "badge schematic" }, word("schematic")));
    const asOf = data.asOf === null ? word("no_state") : word("as_of", { time: phusong.time(data.asOf) });
    const edition = data.edition ? word("edition", { edition: data.edition, count: data.communes.length }) : "";
    return element(
      "header",
      { class: "page-header" },
      element("h1", {}, word("title")),
      element("p", { class: "facts" }, element("span", { class: "as-of" }, asOf), element("span", { class: "edition" }, edition)),
      notes.length ? element("p", { class: "badges" }, ...notes) : null,
    );
  }

  function section(key, title, open, ...children) {
    const summary = element("summary", {}, title);
    return element("details", { class: "section " + key, open: open ? "" : null }, summary, ...children);
  }

  function option(value, text) {
    return element("option", { value }, text);
  }

  /* Technology, operator and threshold as three selects; each offers only what goes with those before it. */
  function makeSwitches(data, show) {
    const selects = {};
    const control = (name) => {
      selects[name] = element("select", { id: "switch-" + name });
      return element("div", { class: "switch" }, element("label", { for: "switch-" + name }, word(name)), selects[name]);
    };
    const controls = ["technology", "operator", "threshold"].map(control);
    const thresholdOf = (series) => String(series.minDbm);

    function fill(select, entries) {
      const before = select.value;
      select.replaceChildren(...Array.from(new Map(entries), ([value, text]) => option(value, text)));
      if ([...select.options].some((each) => each.value === before)) select.value = before;
    }
    function refresh() {
      const { technology, operator, threshold } = selects;
      fill(technology, data.series.map((each) => [each.technology, each.technology]));
      const first = data.series.filter((each) => each.technology === technology.value);
      fill(operator, first.map((each) => [each.operator, wordFor("operator", each.operator)]));
      const second = first.filter((each) => each.operator === operator.value);
      fill(threshold, second.map((each) => [thresholdOf(each), phusong.threshold(each.minDbm)]));
      threshold.parentElement.hidden = second.length < 2;
      show(second.find((each) => thresholdOf(each) === threshold.value) || null);
    }
    for (const select of Object.values(selects)) select.addEventListener("change", refresh);
    return {
      controls,
      start() {
        const choose = (select, value, text) => select.replaceChildren(option(value, text));
        const wanted =
          data.series.find((each) => each.technology === data.fallbackTechnology && each.operator === "any") || data.series[0];
        if (wanted) {
          choose(selects.technology, wanted.technology, "");
          choose(selects.operator, wanted.operator, "");
          choose(selects.threshold, thresholdOf(wanted), "");
        }
        refresh();
      },
    };
  }

  function legendRow(style, text, count) {
    const number = count === null ? null : element("span", { class: "count" }, phusong.number(count, 0));
    return element("li", {}, phusong.swatch(style), element("span", {}, text), number);
  }

  /* The dates of the layers behind a series: first and last where the operators' differ. */
  function datesOf(data, series) {
    const union = ["any", "max"].includes(series.operator);
    const dates = data.sources.layers
      .filter((layer) => layer.technology === series.technology && (union || layer.operator === series.operator))
      .map((layer) => layer.date)
      .filter((date) => date)
      .sort();
    if (!dates.length) return "";
    const span = dates[0] === dates[dates.length - 1] ? dates[0] : dates[0] + " – " + dates[dates.length - 1];
    return word("dated", { date: span });
  }

  function fillCoverageLegend(legend, data, series) {
    const ratios = data.communes.map((_, row) => (series ? series.area[row] : null));
    const count = (wanted) => ratios.filter((ratio) => phusong.coverageClass(ratio) === wanted).length;
    const rows = phusong.coverageClasses.map((each) =>
      legendRow({ fill: each.color }, each.text || word("class." + each.key), count(each)),
    );
    rows.push(legendRow({ fill: phusong.noData.color }, word("class.none"), count(phusong.noData)));
    const what = series
      ? [word("area_ratio", series), wordFor("operator", series.operator), phusong.threshold(series.minDbm), datesOf(data, series)]
          .filter((part) => part)
          .join(" · ")
      : word("class.none");
    legend.replaceChildren(
      element(
        "p",
        { class: "legend-title" },
        element("span", { "aria-live": "polite" }, what),
        element("span", { class: "count" }, word("communes_count")),
      ),
      element("ul", { class: "legend" }, ...rows),
    );
  }

  function stateLegend(table, rows, of, text) {
    const items = Object.entries(table).reverse().map(([key, style]) => {
      const count = rows.filter((row) => row[of] === key).length;
      return count ? legendRow(style, text(key), count) : null;
    });
    return element("ul", { class: "legend" }, ...items.filter((item) => item !== null));
  }

  function makeLayers(data, layers, map) {
    const fallback = { technology: data.fallbackTechnology };
    const endpointStyles = Object.fromEntries(Object.keys(phusong.endpointColors).map((key) => [key, phusong.endpointStyle(key)]));
    const legends = {
      links: stateLegend(phusong.verdicts, data.links, "verdict", (key) => word("verdict." + key)),
      sites: stateLegend(phusong.isolations, data.sites, "isolation", (key) => word("isolation." + key, fallback)),
      endpoints: stateLegend(endpointStyles, data.endpoints, "verdict", (key) => word("endpoint." + key)),
    };
    legends.sites.prepend(legendRow({ shape: "star", color: "#0b6e4f", radius: 6 }, word("hub"), null));
    const rows = ["links", "sites", "endpoints", "districts", "communes"]
      .filter((name) => !(name in legends) || data[name].length)
      .map((name) => {
        const box = element("input", { type: "checkbox", id: "layer-" + name, checked: "" });
        const total = name in legends ? " (" + phusong.number(data[name].length, 0) + ")" : "";
        box.addEventListener("change", () => {
          if (box.checked) layers[name].addTo(map);
          else layers[name].remove();
        });
        const label = element("label", { for: box.id }, box, word("layer." + name) + total);
        return element("div", { class: "layer" }, label, legends[name] || null);
      });
    return section("layers", word("layers"), true, ...rows);
  }

  /* Worst first: cut-off offices, offices on mobile only, lines, endpoints. */
  function findIncidents(data, index) {
    const fallback = { technology: data.fallbackTechnology };
    const name = (id) => (index.sites.has(id) ? index.sites.get(id).name : id);
    const sites = phusong.wrongIsolations.flatMap((isolation) =>
      data.sites.filter((site) => site.isolation === isolation).map((site) => ({
        layer: "sites", id: site.id, style: phusong.isolations[isolation],
        title: site.name, text: word("isolation." + isolation, fallback),
      })),
    );
    const links = phusong.wrongVerdicts.flatMap((verdict) =>
      data.links.filter((link) => link.verdict === verdict).map((link) => ({
        layer: "links", id: link.id, style: phusong.verdicts[verdict],
        title: link.id + " · " + name(link.site), text: word("verdict." + verdict) + " · " + link.carrier,
      })),
    );
    const endpoints = phusong.wrongEndpoints.flatMap((verdict) =>
      data.endpoints.filter((endpoint) => endpoint.verdict === verdict).map((endpoint) => ({
        layer: "endpoints", id: endpoint.id, style: phusong.endpointStyle(verdict),
        title: endpoint.name, text: word("endpoint." + verdict),
      })),
    );
    return [...sites, ...links, ...endpoints];
  }

  function makeIncidents(data, index, go) {
    const incidents = findIncidents(data, index);
    const rows = incidents.map((each) => {
      const body = [phusong.swatch(each.style), element("span", {}, element("strong", {}, each.title), element("br"), each.text)];
      const button = element("button", { type: "button" }, ...body);
      button.addEventListener("click", () => go(each.layer, each.id));
      return element("li", {}, button);
    });
    const content = rows.length ? element("ul", { class: "incidents" }, ...rows) : element("p", {}, word("no_incidents"));
    return section("wrong", word("incidents") + " (" + rows.length + ")", false, content);
  }

  function fillTable(body, data, series, go) {
    const rows = data.communes.map((commune, row) => ({ commune, row, ratio: series ? series.area[row] : null }));
    rows.sort((a, b) => (a.ratio ?? 2) - (b.ratio ?? 2) || a.commune.code.localeCompare(b.commune.code));
    body.replaceChildren(
      ...rows.map(({ commune, row, ratio }) => {
        const button = element("button", { type: "button" }, commune.name);
        button.addEventListener("click", () => go("communes", row));
        return element(
          "tr",
          {},
          element("td", {}, button, element("small", {}, commune.code + (commune.district ? " · " + commune.district : ""))),
          element("td", { class: "number" }, ratio === null ? word("class.none") : phusong.percent(ratio)),
        );
      }),
    );
  }

  function makeSources(data, places) {
    const undrawn = data.sites.length - places.sites.size;
    const undrawnLinks = data.links.length - places.links.size;
    const lines = [
      data.sources.boundaries
        ? word("sources.boundaries", { file: data.sources.boundaries, tolerance: data.sources.tolerance })
        : "",
      ...(data.sources.layers.length ? [] : [word("sources.no_layers")]),
      ...data.sources.layers.map((layer) =>
        word("sources.layer", {
          technology: layer.technology, operator: layer.operator,
          threshold: phusong.threshold(layer.minDbm), date: layer.date || word("sources.no_date"),
        }),
      ),
      undrawn ? word("sources.undrawn", { count: undrawn }) : "",
      undrawnLinks ? word("sources.undrawn_links", { count: undrawnLinks }) : "",
      word("sources.leaflet", { version: L.version }),
    ];
    const items = lines.filter((line) => line).map((line) => element("li", {}, line));
    return section("sources", word("sources"), false, element("ul", {}, ...items));
  }

  phusong.makePanel = function ({ data, index, layers, map, places, showSeries }) {
    const panel = element("aside", { class: "panel", id: "panel", "aria-label": word("panel") });
    const toggle = element("button", { type: "button", class: "panel-toggle", "aria-controls": "panel", "aria-expanded": "false" }, word("panel"));
    const setOpen = (open) => {
      panel.classList.toggle("open", open);
      toggle.setAttribute("aria-expanded", String(open));
      toggle.textContent = word(open ? "close" : "panel");
    };
    toggle.addEventListener("click", () => setOpen(!panel.classList.contains("open")));

    /* Show a thing of a list on the map, with its card; what is not on the map has no place to go to. */
    function go(layer, id) {
      const place = places[layer].get(id);
      if (!place) return;
      const box = document.getElementById("layer-" + layer);
      if (!box.checked) box.click();
      setOpen(false);
      if (place.getBounds) map.fitBounds(place.getBounds(), { maxZoom: 11, animate: false });
      else map.setView(place.getLatLng(), Math.max(map.getZoom(), 11), { animate: false });
      place.openPopup();
    }

    const legend = element("div", { class: "coverage-legend" });
    const tableBody = element("tbody", {});
    const switches = makeSwitches(data, (series) => {
      showSeries(series);
      fillCoverageLegend(legend, data, series);
      fillTable(tableBody, data, series, go);
    });
    const head = element(
      "tr", {},
      element("th", { scope: "col" }, word("commune")),
      element("th", { scope: "col", class: "number" }, word("covered")),
    );
    panel.append(
      makeIncidents(data, index, go),
      section("coverage", word("coverage"), true, element("div", { class: "switches" }, ...switches.controls), legend),
      makeLayers(data, layers, map),
      section(
        "table", word("table"), false,
        element("div", { class: "scroll" }, element("table", { class: "communes" }, element("thead", {}, head), tableBody)),
      ),
      makeSources(data, places),
    );
    map.getContainer().setAttribute("aria-label", word("title"));
    map.getContainer().setAttribute("role", "region");
    document.body.prepend(makeHeader(data));
    document.body.append(toggle, panel);
    switches.start();
  };
})(window.phusong);
