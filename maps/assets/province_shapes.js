/* Geometry of the page's data as Leaflet takes it: whole 1e-5 degrees, each point as the way from the one before. */
"use strict";

(function (phusong) {
  const UNIT = 1e-5;

  phusong.points = function (short) {
    const points = [];
    let x = 0;
    let y = 0;
    for (let i = 0; i < short.length; i += 2) {
      x += short[i];
      y += short[i + 1];
      points.push([y * UNIT, x * UNIT]);
    }
    return points;
  };

  phusong.polygonPoints = (polygons) => polygons.map((rings) => rings.map(phusong.points));

  /* Points from hub to office; the second line of an office bows out so that both are seen. */
  phusong.linePath = function (from, to, nth) {
    if (nth === 0) return [from, to];
    const bend = 0.06 * nth;
    const middle = [(from[0] + to[0]) / 2 + (to[1] - from[1]) * bend, (from[1] + to[1]) / 2 - (to[0] - from[0]) * bend];
    return Array.from({ length: 17 }, (_, i) => {
      const t = i / 16;
      return [0, 1].map((k) => (1 - t) ** 2 * from[k] + 2 * t * (1 - t) * (2 * middle[k] - (from[k] + to[k]) / 2) + t ** 2 * to[k]);
    });
  };
})(window.phusong);
