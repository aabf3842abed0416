// The moments of a comparison, as `data.py` embeds them: columns of numbers, ordered by run, lane and time.
// Knows what they say; knows nothing of where they are drawn.
"use strict";

const KINDS = ["event", "event", "event", "request", "request", "message", "message"];

function column(text) {
  const raw = atob(text), bytes = new Uint8Array(raw.length);
  for (let n = 0; n < raw.length; n++) bytes[n] = raw.charCodeAt(n);
  return new Int32Array(bytes.buffer);
}

function timeText(seconds) {
  const size = Math.abs(seconds);
  if (size >= 100) return `${seconds.toFixed(1)} s`;
  return size >= 1 ? `${seconds.toFixed(3)} s` : `${(seconds * 1000).toFixed(size < 0.01 ? 3 : 1)} ms`;
}

// A text with the white space that one would miss; it is only ever set as text.
function visible(text) {
  const dots = (blanks) => "\u00b7".repeat(blanks.length);
  return text.replace(/\n/g, "\u21b5").replace(/\t/g, "\u2192").replace(/^ +| +$/g, dots);
}

class Moments {
  constructor(data) {
    Object.assign(this, { data, runs: data.runs, tick: data.tick, lanes: data.lanes.length });
    this.t = column(data.t);
    this.number = column(data.k);
    this.what = column(data.w);
    this.says = column(data.x);
    this.firstByte = new Map();
    this.ended = new Map();
    for (const [moment, first, end] of data.bars) {
      this.firstByte.set(moment, first);
      this.ended.set(moment, end);
    }
    this.used = [...data.lanes.keys()].filter((lane) => data.runs.some((_, run) => this.size(run, lane)));
  }

  from(run, lane) { return this.data.at[run * this.lanes + lane]; }

  size(run, lane) { return this.data.at[run * this.lanes + lane + 1] - this.from(run, lane); }

  isBar(lane) { return KINDS[lane] === "request"; }

  isText(lane) { return lane < 2; }

  // The first moment of a lane that is not before `tick`.
  search(run, lane, tick) {
    let low = this.from(run, lane), high = low + this.size(run, lane);
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.t[middle] < tick) low = middle + 1; else high = middle;
    }
    return low;
  }

  // The run and the lane of a moment.
  whereIs(moment) {
    const { at } = this.data;
    let low = 0, high = at.length - 1;
    while (low + 1 < high) {
      const middle = (low + high) >> 1;
      if (at[middle] <= moment) low = middle; else high = middle;
    }
    while (at[low + 1] <= moment) low++;
    return { run: Math.floor(low / this.lanes), lane: low % this.lanes };
  }

  endOfRun(run) { return this.runs[run].seconds / this.tick; }

  // Where a bar ends; one that never did lasts as long as its run.
  endOf(run, moment) {
    const end = this.ended.get(moment);
    return end >= 0 ? end : Math.max(this.t[moment], this.endOfRun(run));
  }

  // Whether one moment comes after another of its run: by time, and by lane where times are equal.
  after(one, other) { return this.t[one] > this.t[other] || (this.t[one] === this.t[other] && one > other); }

  // The next (or previous) moment of a run over all lanes; with none given, the first (or last). -1: none.
  beside(run, moment, forward) {
    let best = -1;
    for (const lane of this.used) {
      const start = this.from(run, lane), end = start + this.size(run, lane);
      let found = forward ? start : end - 1;
      if (moment >= 0 && forward) {
        found = this.search(run, lane, this.t[moment]);
        while (found < end && !this.after(found, moment)) found++;
      } else if (moment >= 0) {
        found = this.search(run, lane, this.t[moment] + 1) - 1;
        while (found >= start && !this.after(moment, found)) found--;
      }
      if (found < start || found >= end) continue;
      if (best < 0 || (forward ? this.after(best, found) : this.after(found, best))) best = found;
    }
    return best;
  }

  // The moment that findings and links name so; -1 where it is not embedded.
  find(run, kind, number) {
    for (const lane of this.used) {
      if (KINDS[lane] !== kind) continue;
      const start = this.from(run, lane), found = this.number.subarray(start, start + this.size(run, lane)).indexOf(number);
      if (found >= 0) return start + found;
    }
    return -1;
  }

  title(run) {
    const { number, placement, path, repeat, probe } = this.runs[run];
    const which = probe ? `, probe ${probe}` : repeat > 1 ? `, repeat ${repeat}` : "";
    return `run ${number}: ${this.data.paths[path]}, ${this.data.placements[placement]}${which}`;
  }

  // Everything that is told of a moment.
  told(moment) {
    const { run, lane } = this.whereIs(moment), kind = KINDS[lane], number = this.number[moment];
    const end = this.ended.get(moment) >= 0 ? timeText(this.ended.get(moment) * this.tick) : "the end";
    return {
      run,
      lane,
      hash: `#run-${this.runs[run].number}-${kind}-${number}`,
      when: timeText(this.t[moment] * this.tick) + (this.isBar(lane) ? ` to ${end}` : ""),
      laneName: this.data.lanes[lane],
      what: `${kind} ${number}: ${this.data.words[this.what[moment]]}`,
      text: visible(this.data.words[this.says[moment]]),
      where: this.title(run),
    };
  }
}
