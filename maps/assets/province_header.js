/* The head of the page: what it is, as of when, of which edition, what is not real; and the tools. */
"use strict";

(function (phusong) {
  const { element, word, button } = phusong;

  function badges(data) {
    const notes = [];
    if (data.synthetic) notes.push(element("span", { class: "badge synthetic" }, word("synthetic")));
    if (data.schematic) notes.push(element("span", { class: "badge schematic" }, word("schematic")));
    return notes.length ? element("p", { class: "badges" }, ...notes) : null;
  }

  /* As of when, and whether that is now, a moment of the past, or as old as the agent's last answer. */
  function asOf(data, states) {
    const made = element("span", { class: "as-of", role: "status" });
    states.follow(() => {
      const time = states.asOf();
      if (states.live() === "outdated" && made.classList.contains("outdated") && states.time() === null) return;
      made.className = "as-of " + (states.time() === null ? states.live() : "past");
      if (time === null) {
        made.textContent = word("no_state");
        return;
      }
      const shown = { time: phusong.time(time) };
      if (states.time() !== null) made.textContent = word("as_of.past", shown);
      else if (states.live() === "on") made.textContent = word("as_of.live", shown);
      else if (states.live() === "lost") made.textContent = word("as_of.lost", shown);
      else if (states.live() === "outdated") made.replaceChildren(word("as_of.outdated"), " ", button({}, () => location.reload(), word("reload")));
      else made.textContent = word("as_of", shown);
    });
    return made;
  }

  async function copyLink(view, say) {
    const address = location.href.split("#")[0] + view.link();
    try {
      await navigator.clipboard.writeText(address);
      say(word("link.copied"));
    } catch {
      say(word("link.address", { address }));
    }
  }

  phusong.makeHeader = function ({ data, view, states, search, ruler, say }) {
    const tools = [
      button({ class: "tool oncall-tool" }, () => view.showScreen(view.screen === "oncall" ? "map" : "oncall"), word("oncall")),
      button({ class: "tool table-tool", "aria-controls": "table" }, () => view.set({ table: view.values.table ? "" : "communes" }), word("table")),
      ruler,
      button({ class: "tool link-tool" }, () => copyLink(view, say), word("link")),
      button({ class: "tool print-tool" }, () => window.print(), word("print")),
    ];
    view.follow(["screen", "table"], () => {
      tools[0].setAttribute("aria-pressed", String(view.screen === "oncall"));
      tools[1].setAttribute("aria-expanded", String(view.values.table !== ""));
    });
    const edition = data.edition ? word("edition", { edition: data.edition, count: data.communes.length }) : "";
    return element(
      "header", { class: "page-header" },
      element("div", { class: "heading" }, element("h1", {}, word("title")),
        element("p", { class: "facts" }, asOf(data, states), element("span", { class: "edition" }, edition)), badges(data)),
      element("div", { class: "tools", role: "toolbar", "aria-label": word("tools") }, search, ...tools),
    );
  };

  /* The section of the panel that says how the page looks: language, light or dark, hatches. */
  phusong.makeDisplaySection = function (data, view) {
    const select = (id, label, entries, value, act) => {
      const made = element("select", { id: "switch-" + id }, ...entries.map(([each, text]) => element("option", { value: each, selected: each === value ? "" : null }, text)));
      made.addEventListener("change", () => act(made.value));
      return element("div", { class: "switch" }, element("label", { for: "switch-" + id }, label), made);
    };
    const patterns = element("input", { type: "checkbox", id: "switch-patterns" });
    patterns.addEventListener("change", () => view.set({ patterns: patterns.checked }));
    view.follow(["patterns"], () => { patterns.checked = view.values.patterns; });
    const themes = ["auto", "light", "dark"].map((each) => [each, word("theme." + each)]);
    return phusong.section(
      "display", word("display"), false,
      element(
        "div", { class: "switches" },
        select("lang", word("language"), Object.keys(data.words).map((each) => [each, data.words[each].language_name]), view.values.lang, (lang) => {
          view.set({ lang });
          location.reload();
        }),
        select("theme", word("theme"), themes, view.values.theme, (theme) => view.set({ theme })),
      ),
      element("label", { class: "check", for: "switch-patterns" }, patterns, word("patterns")),
    );
  };

  /* Light or dark, as chosen or as the machine is. */
  phusong.followTheme = function (view) {
    const machine = window.matchMedia("(prefers-color-scheme: dark)");
    const use = () => {
      const { theme } = view.values;
      document.documentElement.dataset.theme = theme === "auto" ? (machine.matches ? "dark" : "light") : theme;
    };
    machine.addEventListener("change", use);
    view.follow(["theme"], use);
  };
})(window.phusong);
