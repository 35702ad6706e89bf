/* Measuring on the map: the way along the points that were clicked, and the area inside when there are three or more. */
"use strict";

(function (phusong) {
  const { word, button, element } = phusong;
  const RADIUS_M = 6371008.8;
  const radians = (degrees) => (degrees * Math.PI) / 180;

  /* Area in square metres of a ring of [lat, lon] on the sphere (the line integral of sin(lat) over lon). */
  phusong.ringArea = function (points) {
    let sum = 0;
    points.forEach(([lat, lon], i) => {
      const [nextLat, nextLon] = points[(i + 1) % points.length];
      sum += radians(nextLon - lon) * (2 + Math.sin(radians(lat)) + Math.sin(radians(nextLat)));
    });
    return Math.abs((sum * RADIUS_M * RADIUS_M) / 2);
  };

  phusong.makeRuler = function ({ map }) {
    const result = element("div", { class: "measure-result", role: "status", hidden: "" });
    const points = [];
    let on = false;
    let drawn = null;
    map.createPane("measure").style.zIndex = 480;

    function show() {
      if (drawn) drawn.remove();
      drawn = null;
      result.hidden = !on;
      if (!on) return;
      const style = { pane: "measure", color: "var(--focus)", weight: 3, className: "measure", interactive: false };
      const dots = points.map((point) => L.circleMarker(point, { ...style, radius: 4, fillColor: "var(--page)", fillOpacity: 1 }));
      const line = points.length > 2 ? L.polygon(points, { ...style, fillOpacity: 0.12 }) : L.polyline(points, style);
      drawn = L.layerGroup([line, ...dots]).addTo(map);
      let way = 0;
      for (let i = 1; i < points.length; i++) way += map.distance(points[i - 1], points[i]);
      const area = points.length > 2 ? phusong.ringArea(points.map((point) => [point.lat, point.lng])) : 0;
      const text = points.length < 2
        ? word("measuring.begin")
        : word("measuring.way", { way: phusong.number(way / 1000, way < 10000 ? 2 : 1) }) +
          (area ? " · " + word("measuring.area", { area: phusong.number(area / 1e6, 2) }) : "");
      phusong.keepFocus(result, () => result.replaceChildren(
        element("span", {}, text),
        button({ "data-key": "undo" }, () => { points.pop(); show(); }, word("measuring.undo")),
        button({ "data-key": "clear" }, () => { points.length = 0; show(); }, word("measuring.clear")),
      ));
    }

    function turn(to) {
      on = to;
      points.length = 0;
      tool.setAttribute("aria-pressed", String(on));
      map.getContainer().classList.toggle("measuring", on);
      map.doubleClickZoom[on ? "disable" : "enable"]();
      map.closePopup();
      show();
    }

    const tool = button({ class: "tool measure-tool", "aria-pressed": "false" }, () => turn(!on), word("measuring"));
    /* While measuring, a click belongs to the measure wherever it falls, and by keyboard Enter marks the middle. */
    map.getContainer().addEventListener("click", (event) => {
      if (!on || map.dragging.moved() || event.target.closest(".leaflet-control, .leaflet-popup, .measure-result")) return;
      event.stopPropagation();
      points.push(map.mouseEventToLatLng(event));
      show();
    }, true);
    map.getContainer().addEventListener("keydown", (event) => {
      if (!on) return;
      if (event.key === "Escape") turn(false);
      else if (event.key === "Enter" && event.target === map.getContainer()) {
        points.push(map.getCenter());
        show();
      }
    });
    map.getContainer().append(result);
    return tool;
  };
})(window.phusong);
