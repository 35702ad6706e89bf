/* The second map of a comparison: the other side's communes, moved together with the first map. */
"use strict";

(function (phusong) {
  const { element, word } = phusong;

  phusong.makeBeside = function ({ data, map, view, comparison }) {
    const frame = element("div", { class: "beside-map", role: "region", "aria-label": word("compare.other") });
    const title = element("p", { class: "side-title" });
    const ownTitle = element("p", { class: "side-title", hidden: "" });
    map.getContainer().append(ownTitle);
    const legend = element("div", { class: "coverage-legend" });
    const place = element("section", { class: "beside", hidden: "" }, title, frame, element("details", {}, element("summary", {}, word("legend")), legend));
    let other = null;
    let drawnRun = null;
    let communes = null;

    let following = false;

    /* Let a map be moved without the other one answering. */
    function quietly(act) {
      if (following) return;
      following = true;
      act();
      following = false;
    }

    const follow = (from, to) =>
      from.on("move", () => quietly(() => to.setView(from.getCenter(), from.getZoom(), { animate: false })));

    /* After a change of its size: show what the first map shows. */
    function settle() {
      if (!other || place.hidden) return;
      quietly(() => {
        other.invalidateSize({ pan: false, animate: false });
        other.setView(map.getCenter(), map.getZoom(), { animate: false });
      });
    }

    function build() {
      other = L.map(frame, { zoomSnap: 0.05, attributionControl: false, zoomControl: false });
      other.setView(map.getCenter(), map.getZoom());
      new ResizeObserver(settle).observe(frame);
      const { width, height } = frame.getBoundingClientRect();
      place.querySelector("details").open = width >= 420 && height >= 350;
      phusong.drawLand(other, data.land);
      follow(map, other);
      follow(other, map);
    }

    function draw() {
      const run = comparison.run();
      if (drawnRun !== run) {
        if (communes) communes.group.remove();
        const rows = run.communes.map((commune, row) => (commune.polygons ? commune : { ...commune, polygons: data.communes[row].polygons }));
        const tip = (row) => {
          const ratio = comparison.measured(row);
          const text = ratio === null ? word("class.none") : word("measure." + view.values.measure, comparison.series()) + ": " + phusong.share(view.values.measure, ratio);
          return element("div", { class: "tip" }, element("strong", {}, rows[row].name), element("br"), text);
        };
        communes = phusong.drawCommunes(other, rows, tip, tip);
        communes.group.addTo(other);
        drawnRun = run;
      }
      for (const [row, shape] of communes.shapes) {
        shape.setStyle({
          fillColor: phusong.fill("class", phusong.coverageKey(comparison.measured(row)), view.values.patterns),
          fillOpacity: phusong.groupOpacity(run.communes[row], view.values.group),
        });
      }
      title.textContent = phusong.sideTitle(data, run, comparison.series());
      ownTitle.textContent = phusong.sideTitle(data, comparison.own, view.series());
      legend.replaceChildren(...phusong.coverageLegend(run.communes, comparison.series(), run.layers, view));
    }

    return {
      place,
      settle,
      begin() {
        view.follow(
          ["compare", "otherRun", "otherTechnology", "otherOperator", "otherThreshold", "measure", "group", "patterns", "technology", "operator", "threshold"],
          () => {
            const { compare } = view.values;
            const wanted = compare === "beside" || (compare === "difference" && !comparison.run().sameUnits);
            const before = place.hidden;
            place.hidden = !wanted || !comparison.series();
            ownTitle.hidden = place.hidden;
            document.body.classList.toggle("comparing", !place.hidden);
            if (before !== place.hidden) map.invalidateSize({ animate: false });
            if (place.hidden) return;
            if (!other) build();
            settle();
            draw();
          },
        );
      },
    };
  };
})(window.phusong);
