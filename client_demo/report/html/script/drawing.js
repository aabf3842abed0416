// Draws runs as rows of lanes on uPlot's canvas: the rows that are scrolled to, and in each lane what is in
// sight, found by bisection. What falls on one pixel is one tick, so a frame costs pixels, not moments.
// Knows how things look; knows nothing of pointers, keys and filters.
"use strict";

const AXIS = 34, PAD = 7, TEXTS = 400, TEXT_SPACE = 24, NEAR = 14, TALLEST = 8000;

class Drawing {
  // `state` has the runs that are shown as `rows`, the chosen `run`, the `moment` that is kept and `hover`.
  constructor(moments, pane, state) {
    Object.assign(this, { moments, pane, state, colors: {}, laneHeight: 10, rowHeight: 0, onPaper: false });
  }

  readColors() {
    const style = getComputedStyle(document.documentElement);
    const read = (name) => style.getPropertyValue(name).trim();
    for (const name of ["ink", "quiet", "line", "mark", "stripe", "chosen"]) this.colors[name] = read(`--${name}`);
    this.colors.lanes = this.moments.data.lanes.map((_, n) => read(`--lane-${n}`));
  }

  // Sets the heights by the room that there is; on paper nobody scrolls.
  measure() {
    const narrow = this.pane.clientWidth < 560, few = this.state.rows.length <= 8;
    this.laneHeight = few && !narrow ? 13 : 10;
    this.rowHeight = PAD * 2 + Math.max(3, this.moments.used.length) * this.laneHeight;
    const room = this.onPaper ? TALLEST : Math.max(220, Math.min(innerHeight * 0.72, 900));
    const height = Math.round(Math.min(AXIS + this.state.rows.length * this.rowHeight + 2, room));
    this.pane.style.setProperty("--row", `${this.rowHeight}px`);
    this.pane.style.setProperty("--pane", `${height}px`);
    return height;
  }

  rowAt(top) { return Math.floor((top + this.pane.scrollTop) / this.rowHeight); }

  // Where the lane of a moment begins, in CSS pixels from the top of the plot.
  laneTop(run, lane) {
    const row = this.state.rows.indexOf(run), n = this.moments.used.indexOf(lane);
    return row * this.rowHeight - this.pane.scrollTop + PAD + n * this.laneHeight;
  }

  // Calls `draw` for the rows that are in sight, and adds up what it says.
  rows(u, draw) {
    const ratio = devicePixelRatio, c = u.ctx, box = u.bbox, { tick } = this.moments;
    const view = { c, ratio, box, from: u.scales.x.min / tick, to: u.scales.x.max / tick };
    view.perTick = box.width / (view.to - view.from);
    view.px = (at) => box.left + (at - view.from) * view.perTick;
    c.save();
    c.beginPath();
    c.rect(box.left, box.top, box.width, box.height);
    c.clip();
    const last = Math.min(this.state.rows.length - 1, this.rowAt(box.height / ratio));
    let sum = 0;
    for (let row = Math.max(0, this.rowAt(0)); row <= last; row++) {
      sum += draw(view, row, box.top + (row * this.rowHeight - this.pane.scrollTop) * ratio);
    }
    c.restore();
    return sum;
  }

  // Under uPlot's grid.
  grounds(u) {
    this.rows(u, ({ c, ratio, box }, row, top) => {
      const chosen = this.state.rows[row] === this.state.run;
      c.fillStyle = chosen ? this.colors.chosen : row % 2 ? this.colors.stripe : "transparent";
      c.fillRect(box.left, top, box.width, this.rowHeight * ratio);
      c.fillStyle = this.colors.line;
      c.fillRect(box.left, top + this.rowHeight * ratio - 1, box.width, 1);
      return 0;
    });
  }

  // Over it. Leaves on the pane what there is to be known of this frame.
  lanes(u) {
    this.pane.dataset.shown = this.rows(u, (view, row, top) => this.row(view, this.state.rows[row], top));
    this.pane.dataset.from = u.scales.x.min;
    this.pane.dataset.to = u.scales.x.max;
  }

  row(view, run, top) {
    let shown = 0;
    this.moments.used.forEach((lane, n) => {
      const y = top + (PAD + n * this.laneHeight) * view.ratio, height = (this.laneHeight - 2) * view.ratio;
      view.c.fillStyle = this.colors.lanes[lane];
      if (this.moments.isBar(lane)) shown += this.bars(view, run, lane, y, height);
      else shown += this.ticks(view, run, lane, y, height);
    });
    this.end(view, run, top);
    this.mark(view, run, top, this.state.hover, this.colors.ink);
    this.mark(view, run, top, this.state.moment, this.colors.mark);
    return shown;
  }

  // The more moments on one pixel, the taller its tick.
  ticks(view, run, lane, y, height) {
    const { c, ratio } = view, { t } = this.moments, wide = Math.max(1, Math.round(2 * ratio));
    const first = this.moments.search(run, lane, view.from - 3 / view.perTick);
    const end = this.moments.from(run, lane) + this.moments.size(run, lane);
    let n = first, count = 0, at = -1e9;
    const put = () => {
      const tall = count > 4 ? 1 : count > 1 ? 0.85 : 0.7;
      if (count) c.fillRect(at, y + height * (1 - tall), wide, height * tall);
    };
    for (; n < end && t[n] <= view.to; n++) {
      const here = Math.round(view.px(t[n]));
      if (here - at < wide) { count++; continue; }
      put();
      at = here;
      count = 1;
    }
    put();
    if (n - first < TEXTS && this.moments.isText(lane)) this.texts(view, first, n, end, y, height);
    return n - first;
  }

