/* What is wrong now, sorted by how many offices it cuts off: for the panel's list and for the view of whoever is on call.
 * A hub or a line that takes others down stands once, with what hangs on it below it. */
"use strict";

(function (phusong) {
  const { element, word, wordFor } = phusong;
  const SHOWN_AT_MOST = 200;
  const OUT = ["down", "unreachable", "parent_down"];

  /* The groups of trouble, largest first. Pure: reads rows, changes nothing. */
  phusong.findIncidents = function (data, index) {
    const groups = new Map();
    const join = (key, kind, row) => {
      if (!groups.has(key)) groups.set(key, { key, root: null, sites: [], links: [], endpoints: [] });
      const group = groups.get(key);
      group[kind].push(row);
      if (key === "link " + row.id && kind === "links") group.root = row;
    };
    const groupOfSite = new Map();
    for (const link of data.links) {
      if (!phusong.isWrong("links", link.verdict)) continue;
      const key = link.cause || "link " + link.id;
      join(key, "links", link);
      if (OUT.includes(link.verdict) && !groupOfSite.has(link.site)) groupOfSite.set(link.site, key);
    }
    for (const site of data.sites) {
      if (!phusong.isWrong("sites", site.isolation)) continue;
      if (!groupOfSite.has(site.id)) groupOfSite.set(site.id, "site " + site.id);
      join(groupOfSite.get(site.id), "sites", site);
    }
    for (const endpoint of data.endpoints) {
      if (!phusong.isWrong("endpoints", endpoint.verdict)) continue;
      const known = endpoint.cause && groups.has(endpoint.cause) ? endpoint.cause : groupOfSite.get(endpoint.site);
      join(known || endpoint.cause || "endpoint " + endpoint.id, "endpoints", endpoint);
    }
    const count = (rows, of, states) => rows.filter((row) => states.includes(row[of])).length;
    const found = [...groups.values()].map((group) => {
      const cutOff = [...group.sites, ...group.links.filter((link) => OUT.includes(link.verdict))];
      const begun = (cutOff.length ? cutOff : [...group.links, ...group.endpoints]).map((row) => row.since).filter((since) => since !== null);
      return {
        ...group,
        isolated: count(group.sites, "isolation", ["isolated"]),
        onFallback: count(group.sites, "isolation", ["on_fallback"]),
        out: count(group.links, "verdict", OUT),
        since: begun.length ? Math.min(...begun) : null,
      };
    });
    const worst = (group) => Math.min(...group.links.map((link) => phusong.wrongRank("links", link.verdict)), 99);
    found.sort(
      (a, b) =>
        b.isolated - a.isolated || b.onFallback - a.onFallback || b.out - a.out || worst(a) - worst(b) ||
        b.endpoints.length - a.endpoints.length || (b.since || 0) - (a.since || 0) || (a.key < b.key ? -1 : 1),
    );
    return found;
  };

  /* Every single thing of a group, offices first, each with its sign, its name and its state. */
  function things(group, index, fallback) {
    const name = (id) => (index.sites.has(id) ? index.sites.get(id).name : id);
    return [
      ...group.sites.map((site) => ({ kind: "sites", row: site, state: site.isolation, title: site.name, text: word("isolation." + site.isolation, fallback) })),
      ...group.links.map((link) => ({
        kind: "links", row: link, state: link.verdict, title: link.id + " · " + name(link.site),
        text: wordFor("verdict", link.verdict) + " · " + link.carrier,
      })),
      ...group.endpoints.map((endpoint) => ({ kind: "endpoints", row: endpoint, state: endpoint.verdict, title: endpoint.name, text: wordFor("endpoint", endpoint.verdict) })),
    ].sort((a, b) => (a.kind === b.kind ? phusong.wrongRank(a.kind, a.state) - phusong.wrongRank(b.kind, b.state) : 0));
  }

  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  /* What a group is called and how large it is. */
  function describe(group, index, fallback) {
    const [kind, ...rest] = group.key.split(" ");
    const id = rest.join(" ");
    const all = things(group, index, fallback);
    if (all.length === 1 || (group.sites.length <= 1 && group.links.length <= 1 && kind !== "device")) {
      return { all, title: all[0].title, text: all[0].text, since: all[0].row.since };
    }
    const title = kind === "link" && group.root ? id + " · " + (index.sites.get(group.root.site)?.name || group.root.site) : capital(wordFor("cause", kind)) + " " + id;
    const counts = [
      [group.isolated, "incident.isolated"], [group.onFallback, "incident.on_fallback"],
      [group.out, "incident.links"], [group.endpoints.length, "incident.endpoints"],
    ];
    const text = counts.filter(([n]) => n).map(([n, key]) => word(key, { n, ...fallback })).join(" · ");
    return { all, title, text: text || word("incident.things", { n: all.length }), since: group.since };
  }

  /* The list of groups; go(kind, id) shows one thing on the map. */
  function makeList(data, index, states, go) {
    const fallback = { technology: data.fallbackTechnology };
    const list = element("ul", { class: "incidents" });
    /* Where nothing is known, nothing wrong is no good news. */
    const isKnown = () =>
      states.asOf() !== null && (data.links.some((link) => link.verdict !== "unknown") || data.endpoints.some((each) => each.verdict !== "unknown"));

    function row(thing, text, since, key) {
      const age = since === null || states.asOf() === null ? "" : word("for", { duration: phusong.duration(states.asOf() - since) });
      return phusong.button(
        { "data-key": key }, () => go(thing.kind, thing.row.id),
        phusong.swatch(thing.kind, thing.state),
        element("span", {}, element("strong", {}, text.title), element("br"), text.text, age ? element("span", { class: "age" }, age) : null),
      );
    }
    return {
      list,
      isKnown,
      refresh() {
        if (!isKnown()) {
          list.replaceChildren(element("li", { class: "none" }, word("unknown_states")));
          return [];
        }
        const open = new Set([...list.querySelectorAll("details[open]")].map((each) => each.dataset.key));
        const groups = phusong.findIncidents(data, index);
        const shown = groups.slice(0, SHOWN_AT_MOST).map((group) => {
          const text = describe(group, index, fallback);
          const head = row(text.all[0], text, text.since, group.key);
          if (text.all.length === 1) return element("li", {}, head);
          const members = text.all.map((thing) => element("li", {}, row(thing, thing, thing.row.since, group.key + "|" + thing.kind + thing.row.id)));
          const more = element(
            "details", { open: open.has(group.key) ? "" : null },
            element("summary", { "data-key": group.key + "|all" }, word("incident.all", { n: text.all.length })), element("ul", {}, ...members),
          );
          more.dataset.key = group.key;
          return element("li", {}, head, more);
        });
        if (groups.length > SHOWN_AT_MOST) shown.push(element("li", {}, word("incident.more", { n: groups.length - SHOWN_AT_MOST })));
        phusong.keepFocus(list, () => list.replaceChildren(...(shown.length ? shown : [element("li", { class: "none" }, word("no_incidents"))])));
        return groups;
      },
    };
  }

  phusong.makeIncidentsSection = function (data, index, states, go) {
    const { list, refresh, isKnown } = makeList(data, index, states, go);
    const section = phusong.section("wrong", "", false, list);
    const summary = section.querySelector("summary");
    states.follow(() => { 
      const { length } = refresh();
      summary.textContent = word(states.time() === null ? "incidents" : "incidents.past") + (isKnown() ? " (" + length + ")" : "");
    });
    return section;
  };

  /* The page of whoever is on call: only what is wrong, the biggest first, and nothing to scroll sideways for. */
  phusong.makeOnCall = function (data, index, states, view, go) {
    const { list, refresh, isKnown } = makeList(data, index, states, go);
    const sums = element("p", { class: "sums", role: "status" });
    const main = element(
      "main", { class: "oncall", "aria-label": word("oncall") },
      element("h2", {}, word("oncall")), sums, list,
      phusong.button({ class: "wide" }, () => view.showScreen("map"), word("oncall.map")),
    );
    states.follow(() => {
      const groups = refresh();
      const total = (name) => groups.reduce((sum, group) => sum + group[name], 0);
      sums.hidden = !isKnown();
      sums.replaceChildren(
        ...[["isolated", "incident.isolated"], ["onFallback", "incident.on_fallback"], ["out", "incident.links"]].map(([name, key]) =>
          element("span", { class: "sum " + name }, word(key, { n: total(name), technology: data.fallbackTechnology })),
        ),
      );
      document.title = (total("isolated") ? "(" + total("isolated") + ") " : "") + word("title");
    });
    return main;
  };
})(window.phusong);
