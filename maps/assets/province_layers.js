/* The layers of one map: communes, districts, coverage, gaps, lines, offices, endpoints. Each layer is made once; what
 * changes is how its shapes look. */
"use strict";

(function (phusong) {
  const { element } = phusong;

  /* Tooltip under the pointer, card on click; both are elements made anew, so they follow every change. A shape is no
   * stop of the Tab key, a thousand of them would stand between the map and the panel: search and table lead to cards. */
  function describe(layer, key, tip, card) {
    layer.options.key = key;
    layer.on("add", () => layer.getElement().setAttribute("tabindex", "-1"));
    layer.bindTooltip(tip, { sticky: true, direction: "auto" });
    layer.bindPopup(card, { maxWidth: 320, minWidth: 210, maxHeight: 340, autoPanPaddingTopLeft: [52, 12], autoPanPaddingBottomRight: [12, 12] });
    layer.on("popupopen", () => layer.closeTooltip());
  }

  function panes(map) {
    return (name, zIndex) => {
      map.createPane(name).style.zIndex = zIndex;
      return { pane: name, renderer: L.svg({ pane: name, padding: 0.4 }) };
    };
  }

  function setClass(layer, names) {
    const path = layer.getElement();
    if (path) {
      path.classList.remove(...layer.options.className.split(" "));
      path.classList.add(...names.split(" "));
    }
    layer.options.className = names;
  }

  /* A function that calls act for the rows whose state is another one than at its last call, then after. */
  function onlyChanged(rows, stateOf, act, after) {
    const before = new Map();
    return function (...more) {
      const changed = rows.filter((row) => before.get(row) !== stateOf(row));
      for (const row of changed) {
        before.set(row, stateOf(row));
        act(row, ...more);
      }
      if (changed.length) after();
    };
  }

  /* A function that brings what is not at its best to the front, the worst last. */
  function inOrder(kind, rows, stateOf, front) {
    const rank = (row) => phusong.rank(kind, stateOf(row));
    return () => rows.filter((row) => rank(row) > 0).sort((a, b) => rank(a) - rank(b)).forEach(front);
  }

  phusong.groupOpacity = (commune, group) => (!group || commune.classes.includes(group) ? 1 : 0.15);

  /* Communes of one map; with cards null (the second map of a comparison) they only have tooltips. */
  phusong.drawCommunes = function (map, communes, tip, card) {
    const pane = panes(map)("communes", 400);
    const shapes = new Map();
    communes.forEach((commune, row) => {
      if (!commune.polygons.length) return;
      const shape = L.polygon(phusong.polygonPoints(commune.polygons), {
        ...pane, smoothFactor: 0, className: "commune", color: "var(--halo)", weight: 0.7, opacity: 0.9, fillOpacity: 1,
      });
      describe(shape, "communes:" + commune.code, () => tip(row), () => card(row));
      shape.on("mouseover", () => shape.setStyle({ weight: 2.2, color: "var(--ink)" }));
      shape.on("mouseout", () => shape.setStyle({ weight: 0.7, color: "var(--halo)" }));
      shapes.set(row, shape);
    });
    return { group: L.featureGroup([...shapes.values()]), shapes };
  };

  phusong.drawDistricts = function (map, districts) {
    const pane = panes(map)("districts", 410);
    map.createPane("labels").style.zIndex = 470;
    const lines = (parts, weight) =>
      L.polyline(parts.map(phusong.points), {
        ...pane, smoothFactor: 0, className: "district-border", color: "var(--border)", weight, opacity: 0.85, interactive: false,
      });
    return L.layerGroup([lines(districts.borders, 1.5), lines(districts.outline, 0.6)]);
  };

  /* Where each district is: a place of a search without a card of its own. */
  function districtBounds(data, shapes) {
    const found = new Map();
    for (const { name } of data.districts.labels) {
      const rows = [...shapes].filter(([row]) => data.communes[row].district.endsWith(name)).map(([, shape]) => shape);
      if (rows.length) found.set(name, { getBounds: () => L.featureGroup(rows).getBounds(), openPopup() {} });
    }
    return found;
  }

  function drawCoverage(map, coverage) {
    const pane = panes(map)("coverage", 405);
    const shapes = new Map();
    const group = L.layerGroup([]);
    return {
      group,
      show(series) {
        group.clearLayers();
        const found = series && coverage.findIndex((each) =>
          each.technology === series.technology && each.minDbm === series.minDbm &&
          each.operator === (series.operator === "max" ? "any" : series.operator));
        if (!series || found < 0) return;
        if (!shapes.has(found)) {
          shapes.set(found, L.polygon(phusong.polygonPoints(coverage[found].polygons), {
            ...pane, smoothFactor: 0, className: "coverage-shape", color: "var(--cover)", weight: 1.4, opacity: 0.95,
            fillColor: "var(--cover)", fillOpacity: 0.16, interactive: false,
          }));
        }
        group.addLayer(shapes.get(found));
      },
    };
  }

  function drawGaps(map, gaps, cards) {
    const pane = panes(map)("gaps", 415);
    const drawn = new Map();
    gaps.forEach((gap, row) => {
      const shape = L.polygon(phusong.polygonPoints(gap.polygons), {
        ...pane, smoothFactor: 0, className: "gap", color: "var(--gap)", weight: 1.6, dashArray: "4 3", fillColor: "var(--gap)", fillOpacity: 0.22,
      });
      describe(shape, "gaps:" + row, () => cards.gapTip(gap), () => cards.gap(gap));
      drawn.set(row, shape);
    });
    return { group: L.layerGroup([...drawn.values()]), drawn };
  }

  function drawLinks(map, data, index, cards) {
    const pane = panes(map)("links", 420);
    const drawn = new Map();
    const casings = new Map();
    const group = L.layerGroup([]);
    for (const link of data.links) {
      const ends = [index.sites.get(link.hub), index.sites.get(link.site)];
      if (link.hub === link.site || !ends.every((site) => site && site.position)) continue;
      const path = phusong.linePath(ends[0].position, ends[1].position, index.linksOf.get(link.site).indexOf(link));
      const line = L.polyline(path, { ...pane, lineCap: "butt", className: "link" });
      describe(line, "links:" + link.id, () => cards.linkTip(link), () => cards.link(link));
      drawn.set(link.id, line);
    }

    /* A line that is not up has a light casing, made when it is first needed. */
    function casing(link, weight) {
      if (!casings.has(link.id)) {
        casings.set(link.id, L.polyline(drawn.get(link.id).getLatLngs(), {
          ...pane, className: "link-casing", color: "var(--halo)", opacity: 0.75, interactive: false,
        }));
      }
      return casings.get(link.id).setStyle({ weight: weight + 2.4 });
    }

    const placed = data.links.filter((link) => drawn.has(link.id));
    const order = inOrder("links", placed, (link) => link.verdict, (link) => {
      casings.get(link.id)?.bringToFront();
      drawn.get(link.id).bringToFront();
    });
    group.on("add", order);
    for (const line of drawn.values()) group.addLayer(line);
    return {
      group,
      drawn,
      restyle: onlyChanged(placed, (link) => link.verdict, (link) => {
        const line = drawn.get(link.id);
        const style = phusong.lineStyle(link.verdict);
        line.setStyle(style);
        setClass(line, "link verdict-" + link.verdict);
        if (link.verdict !== "up") group.addLayer(casing(link, style.weight));
        else if (casings.has(link.id)) group.removeLayer(casings.get(link.id));
      }, order),
    };
  }

  function drawMarks(kind, rows, stateOf, make) {
    const drawn = new Map(rows.map((row) => [row.id, make(row)]));
    const group = L.layerGroup([...drawn.values()]);
    const order = inOrder(kind, rows, stateOf, (row) => drawn.get(row.id).bringToFront());
    group.on("add", order);
    return {
      group,
      drawn,
      restyle: onlyChanged(rows, stateOf, (row, scale) => {
        const mark = drawn.get(row.id);
        const style = phusong.markStyle(kind, stateOf(row), mark.options.hub);
        Object.assign(mark.options, style, { baseRadius: style.radius, baseWeight: style.weight });
        setClass(mark, (kind === "sites" ? "site isolation-" : "endpoint verdict-") + stateOf(row));
        scaleMark(mark, scale);
      }, order),
    };
  }

  function scaleMark(mark, scale) {
    const { baseWeight, baseRadius } = mark.options;
    mark.setStyle({ weight: baseWeight * Math.min(1, scale), radius: baseRadius * scale });
  }

  function drawSites(map, data, cards) {
    const pane = panes(map)("sites", 450);
    const hubs = new Set(data.links.map((link) => link.hub));
    const rows = data.sites.filter((site) => site.position);
    return drawMarks("sites", rows, (site) => site.isolation, (site) => {
      const mark = new phusong.Mark(site.position, { ...pane, hub: hubs.has(site.id), radius: 1, className: "site" });
      describe(mark, "sites:" + site.id, () => cards.siteTip(site), () => cards.site(site));
      return mark;
    });
  }

  function drawEndpoints(map, data, index, cards) {
    const pane = panes(map)("endpoints", 440);
    const rows = data.endpoints.filter((endpoint) => index.sites.get(endpoint.site)?.position);
    return drawMarks("endpoints", rows, (endpoint) => endpoint.verdict, (endpoint) => {
      const nth = index.endpointsOf.get(endpoint.site).indexOf(endpoint);
      const mark = new phusong.Mark(index.sites.get(endpoint.site).position, {
        ...pane, shift: [1.9 + 2.1 * nth, -1.6], radius: 1, className: "endpoint",
      });
      describe(mark, "endpoints:" + endpoint.id, () => cards.endpointTip(endpoint), () => cards.endpoint(endpoint));
      return mark;
    });
  }

  /* All layers of the main map by name, and how to bring them up to date. */
  phusong.drawLayers = function ({ map, data, index, cards, view }) {
    const communes = phusong.drawCommunes(
      map, data.communes,
      (row) => cards.communeTip(row),
      (row) => cards.commune(row),
    );
    const districts = { group: phusong.drawDistricts(map, data.districts) };
    const coverage = drawCoverage(map, data.coverage);
    const gaps = drawGaps(map, data.gaps, cards);
    const links = drawLinks(map, data, index, cards);
    const endpoints = drawEndpoints(map, data, index, cards);
    const sites = drawSites(map, data, cards);

    /* Far out the marks are small so that 581 of them leave the map to be seen. */
    const scale = () => Math.min(1.5, Math.max(0.42, 1 + (map.getZoom() - 10) * 0.2));
    let scaled = 0;
    map.on("zoomend", () => {
      if (scaled !== scale()) {
        for (const mark of [...sites.drawn.values(), ...endpoints.drawn.values()]) scaleMark(mark, scale());
      }
      scaled = scale();
      map.getContainer().classList.toggle("far-out", map.getZoom() < 8.5);
    });
    return {
      byName: {
        communes: communes.group, districts: districts.group, coverage: coverage.group, gaps: gaps.group,
        links: links.group, sites: sites.group, endpoints: endpoints.group,
      },
      places: { communes: communes.shapes, districts: districtBounds(data, communes.shapes), links: links.drawn, sites: sites.drawn, endpoints: endpoints.drawn, gaps: gaps.drawn },
      showStates() {
        links.restyle();
        sites.restyle(scale());
        endpoints.restyle(scale());
      },
      showCoverage: () => coverage.show(view.series()),
      colourCommunes(fillOf) {
        for (const [row, shape] of communes.shapes) shape.setStyle(fillOf(row));
      },
    };
  };

  /* Text on the map that no pointer meets. */
  phusong.mapLabel = (name, at, kind, pane) =>
    L.marker(at, {
      pane, interactive: false, keyboard: false,
      icon: L.divIcon({ className: "map-label " + kind, iconSize: null, html: element("span", {}, name) }),
    });
})(window.phusong);
