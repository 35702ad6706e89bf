/* What lies under and around the province, without any tile: sea, land, graticule, names; and the tiles of a server of
 * one's own, where there is one. */
"use strict";

(function (phusong) {
  const STEPS = [0.1, 0.25, 0.5, 1, 2];
  const LINES_AT_MOST = 8;

  phusong.drawLand = function (map, land) {
    map.createPane("land").style.zIndex = 190;
    const pane = { pane: "land", renderer: L.svg({ pane: "land", padding: 0.4 }), interactive: false };
    for (const part of land) {
      L.polygon(phusong.polygonPoints(part.polygons), {
        ...pane, className: "land", color: "var(--coast)", weight: 0.8, fillColor: "var(--land)", fillOpacity: 1,
      }).addTo(map);
      if (part.label) phusong.mapLabel(part.name, part.label, "around", "land").addTo(map);
      for (const path of part.lines) {
        L.polyline(phusong.points(path), { ...pane, className: "land", color: "var(--coast)", weight: 1.2, dashArray: "6 4" }).addTo(map);
      }
    }
  };

  phusong.makeTiles = function (map, tiles) {
    map.createPane("tiles").style.zIndex = 200;
    map.getContainer().append(phusong.element("p", { class: "tiles-by" }, tiles.attribution));
    return L.tileLayer(tiles.url, { pane: "tiles", maxZoom: Math.max(tiles.maxZoom, map.getMaxZoom()), maxNativeZoom: tiles.maxZoom });
  };

  /* Meridians and parallels at round degrees with their names on the edge of the map. */
  phusong.drawGraticule = function (map) {
    map.createPane("graticule").style.zIndex = 195;
    const group = L.layerGroup([]).addTo(map);
    const style = { pane: "graticule", renderer: L.svg({ pane: "graticule" }), className: "graticule", color: "var(--coast)", weight: 0.7, opacity: 0.8, interactive: false };

    function redraw() {
      group.clearLayers();
      const bounds = map.getBounds();
      const spans = [bounds.getNorth() - bounds.getSouth(), bounds.getEast() - bounds.getWest()];
      const step = STEPS.find((each) => Math.max(...spans) / each <= LINES_AT_MOST) || 5;
      const multiples = (from, to) => {
        const found = [];
        for (let i = Math.ceil(from / step); i * step <= to; i++) found.push(i * step);
        return found;
      };
      const edge = bounds.pad(0.2);
      for (const lon of multiples(bounds.getWest(), bounds.getEast())) {
        group.addLayer(L.polyline([[edge.getSouth(), lon], [edge.getNorth(), lon]], style));
        group.addLayer(phusong.mapLabel(phusong.number(lon, 2) + "°", [bounds.getNorth(), lon], "degree-lon", "graticule"));
      }
      for (const lat of multiples(bounds.getSouth(), bounds.getNorth())) {
        group.addLayer(L.polyline([[lat, edge.getWest()], [lat, edge.getEast()]], style));
        group.addLayer(phusong.mapLabel(phusong.number(lat, 2) + "°", [lat, bounds.getEast()], "degree-lat", "graticule"));
      }
    }
    map.on("moveend", redraw);
    redraw();
  };

  /* Names of districts, then of communes where there is room inside them; the larger first, and none runs into another.
   * Boxes are reckoned, not measured: to ask the browser for 200 of them would lay the page out at every move. */
  phusong.drawLabels = function (map, data) {
    const METRES_PER_DEGREE = 111320;
    const canvas = document.createElement("canvas").getContext("2d");
    const family = getComputedStyle(document.body).fontFamily;
    const candidates = [
      ...data.districts.labels.map((label) => ({ ...label, kind: "district", size: 13, weight: 650 })),
      ...data.communes.filter((commune) => commune.label).map((commune) => ({
        name: commune.name.replace(/^(Xã|Phường|Thị trấn|Đặc khu)\s+/i, ""), ...commune.label, kind: "commune", size: 11, weight: 450,
      })),
    ].map((each) => {
      canvas.font = `${each.weight} ${each.size}px ${family}`;
      return { ...each, width: Math.min(canvas.measureText(each.name).width, 130) + 4, height: each.size * 1.4 + 1 };
    });
    const shown = new Map();
    const group = L.layerGroup([]);

    function place() {
      const bounds = map.getBounds().pad(0.1);
      const pixelsPerMetre = 1 / ((METRES_PER_DEGREE * 360 * Math.cos((map.getCenter().lat * Math.PI) / 180)) / (256 * 2 ** map.getZoom()));
      const kept = [];
      candidates.forEach((each, i) => {
        const fits = each.kind === "district" || each.radius * pixelsPerMetre * 2 > each.width * 0.62;
        let wanted = fits && bounds.contains([each.lat, each.lon]);
        if (wanted) {
          const { x, y } = map.latLngToContainerPoint([each.lat, each.lon]);
          const box = { left: x - each.width / 2, right: x + each.width / 2, top: y - each.height / 2, bottom: y + each.height / 2 };
          wanted = !kept.some((other) => box.left < other.right && other.left < box.right && box.top < other.bottom && other.top < box.bottom);
          if (wanted) kept.push(box);
        }
        if (wanted && !shown.has(i)) {
          shown.set(i, phusong.mapLabel(each.name, [each.lat, each.lon], each.kind, "labels"));
          group.addLayer(shown.get(i));
        } else if (!wanted && shown.has(i)) {
          group.removeLayer(shown.get(i));
          shown.delete(i);
        }
      });
    }
    map.on("moveend", place);
    return { group, place };
  };
})(window.phusong);
