/* Puts the page together: reads the data block, makes the map and what stands around it, and joins them. */
"use strict";

(function (phusong) {
  const { element, word } = phusong;

  function groupBy(rows, key) {
    const groups = new Map();
    for (const row of rows) {
      if (!groups.has(row[key])) groups.set(row[key], []);
      groups.get(row[key]).push(row);
    }
    return groups;
  }

  function indexData(data) {
    const sitesOf = new Map();
    for (const site of data.sites) sitesOf.set(site.commune, (sitesOf.get(site.commune) || 0) + 1);
    return {
      communes: new Map(data.communes.map((commune) => [commune.code, commune])),
      sites: new Map(data.sites.map((site) => [site.id, site])),
      sitesOf,
      linksOf: groupBy(data.links, "site"),
      endpointsOf: groupBy(data.endpoints, "site"),
    };
  }

  /* The place where the page says briefly what it did. */
  function makeNotice() {
    const made = element("div", { class: "notice", role: "status" });
    let timer = 0;
    return {
      made,
      say(text) {
        made.textContent = text;
        clearTimeout(timer);
        timer = setTimeout(() => { made.textContent = ""; }, 8000);
      },
    };
  }

  /* The panel: a column beside the map, on a phone a sheet over it. */
  function makePanel(sections) {
    const panel = element("aside", { class: "panel", id: "panel", "aria-label": word("panel") }, ...sections);
    const setOpen = (open) => {
      panel.classList.toggle("open", open);
      toggle.setAttribute("aria-expanded", String(open));
      toggle.textContent = word(open ? "close" : "panel");
    };
    const toggle = phusong.button(
      { class: "panel-toggle", "aria-controls": "panel", "aria-expanded": "false" },
      () => setOpen(!panel.classList.contains("open")), word("panel"),
    );
    return { panel, toggle, close: () => setOpen(false) };
  }

  phusong.drawProvince = function (map) {
    const data = JSON.parse(document.getElementById("province-data").textContent);
    const view = phusong.makeView(data);
    document.documentElement.lang = view.values.lang;
    phusong.useWords(data, view.values.lang);
    phusong.usePalette(data);
    phusong.followTheme(view);
    const index = indexData(data);
    const states = phusong.makeStates(data);
    const comparison = phusong.makeComparison(data, view);
    const cards = phusong.makeCards(data, index, view, states, comparison);
    const notice = makeNotice();

    phusong.drawLand(map, data.land);
    const layers = phusong.drawLayers({ map, data, index, cards, view });
    states.follow(layers.showStates);
    if (data.tiles) layers.byName.tiles = phusong.makeTiles(map, data.tiles);
    const labels = phusong.drawLabels(map, data);
    layers.byName.districts.addLayer(labels.group);

    /* Show a thing of a list on the map, with its card; what is not on the map has no place to go to. */
    function go(kind, id) {
      const place = layers.places[kind].get(id);
      if (view.screen !== "map") view.showScreen("map");
      map.closePopup();
      if (!place) {
        view.set({ selected: kind + ":" + (kind === "communes" ? data.communes[id].code : id) });
        notice.say(word("not_drawn"));
        return;
      }
      if (!view.hasLayer(kind)) view.toggleLayer(kind, true);
      panel.close();
      if (phusong.isNarrow()) view.set({ table: "" });
      if (place.getBounds) map.fitBounds(place.getBounds(), { maxZoom: 11, animate: false });
      else map.setView(place.getLatLng(), Math.max(map.getZoom(), 11), { animate: false });
      place.openPopup();
    }

    /* The card that is open: the link has it, who does not see it hears its title, and it says what is so now. */
    const heard = element("div", { class: "unseen", role: "status" });
    let open = null;
    let printing = false;
    map.on("popupopen", ({ popup }) => {
      open = popup;
      heard.textContent = popup.getElement().querySelector("h3, strong").textContent;
      view.set({ selected: popup._source.options.key || "" });
    });
    map.on("popupclose", () => {
      open = null;
      if (!printing) view.set({ selected: "" });
    });
    function refreshCard() {
      const shown = open?.getElement()?.querySelector(".leaflet-popup-content");
      if (!shown || shown.textContent === open.getContent()().textContent) return;
      open.options.autoPan = false;
      open.update();
      open.options.autoPan = true;
    }
    states.follow(refreshCard);

    const app = { data, index, map, view, states, comparison, layers, places: layers.places, cards, go, say: notice.say };
    const beside = phusong.makeBeside(app);
    const names = ["tiles", "communes", "districts", "coverage", "gaps", "links", "sites", "endpoints"].filter((name) =>
      layers.byName[name] && (!["coverage", "gaps"].includes(name) || data[name].length));
    const panel = makePanel([
      phusong.makeIncidentsSection(data, index, states, go),
      phusong.makeCoverageSection(data, view, comparison),
      phusong.makeLayersSection(data, index, view, states, names),
      phusong.makeDisplaySection(data, view),
      phusong.makeSourcesSection(data, layers.places),
    ]);
    const header = phusong.makeHeader({ ...app, search: phusong.makeSearch(app), ruler: phusong.makeRuler(app) });
    const mapFrame = map.getContainer();
    mapFrame.setAttribute("aria-label", word("map.label"));
    mapFrame.setAttribute("role", "main");
    document.body.prepend(header);
    document.body.append(
      beside.place, panel.toggle, panel.panel, phusong.makeHistory(app), phusong.makeTable(app),
      phusong.makeOnCall(data, index, states, view, go), notice.made, heard,
    );

    /* Before anything is drawn: to ask for the map's size lays out all that there is. */
    view.follow(["screen", "table"], () => {
      document.body.classList.toggle("on-call", view.screen === "oncall");
      document.body.classList.toggle("with-table", view.values.table !== "");
      map.invalidateSize({ animate: false, pan: false });
    });
    new ResizeObserver(() => {
      const { clientWidth, clientHeight } = mapFrame;
      mapFrame.style.setProperty("--card-width", Math.min(320, clientWidth - 96) + "px");
      mapFrame.style.setProperty("--card-height", Math.min(340, Math.max(80, clientHeight - 76)) + "px");
      map.invalidateSize({ animate: false, pan: false });
    }).observe(mapFrame);
    const extent = layers.byName.communes.getBounds();
    const fit = () => {
      map.invalidateSize(false);
      map.fitBounds(extent, { padding: [8, 8], animate: false });
    };
    if (view.values.at) {
      const [lat, lon, zoom] = view.values.at.split(",").map(Number);
      map.invalidateSize(false);
      map.setView([lat, lon], zoom, { animate: false });
    } else fit();

    phusong.drawGraticule(map);
    L.control.scale({ imperial: false }).addTo(map);
    view.follow(["layers"], () => {
      for (const name of names) {
        if (view.hasLayer(name)) layers.byName[name].addTo(map);
        else layers.byName[name].remove();
      }
      document.body.classList.toggle("with-tiles", Boolean(data.tiles) && view.hasLayer("tiles"));
    });
    view.follow(
      ["technology", "operator", "threshold", "measure", "group", "patterns", "compare", "otherRun", "otherTechnology", "otherOperator", "otherThreshold"],
      () => {
        const { measure, group, patterns } = view.values;
        const subtracts = comparison.isSubtracting();
        layers.colourCommunes((row) => ({
          fillColor: subtracts
            ? phusong.fill("difference", phusong.differenceKey(comparison.points(row)), patterns)
            : phusong.fill("class", phusong.coverageKey(phusong.measured(data.communes, view.series(), measure, row)), patterns),
          fillOpacity: phusong.groupOpacity(data.communes[row], group),
        }));
        layers.showCoverage();
        refreshCard();
      },
    );
    view.follow(["time"], () => states.showTime(view.values.time));
    beside.begin();
    labels.place();
    map.on("moveend", () => {
      const { lat, lng } = map.getCenter();
      view.set({ at: [lat.toFixed(4), lng.toFixed(4), map.getZoom().toFixed(2)].join(",") });
    });

    /* The page takes its printed size before it is printed: Leaflet must lay the map out for it. */
    const sources = panel.panel.querySelector(".sources");
    let before = null;
    const print = (now) => {
      printing = now;
      if (printing) before = { place: [map.getCenter(), map.getZoom()], open: sources.open };
      document.documentElement.classList.toggle("printing", printing);
      panel.panel.scrollTop = 0;
      sources.open = printing || before.open;
      (printing ? document.body : panel.panel).append(sources);
      map.closePopup();
      fit();
      beside.settle();
      if (!printing) map.setView(...before.place, { animate: false });
    };
    window.addEventListener("beforeprint", () => print(true));
    window.addEventListener("afterprint", () => print(false));

    const [kind, ...rest] = view.values.selected.split(":");
    const name = rest.join(":");
    const id = kind === "communes" ? data.communes.findIndex((commune) => commune.code === name) : kind === "gaps" ? Number(name) : name;
    if (Object.hasOwn(layers.places, kind) && layers.places[kind].has(id)) {
      if (view.values.at) layers.places[kind].get(id).openPopup();
      else go(kind, id);
    }
    if (view.values.time === null && new URLSearchParams(location.hash.slice(1)).has("h")) notice.say(word("history.gone"));
    states.begin();
    document.documentElement.dataset.drawn = "true";
  };
})(window.phusong);
