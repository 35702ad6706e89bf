/* What the reader has chosen, in one place: everything that draws asks here and hears of changes. It is also the
 * address of the page after "#", so that a link shows somebody else the same; what stands there may be anybody's. */
"use strict";

(function (phusong) {
  const LAYERS = ["tiles", "communes", "districts", "coverage", "gaps", "links", "sites", "endpoints"];
  const OFF_AT_FIRST = ["coverage", "gaps"];
  const UNIT = /^[\p{L}\p{N} ._:+\-/()]{1,120}$/u;

  const oneOf = (values) => (text) => (values.includes(text) ? text : undefined);
  const listOf = function (value, known) {
    const names = value ? value.split(",") : [];
    return names.every((name) => known.includes(name)) ? names : undefined;
  };
  const text = (value) => (UNIT.test(value) ? value : undefined);

  /* The series that fits what is wanted best: first the technology, then the operator, then the threshold. */
  phusong.findSeries = function (all, technology, operator, threshold) {
    const pick = (rows, holds, otherwise) => {
      const found = rows.filter(holds);
      return found.length ? found : rows.filter(otherwise(rows));
    };
    const same = (key) => (rows) => (each) => rows.length > 0 && each[key] === rows[0][key];
    let rows = pick(all, (each) => each.technology === technology, same("technology"));
    const any = rows.some((each) => each.operator === "any") ? () => (each) => each.operator === "any" : same("operator");
    rows = pick(rows, (each) => each.operator === operator, any);
    return rows.find((each) => String(each.minDbm) === threshold) || rows[0] || null;
  };

  const isRecorded = (history, time) => history !== null && time >= history.begin && time <= history.end;

  /* How each choice is written: its letter in the address, its value at first, and what a text there may mean. */
  function choices(data) {
    const every = (key) => [...new Set(data.series.map((each) => each[key]))];
    const thresholds = every("minDbm").map(String);
    const others = data.compared ? data.compared.series : data.series;
    const start = phusong.findSeries(data.series, data.fallbackTechnology, "any", "");
    const operators = [...every("operator"), ...others.map((each) => each.operator)];
    const technologies = [...every("technology"), ...others.map((each) => each.technology)];
    const series = start || { technology: "", operator: "", minDbm: null };
    const layers = LAYERS.filter((name) => !OFF_AT_FIRST.includes(name));
    return {
      technology: ["t", series.technology, oneOf(technologies)],
      operator: ["o", series.operator, oneOf(operators)],
      threshold: ["s", String(series.minDbm), oneOf(thresholds)],
      measure: ["m", "area", oneOf(data.measures)],
      group: ["g", "", oneOf(data.groups)],
      layers: ["l", layers, (value) => listOf(value, LAYERS)],
      compare: ["c", "", oneOf(["beside", "difference"])],
      otherRun: ["r", data.compared ? "other" : "this", oneOf(data.compared ? ["this", "other"] : ["this"])],
      otherTechnology: ["u", series.technology, oneOf(technologies)],
      otherOperator: ["p", series.operator, oneOf(operators)],
      otherThreshold: ["q", String(series.minDbm), text],
      table: ["b", "", oneOf(["communes", "links", "sites", "endpoints"].filter((kind) => data[kind].length))],
      selected: ["x", "", text],
      time: ["h", null, (value) => (/^\d{9,11}$/.test(value) && isRecorded(data.history, Number(value)) ? Number(value) : undefined)],
      patterns: ["k", false, (value) => value === "1"],
      theme: ["d", "auto", oneOf(["light", "dark"])],
      lang: ["v", data.lang, oneOf(Object.keys(data.words))],
      at: ["z", null, (value) => (/^-?\d{1,2}(\.\d+)?,-?\d{1,3}(\.\d+)?,\d{1,2}(\.\d+)?$/.test(value) ? value : undefined)],
    };
  }

  const written = (value) => (Array.isArray(value) ? value.join(",") : value === true ? "1" : String(value));

  phusong.makeView = function (data) {
    const known = choices(data);
    const values = {};
    const listeners = [];
    let screen = new URLSearchParams(location.search).get("view") === "oncall" ? "oncall" : "map";

    /* Some browsers allow so many changes of the address in a while; the page goes on without. */
    function write() {
      const query = new URLSearchParams(location.search);
      if (screen === "map") query.delete("view");
      else query.set("view", screen);
      const search = query.toString();
      try {
        history.replaceState(null, "", location.pathname + (search ? "?" + search : "") + link());
      } catch {
        /* as it was */
      }
    }

    function read() {
      const address = new URLSearchParams(location.hash.slice(1));
      for (const [name, [letter, start, meaning]] of Object.entries(known)) {
        const found = address.has(letter) ? meaning(address.get(letter)) : undefined;
        values[name] = found === undefined ? start : found;
      }
    }

    function link() {
      const address = new URLSearchParams();
      for (const [name, [letter, start]] of Object.entries(known)) {
        if (values[name] !== null && written(values[name]) !== written(start)) address.set(letter, written(values[name]));
      }
      return "#" + address.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
    }

    function set(patch) {
      const changed = Object.keys(patch).filter((name) => written(values[name]) !== written(patch[name]));
      if (!changed.length) return;
      Object.assign(values, patch);
      for (const listener of listeners) listener(changed);
      write();
    }

    read();
    if (screen === "oncall") values.time = null;
    window.addEventListener("hashchange", () => location.reload());
    return {
      values,
      set,
      link,
      /* Call now and after every change of one of these. */
      follow(names, act) {
        listeners.push((changed) => changed.some((name) => names.includes(name)) && act());
        act();
      },
      get screen() { return screen; },
      showScreen(wanted) {
        screen = wanted;
        if (wanted === "oncall") set({ time: null });
        for (const listener of listeners) listener(["screen"]);
        write();
      },
      series: () => phusong.findSeries(data.series, values.technology, values.operator, values.threshold),
      hasLayer: (name) => values.layers.includes(name),
      toggleLayer(name, on) {
        const layers = LAYERS.filter((each) => (each === name ? on : values.layers.includes(each)));
        set({ layers });
      },
    };
  };
})(window.phusong);
