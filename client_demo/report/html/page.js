// The timeline: decodes the moments that are embedded, draws the visible ones on uPlot's canvas, and
// follows pointer, keys and links. Whatever comes from the recording is only ever set as text.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const D = JSON.parse(byId("data").textContent);
  const LANES = D.lanes.length;
  const [AGENT, TOOL, , ASKED_BY_AGENT, ASKED_BY_TOOL] = D.lanes.keys();
  const AXIS = 34, PAD = 7, NEAR = 14, TEXT_SPACE = 400;
  const STEP = 0.15, ZOOM = 0.6, MARGIN = 0.02, LABEL = 18;
  const t = column(D.t), k = column(D.k), w = column(D.w), x = column(D.x);
  const firstByte = new Map(), ended = new Map();
  for (const [moment, first, end] of D.bars) { firstByte.set(moment, first); ended.set(moment, end); }
  const used = [...D.lanes.keys()].filter((lane) => D.runs.some((_, run) => size(run, lane)));
  const pane = byId("lanes"), list = byId("rows"), plotBox = byId("plot"), tip = byId("tip");
  const state = { path: D.path, hidden: new Set(), rows: [], run: -1, moment: -1, hover: -1 };
  let laneHeight = 10, rowHeight = 0, colors = {}, plot = null, queued = false;

  function column(text) {
    const raw = atob(text), bytes = new Uint8Array(raw.length);
    for (let n = 0; n < raw.length; n++) bytes[n] = raw.charCodeAt(n);
    return new Int32Array(bytes.buffer);
  }

  function from(run, lane) { return D.at[run * LANES + lane]; }
  function size(run, lane) { return D.at[run * LANES + lane + 1] - from(run, lane); }
  function isBar(lane) { return lane === ASKED_BY_AGENT || lane === ASKED_BY_TOOL; }

  // The first moment of a lane that is not before `tick`.
  function search(run, lane, tick) {
    let low = from(run, lane), high = low + size(run, lane);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (t[middle] < tick) low = middle + 1; else high = middle;
    }
    return low;
  }

  function whereIs(moment) {
    let low = 0, high = D.at.length - 1;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (D.at[middle] <= moment) low = middle; else high = middle;
    }
    while (D.at[low + 1] <= moment) low++;
    return { run: Math.floor(low / LANES), lane: low % LANES };
  }

  function endOf(run, moment) {
    const end = ended.get(moment);
    return end >= 0 ? end : Math.max(t[moment], D.runs[run].seconds / D.tick);
  }

  function time(seconds) {
    const size = Math.abs(seconds);
    if (size >= 100) return `${seconds.toFixed(1)} s`;
    return size >= 1 ? `${seconds.toFixed(3)} s` : `${(seconds * 1000).toFixed(size < 0.01 ? 3 : 1)} ms`;
  }

  const KINDS = ["event", "event", "event", "request", "request", "message", "message"];

  function told(moment) {
    const { run, lane } = whereIs(moment);
    const end = isBar(lane) ? ` to ${ended.get(moment) >= 0 ? time(ended.get(moment) * D.tick) : "the end"}` : "";
    return {
      run, lane,
      hash: `#run-${D.runs[run].number}-${KINDS[lane]}-${k[moment]}`,
      when: time(t[moment] * D.tick) + end,
      lane_name: D.lanes[lane],
      what: `${KINDS[lane]} ${k[moment]}: ${D.words[w[moment]]}`,
      text: D.words[x[moment]],
      where: title(run),
    };
  }

  function title(run) {
    const { number, placement, path, repeat, probe } = D.runs[run];
    const which = probe ? `, probe ${probe}` : repeat > 1 ? `, repeat ${repeat}` : "";
    return `run ${number}: ${D.paths[path]}, ${D.placements[placement]}${which}`;
  }

  function visible(text) {
    return text.replace(/\n/g, "\u21b5").replace(/\t/g, "\u2192").replace(/^ +| +$/g, (one) => "\u00b7".repeat(one.length));
  }

  // ---------------------------------------------------------------- drawing

  function readColors() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    colors = { ink: read("--ink"), quiet: read("--quiet"), line: read("--line"), mark: read("--mark"),
      stripe: read("--stripe"), chosen: read("--chosen"), lanes: D.lanes.map((_, n) => read(`--lane-${n}`)) };
  }

  // Calls `drawRow` for the rows that are in sight, and adds up what it says.
  function drawRows(u, drawRow) {
    const ratio = devicePixelRatio, c = u.ctx, box = u.bbox;
    const view = { c, ratio, box, from: u.scales.x.min / D.tick, to: u.scales.x.max / D.tick };
    view.perTick = box.width / (view.to - view.from);
    c.save();
    c.beginPath();
    c.rect(box.left, box.top, box.width, box.height);
    c.clip();
    const first = Math.max(0, Math.floor(pane.scrollTop / rowHeight));
    const last = Math.min(state.rows.length - 1, Math.floor((pane.scrollTop + box.height / ratio) / rowHeight));
    let sum = 0;
    for (let row = first; row <= last; row++) sum += drawRow(view, row);
    c.restore();
    return sum;
  }

  function drawGrounds(u) { drawRows(u, drawGround); }

  function draw(u) {
    pane.dataset.shown = drawRows(u, drawRow);
    pane.dataset.from = u.scales.x.min;
    pane.dataset.to = u.scales.x.max;
  }

  function px(view, tick) { return view.box.left + (tick - view.from) * view.perTick; }
  function rowTop(view, row) { return view.box.top + (row * rowHeight - pane.scrollTop) * view.ratio; }

  function drawGround(view, row) {
    const { c, ratio, box } = view, run = state.rows[row], top = rowTop(view, row);
    c.fillStyle = run === state.run ? colors.chosen : row % 2 ? colors.stripe : "transparent";
    c.fillRect(box.left, top, box.width, rowHeight * ratio);
    c.fillStyle = colors.line;
    c.fillRect(box.left, top + rowHeight * ratio - 1, box.width, 1);
    return 0;
  }

  function drawRow(view, row) {
    const { ratio } = view, run = state.rows[row], top = rowTop(view, row);
    let shown = 0;
    used.forEach((lane, n) => {
      const y = top + (PAD + n * laneHeight) * ratio, height = (laneHeight - 2) * ratio;
      shown += isBar(lane) ? drawBars(view, run, lane, y, height) : drawTicks(view, run, lane, y, height);
    });
    drawEnd(view, run, top);
    drawMark(view, run, top, state.hover, colors.ink);
    drawMark(view, run, top, state.moment, colors.mark);
    return shown;
  }

  // Where a run ends; or, at the edge, when it will.
  function drawEnd(view, run, top) {
    const { c, ratio, box } = view, end = D.runs[run].seconds / D.tick;
    c.fillStyle = colors.quiet;
    if (end <= view.to) {
      c.fillRect(px(view, end), top + 4 * ratio, ratio, (rowHeight - 8) * ratio);
      return;
    }
    c.font = `${12 * ratio}px system-ui, sans-serif`;
    c.textBaseline = "bottom";
    c.textAlign = "right";
    c.fillText(`until ${time(D.runs[run].seconds)} \u2192`, box.left + box.width - 8 * ratio, top + (rowHeight - 4) * ratio);
  }

  // What falls on one pixel is one tick: the more of it, the taller.
  function drawTicks(view, run, lane, y, height) {
    const { c, ratio } = view, end = from(run, lane) + size(run, lane);
    const first = search(run, lane, view.from - 3 / view.perTick), wide = Math.max(1, Math.round(2 * ratio));
    c.fillStyle = colors.lanes[lane];
    let n = first, count = 0, at = -1e9;
    const put = () => {
      const tall = count > 4 ? 1 : count > 1 ? 0.85 : 0.7;
      c.fillRect(at, y + height * (1 - tall), wide, height * tall);
    };
    for (; n < end && t[n] <= view.to; n++) {
      const here = Math.round(px(view, t[n]));
      if (here - at < wide) { count++; continue; }
      if (count) put();
      at = here; count = 1;
    }
    if (count) put();
    if (n - first < TEXT_SPACE && (lane === AGENT || lane === TOOL)) drawTexts(view, first, n, end, y, height);
    return n - first;
  }

  // Where there is room between two tokens, the first says its text.
  function drawTexts(view, first, last, end, y, height) {
    const { c, ratio, box } = view;
    if (last - first < 1 || (px(view, t[last - 1]) - px(view, t[first])) / (last - first) < 24 * ratio) return;
    c.font = `${(laneHeight - 1) * ratio}px ui-monospace, Menlo, Consolas, monospace`;
    c.textBaseline = "middle";
    c.textAlign = "left";
    for (let n = first; n < last; n++) {
      const here = px(view, t[n]) + 3 * ratio;
      const room = (n + 1 < end ? px(view, t[n + 1]) : box.left + box.width) - here - 3 * ratio;
      if (room < 8 * ratio) continue;
      const text = visible(D.words[x[n]]).slice(0, 40);
      if (c.measureText(text).width <= room) c.fillText(text, here, y + height / 2 + ratio / 2);
    }
  }

  function drawBars(view, run, lane, y, height) {
    const { c, ratio } = view, start = from(run, lane), stop = start + size(run, lane);
    c.fillStyle = colors.lanes[lane];
    let shown = 0, covered = -1e9;
    for (let n = start; n < stop && t[n] <= view.to; n++) {
      const end = endOf(run, n);
      if (end < view.from) continue;
      shown++;
      const left = px(view, t[n]), right = Math.max(left + 2 * ratio, px(view, end));
      if (right <= covered) continue;
      covered = Math.round(right);
      c.globalAlpha = 0.35;
      c.fillRect(left, y, right - left, height);
      c.globalAlpha = 1;
      const byte = firstByte.get(n) >= 0 ? px(view, firstByte.get(n)) : right;
      c.fillRect(byte, y, Math.max(0, right - byte), height);
      c.fillRect(left, y, ratio, height);
    }
    return shown;
  }

  function drawMark(view, run, top, moment, color) {
    if (moment < 0) return;
    const at = whereIs(moment);
    if (at.run !== run) return;
    const { c, ratio } = view, n = used.indexOf(at.lane), left = px(view, t[moment]);
    const right = isBar(at.lane) ? Math.max(left, px(view, endOf(run, moment))) : left + ratio;
    c.strokeStyle = color;
    c.lineWidth = 2 * ratio;
    c.strokeRect(left - 3 * ratio, top + (PAD + n * laneHeight - 2.5) * ratio, right - left + 6 * ratio, (laneHeight + 3) * ratio);
  }

  function redraw() {
    if (queued || !plot) return;
    queued = true;
    requestAnimationFrame(() => { queued = false; plot.redraw(false, false); });
  }

  // ---------------------------------------------------------------- the view

  function limits() {
    let low = 0, high = 0;
    for (const run of state.rows) {
      high = Math.max(high, D.runs[run].seconds);
      for (const lane of used) {
        if (!size(run, lane)) continue;
        low = Math.min(low, t[from(run, lane)] * D.tick);
        high = Math.max(high, t[from(run, lane) + size(run, lane) - 1] * D.tick);
      }
    }
    const spare = (high - low || 1) * Math.max(MARGIN, LABEL / (plotBox.clientWidth || 1000));
    return [low - spare, high + spare];
  }

  function look(low, high) {
    const [least, most] = state.limits;
    const span = Math.min(Math.max(high - low, 20e-6), most - least);
    const min = Math.min(Math.max(low, least), most - span);
    plot.setScale("x", { min, max: min + span });
  }

  // Most runs, where a few are so long that nothing could be seen of the others.
  function lookMost() {
    const ends = state.rows.map((run) => D.runs[run].seconds).sort((a, b) => a - b);
    const usual = ends.filter((one) => one <= 3 * ends[ends.length >> 1]);
    const end = usual.length ? usual[usual.length - 1] : 0;
    if (end * 3 > state.limits[1]) lookAll(); else look(-end * 1.2 * Math.max(MARGIN, LABEL / plotBox.clientWidth), end * 1.2);
  }

  function lookAll() { look(...state.limits); }

  function pan(share) {
    const { min, max } = plot.scales.x, by = (max - min) * share;
    look(min + by, max + by);
  }

  function zoom(factor, around) {
    const { min, max } = plot.scales.x, at = around ?? (min + max) / 2;
    look(at - (at - min) * factor, at + (max - at) * factor);
  }

  function showMoment(moment) {
    const { min, max } = plot.scales.x, at = t[moment] * D.tick, span = max - min;
    if (at < min || at > max) look(at - span / 2, at + span / 2);
  }

  function axisText(u, splits, n, space, step) {
    const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
    if (u.scales.x.max - u.scales.x.min >= 2) return splits.map((one) => `${one.toFixed(digits)} s`);
    return splits.map((one) => `${(one * 1000).toFixed(Math.max(0, digits - 3))} ms`);
  }

  function measures() {
    const narrow = pane.clientWidth < 560, few = state.rows.length <= 8;
    laneHeight = few && !narrow ? 13 : 10;
    rowHeight = PAD * 2 + Math.max(3, used.length) * laneHeight;
    pane.style.setProperty("--row", `${rowHeight}px`);
    const room = Math.max(220, Math.min(innerHeight * 0.72, 900));
    const height = Math.round(Math.min(AXIS + state.rows.length * rowHeight + 2, room));
    pane.style.setProperty("--pane", `${height}px`);
    return { width: Math.max(120, plotBox.clientWidth), height };
  }

  function build() {
    readColors();
    const axis = { side: 0, size: AXIS, stroke: () => colors.quiet, values: axisText, space: 74, font: "12px system-ui",
      grid: { stroke: () => colors.line, width: 1 }, ticks: { stroke: () => colors.line, width: 1, size: 6 } };
    plot = new uPlot({
      ...measures(), padding: [0, 0, 0, 0], legend: { show: false },
      scales: { x: { time: false, range: (u, min, max) => [min, max] }, y: { range: [0, 1] } },
      axes: [axis, { show: false }],
      series: [{}, { paths: () => null, points: { show: false } }],
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, dist: 4 },
        bind: { dblclick: () => () => { lookAll(); } } },
      hooks: { drawClear: [drawGrounds], draw: [draw], setCursor: [hovered], setSelect: [], setScale: [hideTip] },
    }, [[...state.limits], [0, 0]], plotBox);
    lookMost();
  }

  function resize() {
    plot.setSize(measures());
    redraw();
  }

  // ---------------------------------------------------------------- rows and filters

  function refill() {
    const shown = (run) => (state.path < 0 || D.runs[run].path === state.path) && !state.hidden.has(D.runs[run].placement);
    state.rows = [...D.runs.keys()].filter(shown);
    state.rows.sort((a, b) => D.runs[a].path - D.runs[b].path || D.runs[a].repeat - D.runs[b].repeat
      || D.runs[a].placement - D.runs[b].placement || a - b);
    list.replaceChildren(...state.rows.map(label));
    if (!state.rows.includes(state.run)) choose(state.rows[0] ?? -1);
    state.hover = -1;
    state.limits = limits();
    byId("none").hidden = state.rows.length > 0;
    pane.dataset.rows = state.rows.length;
    if (plot) {
      pane.scrollTop = 0;
      resize();
      plot.setData([[...state.limits], [0, 0]], false);
      lookMost();
    }
  }

  function label(run) {
    const { number, placement, path, repeat, probe, status } = D.runs[run];
    const item = make("div", { role: "option", id: `row-${run}`, className: `row ${status}`, title: title(run) });
    item.setAttribute("aria-selected", run === state.run);
    item.append(make("b", { textContent: D.placements[placement] }));
    if (state.path < 0) item.append(make("span", { textContent: D.paths[path] }));
    const which = [`run ${number}`, repeat > 1 ? `repeat ${repeat}` : "", probe ? `probe ${probe}` : "", status === "ok" ? time(D.runs[run].seconds) : status];
    item.append(make("small", { textContent: which.filter(Boolean).join(", ") }));
    item.addEventListener("click", () => { choose(run); redraw(); });
    return item;
  }

  function make(tag, properties) { return Object.assign(document.createElement(tag), properties); }

  function choose(run) {
    byId(`row-${state.run}`)?.setAttribute("aria-selected", "false");
    state.run = run;
    const item = byId(`row-${run}`);
    item?.setAttribute("aria-selected", "true");
    if (run < 0) list.removeAttribute("aria-activedescendant");
    else list.setAttribute("aria-activedescendant", `row-${run}`);
  }

  function rowIntoView(run) {
    const row = state.rows.indexOf(run), top = row * rowHeight, room = pane.clientHeight - AXIS;
    if (top < pane.scrollTop) pane.scrollTop = top;
    else if (top + rowHeight > pane.scrollTop + room) pane.scrollTop = top + rowHeight - room;
  }

  function fillFilters() {
    const paths = byId("of-path");
    paths.append(make("option", { value: "-1", textContent: `all ${D.paths.length} paths` }));
    D.paths.forEach((name, n) => paths.append(make("option", { value: String(n), textContent: name })));
    paths.value = String(state.path);
    paths.addEventListener("change", () => { state.path = Number(paths.value); refill(); });
    D.placements.forEach((name, n) => {
      const box = make("input", { type: "checkbox", checked: true, id: `of-placement-${n}` });
      box.addEventListener("change", () => { state.hidden[box.checked ? "delete" : "add"](n); refill(); });
      const around = make("label", {});
      around.append(box, ` ${name}`);
      byId("of-placement").append(around);
    });
  }

  function admit(run) {
    const { path, placement } = D.runs[run];
    if (state.rows.includes(run)) return;
    if (state.path >= 0) state.path = path;
    state.hidden.delete(placement);
    byId("of-path").value = String(state.path);
    byId(`of-placement-${placement}`).checked = true;
    refill();
  }

  // ---------------------------------------------------------------- pointer

  // The moment that is nearest to a place of the plot, in CSS pixels; -1 where none is near.
  function nearest(left, top) {
    const row = Math.floor((top + pane.scrollTop) / rowHeight), run = state.rows[row];
    if (run === undefined || left < 0) return -1;
    const y = top + pane.scrollTop - row * rowHeight - PAD, tick = plot.posToVal(left, "x") / D.tick;
    let best = -1, least = NEAR;
    used.forEach((lane, n) => {
      const off = Math.max(0, Math.abs(y - (n + 0.5) * laneHeight) - laneHeight / 2);
      const try_ = (moment) => {
        const cost = distance(run, lane, moment, left, tick) + off * 1.5;
        if (cost < least) { least = cost; best = moment; }
      };
      const at = search(run, lane, tick), end = from(run, lane) + size(run, lane);
      if (at < end) try_(at);
      for (let m = at - 1; m >= from(run, lane) && m >= at - (isBar(lane) ? 200 : 1); m--) try_(m);
    });
    return best;
  }

  function distance(run, lane, moment, left, tick) {
    if (isBar(lane) && tick >= t[moment] && tick <= endOf(run, moment)) return 0;
    const near = isBar(lane) && tick > t[moment] ? endOf(run, moment) : t[moment];
    return Math.abs(plot.valToPos(near * D.tick, "x") - left);
  }

  function hovered(u) {
    if (keyed) return;
    const { left, top } = u.cursor;
    const found = left === undefined || left < 0 ? -1 : nearest(left, top);
    if (found === state.hover) return;
    state.hover = found;
    found < 0 ? hideTip() : showTip(found);
    redraw();
  }

  let keyed = false;

  function showTip(moment) {
    const one = told(moment), row = state.rows.indexOf(one.run), n = used.indexOf(one.lane);
    const parts = [make("b", { textContent: `${one.when}  ${one.lane_name}` }), make("span", { textContent: one.where }),
      make("span", { textContent: one.what })];
    if (one.text) parts.push(make("q", { textContent: visible(one.text) }));
    tip.replaceChildren(...parts);
    tip.hidden = false;
    const wide = plotBox.clientWidth, at = plot.valToPos(t[moment] * D.tick, "x");
    const left = Math.min(Math.max(0, at + 12), Math.max(0, wide - tip.offsetWidth - 4));
    const under = AXIS + row * rowHeight - pane.scrollTop + PAD + (n + 1) * laneHeight + 6;
    const over = under - tip.offsetHeight - laneHeight - 12;
    tip.style.left = `${left}px`;
    tip.style.top = `${under + tip.offsetHeight > pane.clientHeight && over > 0 ? over : under}px`;
  }

  function hideTip() { tip.hidden = true; }

  function pin(moment) {
    state.moment = moment;
    const one = told(moment);
    choose(one.run);
    byId("pinned").replaceChildren(
      make("b", { textContent: one.lane_name }), ` at ${one.when}, `,
      make("a", { href: one.hash, textContent: one.where }), make("br", {}), make("code", { textContent: one.what }),
      ...(one.text ? [make("q", { textContent: visible(one.text) })] : []));
    redraw();
  }

  function clicked(event) {
    const box = plot.over.getBoundingClientRect();
    const found = nearest(event.clientX - box.left, event.clientY - box.top);
    const row = state.rows[Math.floor((event.clientY - box.top + pane.scrollTop) / rowHeight)];
    list.focus({ preventScroll: true });
    if (found >= 0) {
      pin(found);
      history.replaceState(null, "", told(found).hash);
    } else if (row !== undefined) { choose(row); redraw(); }
  }

  function wheeled(event) {
    const box = plot.over.getBoundingClientRect();
    if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY * 0.004), plot.posToVal(event.clientX - box.left, "x"));
    else if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) pan((event.deltaX || event.deltaY) / box.width);
    else return;
    event.preventDefault();
  }

  // One finger moves along the axis (up and down scroll as ever), two zoom.
  const fingers = new Map();

  function touched(event) {
    if (event.pointerType !== "touch") return;
    if (event.type === "pointerdown") fingers.set(event.pointerId, event.clientX);
    else if (event.type !== "pointermove") fingers.delete(event.pointerId);
    else if (fingers.has(event.pointerId)) {
      const width = plot.over.clientWidth, before = [...fingers.values()];
      fingers.set(event.pointerId, event.clientX);
      const now = [...fingers.values()];
      if (now.length === 1) pan((before[0] - now[0]) / width);
      else if (now.length === 2) {
        const gaps = [before, now].map(([a, b]) => Math.max(20, Math.abs(a - b)));
        zoom(gaps[0] / gaps[1], plot.posToVal((now[0] + now[1]) / 2 - plot.over.getBoundingClientRect().left, "x"));
      }
    }
  }

  // ---------------------------------------------------------------- keys

  // The next (or previous) moment of the chosen run, over all lanes, by time.
  function step(forward) {
    const run = state.run;
    if (run < 0) return;
    const inRun = state.moment >= 0 && whereIs(state.moment).run === run;
    let best = -1;
    for (const lane of used) {
      const start = from(run, lane), end = start + size(run, lane);
      if (start === end) continue;
      let m;
      if (!inRun) m = forward ? start : end - 1;
      else if (forward) { m = search(run, lane, t[state.moment]); while (m < end && !after(m, state.moment)) m++; }
      else { m = search(run, lane, t[state.moment] + 1) - 1; while (m >= start && !after(state.moment, m)) m--; }
      if (m < start || m >= end) continue;
      if (best < 0 || (forward ? after(best, m) : after(m, best))) best = m;
    }
    if (best >= 0) goTo(best);
  }

  // Whether one moment comes after another: by time, and by lane where times are equal.
  function after(one, other) { return t[one] > t[other] || (t[one] === t[other] && one > other); }

  function goTo(moment) {
    pin(moment);
    rowIntoView(state.run);
    showMoment(moment);
    keyed = true;
    requestAnimationFrame(() => { showTip(moment); keyed = false; });
  }

  function moveRow(by) {
    const row = Math.min(Math.max(state.rows.indexOf(state.run) + by, 0), state.rows.length - 1);
    if (state.rows[row] === undefined) return;
    choose(state.rows[row]);
    rowIntoView(state.run);
    hideTip();
    redraw();
  }

  function edge(last) {
    state.moment = -1;
    step(!last);
  }

  const KEYS = {
    ArrowLeft: () => pan(-STEP), ArrowRight: () => pan(STEP), ArrowUp: () => moveRow(-1), ArrowDown: () => moveRow(1),
    "Shift+ArrowLeft": () => step(false), "Shift+ArrowRight": () => step(true), Home: () => edge(false), End: () => edge(true),
    "+": () => zoom(ZOOM), "=": () => zoom(ZOOM), "-": () => zoom(1 / ZOOM), _: () => zoom(1 / ZOOM), 0: lookAll,
    Escape: () => { hideTip(); lookAll(); },
  };

  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = KEYS[event.shiftKey && event.key.startsWith("Arrow") ? `Shift+${event.key}` : event.key];
    if (!act) return;
    act();
    event.preventDefault();
  }

  // ---------------------------------------------------------------- links

  function linked(hash) {
    const found = /^#run-(-?\d+)(?:-(event|request|message)-(\d+))?$/.exec(hash);
    if (!found) return false;
    const run = D.runs.findIndex((one) => one.number === Number(found[1]));
    if (run < 0) return false;
    admit(run);
    choose(run);
    const moment = found[2] ? momentOf(run, found[2], Number(found[3])) : -1;
    if (moment >= 0) goTo(moment); else { state.moment = -1; byId("pinned").textContent = title(run); hideTip(); }
    rowIntoView(run);
    redraw();
    byId("timeline").scrollIntoView({ block: "start" });
    list.focus({ preventScroll: true });
    return true;
  }

  function momentOf(run, kind, number) {
    for (const lane of used) {
      if (KINDS[lane] !== kind) continue;
      for (let m = from(run, lane), end = m + size(run, lane); m < end; m++) if (k[m] === number) return m;
    }
    return -1;
  }

  function followed(event) {
    const link = event.target.closest?.('a[href^="#run-"]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (linked(link.getAttribute("href"))) {
      event.preventDefault();
      history.pushState(null, "", link.getAttribute("href"));
    }
  }

  // ---------------------------------------------------------------- the page

  function dark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  }

  function repaint() {
    byId("theme").setAttribute("aria-pressed", dark());
    readColors();
    redraw();
  }

  function start() {
    document.documentElement.classList.add("scripted");
    fillFilters();
    refill();
    build();
    list.addEventListener("keydown", pressed);
    list.addEventListener("blur", hideTip);
    pane.addEventListener("scroll", () => { hideTip(); redraw(); });
    plot.over.addEventListener("click", clicked);
    plot.over.addEventListener("wheel", wheeled, { passive: false });
    for (const type of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) plot.over.addEventListener(type, touched);
    const buttons = { "zoom-in": () => zoom(ZOOM), "zoom-out": () => zoom(1 / ZOOM), earlier: () => pan(-STEP), later: () => pan(STEP), all: lookAll };
    for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener("click", act);
    byId("theme").addEventListener("click", () => { document.documentElement.dataset.theme = dark() ? "light" : "dark"; repaint(); });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
    new ResizeObserver(resize).observe(pane);
    addEventListener("resize", resize);
    document.addEventListener("click", followed);
    addEventListener("popstate", () => linked(location.hash));
    addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
    repaint();
    linked(location.hash);
  }

  start();
})();
