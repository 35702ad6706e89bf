/* One search over communes, offices, lines and endpoints, as people type: without diacritics, words in any order. */
"use strict";

(function (phusong) {
  const { element, word, wordFor, fold } = phusong;
  const SHOWN_AT_MOST = 12;

  /* Everything that can be found: where it leads to, what is shown of it, and the folded text that is searched. */
  function entries(data, index) {
    const site = (id) => index.sites.get(id)?.name || "";
    const all = [
      ...data.districts.labels.map((row) => ({ kind: "districts", id: row.name, code: "", title: row.name, text: "" })),
      ...data.communes.map((row, i) => ({ kind: "communes", id: i, code: row.code, title: row.name, text: row.district })),
      ...data.sites.map((row) => ({ kind: "sites", id: row.id, code: row.id, title: row.name, text: index.communes.get(row.commune)?.name || "" })),
      ...data.links.map((row) => ({ kind: "links", id: row.id, code: row.id, title: row.id, text: site(row.site) + " · " + row.carrier })),
      ...data.endpoints.map((row) => ({ kind: "endpoints", id: row.id, code: row.id, title: row.name, text: site(row.site) })),
    ];
    return all.map((each) => ({ ...each, code_: fold(each.code), title_: fold(each.title), all: fold([each.code, each.title, each.text].join(" ")) }));
  }

  /* The best entries for a text: a title or code that begins with it, then one that has it, then those that only have
   * every word somewhere. */
  phusong.findEntries = function (all, text) {
    const wanted = fold(text).trim();
    const words = wanted.split(/\s+/).filter((each) => each);
    if (!words.length) return [];
    const rank = (each) => {
      if (each.code_ === wanted || each.title_ === wanted) return 0;
      if (each.title_.startsWith(wanted) || each.code_.startsWith(wanted)) return 1;
      if (each.title_.split(/[\s·,().-]+/).some((_, i, parts) => parts.slice(i).join(" ").startsWith(wanted))) return 2;
      return each.title_.includes(wanted) ? 3 : each.all.includes(wanted) ? 4 : 5;
    };
    return all
      .filter((each) => words.every((part) => each.all.includes(part)))
      .map((each, i) => [rank(each), i, each])
      .sort((a, b) => a[0] - b[0] || a[1] - b[1])
      .map(([, , each]) => each);
  };

  /* A combobox as WAI-ARIA describes it: the focus stays in the field, arrows choose, Enter goes, Escape closes. */
  phusong.makeSearch = function ({ data, index, go }) {
    let all = null;
    const list = element("ul", { id: "search-list", class: "search-list", role: "listbox", "aria-label": word("search.results"), hidden: "" });
    const field = element("input", {
      type: "search", id: "search", placeholder: word("search"), "aria-label": word("search"), autocomplete: "off", spellcheck: "false",
      role: "combobox", "aria-expanded": "false", "aria-controls": "search-list", "aria-autocomplete": "list",
    });
    const count = element("span", { class: "unseen", role: "status" });
    let found = [];
    let chosen = -1;

    function close() {
      list.hidden = true;
      chosen = -1;
      field.setAttribute("aria-expanded", "false");
      field.removeAttribute("aria-activedescendant");
    }

    function choose(i) {
      chosen = i;
      [...list.children].forEach((row, j) => row.setAttribute("aria-selected", String(i === j)));
      if (i < 0) field.removeAttribute("aria-activedescendant");
      else {
        field.setAttribute("aria-activedescendant", "search-" + i);
        list.children[i].scrollIntoView({ block: "nearest" });
      }
    }

    function take(i) {
      const { kind, id } = found[i];
      close();
      go(kind, id);
    }

    function refresh() {
      all ??= entries(data, index);
      const every = phusong.findEntries(all, field.value);
      found = every.slice(0, SHOWN_AT_MOST);
      const rows = found.map((each, i) => {
        const row = element(
          "li", { id: "search-" + i, role: "option", "aria-selected": "false" },
          element("strong", {}, each.title), element("small", {}, word("kind." + each.kind) + (each.text ? " · " + each.text : "")),
        );
        row.addEventListener("pointerdown", (event) => event.preventDefault());
        row.addEventListener("click", () => take(i));
        return row;
      });
      list.replaceChildren(...rows);
      const open = field.value.trim() !== "";
      count.textContent = open ? word("search.count", { n: every.length }) : "";
      if (!open || !rows.length) close();
      else {
        list.hidden = false;
        field.setAttribute("aria-expanded", "true");
        choose(0);
      }
    }

    field.addEventListener("input", refresh);
    field.addEventListener("focus", refresh);
    field.addEventListener("blur", close);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
      else if (list.hidden && (event.key === "ArrowDown" || event.key === "Enter")) refresh();
      else if (event.key === "Enter" && chosen >= 0) take(chosen);
      else if (event.key === "ArrowDown" && found.length) choose((chosen + 1) % found.length);
      else if (event.key === "ArrowUp" && found.length) choose((chosen + found.length - 1) % found.length);
      else return;
      event.preventDefault();
    });
    return element("div", { class: "search" }, field, count, list);
  };
})(window.phusong);
