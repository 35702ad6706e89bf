/* Words, numbers and times as the reader's language writes them, and the one way in which elements are made.
 * Text becomes a text node, always: nothing of ours hands a string to innerHTML. */
"use strict";
window.phusong = {};

(function (phusong) {
  let words = {};
  let lang = "vi";
  let utcOffset = 0;
  const formats = new Map();

  phusong.useWords = function (data, wanted) {
    lang = wanted;
    words = data.words[lang];
    utcOffset = data.utcOffset;
    formats.clear();
  };

  phusong.word = function (key, values) {
    const text = Object.hasOwn(words, key) ? words[key] : key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (values && Object.hasOwn(values, name) ? String(values[name]) : whole));
  };

  /* A word for a value of ours; a value that has none (a kind the inventory invented) is shown as it is. */
  phusong.wordFor = function (group, value, values) {
    const key = group + "." + value;
    return Object.hasOwn(words, key) ? phusong.word(key, values) : value;
  };

  phusong.number = function (value, digits) {
    if (!formats.has(digits)) {
      formats.set(digits, new Intl.NumberFormat(lang === "vi" ? "vi-VN" : "en-GB", { maximumFractionDigits: digits }));
    }
    return formats.get(digits).format(value);
  };

  /* A text of a device without what acts instead of being seen; as text.py does for what the page was made with. */
  phusong.clean = (text) => text.replace(/[\t\n\v\f\r\u2028\u2029]/g, " ").replace(/\p{C}/gu, "").slice(0, 300);

  phusong.signed = (value, digits) => (value > 0 ? "+" : "") + phusong.number(value, digits).replace("-", "\u2212");

  /* For comparing texts as people type them: "van don" is Vân Đồn. */
  phusong.fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").replace(/đ/gi, "d").toLowerCase();

  phusong.collator = () => new Intl.Collator(lang, { numeric: true });

  /* 0 to 1 as a percentage that never rounds up to 100 % nor down to 0 %: those two are statements. */
  phusong.percent = function (ratio) {
    const space = lang === "vi" ? "\u00a0" : "";
    if (ratio > 0 && ratio < 0.001) return "< " + phusong.number(0.1, 1) + space + "%";
    const shown = ratio < 1 ? Math.floor(ratio * 1000) / 10 : 100;
    return phusong.number(shown, 1) + space + "%";
  };

  /* A measure's share in words: a centre is covered or not. */
  phusong.share = (measure, ratio) =>
    measure === "centre" ? phusong.word(ratio ? "centre.yes" : "centre.no") : phusong.percent(ratio);

  phusong.time = function (epochSeconds) {
    const iso = new Date((epochSeconds + utcOffset) * 1000).toISOString();
    return iso.slice(11, 16) + " " + iso.slice(8, 10) + "/" + iso.slice(5, 7) + "/" + iso.slice(0, 4);
  };

  phusong.date = (epochSeconds) => phusong.time(epochSeconds).slice(6);

  phusong.duration = function (seconds) {
    const minutes = Math.max(0, Math.floor(seconds / 60));
    if (minutes >= 2880) return phusong.word("days", { n: Math.floor(minutes / 1440) });
    if (minutes >= 120) return phusong.word("hours", { n: Math.floor(minutes / 60) });
    return phusong.word("minutes", { n: minutes });
  };

  phusong.threshold = (minDbm) =>
    minDbm === null ? phusong.word("any_threshold") : "≥\u00a0" + phusong.number(minDbm, 1).replace("-", "\u2212") + "\u00a0dBm";

  phusong.element = function (tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  };

  phusong.isNarrow = () => window.matchMedia("(max-width: 760px)").matches;

  phusong.button = function (attributes, act, ...children) {
    const made = phusong.element("button", { type: "button", ...attributes }, ...children);
    made.addEventListener("click", act);
    return made;
  };

  /* Do something that makes the elements of a place anew, and leave the focus on the one of the same data-key. */
  phusong.keepFocus = function (place, act) {
    const focused = document.activeElement;
    const key = place.contains(focused) ? focused.dataset.key : undefined;
    act();
    if (key !== undefined) place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  };

  phusong.svg = function (tag, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
})(window.phusong);
