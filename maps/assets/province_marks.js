/* Colours, shapes and line patterns: one table for map and legend. Every state differs by shape, width or dashes
 * as well as by colour (Okabe and Ito's palette; the coverage classes follow viridis, paled so that marks stand out). */
"use strict";

(function (phusong) {
  const { svg } = phusong;

  phusong.coverageClasses = [
    { key: "full", color: "#f3f0b4", holds: (ratio) => ratio >= 1 },
    { key: "95", color: "#c6df92", text: "95 – < 100 %", holds: (ratio) => ratio >= 0.95 },
    { key: "80", color: "#86c594", text: "80 – 95 %", holds: (ratio) => ratio >= 0.8 },
    { key: "50", color: "#4a9f9d", text: "50 – 80 %", holds: (ratio) => ratio >= 0.5 },
    { key: "low", color: "#3f6d99", text: "> 0 – 50 %", holds: (ratio) => ratio > 0 },
    { key: "zero", color: "#45307a", holds: (ratio) => ratio === 0 },
  ];
  phusong.noData = { key: "none", color: "url(#no-data)" };
  phusong.coverageClass = (ratio) =>
    ratio === null ? phusong.noData : phusong.coverageClasses.find((each) => each.holds(ratio));

  /* Worst last: what is drawn last lies on top. */
  phusong.verdicts = {
    up: { color: "#0b5fa5", weight: 0.9, opacity: 0.34, dash: null },
    unknown: { color: "#3c4043", weight: 1.8, opacity: 1, dash: "2 4" },
    maintenance: { color: "#1d9bd1", weight: 2, opacity: 1, dash: "7 4" },
    admin_down: { color: "#5f6368", weight: 2, opacity: 1, dash: "7 4" },
    snmp_dead: { color: "#c98500", weight: 2.2, opacity: 1, dash: "2 3" },
    degraded: { color: "#8a7a00", weight: 2.2, opacity: 1, dash: "5 3" },
    congested: { color: "#7b3fa0", weight: 2.4, opacity: 1, dash: "12 3" },
    parent_down: { color: "#8c5a3c", weight: 2.4, opacity: 1, dash: "4 3 1 3" },
    unreachable: { color: "#b0307f", weight: 2.6, opacity: 1, dash: "9 4 2 4" },
    down: { color: "#d03a00", weight: 2.8, opacity: 1, dash: null },
  };
  phusong.wrongVerdicts = ["down", "unreachable", "parent_down", "congested", "degraded", "snmp_dead"];

  /* Endpoints have verdicts of their own beside those that they share with lines; the same order. */
  const shared = phusong.verdicts;
  phusong.endpointColors = {
    ready: shared.up.color,
    in_call: "#0b6e4f",
    unknown: shared.unknown.color,
    maintenance: shared.maintenance.color,
    snmp_dead: shared.snmp_dead.color,
    not_registered: "#8a7a00",
    poor_call: "#7b3fa0",
    no_service: "#a0522d",
    parent_down: shared.parent_down.color,
    unreachable: shared.unreachable.color,
  };
  phusong.wrongEndpoints = ["unreachable", "parent_down", "no_service", "poor_call", "not_registered", "snmp_dead"];

  phusong.isolations = {
    connected: { shape: "circle", color: "#0b6e4f", radius: 3.2 },
    unknown: { shape: "ring", color: "#5f6368", radius: 3.6 },
    at_risk: { shape: "triangle", color: "#e0a100", radius: 5.2 },
    on_fallback: { shape: "square", color: "#7b3fa0", radius: 5 },
    isolated: { shape: "cross", color: "#d03a00", radius: 7 },
  };
  phusong.wrongIsolations = ["isolated", "on_fallback"];
  phusong.endpointStyle = (verdict) => ({
    shape: verdict === "unknown" ? "hollow-screen" : "screen",
    color: phusong.endpointColors[verdict],
    radius: phusong.wrongEndpoints.includes(verdict) ? 5.6 : 4,
  });

  /* The outline of a mark around (x, y) as an SVG path. */
  phusong.outline = function (shape, x, y, r) {
    const at = (points) => "M" + points.map(([dx, dy]) => `${x + dx * r},${y + dy * r}`).join("L") + "Z";
    switch (shape) {
      case "square":
        return at([[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]]);
      case "triangle":
        return at([[0, -1.1], [1, 0.75], [-1, 0.75]]);
      case "screen":
      case "hollow-screen":
        return at([[-1, -0.7], [1, -0.7], [1, 0.5], [0.3, 0.5], [0.3, 0.95], [-0.3, 0.95], [-0.3, 0.5], [-1, 0.5]]);
      case "cross":
        return at([
          [-1, -0.55], [-0.55, -1], [0, -0.42], [0.55, -1], [1, -0.55], [0.42, 0],
          [1, 0.55], [0.55, 1], [0, 0.42], [-0.55, 1], [-1, 0.55], [-0.42, 0],
        ]);
      case "star":
        return at(Array.from({ length: 10 }, (_, i) => {
          const length = i % 2 ? 0.45 : 1;
          return [Math.sin((i * Math.PI) / 5) * length, -Math.cos((i * Math.PI) / 5) * length];
        }));
      default:
        return `M${x - r},${y}a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0`;
    }
  };

  phusong.markStyle = function (shape, color) {
    const hollow = shape === "ring" || shape === "hollow-screen";
    return {
      color: hollow ? color : "#ffffff",
      weight: hollow ? 1.6 : 1,
      fillColor: hollow ? "#ffffff" : color,
      fillOpacity: 1,
      opacity: 1,
    };
  };

  /* A mark sized in pixels; shift, in units of its radius, moves it beside the point that it shares with another mark. */
  phusong.Mark = L.CircleMarker.extend({
    _updatePath() {
      const [dx, dy] = this.options.shift || [0, 0];
      const path = this._empty()
        ? "M0 0"
        : phusong.outline(this.options.shape, this._point.x + dx * this._radius, this._point.y + dy * this._radius, this._radius);
      this._renderer._setPath(this, path);
    },
  });

  phusong.swatch = function (style) {
    const picture = svg("svg", { width: 26, height: 14, "aria-hidden": "true", focusable: "false" });
    if (style.fill) {
      picture.append(
        svg("rect", { x: 1, y: 1, width: 24, height: 12, fill: style.fill, stroke: "#7d8790", "stroke-width": 0.8 }),
      );
    } else if (style.shape) {
      const { color, weight, fillColor } = phusong.markStyle(style.shape, style.color);
      picture.append(
        svg("path", {
          d: phusong.outline(style.shape, 13, 7, Math.min(style.radius, 6)), fill: fillColor, stroke: color, "stroke-width": weight,
        }),
      );
    } else {
      const line = { x1: 0, y1: 7, x2: 26, y2: 7, stroke: style.color, "stroke-width": Math.max(style.weight, 1.4) };
      if (style.dash) line["stroke-dasharray"] = style.dash;
      picture.append(svg("line", line));
    }
    return picture;
  };

  /* The hatch for "no data", once per page; every SVG of the page may refer to it. */
  phusong.addPatterns = function () {
    const hatch = svg(
      "pattern",
      { id: "no-data", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 7, height: 7, fill: "#f2f2f2" }),
      svg("line", { x1: 0, y1: 0, x2: 0, y2: 7, stroke: "#8a8f94", "stroke-width": 2.4 }),
    );
    document.body.append(svg("svg", { width: 0, height: 0, class: "patterns", "aria-hidden": "true" }, svg("defs", {}, hatch)));
  };
})(window.phusong);
