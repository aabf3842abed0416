// The timeline as a reader has it before them: which runs, which stretch of time, which moment.
// Knows uPlot, the list of runs and the filters; what a key or a link asks for comes from `page.js`.
"use strict";

const ZOOM = 0.6, MARGIN = 0.02, LABEL = 18, SHORTEST_S = 20e-6, LONG = 3, PAPER = 540;

const byId = (id) => document.getElementById(id);
const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

class Timeline {
  constructor(moments) {
    this.moments = moments;
    this.pane = byId("lanes");
    this.list = byId("rows");
    this.box = byId("plot");
    this.tip = byId("tip");
    this.state = { path: moments.data.path, hidden: new Set(), rows: [], run: -1, moment: -1, hover: -1 };
    this.drawing = new Drawing(moments, this.pane, this.state);
    this.queued = false;
    this.refill();
    this.build();
  }

  build() {
    const { drawing, limits } = this, { colors } = drawing;
    drawing.readColors();
    const axis = {
      side: 0, size: AXIS, space: 74, font: "12px system-ui", values: axisText, stroke: () => colors.quiet,
      grid: { stroke: () => colors.line, width: 1 }, ticks: { stroke: () => colors.line, width: 1, size: 6 },
    };
    this.plot = new uPlot({
      ...this.size(), padding: [0, 0, 0, 0], legend: { show: false }, axes: [axis, { show: false }],
      scales: { x: { time: false, range: (u, min, max) => [min, max] }, y: { range: [0, 1] } },
      series: [{}, { paths: () => null, points: { show: false } }],
      cursor: {
        y: false, points: { show: false }, drag: { x: true, y: false, dist: 4 },
        bind: { dblclick: () => () => this.lookAll() },
      },
      hooks: {
        drawClear: [(u) => drawing.grounds(u)], draw: [(u) => drawing.lanes(u)],
        setCursor: [(u) => this.pointed(u.cursor)], setScale: [(u, key) => this.scaled(u, key)],
      },
    }, [[...limits], [0, 0]], this.box);
    this.lookMost();
  }

  size() {
    const height = this.drawing.measure();
    return { width: this.drawing.onPaper ? PAPER : Math.max(120, this.box.clientWidth), height };
  }

  resize() {
    this.plot.setSize(this.size());
    this.redraw();
  }

