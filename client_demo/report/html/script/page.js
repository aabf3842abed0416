// What a reader does: filters, buttons, keys, pointer and fingers, links to runs and moments, light and dark.
"use strict";

const PAN = 0.15;

function started() {
  document.documentElement.classList.add("scripted");
  const timeline = new Timeline(new Moments(JSON.parse(byId("data").textContent)));
  useFilters(timeline);
  useButtons(timeline);
  useKeys(timeline);
  usePointer(timeline);
  useLinks(timeline);
  useTheme(timeline);
  new ResizeObserver(() => timeline.resize()).observe(timeline.pane);
  addEventListener("resize", () => timeline.resize());
  timeline.pane.addEventListener("scroll", () => { timeline.hideTip(); timeline.redraw(); });
  usePrint(timeline);
}

function useFilters(timeline) {
  const { state, moments: { data: { paths, placements } } } = timeline, select = byId("of-path");
  select.append(make("option", { value: "-1", textContent: `all ${paths.length} paths` }));
  paths.forEach((name, n) => select.append(make("option", { value: String(n), textContent: name })));
  select.value = String(state.path);
  select.addEventListener("change", () => { state.path = Number(select.value); timeline.refill(); });
  placements.forEach((name, n) => {
    const box = make("input", { type: "checkbox", checked: true, id: `of-placement-${n}` });
    box.addEventListener("change", () => {
      state.hidden[box.checked ? "delete" : "add"](n);
      timeline.refill();
    });
    const label = make("label", {});
    label.append(box, ` ${name}`);
    byId("of-placement").append(label);
  });
}

function useButtons(timeline) {
  const acts = {
    "zoom-in": () => timeline.zoom(ZOOM), "zoom-out": () => timeline.zoom(1 / ZOOM),
    earlier: () => timeline.pan(-PAN), later: () => timeline.pan(PAN), all: () => timeline.lookAll(),
  };
  for (const [id, act] of Object.entries(acts)) byId(id).addEventListener("click", act);
}

function useKeys(timeline) {
  const closer = () => timeline.zoom(ZOOM), wider = () => timeline.zoom(1 / ZOOM);
  const all = () => { timeline.hideTip(); timeline.lookAll(); };
  const keys = {
    ArrowLeft: () => timeline.pan(-PAN), ArrowRight: () => timeline.pan(PAN),
    ArrowUp: () => timeline.moveRow(-1), ArrowDown: () => timeline.moveRow(1),
    "Shift+ArrowLeft": () => timeline.step(false), "Shift+ArrowRight": () => timeline.step(true),
    Home: () => timeline.step(true, { afresh: true }), End: () => timeline.step(false, { afresh: true }),
    "+": closer, "=": closer, "-": wider, _: wider, 0: all, Escape: all,
  };
  timeline.list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = keys[event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key];
    if (!act) return;
    act();
    event.preventDefault();
  });
  timeline.list.addEventListener("blur", () => timeline.hideTip());
}

function usePointer(timeline) {
  const { over } = timeline.plot, fingers = new Map();
  const secondAt = (x) => timeline.plot.posToVal(x - over.getBoundingClientRect().left, "x");
  over.addEventListener("click", (event) => {
    const box = over.getBoundingClientRect(), top = event.clientY - box.top;
    const found = timeline.drawing.nearest(timeline.plot, event.clientX - box.left, top);
    const run = timeline.state.rows[timeline.drawing.rowAt(top)];
    timeline.list.focus({ preventScroll: true });
    if (found >= 0) {
      timeline.keep(found);
      history.replaceState(null, "", timeline.moments.told(found).hash);
    } else if (run !== undefined) {
      timeline.choose(run);
      timeline.redraw();
    }
  });
  over.addEventListener("wheel", (event) => {
    const sideways = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (event.ctrlKey || event.metaKey) timeline.zoom(Math.exp(event.deltaY * 0.004), secondAt(event.clientX));
    else if (sideways) timeline.pan((event.deltaX || event.deltaY) / over.clientWidth);
    else return;
    event.preventDefault();
  }, { passive: false });
  // One finger moves along the axis (up and down scroll as ever), two zoom.
  const touched = (event) => {
    if (event.pointerType !== "touch") return;
    if (event.type === "pointerdown") fingers.set(event.pointerId, event.clientX);
    else if (event.type !== "pointermove") fingers.delete(event.pointerId);
    else if (fingers.has(event.pointerId)) {
      const before = [...fingers.values()];
      fingers.set(event.pointerId, event.clientX);
      const now = [...fingers.values()];
      if (now.length === 1) timeline.pan((before[0] - now[0]) / over.clientWidth);
      if (now.length !== 2) return;
      const [old, gap] = [before, now].map(([a, b]) => Math.max(20, Math.abs(a - b)));
      timeline.zoom(old / gap, secondAt((now[0] + now[1]) / 2));
    }
  };
  for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) over.addEventListener(type, touched);
}

function useLinks(timeline) {
  const go = (hash) => {
    const found = /^#run-(-?\d+)(?:-(event|request|message)-(\d+))?$/.exec(hash);
    const run = found ? timeline.moments.runs.findIndex((one) => one.number === Number(found[1])) : -1;
    if (run < 0) return false;
    timeline.admit(run);
    timeline.choose(run);
    const moment = found[2] ? timeline.moments.find(run, found[2], Number(found[3])) : -1;
    timeline.state.moment = moment;
    if (moment >= 0) timeline.goTo(moment);
    else byId("pinned").textContent = timeline.moments.title(run);
    timeline.rowIntoView();
    timeline.redraw();
    byId("timeline").scrollIntoView({ block: "start" });
    timeline.list.focus({ preventScroll: true });
    return true;
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.('a[href^="#run-"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !go(link.getAttribute("href"))) return;
    event.preventDefault();
    history.pushState(null, "", link.getAttribute("href"));
  });
  addEventListener("popstate", () => go(location.hash));
  go(location.hash);
}

function useTheme(timeline) {
  const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (root.dataset.theme ? root.dataset.theme === "dark" : system.matches);
  const paint = () => {
    const other = dark() ? "Light" : "Dark";
    Object.assign(byId("theme"), { textContent: other, title: `${other} colors`, ariaLabel: `${other} colors` });
    timeline.repaint();
  };
  byId("theme").addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; paint(); });
  system.addEventListener("change", paint);
  paint();
}

// On paper everything is unfolded and light; behind it, all is as it was.
function usePrint(timeline) {
  const { dataset } = document.documentElement;
  let theme, folded = [];
  addEventListener("beforeprint", () => {
    theme = dataset.theme;
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const one of folded) one.open = true;
    dataset.theme = "light";
    timeline.turn({ onPaper: true });
  });
  addEventListener("afterprint", () => {
    for (const one of folded) one.open = false;
    if (theme) dataset.theme = theme; else delete dataset.theme;
    timeline.turn({ onPaper: false });
  });
}

started();
