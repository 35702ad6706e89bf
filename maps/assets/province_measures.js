/* What colours the communes: one measure of one series, or the difference between two. Shares are 0 to 1, differences
 * percentage points, and null is not known. */
"use strict";

(function (phusong) {
  phusong.measured = function (communes, series, measure, row) {
    if (!series) return null;
    if (measure === "area" || measure === "population") return series[measure][row];
    if (measure === "centre") return series.centre[row] === null ? null : Number(series.centre[row]);
    const covered = series.places[measure] ? series.places[measure][row] : null;
    const all = communes[row].places[measure];
    return covered === null || !all ? null : covered / all;
  };

  phusong.seriesTitle = (series) =>
    [series.technology, phusong.wordFor("operator", series.operator), phusong.threshold(series.minDbm)].join(" · ");

  /* One side of a comparison: the series, and the run where there are two. */
  phusong.sideTitle = (data, run, series) =>
    phusong.seriesTitle(series) + (data.compared ? " · " + run.edition + (run.file ? " · " + run.file : "") : "");

  /* The dates of the layers behind a series: first and last where the operators' differ. */
  phusong.datesOf = function (layers, series) {
    const union = ["any", "max"].includes(series.operator);
    const reaches = (layer) => series.minDbm === null || (layer.minDbm !== null && layer.minDbm >= series.minDbm);
    const dates = layers
      .filter((layer) => layer.technology === series.technology && (union || layer.operator === series.operator) && reaches(layer))
      .map((layer) => layer.date)
      .filter((date) => date)
      .sort();
    if (!dates.length) return "";
    const span = dates[0] === dates[dates.length - 1] ? dates[0] : dates[0] + " – " + dates[dates.length - 1];
    return phusong.word("dated", { date: span });
  };

  /* The other side of a comparison: another operator, technology or level of this run, or of another run. */
  phusong.makeComparison = function (data, view) {
    const { values } = view;
    const own = {
      communes: data.communes, series: data.series, layers: data.sources.layers, edition: data.edition, file: "", sameUnits: true,
    };
    const run = () => (values.otherRun === "other" ? data.compared : own);
    const series = () => phusong.findSeries(run().series, values.otherTechnology, values.otherOperator, values.otherThreshold);
    /* Whether commune by commune can be subtracted: both sides have figures, of the same communes. */
    const canSubtract = () => run().sameUnits && view.series() !== null && series() !== null;
    return {
      own,
      run,
      series,
      measured: (row) => phusong.measured(run().communes, series(), values.measure, row),
      canSubtract,
      isSubtracting: () => values.compare === "difference" && canSubtract(),
      /* How many percentage points the other side has more than this one. */
      points(row) {
        const here = phusong.measured(data.communes, view.series(), values.measure, row);
        const there = phusong.measured(run().communes, series(), values.measure, row);
        return here === null || there === null ? null : (there - here) * 100;
      },
    };
  };
})(window.phusong);
