/* The panel's switches and legends: what is shown of the communes and what its colours mean, which layers there are and
 * what their signs mean. A legend always speaks of what the map shows. */
"use strict";

(function (phusong) {
  const { element, word, wordFor } = phusong;

  phusong.section = function (key, title, open, ...children) {
    const summary = element("summary", {}, title);
    return element("details", { class: "section " + key, open: open ? "" : null }, summary, ...children);
  };

  const option = (value, text) => element("option", { value }, text);

  function makeSelect(id, label, choose) {
    const select = element("select", { id: "switch-" + id });
    select.addEventListener("change", () => choose(select.value));
    const row = element("div", { class: "switch" }, element("label", { for: "switch-" + id }, label), select);
    return {
      row,
      fill(entries, value) {
        const unique = Array.from(new Map(entries), ([each, text]) => option(each, text));
        select.replaceChildren(...unique);
        select.value = value;
        row.hidden = unique.length < 2 && !["technology", "operator"].includes(id);
      },
    };
  }

  /* Technology, operator and level of one side; each offers only what goes with those before it. */
  function seriesSwitches(prefix, names, all, current, view) {
    const choose = (name) => (value) => {
      const wanted = { technology: view.values[names[0]], operator: view.values[names[1]], threshold: view.values[names[2]], [name]: value };
      const found = phusong.findSeries(all(), wanted.technology, wanted.operator, wanted.threshold);
      if (found) view.set({ [names[0]]: found.technology, [names[1]]: found.operator, [names[2]]: String(found.minDbm) });
    };
    const technology = makeSelect(prefix + "technology", word("technology"), choose("technology"));
    const operator = makeSelect(prefix + "operator", word("operator"), choose("operator"));
    const threshold = makeSelect(prefix + "threshold", word("threshold"), choose("threshold"));
    return {
      rows: [technology.row, operator.row, threshold.row],
      refresh() {
        const series = current();
        if (!series) {
          for (const each of [technology, operator, threshold]) each.fill([["", word("class.none")]], "");
          return;
        }
        const first = all().filter((each) => each.technology === series.technology);
        const second = first.filter((each) => each.operator === series.operator);
        technology.fill(all().map((each) => [each.technology, each.technology]), series.technology);
        operator.fill(first.map((each) => [each.operator, wordFor("operator", each.operator)]), series.operator);
        threshold.fill(second.map((each) => [String(each.minDbm), phusong.threshold(each.minDbm)]), String(series.minDbm));
      },
    };
  }

  const legendRow = (picture, text, count) =>
    element("li", {}, picture, element("span", {}, text), count === null ? null : element("span", { class: "count" }, phusong.number(count, 0)));

  function classLegend(family, keys, textOf, values, keyOf, title, patterns) {
    const counts = new Map();
    for (const value of values) counts.set(keyOf(value), (counts.get(keyOf(value)) || 0) + 1);
    const rows = [...keys, "none"].map((key) =>
      legendRow(phusong.fillSwatch(phusong.fill(family, key, patterns)), textOf(key), counts.get(key) || 0),
    );
    return [
      element(
        "p", { class: "legend-title" },
        element("span", { "aria-live": "polite" }, title),
        element("span", { class: "count" }, word("communes_count")),
      ),
      element("ul", { class: "legend" }, ...rows),
    ];
  }

  /* The numbers of the communes of the class that stands out; of all where none does. */
  const inGroup = (communes, view) =>
    [...communes.keys()].filter((row) => !view.values.group || communes[row].classes.includes(view.values.group));

  /* Centres are covered or not; every other measure is a share in classes. */
  phusong.coverageLegend = function (communes, series, layers, view) {
    const { measure, patterns } = view.values;
    const keys = measure === "centre" ? ["full", "zero"] : phusong.coverageKeys();
    const text = (key) => (key !== "none" && measure === "centre" ? word(key === "full" ? "centre.yes" : "centre.no") : word("class." + key));
    const title = series
      ? [word("measure." + measure, series), wordFor("operator", series.operator), phusong.threshold(series.minDbm), phusong.datesOf(layers, series)]
          .filter((part) => part)
          .join(" · ")
      : word("class.none");
    const ratios = inGroup(communes, view).map((row) => phusong.measured(communes, series, measure, row));
    return classLegend("class", keys, text, ratios, phusong.coverageKey, title, patterns);
  };

  phusong.differenceLegend = function (data, comparison, view) {
    const points = inGroup(data.communes, view).map((row) => comparison.points(row));
    const title = word("difference.title", {
      measure: word("measure." + view.values.measure, view.series()),
      a: phusong.sideTitle(data, comparison.own, view.series()), b: phusong.sideTitle(data, comparison.run(), comparison.series()),
    });
    const text = (key) => word(key === "none" ? "class.none" : "difference." + key);
    return classLegend("difference", phusong.differenceKeys(), text, points, phusong.differenceKey, title, view.values.patterns);
  };

  /* The section that says what colours the communes. */
  phusong.makeCoverageSection = function (data, view, comparison) {
    const legend = element("div", { class: "coverage-legend" });
    const own = seriesSwitches("", ["technology", "operator", "threshold"], () => data.series, view.series, view);
    const other = seriesSwitches(
      "other-", ["otherTechnology", "otherOperator", "otherThreshold"], () => comparison.run().series, comparison.series, view,
    );
    const measure = makeSelect("measure", word("measure"), (value) => view.set({ measure: value }));
    const group = makeSelect("group", word("groups"), (value) => view.set({ group: value }));
    const compare = makeSelect("compare", word("compare"), (value) => view.set({ compare: value }));
    const run = makeSelect("other-run", word("compare.run"), (value) => view.set({ otherRun: value }));
    const note = element("p", { class: "note", role: "status" });
    const others = element("div", { class: "switches other" }, element("p", { class: "side" }, word("compare.other")), run.row, ...other.rows);

    view.follow(
      ["technology", "operator", "threshold", "measure", "group", "compare", "otherRun", "otherTechnology", "otherOperator", "otherThreshold", "patterns"],
      () => {
        const { values } = view;
        own.refresh();
        other.refresh();
        measure.fill(data.measures.map((each) => [each, word("measure." + each, { technology: view.series()?.technology || "" }).trim()]), values.measure);
        group.fill([["", word("group.all")], ...data.groups.map((each) => [each, wordFor("group", each)])], values.group);
        compare.fill(["", "beside", "difference"].map((each) => [each, word("compare." + (each || "none"))]), values.compare);
        compare.row.hidden = data.series.length === 0;
        const name = data.compared ? word("compare.run.other", { edition: data.compared.edition, file: data.compared.file }) : "";
        run.fill([["this", word("compare.run.this")], ...(data.compared ? [["other", name]] : [])], values.otherRun);
        others.hidden = values.compare === "";
        const refused = values.compare === "difference" && !comparison.canSubtract();
        const why = comparison.run().sameUnits ? "compare.no_figures" : "compare.other_units";
        note.textContent = refused ? word(why, { edition: comparison.run().edition }) : "";
        const subtracts = comparison.isSubtracting();
        legend.replaceChildren(
          ...(subtracts ? phusong.differenceLegend(data, comparison, view) : phusong.coverageLegend(data.communes, view.series(), data.sources.layers, view)),
        );
      },
    );
    return phusong.section(
      "coverage", word("coverage"), true,
      element("div", { class: "switches" }, ...own.rows, measure.row, group.row, compare.row), others, note, legend,
    );
  };

  /* The section of layers, each with its box and, under it, what its signs mean and how many there are now. */
  phusong.makeLayersSection = function (data, index, view, states, names) {
    const fallback = { technology: data.fallbackTechnology };
    const groups = { links: "verdict", sites: "isolation", endpoints: "endpoint" };
    const legends = {};
    const rows = names.map((name) => {
      const box = element("input", { type: "checkbox", id: "layer-" + name });
      box.addEventListener("change", () => view.toggleLayer(name, box.checked));
      view.follow(["layers"], () => { box.checked = view.hasLayer(name); });
      legends[name] = element("ul", { class: "legend" });
      const counted = { links: data.links, sites: data.sites, endpoints: data.endpoints, gaps: data.gaps }[name];
      const label = element("label", { for: "layer-" + name }, box, word("layer." + (name === "districts" && !data.districts.labels.length ? "names" : name)), counted ? element("span", { class: "count" }, phusong.number(counted.length, 0)) : null);
      return element("div", { class: "layer" }, label, groups[name] ? legends[name] : null);
    });
    states.follow(() => {
      for (const [kind, group] of Object.entries(groups)) {
        const key = kind === "sites" ? "isolation" : "verdict";
        const items = phusong.states(kind).reverse().map((state) => {
          const count = data[kind].filter((row) => row[key] === state).length;
          return count ? legendRow(phusong.swatch(kind, state), wordFor(group, state, fallback), count) : null;
        });
        if (kind === "sites" && data.links.length) items.unshift(legendRow(phusong.swatch("sites", "connected", true), word("hub"), null));
        legends[kind].replaceChildren(...items.filter((item) => item !== null));
      }
    });
    return phusong.section("layers", word("layers"), true, ...rows);
  };

  /* Where everything on the page comes from, and what is not drawn. */
  phusong.makeSourcesSection = function (data, places) {
    const undrawn = data.sites.length - places.sites.size;
    const undrawnLinks = data.links.length - places.links.size;
    const layer = (each) =>
      word("sources.layer", {
        technology: each.technology, operator: each.operator,
        threshold: phusong.threshold(each.minDbm), date: each.date || word("sources.no_date"),
      });
    const lines = [
      data.sources.boundaries ? word("sources.boundaries", { file: data.sources.boundaries, tolerance: data.sources.tolerance }) : "",
      data.sources.boundaries ? word(data.schematic ? "schematic" : "sources.given_boundaries") : "",
      data.sources.layers.length ? word(data.synthetic ? "synthetic" : "sources.given_layers") : "",
      data.land.length ? word("sources.land", { source: data.sources.land }) : "",
      ...(data.sources.layers.length ? [] : [word("sources.no_layers")]),
      ...data.sources.layers.map(layer),
      data.coverage.length ? word("sources.coverage", { tolerance: data.sources.coverageTolerance }) : "",
      data.gaps.length ? word("sources.gaps", { count: data.gaps.length, more: data.sources.moreGaps }) : "",
      ...(data.compared ? [word("sources.compared", { file: data.compared.file, edition: data.compared.edition }), ...data.compared.layers.map(layer)] : []),
      data.tiles ? word("sources.tiles", { attribution: data.tiles.attribution, origin: new URL(data.tiles.url.replace(/[{}]/g, "")).origin }) : "",
      undrawn ? word("sources.undrawn", { count: undrawn }) : "",
      undrawnLinks ? word("sources.undrawn_links", { count: undrawnLinks }) : "",
      word(data.tiles ? "sources.leaflet_only" : "sources.leaflet", { version: L.version }),
    ];
    const items = lines.filter((line) => line).map((line) => element("li", {}, line));
    return phusong.section("sources", word("sources"), false, element("ul", {}, ...items));
  };
})(window.phusong);
