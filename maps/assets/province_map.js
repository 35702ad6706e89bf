/* Draws the province: reads the data block, makes the layers, lets the panel switch and restyle them. */
"use strict";

(function (phusong) {
  const HUB_BEND = 0.06;

  function groupBy(rows, key) {
    const groups = new Map();
    for (const row of rows) groups.set(row[key], [...(groups.get(row[key]) || []), row]);
    return groups;
  }

  function indexData(data) {
    const sitesOf = new Map();
    for (const site of data.sites) sitesOf.set(site.commune, (sitesOf.get(site.commune) || 0) + 1);
    return {
      communes: new Map(data.communes.map((commune) => [commune.code, commune])),
      sites: new Map(data.sites.map((site) => [site.id, site])),
      sitesOf,
      linksOf: groupBy(data.links, "site"),
      endpointsOf: groupBy(data.endpoints, "site"),
    };
  }

  /* Tooltip under the pointer, card on click or Enter; both are elements made anew, so they follow every restyle. */
  function describe(layer, tip, card) {
    layer.bindTooltip(tip, { sticky: true, direction: "auto" });
    layer.bindPopup(card, { maxWidth: 320, minWidth: 210, maxHeight: 340, autoPanPadding: [12, 12] });
    layer.on("popupopen", () => layer.closeTooltip());
  }

  function drawCommunes(data, cards, pane, state) {
    const shapes = new Map();
    const features = data.communes.map((commune, row) => ({
      type: "Feature",
      properties: { row },
      geometry: { type: "MultiPolygon", coordinates: commune.polygons },
    }));
    const group = L.geoJSON(
      features.filter((feature) => feature.geometry.coordinates.length),
      {
        ...pane, smoothFactor: 0, className: "commune", color: "#ffffff", weight: 0.7, opacity: 0.9, fillOpacity: 1,
        onEachFeature(feature, layer) {
          const row = feature.properties.row;
          const commune = data.communes[row];
          const ratio = () => (state.series ? state.series.area[row] : null);
          describe(
            layer,
            () => cards.communeTip(commune, state.series, ratio()),
            () => cards.commune(commune, row, state.series),
          );
          layer.on("mouseover", () => layer.setStyle({ weight: 2.2, color: "#20262b" }));
          layer.on("mouseout", () => layer.setStyle({ weight: 0.7, color: "#ffffff" }));
          shapes.set(row, layer);
        },
      },
    );
    return { group, shapes };
  }

  function drawDistricts(data, pane, labelPane) {
    const lines = (parts, weight) =>
      L.polyline(
        parts.map((line) => line.map(([lon, lat]) => [lat, lon])),
        { ...pane, smoothFactor: 0, className: "district-border", color: "#4b5660", weight, opacity: 0.85, interactive: false },
      );
    const labels = data.districts.labels.map((label) =>
      L.marker([label.lat, label.lon], {
        pane: labelPane, interactive: false, keyboard: false,
        icon: L.divIcon({ className: "district-label", iconSize: null, html: phusong.element("span", {}, label.name) }),
      }),
    );
    return L.layerGroup([lines(data.districts.borders, 1.5), lines(data.districts.outline, 0.6), ...labels]);
  }

  /* Points from hub to office; the second line of an office bows out so that both are seen. */
  function linePath(from, to, nth) {
    if (nth === 0) return [from, to];
    const bend = HUB_BEND * nth;
    const middle = [(from[0] + to[0]) / 2 + (to[1] - from[1]) * bend, (from[1] + to[1]) / 2 - (to[0] - from[0]) * bend];
    return Array.from({ length: 17 }, (_, i) => {
      const t = i / 16;
      return [0, 1].map((k) => (1 - t) ** 2 * from[k] + 2 * t * (1 - t) * (2 * middle[k] - (from[k] + to[k]) / 2) + t ** 2 * to[k]);
    });
  }

  function drawLinks(data, index, cards, pane) {
    const order = Object.keys(phusong.verdicts);
    const drawn = new Map();
    const placed = data.links.filter((link) => {
      const ends = [index.sites.get(link.hub), index.sites.get(link.site)];
      return link.hub !== link.site && ends.every((site) => site && site.position);
    });
    placed.sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
    const layers = placed.flatMap((link) => {
      const style = phusong.verdicts[link.verdict];
      const nth = index.linksOf.get(link.site).indexOf(link);
      const path = linePath(index.sites.get(link.hub).position, index.sites.get(link.site).position, nth);
      const line = L.polyline(path, {
        ...pane, className: "link verdict-" + link.verdict, color: style.color, weight: style.weight,
        opacity: style.opacity, dashArray: style.dash, lineCap: "butt",
      });
      describe(line, () => cards.linkTip(link), () => cards.link(link));
      drawn.set(link.id, line);
      if (link.verdict === "up") return [line];
      const casing = { ...pane, className: "link-casing", color: "#ffffff", weight: style.weight + 2.4, opacity: 0.75, interactive: false };
      return [L.polyline(path, casing), line];
    });
    return { group: L.layerGroup(layers), drawn };
  }

  function drawSites(data, cards, pane) {
    const hubs = new Set(data.links.map((link) => link.hub));
    const order = Object.keys(phusong.isolations);
    const drawn = new Map();
    const rows = data.sites.filter((site) => site.position);
    rows.sort((a, b) => order.indexOf(a.isolation) - order.indexOf(b.isolation));
    for (const site of rows) {
      const style = phusong.isolations[site.isolation];
      const shape = hubs.has(site.id) ? "star" : style.shape;
      const radius = hubs.has(site.id) ? 12 : style.radius;
      const mark = new phusong.Mark(site.position, {
        ...pane, ...phusong.markStyle(shape, style.color), shape, radius, baseRadius: radius, baseWeight: phusong.markStyle(shape, "").weight,
        className: "site isolation-" + site.isolation,
      });
      describe(mark, () => cards.siteTip(site), () => cards.site(site));
      drawn.set(site.id, mark);
    }
    return { group: L.layerGroup([...drawn.values()]), drawn };
  }

  function drawEndpoints(data, index, cards, pane) {
    const order = Object.keys(phusong.endpointColors);
    const drawn = new Map();
    const rows = data.endpoints.filter((endpoint) => index.sites.get(endpoint.site)?.position);
    rows.sort((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
    for (const endpoint of rows) {
      const nth = index.endpointsOf.get(endpoint.site).indexOf(endpoint);
      const { shape, color, radius } = phusong.endpointStyle(endpoint.verdict);
      const mark = new phusong.Mark(index.sites.get(endpoint.site).position, {
        ...pane, ...phusong.markStyle(shape, color), shape, radius, baseRadius: radius, baseWeight: phusong.markStyle(shape, "").weight,
        shift: [1.9 + 2.1 * nth, -1.6], className: "endpoint verdict-" + endpoint.verdict,
      });
      describe(mark, () => cards.endpointTip(endpoint), () => cards.endpoint(endpoint));
      drawn.set(endpoint.id, mark);
    }
    return { group: L.layerGroup([...drawn.values()]), drawn };
  }

  /* Far out the marks are small so that 581 of them leave the map to be seen. */
  function scaleMarks(map, marks) {
    const scale = Math.min(1.5, Math.max(0.42, 1 + (map.getZoom() - 10) * 0.2));
    for (const mark of marks) {
      mark.setStyle({ weight: mark.options.baseWeight * Math.min(1, scale) });
      mark.setRadius(mark.options.baseRadius * scale);
    }
    map.getContainer().classList.toggle("far-out", map.getZoom() < 8.5);
  }

  /* Names of districts come largest first: a smaller one that would run into a name already there waits for the next zoom. */
  function spreadLabels(map) {
    const kept = [];
    for (const label of map.getContainer().querySelectorAll(".district-label span")) {
      const box = label.getBoundingClientRect();
      const clash = kept.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
      label.classList.toggle("crowded", clash);
      if (!clash) kept.push(box);
    }
  }

  phusong.drawProvince = function (map) {
    const data = JSON.parse(document.getElementById("province-data").textContent);
    phusong.useWords(data);
    phusong.addPatterns();
    const index = indexData(data);
    const cards = phusong.makeCards(data, index);
    const state = { series: null };
    const pane = (name, zIndex) => {
      map.createPane(name).style.zIndex = zIndex;
      return { pane: name, renderer: L.svg({ pane: name, padding: 0.4 }) };
    };
    const communes = drawCommunes(data, cards, pane("communes", 400), state);
    const districts = drawDistricts(data, pane("districts", 410), "labels");
    map.createPane("labels").style.zIndex = 470;
    const links = drawLinks(data, index, cards, pane("links", 420));
    const endpoints = drawEndpoints(data, index, cards, pane("endpoints", 440));
    const sites = drawSites(data, cards, pane("sites", 450));
    const layers = { communes: communes.group, districts, links: links.group, sites: sites.group, endpoints: endpoints.group };

    const extent = communes.group.getBounds();
    const fit = () => {
      map.invalidateSize(false);
      map.fitBounds(extent, { padding: [8, 8], animate: false });
    };
    /* The page takes its printed size before it is printed: Leaflet must lay the map out for it. */
    const print = (printing) => {
      document.documentElement.classList.toggle("printing", printing);
      map.closePopup();
      fit();
    };
    const marks = [...sites.drawn.values(), ...endpoints.drawn.values()];
    map.on("zoomend", () => {
      scaleMarks(map, marks);
      spreadLabels(map);
    });
    L.control.scale({ imperial: false }).addTo(map);

    phusong.makePanel({
      data,
      index,
      layers,
      map,
      places: { communes: communes.shapes, links: links.drawn, sites: sites.drawn, endpoints: endpoints.drawn },
      showSeries(series) {
        state.series = series;
        for (const [row, shape] of communes.shapes) {
          shape.setStyle({ fillColor: phusong.coverageClass(series ? series.area[row] : null).color });
        }
      },
    });
    fit();
    for (const layer of Object.values(layers)) layer.addTo(map);
    scaleMarks(map, marks);
    spreadLabels(map);
    window.addEventListener("beforeprint", () => print(true));
    window.addEventListener("afterprint", () => print(false));
    document.documentElement.dataset.drawn = "true";
  };
})(window.phusong);
