/* Classes, shapes, line patterns and hatches: how a value looks, on the map and in every legend. Colours are CSS
 * variables (palette.py writes both themes), so that a change of theme draws nothing anew. */
"use strict";

(function (phusong) {
  const { svg } = phusong;
  let palette = null;

  phusong.usePalette = function (data) {
    palette = data.palette;
    document.body.append(
      svg("svg", { width: 0, height: 0, class: "patterns", "aria-hidden": "true" }, svg("defs", {}, ...hatches())),
    );
  };

  const classOf = (classes, value) =>
    classes.find((each) => (each.above ? value > each.atLeast : value >= each.atLeast)) || classes[classes.length - 1];

  phusong.coverageKeys = () => palette.classes.map((each) => each.key);
  phusong.coverageKey = (ratio) => (ratio === null ? "none" : classOf(palette.classes, ratio).key);
  phusong.differenceKeys = () => palette.differences.map((each) => each.key);
  phusong.differenceKey = (points) => (points === null ? "none" : classOf(palette.differences, points).key);
  phusong.rank = (kind, state) => Object.keys(palette[kind]).indexOf(state);
  phusong.states = (kind) => Object.keys(palette[kind]);
  phusong.isWrong = (kind, state) => palette.wrong[kind].includes(state);
  phusong.wrongRank = (kind, state) => palette.wrong[kind].indexOf(state);

  /* What fills a commune: family is "class" or "difference". */
  phusong.fill = function (family, key, patterns) {
    if (key === "none") return "url(#no-data)";
    return patterns ? `url(#${family}-${key})` : `var(--${family}-${key})`;
  };

  phusong.lineStyle = function (verdict) {
    const { weight, opacity, dash } = palette.links[verdict] || palette.links.unknown;
    return { color: `var(--link-${verdict})`, weight, opacity, dashArray: dash || null };
  };

  /* kind is "sites" or "endpoints"; hollow marks are drawn by their edge. */
  phusong.markStyle = function (kind, state, hub) {
    const { shape, radius } = hub ? palette.hub : palette[kind][state] || palette[kind].unknown;
    const colour = `var(--${kind === "sites" ? "site" : "endpoint"}-${state})`;
    const hollow = shape === "ring" || shape === "hollow-screen";
    return {
      shape, radius,
      color: hollow ? colour : "var(--halo)",
      weight: hollow ? 1.6 : 1,
      fillColor: hollow ? "var(--page)" : colour,
      fillOpacity: 1,
      opacity: 1,
    };
  };

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

  const picture = (...shapes) => svg("svg", { width: 26, height: 14, class: "swatch", "aria-hidden": "true", focusable: "false" }, ...shapes);

  phusong.fillSwatch = (fill) =>
    picture(svg("rect", { x: 1, y: 1, width: 24, height: 12, fill, stroke: "var(--muted)", "stroke-width": 0.8 }));

  /* The sign of a state: kind is "links", "sites" or "endpoints". */
  phusong.swatch = function (kind, state, hub) {
    if (kind === "links") {
      const style = phusong.lineStyle(state);
      const line = { x1: 0, y1: 7, x2: 26, y2: 7, stroke: style.color, "stroke-width": Math.max(style.weight, 1.4) };
      if (style.dashArray) line["stroke-dasharray"] = style.dashArray;
      return picture(svg("line", line));
    }
    const { shape, radius, color, weight, fillColor } = phusong.markStyle(kind, state, hub);
    const d = phusong.outline(shape, 13, 7, Math.min(radius, 6));
    return picture(svg("path", { d, fill: fillColor, stroke: color, "stroke-width": weight }));
  };

  /* One pattern per class, over its own colour, and the hatch of "no data". */
  function hatches() {
    const ink = { stroke: "var(--halo)", "stroke-opacity": 0.75, "stroke-width": 1.1, fill: "none" };
    const line = (d) => svg("path", { d, ...ink });
    const drawn = {
      none: () => [],
      dots: () => [svg("circle", { cx: 2, cy: 2, r: 1, fill: "var(--ink)", "fill-opacity": 0.5 })],
      lines: () => [line("M0 4H8")],
      steep: () => [line("M-2 2L2 -2M0 8L8 0M6 10L10 6")],
      cross: () => [line("M0 4H8M4 0V8")],
      dense: () => [line("M0 2H8M0 6H8M2 0V8M6 0V8")],
    };
    const pattern = (family) => ({ key, hatch }) =>
      svg(
        "pattern", { id: `${family}-${key}`, width: 8, height: 8, patternUnits: "userSpaceOnUse" },
        svg("rect", { width: 8, height: 8, fill: `var(--${family}-${key})` }), ...drawn[hatch](),
      );
    const noData = svg(
      "pattern", { id: "no-data", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
      svg("rect", { width: 7, height: 7, fill: "var(--class-none)" }),
      svg("line", { x1: 0, y1: 0, x2: 0, y2: 7, stroke: "var(--class-none-hatch)", "stroke-width": 2.4 }),
    );
    return [noData, ...palette.classes.map(pattern("class")), ...palette.differences.map(pattern("difference"))];
  }
})(window.phusong);