  // Where there is room between tokens, they say their texts.
  texts(view, first, last, end, y, height) {
    const { c, ratio, box, px } = view, { t, says, data } = this.moments;
    if (last === first || (px(t[last - 1]) - px(t[first])) / (last - first) < TEXT_SPACE * ratio) return;
    this.font(c, `${(this.laneHeight - 1) * ratio}px ui-monospace, Menlo, Consolas, monospace`, "left", "middle");
    for (let n = first; n < last; n++) {
      const here = px(t[n]) + 3 * ratio;
      const room = (n + 1 < end ? px(t[n + 1]) : box.left + box.width) - here - 3 * ratio;
      if (room < 8 * ratio) continue;
      const text = visible(data.words[says[n]]).slice(0, 40);
      if (c.measureText(text).width <= room) c.fillText(text, here, y + height / 2 + ratio / 2);
    }
  }

  font(c, font, align, baseline) { Object.assign(c, { font, textAlign: align, textBaseline: baseline }); }

  // A call of the provider: pale until its first byte.
  bars(view, run, lane, y, height) {
    const { c, ratio, px } = view, { t, firstByte } = this.moments, start = this.moments.from(run, lane);
    const stop = start + this.moments.size(run, lane);
    let shown = 0, covered = -1e9;
    for (let n = start; n < stop && t[n] <= view.to; n++) {
      const end = this.moments.endOf(run, n);
      if (end < view.from) continue;
      shown++;
      const left = px(t[n]), right = Math.max(left + 2 * ratio, px(end));
      if (right <= covered) continue;
      covered = Math.round(right);
      c.globalAlpha = 0.35;
      c.fillRect(left, y, right - left, height);
      c.globalAlpha = 1;
      const byte = firstByte.get(n) >= 0 ? px(firstByte.get(n)) : right;
      c.fillRect(byte, y, Math.max(0, right - byte), height);
      c.fillRect(left, y, ratio, height);
    }
    return shown;
  }

  // Where a run ends; or, at the edge, when it will.
  end({ c, ratio, box, to, px }, run, top) {
    const end = this.moments.endOfRun(run), { seconds } = this.moments.runs[run];
    c.fillStyle = this.colors.quiet;
    if (end <= to) {
      c.fillRect(px(end), top + 4 * ratio, ratio, (this.rowHeight - 8) * ratio);
      return;
    }
    this.font(c, `${12 * ratio}px system-ui, sans-serif`, "right", "bottom");
    c.fillText(`until ${timeText(seconds)} \u2192`, box.left + box.width - 8 * ratio, top + (this.rowHeight - 4) * ratio);
  }

  // A frame around one moment.
  mark({ c, ratio, px }, run, top, moment, color) {
    if (moment < 0) return;
    const at = this.moments.whereIs(moment);
    if (at.run !== run) return;
    const n = this.moments.used.indexOf(at.lane), left = px(this.moments.t[moment]);
    const right = this.moments.isBar(at.lane) ? Math.max(left, px(this.moments.endOf(run, moment))) : left + ratio;
    const y = top + (PAD + n * this.laneHeight - 2.5) * ratio;
    Object.assign(c, { strokeStyle: color, lineWidth: 2 * ratio });
    c.strokeRect(left - 3 * ratio, y, right - left + 6 * ratio, (this.laneHeight + 3) * ratio);
  }

  // The moment nearest to a place of the plot, in CSS pixels; -1 where none is near.
  nearest(plot, left, top) {
    const { moments, laneHeight } = this, run = this.state.rows[this.rowAt(top)];
    if (run === undefined) return -1;
    const tick = plot.posToVal(left, "x") / moments.tick;
    let best = -1, least = NEAR;
    for (const lane of moments.used) {
      const off = Math.abs(top - this.laneTop(run, lane) - laneHeight / 2) - laneHeight / 2;
      const start = moments.from(run, lane), end = start + moments.size(run, lane);
      const at = moments.search(run, lane, tick), back = moments.isBar(lane) ? 200 : 1;
      for (let n = Math.min(at, end - 1); n >= Math.max(start, at - back); n--) {
        const cost = this.distance(plot, run, lane, n, left) + Math.max(0, off) * 1.5;
        if (cost < least) [least, best] = [cost, n];
      }
    }
    return best;
  }

  distance(plot, run, lane, moment, left) {
    const { t, tick } = this.moments, start = t[moment], here = plot.posToVal(left, "x") / tick;
    const end = this.moments.isBar(lane) ? this.moments.endOf(run, moment) : start;
    if (here >= start && here <= end) return 0;
    return Math.abs(plot.valToPos((here > start ? end : start) * tick, "x") - left);
  }
}

function axisText(u, splits, n, space, step) {
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  if (u.scales.x.max - u.scales.x.min >= 2) return splits.map((one) => `${one.toFixed(digits)} s`);
  return splits.map((one) => `${(one * 1000).toFixed(Math.max(0, digits - 3))} ms`);
}