  redraw() {
    if (this.queued || !this.plot) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.plot.redraw(false, false);
    });
  }

  repaint() {
    this.drawing.readColors();
    this.redraw();
  }

  // For paper (of A4's width; the style fits it to any other) and back: every row, in the colors of the moment.
  turn({ onPaper }) {
    if (onPaper) this.scrolled = this.pane.scrollTop;
    this.drawing.onPaper = onPaper;
    this.drawing.readColors();
    this.plot.setSize(this.size());
    if (!onPaper) this.pane.scrollTop = this.scrolled;
    this.plot.redraw(false, false);
  }

  // ------------------------------------------------------------ which stretch of time

  margin(span) { return span * Math.max(MARGIN, LABEL / Math.min(PAPER, this.box.clientWidth || PAPER)); }

  measureTime() {
    const { t, tick, runs } = this.moments;
    let low = 0, high = 0;
    for (const run of this.state.rows) {
      high = Math.max(high, runs[run].seconds);
      for (const lane of this.moments.used) {
        const start = this.moments.from(run, lane), size = this.moments.size(run, lane);
        if (!size) continue;
        low = Math.min(low, t[start] * tick);
        high = Math.max(high, t[start + size - 1] * tick);
      }
    }
    const spare = this.margin(high - low || 1);
    this.limits = [low - spare, high + spare];
  }

  // uPlot sets a scale a moment after it was asked to; `stretch` is what was asked for, or dragged.
  scaled(u, key) {
    if (key === "x") this.stretch = [u.scales.x.min, u.scales.x.max];
    this.hideTip();
  }

  look(low, high) {
    const [least, most] = this.limits, span = Math.min(Math.max(high - low, SHORTEST_S), most - least);
    const min = Math.min(Math.max(low, least), most - span);
    this.stretch = [min, min + span];
    this.plot.setScale("x", { min, max: min + span });
  }

  lookAll() { this.look(...this.limits); }

  // Most runs, where a few are so long that nothing could be seen of the others.
  lookMost() {
    const ends = this.state.rows.map((run) => this.moments.runs[run].seconds).sort((a, b) => a - b);
    const usual = ends.filter((one) => one <= LONG * ends[ends.length >> 1]);
    const end = 1.2 * (usual[usual.length - 1] ?? 0);
    if (end * LONG > this.limits[1]) this.lookAll(); else this.look(-this.margin(end), end);
  }

  pan(share) {
    const [min, max] = this.stretch, by = (max - min) * share;
    this.look(min + by, max + by);
  }

  // Around a second; without one, around the moment that is kept, where that is in sight.
  zoom(factor, around) {
    const [min, max] = this.stretch, kept = this.state.moment < 0 ? min : this.moments.t[this.state.moment] * this.moments.tick;
    const at = around ?? (kept > min && kept < max ? kept : (min + max) / 2);
    this.look(at - (at - min) * factor, at + (max - at) * factor);
  }

  showMoment(moment) {
    const [min, max] = this.stretch, at = this.moments.t[moment] * this.moments.tick, span = max - min;
    if (at < min || at > max) this.look(at - span / 2, at + span / 2);
  }

  // ------------------------------------------------------------ which runs

  refill() {
    const { state, moments: { runs } } = this;
    const shown = ({ path, placement }) => (state.path < 0 || path === state.path) && !state.hidden.has(placement);
    const order = (a, b) => a.path - b.path || a.repeat - b.repeat || a.placement - b.placement;
    state.rows = [...runs.keys()].filter((run) => shown(runs[run])).sort((a, b) => order(runs[a], runs[b]) || a - b);
    state.hover = -1;
    this.list.replaceChildren(...state.rows.map((run) => this.label(run)));
    if (!state.rows.includes(state.run)) this.choose(state.rows[0] ?? -1);
    byId("none").hidden = state.rows.length > 0;
    this.pane.dataset.rows = state.rows.length;
    this.measureTime();
    if (!this.plot) return;
    this.pane.scrollTop = 0;
    this.resize();
    this.plot.setData([[...this.limits], [0, 0]], false);
    this.lookMost();
  }

  label(run) {
    const { data, runs } = this.moments, { number, placement, path, repeat, probe, status, seconds } = runs[run];
    const item = make("div", { role: "option", id: `row-${run}`, className: `row ${status}`, title: this.moments.title(run) });
    item.setAttribute("aria-selected", run === this.state.run);
    item.append(make("b", { textContent: data.placements[placement] }));
    if (this.state.path < 0) item.append(make("span", { textContent: data.paths[path] }));
    const which = [`run ${number}`, repeat > 1 && `repeat ${repeat}`, probe && `probe ${probe}`];
    which.push(status === "ok" ? timeText(seconds) : status);
    item.append(make("small", { textContent: which.filter(Boolean).join(", ") }));
    item.addEventListener("click", () => { this.choose(run); this.redraw(); });
    return item;
  }

  choose(run) {
    byId(`row-${this.state.run}`)?.setAttribute("aria-selected", "false");
    this.state.run = run;
    byId(`row-${run}`)?.setAttribute("aria-selected", "true");
    if (run < 0) this.list.removeAttribute("aria-activedescendant");
    else this.list.setAttribute("aria-activedescendant", `row-${run}`);
  }

  // Sees to it that the filters let a run through.
  admit(run) {
    const { path, placement } = this.moments.runs[run];
    if (this.state.rows.includes(run)) return;
    if (this.state.path >= 0) this.state.path = path;
    this.state.hidden.delete(placement);
    byId("of-path").value = String(this.state.path);
    byId(`of-placement-${placement}`).checked = true;
    this.refill();
  }

  rowIntoView() {
    const { rowHeight } = this.drawing, top = this.state.rows.indexOf(this.state.run) * rowHeight;
    const room = this.pane.clientHeight - AXIS;
    if (top < this.pane.scrollTop) this.pane.scrollTop = top;
    else if (top + rowHeight > this.pane.scrollTop + room) this.pane.scrollTop = top + rowHeight - room;
  }

  moveRow(by) {
    const { rows, run } = this.state, row = Math.min(Math.max(rows.indexOf(run) + by, 0), rows.length - 1);
    if (rows[row] === undefined) return;
    this.choose(rows[row]);
    this.rowIntoView();
    this.hideTip();
    this.redraw();
  }

  // ------------------------------------------------------------ which moment

  pointed({ left, top }) {
    const found = left === undefined || left < 0 ? -1 : this.drawing.nearest(this.plot, left, top);
    if (found === this.state.hover) return;
    this.state.hover = found;
    if (found < 0) this.hideTip(); else this.showTip(found);
    this.redraw();
  }

  showTip(moment) {
    const { tip, moments, drawing } = this, one = moments.told(moment);
    const parts = [make("b", { textContent: `${one.when}  ${one.laneName}` })];
    for (const text of [one.where, one.what]) parts.push(make("span", { textContent: text }));
    if (one.text) parts.push(make("q", { textContent: one.text }));
    tip.replaceChildren(...parts);
    tip.hidden = false;
    const at = this.plot.valToPos(moments.t[moment] * moments.tick, "x") + 12;
    const left = Math.min(Math.max(0, at), Math.max(0, this.box.clientWidth - tip.offsetWidth - 4));
    const under = AXIS + drawing.laneTop(one.run, one.lane) + drawing.laneHeight + 6;
    const over = under - tip.offsetHeight - drawing.laneHeight - 12;
    const fits = under + tip.offsetHeight <= this.pane.clientHeight || over <= 0;
    Object.assign(tip.style, { left: `${left}px`, top: `${fits ? under : over}px` });
  }

  hideTip() { this.tip.hidden = true; }

  // Keeps a moment marked, and tells it below.
  keep(moment) {
    const one = this.moments.told(moment);
    this.state.moment = moment;
    this.choose(one.run);
    byId("pinned").replaceChildren(
      make("b", { textContent: one.laneName }), ` at ${one.when}, `,
      make("a", { href: one.hash, textContent: one.where }), make("br", {}), make("code", { textContent: one.what }),
      ...(one.text ? [make("q", { textContent: one.text })] : []));
    this.redraw();
  }

  goTo(moment) {
    this.keep(moment);
    this.rowIntoView();
    this.showMoment(moment);
    requestAnimationFrame(() => this.showTip(moment));
  }

  // To the next (or previous) moment of the chosen run; to its first (or last) one.
  step(forward, { afresh = false } = {}) {
    const { run, moment } = this.state;
    if (run < 0) return;
    const here = !afresh && moment >= 0 && this.moments.whereIs(moment).run === run ? moment : -1;
    const found = this.moments.beside(run, here, forward);
    if (found >= 0) this.goTo(found);
  }
}
