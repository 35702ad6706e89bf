/* What is written about one thing: the line under the pointer and the card after a click. Elements only, no HTML text. */
"use strict";

(function (phusong) {
  const { element, word, wordFor } = phusong;

  phusong.makeCards = function (data, index, view, states, comparison) {
    const fallback = { technology: data.fallbackTechnology };

    function card(title, rows, ...more) {
      const list = element("dl", {});
      for (const [name, value] of rows) {
        if (value === "" || value === null) continue;
        list.append(element("dt", {}, name), element("dd", {}, value));
      }
      return element("div", { class: "card" }, element("h3", {}, title), list, ...more);
    }

    function tip(title, state) {
      return element("div", { class: "tip" }, element("strong", {}, title), element("br"), state);
    }

    function since(epoch) {
      if (epoch === null) return "";
      const text = phusong.time(epoch);
      if (states.asOf() === null) return text;
      return text + " (" + word("for", { duration: phusong.duration(states.asOf() - epoch) }) + ")";
    }

    function ping(row) {
      if (row.loss === null) return "";
      const loss = phusong.percent(row.loss);
      if (row.rtt === null) return word("ping.lost", { loss });
      return word("ping.value", { rtt: phusong.number(row.rtt * 1000, 1), loss });
    }

    function gapAmounts(gap) {
      const people = gap.people === null ? "" : phusong.number(gap.people, 0) + " " + word("people");
      return [phusong.number(gap.area, 1) + " km²", people].filter((part) => part).join(" · ");
    }

    const mbps = (bytesPerSecond) => phusong.number((bytesPerSecond * 8) / 1e6, 1);
    const siteName = (id) => (index.sites.has(id) ? index.sites.get(id).name : id);

    function communeName(code) {
      const commune = index.communes.get(code);
      return commune ? commune.name + (commune.district ? ", " + commune.district : "") : code;
    }

    /* Whose fault it is, where it is not the thing's own. */
    function cause(row) {
      const [kind, ...rest] = (row.cause || "").split(" ");
      return rest.length ? wordFor("cause", kind) + " " + rest.join(" ") : row.cause;
    }

    /* One row per operator, one column per technology: the same numbers as the table and communes.csv. */
    function coverageTable(row) {
      const technologies = [...new Set(data.series.map((each) => each.technology))];
      const operators = [...new Set(data.series.map((each) => each.operator))];
      if (!operators.length) return null;
      const head = element("tr", {}, element("th", {}, ""), ...technologies.map((each) => element("th", { scope: "col" }, each)));
      const body = operators.map((operator) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, wordFor("operator", operator)),
          ...technologies.map((technology) => {
            const level = view.series() ? String(view.series().minDbm) : "";
            const rows = data.series.filter((each) => each.technology === technology && each.operator === operator);
            const found = rows.find((each) => String(each.minDbm) === level) || rows[0];
            const ratio = found ? found.area[row] : null;
            return element("td", {}, ratio === null ? "–" : phusong.percent(ratio));
          }),
        ),
      );
      const levels = new Set(data.series.map((each) => String(each.minDbm)));
      const caption = levels.size > 1 && view.series() ? element("caption", {}, phusong.threshold(view.series().minDbm)) : null;
      return element("table", { class: "matrix" }, caption, element("thead", {}, head), element("tbody", {}, ...body));
    }

    return {
      communeTip(row) {
        const series = view.series();
        const { measure } = view.values;
        const ratio = phusong.measured(data.communes, series, measure, row);
        if (comparison.isSubtracting()) {
          const share = (each) => (each === null ? "–" : phusong.share(measure, each));
          const points = comparison.points(row);
          const change = points === null ? word("class.none") : word("difference.points", { points: phusong.signed(points, 1) });
          return tip(data.communes[row].name, word("measure." + measure, series) + ": " + share(ratio) + " → " + share(comparison.measured(row)) + " (" + change + ")");
        }
        const text = ratio === null ? word("class.none") : word("measure." + measure, series) + ": " + phusong.share(measure, ratio);
        return tip(data.communes[row].name, text);
      },
      commune(row) {
        const commune = data.communes[row];
        const series = view.series();
        const centre = series ? series.centre[row] : null;
        return card(
          commune.name,
          [
            [word("code"), commune.code],
            [word("district"), commune.district],
            [word("area"), commune.area === null ? "" : phusong.number(commune.area, 1) + " km²"],
            [word("population"), commune.population === null ? "" : phusong.number(commune.population, 0)],
            [word("centre"), centre === null ? "" : word(centre ? "centre.yes" : "centre.no") + " (" + series.technology + ")"],
            [word("groups"), commune.classes.map((each) => wordFor("group", each)).join(", ")],
            [word("layer.sites"), String(index.sitesOf.get(commune.code) || 0)],
          ],
          coverageTable(row),
        );
      },
      gapTip: (gap) => tip(word("gap", { number: gap.number }), gapAmounts(gap)),
      gap: (gap) =>
        card(word("gap", { number: gap.number }), [
          [word("area"), phusong.number(gap.area, 1) + " km²"],
          [word("population"), gap.people === null ? "" : phusong.number(gap.people, 0)],
          [word("commune"), gap.communes],
          [word("gap.near"), gap.near],
          ...["sites", "schools", "hospitals"].map((kind) => [word("places." + kind), gap[kind] === null ? "" : phusong.number(gap[kind], 0)]),
        ]),
      linkTip: (link) => tip(siteName(link.site), wordFor("verdict", link.verdict) + " · " + link.carrier),
      link: (link) =>
        card(siteName(link.site), [
          [word("code"), link.id],
          [word("state"), wordFor("verdict", link.verdict)],
          [word("cause"), cause(link)],
          [word("since"), since(link.since)],
          [word("carrier"), link.carrier],
          [word("role"), wordFor("role", link.role)],
          [word("contract"), mbps(link.down) + " / " + mbps(link.up) + " Mbit/s"],
          [word("ping"), ping(link)],
          [word("last_success"), link.lastSuccess === null ? "" : phusong.time(link.lastSuccess)],
          [word("problem"), link.problem],
        ]),
      siteTip: (site) => tip(site.name, wordFor("isolation", site.isolation, fallback)),
      site(site) {
        const known = Object.hasOwn(site.mobile, data.fallbackTechnology);
        const operators = known ? site.mobile[data.fallbackTechnology] : [];
        const covered = site.fallback === null ? word("unknown") : word(site.fallback ? "fallback.yes" : "fallback.no");
        const lines = (index.linksOf.get(site.id) || []).map((link) => [
          word("layer.links") + " " + link.id,
          wordFor("verdict", link.verdict) + " · " + link.carrier + (link.since === null ? "" : " · " + since(link.since)),
        ]);
        const endpoints = (index.endpointsOf.get(site.id) || []).map((endpoint) => [
          word("layer.endpoints"),
          endpoint.name + " · " + wordFor("endpoint", endpoint.verdict),
        ]);
        return card(site.name, [
          [word("code"), site.id],
          [word("state"), wordFor("isolation", site.isolation, fallback)],
          [word("since"), since(site.since)],
          [word("kind"), wordFor("kind", site.kind)],
          [word("commune"), communeName(site.commune)],
          [word("fallback", fallback), states.time() !== null ? "" : covered + (operators.length ? " (" + operators.join(", ") + ")" : "")],
          ...lines,
          ...endpoints,
        ]);
      },
      endpointTip: (endpoint) => tip(endpoint.name, wordFor("endpoint", endpoint.verdict)),
      endpoint: (endpoint) =>
        card(endpoint.name, [
          [word("code"), endpoint.id],
          [word("state"), wordFor("endpoint", endpoint.verdict)],
          [word("cause"), cause(endpoint)],
          [word("since"), since(endpoint.since)],
          [word("layer.sites"), siteName(endpoint.site)],
          [word("device"), endpoint.device],
          [word("ping"), ping(endpoint)],
          [word("last_success"), endpoint.lastSuccess === null ? "" : phusong.time(endpoint.lastSuccess)],
          [word("problem"), endpoint.problem],
        ]),
    };
  };
})(window.phusong);
