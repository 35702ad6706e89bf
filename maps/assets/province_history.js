/* The slider over what the agent has recorded, playable, with the outages below it: how many offices were isolated or on
 * the fallback and how many lines were out at every moment, and when no agent was there to see. */
"use strict";

(function (phusong) {
  const { element, word, svg, button } = phusong;
  const BARS = 300;
  const FRAME_MS = 250;
  const FRAMES = 120;
  const STACK = [["links", "out"], ["sites", "on_fallback"], ["sites", "isolated"]];
  const OUT = ["down", "unreachable", "parent_down"];

  /* Every moment at which something changed, ascending. */
  phusong.changeTimes = function (history) {
    const times = new Set();
    for (const kind of ["links", "sites", "endpoints"]) {
      for (const changes of history[kind]) for (let i = 2; i < changes.length; i += 2) times.add(changes[i]);
    }
    return [...times].sort((a, b) => a - b).map((seconds) => history.begin + seconds);
  };

  /* How many were at most in each of the three states during each of n equal parts of the time. */
  phusong.worstOfParts = function (history, n) {
    const whole = history.end - history.begin || 1;
    const counted = STACK.map(([kind, what]) => {
      const names = history.states[kind];
      const counts = (state) => state >= 0 && (what === "out" ? OUT.includes(names[state]) : names[state] === what);
      const steps = [];
      for (const changes of history[kind]) {
        let before = false;
        for (let i = 0; i < changes.length; i += 2) {
          const now = counts(changes[i + 1]);
          if (now !== before) steps.push([changes[i], now ? 1 : -1]);
          before = now;
        }
      }
      steps.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
      const worst = new Array(n).fill(0);
      let level = 0;
      let at = 0;
      for (let part = 0; part < n; part++) {
        worst[part] = level;
        const until = ((part + 1) * whole) / n;
        while (at < steps.length && (steps[at][0] < until || part === n - 1)) {
          level += steps[at][1];
          worst[part] = Math.max(worst[part], level);
          at++;
        }
      }
      return worst;
    });
    return { links: counted[0], on_fallback: counted[1], isolated: counted[2] };
  };

  function timeline(history) {
    const worst = phusong.worstOfParts(history, BARS);
    const top = Math.max(1, ...worst.links, ...worst.isolated.map((n, i) => n + worst.on_fallback[i]));
    const whole = history.end - history.begin || 1;
    const height = (n) => (n / top) * 38;
    const bars = (counts, base, fill) =>
      counts.map((n, i) => (n ? svg("rect", { x: i, y: 40 - height(base[i]) - height(n), width: 1.05, height: height(n), fill }) : null)).filter((bar) => bar);
    const none = new Array(BARS).fill(0);
    const gaps = history.gaps.map(([from, to]) => svg("rect", {
      x: ((from - history.begin) / whole) * BARS, y: 0, width: Math.max(0.5, ((to - from) / whole) * BARS), height: 40, fill: "url(#no-data)",
    }));
    const picture = svg(
      "svg", { viewBox: `0 0 ${BARS} 40`, preserveAspectRatio: "none", class: "timeline", role: "img", "aria-label": word("history.timeline", { n: Math.max(...worst.links), isolated: Math.max(...worst.isolated) }) },
      ...gaps,
      ...bars(worst.links, none, "var(--class-none-hatch)"),
      ...bars(worst.on_fallback, worst.isolated, "var(--site-on_fallback)"),
      ...bars(worst.isolated, none, "var(--site-isolated)"),
    );
    const hand = svg("line", { x1: 0, x2: 0, y1: 0, y2: 40, stroke: "var(--ink)", "stroke-width": 0.8, class: "hand" });
    picture.append(hand);
    return { picture, point: (time) => {
      const x = ((time - history.begin) / whole) * BARS;
      hand.setAttribute("x1", x);
      hand.setAttribute("x2", x);
    } };
  }

  phusong.makeHistory = function ({ data, view, states }) {
    const { history } = data;
    if (!history) return element("div", { class: "history", hidden: "" });
    const slider = element("input", {
      type: "range", id: "history-slider", min: history.begin, max: history.end, step: 1, "aria-label": word("history"),
    });
    const label = element("output", { for: "history-slider", class: "history-time" });
    const { picture, point } = timeline(history);
    const times = phusong.changeTimes(history);
    let timer = 0;

    const set = (time) => view.set({ time: time >= history.end ? null : Math.max(history.begin, Math.round(time)) });
    const current = () => (view.values.time === null ? history.end : view.values.time);

    function stop() {
      clearInterval(timer);
      timer = 0;
      play.textContent = "▶ " + word("history.play");
    }

    const play = button({ class: "tool play" }, () => {
      if (timer) {
        stop();
        return;
      }
      if (current() >= history.end) set(history.begin);
      play.textContent = "⏸ " + word("history.pause");
      const step = (history.end - history.begin) / FRAMES;
      timer = setInterval(() => {
        set(current() + step);
        if (view.values.time === null) stop();
      }, FRAME_MS);
    });
    const before = button({ class: "tool", "aria-label": word("history.before") }, () => {
      stop();
      const earlier = times.filter((time) => time < current());
      set(earlier.length ? earlier[earlier.length - 1] : history.begin);
    }, "⏮");
    const after = button({ class: "tool", "aria-label": word("history.after") }, () => {
      stop();
      set(times.find((time) => time > current()) ?? history.end);
    }, "⏭");
    const now = button({ class: "tool now" }, () => {
      stop();
      view.set({ time: null });
    }, word("history.now"));

    slider.addEventListener("input", () => {
      stop();
      set(Number(slider.value));
    });
    picture.addEventListener("click", (event) => {
      const box = picture.getBoundingClientRect();
      stop();
      set(history.begin + ((event.clientX - box.left) / box.width) * (history.end - history.begin));
    });
    slider.addEventListener("keydown", (event) => {
      const step = { PageUp: 3600, PageDown: -3600, ArrowRight: 300, ArrowUp: 300, ArrowLeft: -300, ArrowDown: -300 }[event.key];
      if (!step) return;
      event.preventDefault();
      stop();
      set(current() + step);
    });
    view.follow(["time"], () => {
      slider.value = current();
      const text = view.values.time === null ? word("history.now") : phusong.time(current());
      label.textContent = text;
      slider.setAttribute("aria-valuetext", text);
      now.disabled = view.values.time === null;
      point(current());
    });
    stop();
    const shown = { from: phusong.time(history.begin), to: phusong.time(history.end) };
    const details = element(
      "details", { open: window.innerWidth > 760 ? "" : null },
      element("summary", {}, word("history")),
      element("div", { class: "history-tools" }, play, before, after, now, label),
      element("div", { class: "history-lines" }, slider, picture),
      element("p", { class: "history-legend" }, word(history.cut ? "history.range_cut" : "history.range", shown) + " ",
        ...[["isolated", "var(--site-isolated)"], ["on_fallback", "var(--site-on_fallback)"], ["out", "var(--class-none-hatch)"]].flatMap(([key, fill]) => [phusong.fillSwatch(fill), element("span", {}, word("history." + key, { technology: data.fallbackTechnology }))]),
        ...(history.gaps.length ? [phusong.fillSwatch("url(#no-data)"), element("span", {}, word("history.gap"))] : [])),
    );
    return element("section", { class: "history", "aria-label": word("history") }, details);
  };
})(window.phusong);
