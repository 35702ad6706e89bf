/* The figures as a table, in step with the map: communes, lines, offices, endpoints; sorted, filtered, copied, saved as
 * CSV. Numbers in the CSV have the same digits as communes.csv. */
"use strict";

(function (phusong) {
  const { element, word, wordFor, button, fold } = phusong;
  const SHOWN_AT_MOST = 400;
  const BOM = "\ufeff";

  const plain = (digits) => (value) => (value === null ? "" : value.toFixed(digits));
  const shown = (digits) => (value) => (value === null ? "" : phusong.number(value, digits));
  const percent = (value) => (value === null ? word("class.none") : phusong.percent(value));
  const asIs = (value) => (value === null ? "" : String(value));
  const amount = (value) => (value === null ? "" : Number.isInteger(value) ? String(value) : value.toFixed(1));
  const yesNo = (value) => (value === null ? "" : word(value ? "centre.yes" : "centre.no"));

  /* A column: its name in the CSV, its head, its value of a row, how that is shown and written, whether it is a number. */
  const column = (name, head, value, show = asIs, write = asIs, number = false) => ({ name, head, value, show, write, number });
  const numbers = (name, head, value, show, write) => column(name, head, value, show, write, true);

  function columnsOf({ data, index, view, comparison }) {
    const fallback = { technology: data.fallbackTechnology };
    const siteName = (id) => index.sites.get(id)?.name || id;
    const communeOf = (id) => index.communes.get(index.sites.get(id)?.commune)?.name || "";
    const ping = [
      numbers("rtt_ms", word("rtt"), (row) => (row.rtt === null ? null : row.rtt * 1000), shown(1), plain(3)),
      numbers("loss_ratio", word("loss"), (row) => row.loss, (value) => (value === null ? "" : phusong.percent(value)), plain(6)),
    ];
    const since = numbers("since", word("since"), (row) => row.since, (value) => (value === null ? "" : phusong.time(value)), (value) => (value === null ? "" : new Date(value * 1000).toISOString()));
    const at = (key) => (_, row) => (view.series() ? view.series()[key][row] : null);
    const places = data.measures.filter((measure) => ["site", "school", "hospital"].includes(measure)).flatMap((kind) => [
      numbers(kind + "s", word("places." + kind), (row) => row.places[kind] ?? null, shown(0)),
      numbers(kind + "s_covered", word("places.covered." + kind), (_, i) => view.series()?.places[kind]?.[i] ?? null, shown(0)),
    ]);
    const people = data.communes.some((row) => row.population !== null) ? [
      numbers("population", word("population"), (row) => row.population, shown(0), amount),
      numbers("population_covered", word("population_covered"), at("people"), shown(0), amount),
      numbers("population_ratio", word("population_ratio"), at("population"), percent, plain(6)),
    ] : [];
    const compared = [
      numbers("compared_ratio", word("compared_ratio"), (_, i) => comparison.measured(i), percent, plain(6)),
      numbers("difference_points", word("difference_points"), (_, i) => comparison.points(i), (value) => (value === null ? "" : phusong.signed(value, 1)), plain(4)),
    ].map((each) => ({ ...each, when: comparison.isSubtracting }));
    return {
      communes: [
        column("commune_code", word("code"), (row) => row.code),
        column("commune_name", word("commune"), (row) => row.name),
        numbers("area_ratio", word("covered"), at("area"), percent, plain(6)),
        column("district", word("district"), (row) => row.district),
        numbers("area_km2", word("area_km2"), (row) => row.area, shown(1), plain(4)),
        numbers("covered_km2", word("covered_km2"), at("covered"), shown(1), plain(4)),
        ...people,
        ...compared,
        column("centre_covered", word("centre"), at("centre"), yesNo),
        ...places,
        column("classes", word("groups"), (row) => row.classes.join("|"), (value) => value.split("|").map((each) => (each ? wordFor("group", each) : "")).join(", ")),
      ],
      links: [
        column("link_id", word("code"), (row) => row.id),
        column("site_name", word("site"), (row) => siteName(row.site)),
        column("commune_name", word("commune"), (row) => communeOf(row.site)),
        column("carrier", word("carrier"), (row) => row.carrier),
        column("role", word("role"), (row) => row.role, (value) => wordFor("role", value)),
        column("verdict", word("state"), (row) => row.verdict, (value) => wordFor("verdict", value)),
        column("cause", word("cause"), (row) => row.cause),
        since,
        ...ping,
      ],
      sites: [
        column("site_id", word("code"), (row) => row.id),
        column("site_name", word("site"), (row) => row.name),
        column("commune_name", word("commune"), (row) => communeOf(row.id)),
        column("kind", word("kind"), (row) => row.kind, (value) => wordFor("kind", value)),
        column("isolation", word("state"), (row) => row.isolation, (value) => wordFor("isolation", value, fallback)),
        since,
      ],
      endpoints: [
        column("endpoint_id", word("code"), (row) => row.id),
        column("endpoint_name", word("endpoint"), (row) => row.name),
        column("site_name", word("site"), (row) => siteName(row.site)),
        column("verdict", word("state"), (row) => row.verdict, (value) => wordFor("endpoint", value)),
        column("cause", word("cause"), (row) => row.cause),
        since,
        ...ping,
      ],
    };
  }

  /* A text that a spreadsheet would compute stands behind an apostrophe, as in the files of phusong coverage. */
  const safe = (text) => (/^[=+\-@\t\r]/.test(text) ? "'" + text : text);
  const quoted = (text) => (/[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);

  function compare(a, b, collator) {
    if (a === b) return 0;
    if (a === null || a === "") return 1;
    if (b === null || b === "") return -1;
    return typeof a === "string" ? collator.compare(a, b) : a - b;
  }

  phusong.makeTable = function (app) {
    const { data, view, states, places, go, say, map } = app;
    const every = columnsOf(app);
    /* The columns of a kind that there are now: those of a comparison only while there is one. */
    const columns = new Proxy(every, { get: (all, kind) => all[kind].filter((each) => !each.when || each.when()) });
    const collator = phusong.collator();
    const kinds = ["communes", "links", "sites", "endpoints"].filter((kind) => data[kind].length);
    const sorting = { communes: ["area_ratio", 1], links: ["verdict", 1], sites: ["isolation", 1], endpoints: ["verdict", 1] };
    const rank = { links: "verdict", sites: "isolation", endpoints: "verdict" };

    const filter = element("input", { type: "search", id: "table-filter", placeholder: word("table.filter"), "aria-label": word("table.filter"), autocomplete: "off" });
    const inView = element("input", { type: "checkbox", id: "table-in-view" });
    const count = element("span", { class: "count", role: "status" });
    const caption = element("caption", {});
    const head = element("thead", {});
    const body = element("tbody", {});
    const tabs = kinds.map((kind) => button({ class: "tab", id: "tab-" + kind }, () => view.set({ table: kind }), word("layer." + kind)));

    const kind = () => (kinds.includes(view.values.table) ? view.values.table : "");
    const keyOf = (each, i) => (kind() === "communes" ? i : each.id);
    const nameOf = (each) => kind() + ":" + (kind() === "communes" ? each.code : each.id);

    function isInView(each, i) {
      const place = places[kind()].get(keyOf(each, i));
      if (!place) return false;
      return place.getBounds ? map.getBounds().intersects(place.getBounds()) : map.getBounds().contains(place.getLatLng());
    }

    /* The rows that are asked for, in the order that is asked for: pairs of row and its number. */
    function wanted() {
      const words = fold(filter.value).split(/\s+/).filter((each) => each);
      const { group } = view.values;
      const [by, direction] = sorting[kind()];
      const sorter = columns[kind()].find((each) => each.name === by) || columns[kind()][0];
      const value = rank[kind()] === by ? (each) => -phusong.rank(kind(), each[by]) : sorter.value;
      return data[kind()]
        .map((each, i) => [each, i])
        .filter(([each, i]) => {
          if (kind() === "communes" && group && !each.classes.includes(group)) return false;
          if (inView.checked && !isInView(each, i)) return false;
          const text = fold(columns[kind()].map((one) => one.show(one.value(each, i))).join(" "));
          return words.every((part) => text.includes(part));
        })
        .map(([each, i]) => [value(each, i), each, i])
        .sort(([a, , i], [b, , j]) => {
          const missing = (x) => x === null || x === "";
          return (missing(a) || missing(b) ? compare(a, b, collator) : direction * compare(a, b, collator)) || i - j;
        })
        .map(([, each, i]) => [each, i]);
    }

    function drawHead() {
      const [by, direction] = sorting[kind()];
      head.replaceChildren(element("tr", {}, ...columns[kind()].map((each) => {
        const sort = button({}, () => {
          sorting[kind()] = [each.name, by === each.name ? -direction : 1];
          draw();
        }, each.head);
        sort.dataset.name = each.name;
        sort.dataset.key = "head:" + each.name;
        const order = by === each.name ? (direction > 0 ? "ascending" : "descending") : "none";
        return element("th", { scope: "col", "aria-sort": order, class: each.number ? "number" : null }, sort);
      })));
    }

    const draw = () => phusong.keepFocus(table, makeAnew);

    function makeAnew() {
      for (const [i, each] of kinds.entries()) tabs[i].setAttribute("aria-pressed", String(each === kind()));
      if (!kind()) return;
      drawHead();
      const rows = wanted();
      const series = view.series();
      caption.textContent = kind() === "communes" && series ? phusong.seriesTitle(series) : word("layer." + kind());
      count.textContent = word("table.count", { n: rows.length, all: data[kind()].length }) +
        (rows.length > SHOWN_AT_MOST ? " " + word("table.cut", { n: SHOWN_AT_MOST }) : "");
      body.replaceChildren(...rows.slice(0, SHOWN_AT_MOST).map(([each, i]) => {
        const cells = columns[kind()].map((one, nth) => {
          const text = one.show(one.value(each, i));
          const content = nth === 0 ? button({ "data-key": nameOf(each), "aria-label": text + " " + columns[kind()][1].show(columns[kind()][1].value(each, i)) }, () => go(kind(), keyOf(each, i)), text) : text;
          return element(nth === 0 ? "th" : "td", { scope: nth === 0 ? "row" : null, class: one.number ? "number" : null }, content);
        });
        return element("tr", { class: nameOf(each) === view.values.selected ? "selected" : null }, ...cells);
      }));
    }

    function mark() {
      draw();
      body.querySelector("tr.selected")?.scrollIntoView({ block: "nearest" });
    }

    function csv(separator) {
      const lines = wanted().map(([each, i]) => columns[kind()].map((one) => one.write(one.value(each, i))));
      const cell = separator === "," ? (text) => quoted(safe(text)) : (text) => safe(text.replace(/[\t\n\r]/g, " "));
      const numeric = columns[kind()].map((one) => one.number);
      const head_ = columns[kind()].map((one) => one.name);
      return [head_, ...lines].map((line, n) => line.map((text, i) => (n && numeric[i] ? text : cell(text))).join(separator)).join("\r\n") + "\r\n";
    }

    async function copy() {
      try {
        await navigator.clipboard.writeText(csv("\t"));
        say(word("table.copied", { n: wanted().length }));
      } catch {
        say(word("table.not_copied"));
      }
    }

    function save() {
      const address = URL.createObjectURL(new Blob([BOM + csv(",")], { type: "text/csv;charset=utf-8" }));
      const series = view.series();
      const about = kind() === "communes" && series ? [data.edition, series.technology, series.operator] : [];
      const name = ["phusong", kind(), ...about].join("-").normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").replace(/[^A-Za-z0-9_-]+/g, "_");
      const link = element("a", { href: address, download: name + ".csv" });
      link.click();
      setTimeout(() => URL.revokeObjectURL(address), 1000);
    }

    filter.addEventListener("input", draw);
    inView.addEventListener("change", draw);
    map.on("moveend", () => inView.checked && draw());
    const table = element(
      "section", { class: "table", id: "table", "aria-label": word("table") },
      element(
        "div", { class: "table-tools" }, element("div", { class: "tabs", role: "group", "aria-label": word("table") }, ...tabs), filter,
        element("label", { class: "check", for: "table-in-view" }, inView, word("table.in_view")), count,
        button({ class: "tool copy-tool" }, copy, word("table.copy")), button({ class: "tool csv-tool" }, save, word("table.csv")),
        button({ class: "tool" }, () => view.set({ table: "" }), word("close")),
      ),
      element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": word("table") }, element("table", {}, caption, head, body)),
    );
    view.follow(["table"], () => { table.hidden = kind() === ""; });
    view.follow(
      ["table", "technology", "operator", "threshold", "group", "measure", "compare", "otherRun", "otherTechnology", "otherOperator", "otherThreshold"],
      draw,
    );
    view.follow(["selected"], mark);
    states.follow(() => kind() !== "communes" && draw());
    return table;
  };
})(window.phusong);
