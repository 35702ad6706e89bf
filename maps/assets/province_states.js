/* The states of lines, offices and endpoints: as the page was made, as the agent says now, or as they were at a moment
 * of its history. They are written into the rows of the data; who draws them hears that they changed. */
"use strict";

(function (phusong) {
  const KINDS = { links: "verdict", sites: "isolation", endpoints: "verdict" };
  const DETAILS = ["since", "rtt", "loss", "lastSuccess", "problem", "cause", "fallback"];
  const EVERY_MS = 10000;

  /* What an object's history says of a moment: [state, since]. Since is not known for what stood when the history
   * begins, or when the agent came back. */
  function stateAt(changes, states, seconds, begin) {
    let low = 0;
    let high = changes.length / 2 - 1;
    let found = -1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      if (changes[2 * middle] <= seconds) {
        found = middle;
        low = middle + 1;
      } else {
        high = middle - 1;
      }
    }
    if (found < 0 || changes[2 * found + 1] < 0) return ["unknown", null];
    const seen = found > 0 && changes[2 * found - 1] >= 0;
    return [states[changes[2 * found + 1]], seen ? begin + changes[2 * found] : null];
  }

  phusong.makeStates = function (data) {
    const listeners = [];
    const now = { asOf: data.asOf };
    for (const kind of Object.keys(KINDS)) {
      now[kind] = data[kind].map((row) => Object.fromEntries([KINDS[kind], ...DETAILS].map((name) => [name, row[name] ?? null])));
    }
    let shown = null;
    let live = "off";

    const tell = () => listeners.forEach((listener) => listener());

    function write(kind, row, values) {
      for (const name of DETAILS) row[name] = null;
      Object.assign(row, values);
      row.problem = row.problem ?? "";
      row.cause = row.cause ?? "";
      if (phusong.rank(kind, row[KINDS[kind]]) < 0) row[KINDS[kind]] = "unknown";
    }

    function show() {
      for (const [kind, name] of Object.entries(KINDS)) {
        data[kind].forEach((row, i) => {
          if (shown === null) {
            write(kind, row, now[kind][i]);
          } else {
            const { begin, states } = data.history;
            const [state, since] = stateAt(data.history[kind][i], states[kind], shown - begin, begin);
            write(kind, row, { [name]: state, since });
          }
        });
      }
      tell();
    }

    /* What the agent answered, by the ids of the page; false when these are not the agent's any more. */
    function take(answer) {
      let same = answer.edition === data.edition || data.edition === "";
      for (const [kind, name] of Object.entries(KINDS)) {
        const told = answer[kind];
        const at = new Map(told.id.map((id, i) => [id, i]));
        same = same && told.id.length === data[kind].length;
        data[kind].forEach((row, i) => {
          const j = at.get(row.id);
          if (j === undefined) {
            same = false;
            now[kind][i] = { [name]: "unknown" };
            return;
          }
          const column = (key) => {
            const value = told[key] === undefined ? null : told[key][j];
            return typeof value === "string" ? phusong.clean(value) : value;
          };
          now[kind][i] = {
            [name]: String(told[name][j]), since: column("since"), rtt: column("rtt"), loss: column("loss"),
            lastSuccess: column("last_success"), problem: column("problem"), cause: column("cause"), fallback: column("fallback"),
          };
        });
      }
      now.asOf = answer.taken_at;
      return same;
    }

    async function ask() {
      if (document.hidden) {
        document.addEventListener("visibilitychange", ask, { once: true });
        return;
      }
      try {
        const response = await fetch("api/v1/states", { cache: "no-cache", signal: AbortSignal.timeout(EVERY_MS) });
        if (response.status === 404) {
          live = "off";
          tell();
          return;
        }
        if (!response.ok) throw new Error(String(response.status));
        live = take(await response.json()) ? "on" : "outdated";
      } catch {
        live = "lost";
      }
      if (shown === null) show();
      else tell();
      setTimeout(ask, EVERY_MS);
    }

    return {
      /* Seconds since 1970, or null for the present. */
      showTime(time) {
        const { begin, end } = data.history || {};
        shown = data.history && time !== null && time >= begin && time <= end ? time : null;
        show();
      },
      time: () => shown,
      asOf: () => (shown === null ? now.asOf : shown),
      presentAsOf: () => now.asOf,
      /* "off": a page from disk; "on"; "lost": the agent does not answer; "outdated": the inventory is another one. */
      live: () => live,
      follow(act) {
        listeners.push(act);
        act();
      },
      /* From disk there is nobody to ask. */
      begin() {
        if (location.protocol === "http:" || location.protocol === "https:") ask();
      },
      stateAt: (kind, i, time) =>
        stateAt(data.history[kind][i], data.history.states[kind], time - data.history.begin, data.history.begin)[0],
    };
  };
})(window.phusong);
