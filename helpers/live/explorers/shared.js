// What the explorers share: graphs with handles, sliders with boxes, words.

const [BLUE, VERMILION, GREEN, INK] = ["#0072B2", "#D55E00", "#009E73", "currentColor"];
const [HTML, SVG] = ["http://www.w3.org/1999/xhtml", "http://www.w3.org/2000/svg"];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

const MARKS = {
  circle: ([x, y], r) => `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`,
  square: ([x, y], r) => `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`,
  triangle: ([x, y], r) => `M${x} ${y - 1.3 * r}l${1.2 * r} ${2.1 * r}h${-2.4 * r}z`,
  star: ([x, y], r) => `M${Array.from({ length: 10 }, (_, i) => {
    const [angle, reach] = [(i * Math.PI) / 5, (i % 2 ? 0.45 : 1.2) * r];
    return [x + reach * Math.sin(angle), y - reach * Math.cos(angle)];
  }).join("L")}z`,
};

/** A power of ten, as one writes it. */
function power(exponent) {
  const raised = String(Math.abs(exponent)).replace(/\d/g, (digit) => SUPERSCRIPTS[digit]);
  return `10${exponent < 0 ? "⁻" : ""}${raised}`;
}

/** A number rounded to so many digits that count, as a box takes it. */
function general(number, digits = 4) {
  return String(Number(number.toPrecision(digits)) + 0).replace("-", "−");
}

/** A number for a sentence: with a power of ten if it is very small or large. */
function said(number) {
  const [head, exponent] = number.toExponential(2).split("e").map(Number);
  if (number === 0 || (exponent > -4 && exponent < 5)) return general(number, 3);
  return `${general(head)}\u00a0×\u00a0${power(exponent)}`;
}

/** A message with its {placeholders} filled in. */
function filled(message, values) {
  const text = (value) => (typeof value === "number" ? said(value) : value);
  return message.replace(/\{(\w+)\}/g, (_, name) => text(values[name]));
}

/** Some round numbers between two others. */
function ticks([low, high]) {
  const rough = (high - low) / 4;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = unit * [1, 2, 5, 10].find((factor) => factor * unit >= 0.7 * rough);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, i) => (first + i) * step);
}

function element(parent, tag, attributes = {}, text = "") {
  const space = tag === "svg" || parent.namespaceURI === SVG ? SVG : HTML;
  const made = document.createElementNS(space, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return parent.appendChild(made);
}

function stroke({ color = INK, width = 1.8, dash = "", opacity = 1 }) {
  return { stroke: color, "stroke-width": width, "stroke-dasharray": dash, opacity };
}

/** A line, its marks, or both, as one or two paths. */
class Line {
  constructor(graph, look) {
    const { color = INK, mark, size = 3, tip = false, fill = "none" } = look;
    Object.assign(this, { graph, mark, size, tip });
    this.stroke = element(graph.layer, "path", { ...stroke(look), fill });
    this.marks = element(graph.layer, "path", { fill: color });
  }

  show(points) {
    const places = points.map((point) => this.graph.place(point));
    const known = (place) => place?.every(Number.isFinite);
    // What has no place on the graph interrupts the line.
    const pen = (place, i) => known(place) && (known(places[i - 1]) ? "L" : "M") + place;
    this.stroke.setAttribute("d", places.map(pen).filter(Boolean).join(""));
    const mark = (place) => MARKS[this.mark]?.(place, this.size);
    const marked = places.filter(known).slice(this.tip ? -1 : 0);
    this.marks.setAttribute("d", marked.map(mark).join(""));
  }
}

/** A picture with two axes. With `log` the one upwards has powers of ten. */
class Graph {
  constructor(explorer, title, { x, y, every, log = false, label = "" }) {
    Object.assign(this, { explorer, log, x, every });
    this.edges = { left: log ? 46 : 34, right: 352, top: 8, bottom: 306 };
    const { left, right, top, bottom } = this.edges;
    // One unit is as long upwards as sideways, where no range is given.
    const half = ((x[1] - x[0]) * (bottom - top)) / (right - left) / 2;
    this.y = y ?? [-half, half];
    const figure = element(explorer.graphs, "figure");
    element(figure, "figcaption", {}, title);
    const shape = { viewBox: "0 0 360 330", role: "group", "aria-label": title };
    this.svg = element(figure, "svg", shape);
    if (label) element(figure, "div", { class: "axis" }, label);
    this.axes = element(this.svg, "g", { "aria-hidden": "true" });
    const clip = element(element(this.svg, "defs"), "clipPath", { id: `g${explorer.count++}` });
    element(clip, "rect", { x: left, y: top, width: right - left, height: bottom - top });
    const hidden = { "aria-hidden": "true", "clip-path": `url(#${clip.id})` };
    this.layer = element(this.svg, "g", hidden);
    this.handles = element(this.svg, "g");
    this.limit(x);
  }

  /** Draws the axes, for this range sideways. */
  limit(x) {
    if (this.axes.firstChild && x.every((end, i) => end === this.x[i])) return;
    this.x = x;
    this.axes.replaceChildren();
    const { left, right, top, bottom } = this.edges;
    const text = (at, what) => element(this.axes, "text", at, what);
    const line = (d) => element(this.axes, "path", { d, class: "grid" });
    for (const value of this.every ?? ticks(x)) {
      const across = this.place([value, 1])[0];
      line(`M${across} ${top}V${bottom}`);
      text({ x: across, y: bottom + 15, "text-anchor": "middle" }, general(value));
    }
    for (const value of ticks(this.log ? this.y.map(Math.log10) : this.y)) {
      const down = this.place([x[0], this.log ? 10 ** value : value])[1];
      line(`M${left} ${down}H${right}`);
      const name = this.log ? power(value) : general(value);
      text({ x: left - 5, y: down + 4, "text-anchor": "end" }, name);
    }
  }

  place([x, y]) {
    const { left, right, top, bottom } = this.edges;
    const [low, high, value] = this.log ? [...this.y, y].map(Math.log10) : [...this.y, y];
    return [
      left + ((x - this.x[0]) / (this.x[1] - this.x[0])) * (right - left),
      bottom - ((value - low) / (high - low)) * (bottom - top),
    ];
  }

  /** The point under a mouse or a finger. */
  under(event) {
    const box = this.svg.getBoundingClientRect();
    const { left, right, top, bottom } = this.edges;
    const across = (event.clientX - box.left) * (360 / box.width) - left;
    const up = bottom - (event.clientY - box.top) * (330 / box.height);
    const shares = [across / (right - left), up / (bottom - top)];
    return [this.x, this.y].map(([low, high], i) => low + shares[i] * (high - low));
  }

  line = (look) => new Line(this, look);

  /** Something to take hold of, with the mouse, a finger, or the arrow keys.
   *
   * `where` says its point now, `move` is given a new one and, of a key, the step to it;
   * `says` is its value in words. A `rim` is a closed line that can be taken anywhere.
   */
  handle(name, { where, move, rim, says = () => where().map((x) => general(x, 3)).join(", ") }) {
    const edge = rim && element(this.handles, "path", { class: "rim" });
    const look = { class: "handle", role: "slider", tabindex: 0, "aria-label": name };
    const knob = element(this.handles, "g", look);
    element(knob, "title", {}, name);
    element(knob, "circle", { r: 20, class: "reach" });
    element(knob, "circle", { r: 8, class: "knob" });
    for (const part of rim ? [edge, knob] : [knob]) {
      // Else a finger would scroll the page.
      part.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
      part.addEventListener("pointerdown", (event) => {
        part.setPointerCapture(event.pointerId);
        // A knob stays where it was taken; a rim comes to the finger.
        const way = part === knob ? minus(where(), this.under(event)) : [0, 0];
        part.onpointermove = (moved) => move(minus(this.under(moved), times(-1, way)));
        knob.focus({ preventScroll: true });
        event.preventDefault();
      });
      part.onpointerup = part.onpointercancel = () => (part.onpointermove = null);
    }
    knob.addEventListener("keydown", (event) => {
      if (!(event.key in ARROWS)) return;
      event.preventDefault();
      const step = times(event.shiftKey ? 0.25 : 0.05, ARROWS[event.key]);
      move(minus(where(), times(-1, step)), step[0] + step[1]);
    });
    this.explorer.drawn.push(() => {
      const point = where();
      knob.setAttribute("transform", `translate(${this.place(point)})`);
      knob.setAttribute("aria-valuenow", Number(point[0].toPrecision(4)));
      knob.setAttribute("aria-valuetext", says());
      if (rim) edge.setAttribute("d", `M${rim().map((p) => this.place(p)).join("L")}z`);
    });
  }
}

/** Graphs, what they show in words, and the controls below. */
class Explorer {
  constructor(host) {
    this.words = JSON.parse(host.dataset.words);
    Object.assign(this, { values: {}, limits: {}, controls: {}, drawn: [], count: 0 });
    const look = { role: "group", "aria-label": this.words.text, class: "explorer" };
    const all = element(host.attachShadow({ mode: "open" }), "div", look);
    element(all, "style", {}, STYLE);
    // A notebook's shortcuts are letters and arrows, too.
    all.addEventListener("keydown", (key) => key.ctrlKey || key.metaKey || key.stopPropagation());
    this.graphs = element(all, "div", { class: "graphs" });
    this.keys = element(this.graphs, "ul", { class: "legend" });
    this.rows = element(all, "div", { class: "controls" });
    this.problem = element(all, "p", { role: "alert", class: "problem" });
    // Below all else: when it grows by a line, nothing moves away under the hand.
    this.sentence = element(all, "p", { "aria-live": "polite" });
  }

  /** Names what was drawn with a look. */
  legend(name, look) {
    const item = element(this.keys, "li");
    const key = element(item, "svg", { viewBox: "0 0 34 14", "aria-hidden": "true" });
    element(key, "path", { d: "M1 7H33", ...stroke(look) });
    const d = MARKS[look.mark]?.([17, 7], Math.min(look.size ?? 4, 6)) ?? "";
    element(key, "path", { d, fill: look.color ?? INK });
    element(item, "span", {}, name);
  }

  /** A slider and a box for one number; with `log` over powers of ten. */
  slider(name, value, limits, { step = 0.05, log = false, says = general } = {}) {
    const row = element(this.rows, "label");
    element(row, "span", {}, this.words[name]);
    const [min, max] = log ? limits.map(Math.log10) : limits;
    const range = { type: "range", min, max, step: log ? 0.005 : step };
    const handle = element(row, "input", { ...range, "aria-label": this.words[name] });
    const box = this.box(row, name, this.words[name], step === 1 ? Math.round : Number);
    handle.addEventListener("input", () => {
      this.set(name, log ? 10 ** Number(handle.value) : Number(handle.value));
    });
    this.control(name, value, limits, (number) => {
      handle.value = log ? Math.log10(number) : number;
      handle.setAttribute("aria-valuetext", says(number));
      box.value = general(number);
    });
  }

  /** Two boxes, for the point of a handle. */
  pair(name, point, limits) {
    const row = element(this.rows, "div", { class: "pair" });
    element(row, "span", {}, this.words[name]);
    const boxes = [0, 1].map((i) => {
      const label = filled(this.words.entry, { name: this.words[name], number: i + 1 });
      return this.box(row, name, label, (typed) => this.values[name].with(i, typed));
    });
    this.control(name, point, limits, (values) => {
      boxes.forEach((box, i) => (box.value = general(values[i])));
    });
  }

  /** A box that takes what lies within the limits, and says what is wrong with the rest. */
  box(row, name, label, use) {
    const box = element(row, "input", { inputmode: "decimal", "aria-label": label });
    box.addEventListener("change", () => {
      const [low, high] = this.limits[name];
      const number = Number(box.value.replace("−", "-").trim() || NaN);
      const right = number >= low && number <= high;
      const fields = { label, text: box.value, low, high };
      this.problem.textContent = right ? "" : filled(this.words.refusal, fields);
      if (right) this.set(name, use(number));
      else this.controls[name](this.values[name]);
    });
    return box;
  }

  /** Buttons for some values of a number. */
  choice(name, options) {
    const row = element(this.rows, "div", { class: "choice" });
    for (const [label, value] of options) {
      const button = element(row, "button", { type: "button" }, label);
      button.addEventListener("click", () => this.set(name, value));
      this.drawn.push(() => button.setAttribute("aria-pressed", this.values[name] === value));
    }
  }

  check(name, value) {
    const row = element(this.rows, "label", { class: "check" });
    const box = element(row, "input", { type: "checkbox" });
    element(row, "span", {}, this.words[name]);
    box.addEventListener("change", () => this.set(name, box.checked));
    this.control(name, value, null, (on) => (box.checked = on));
  }

  control(name, value, limits, show) {
    [this.limits[name], this.controls[name]] = [limits, show];
    this.set(name, value);
  }

  /** Takes a number or a point into use, as near to it as its limits allow. */
  set(name, value) {
    const held = (x) => {
      const [low, high] = this.limits[name];
      // What is used has no more digits than the box shows.
      return Number(Number(Math.min(Math.max(x, low), high).toFixed(6)).toPrecision(4));
    };
    if (this.limits[name]) value = Array.isArray(value) ? value.map(held) : held(value);
    this.values[name] = value;
    this.controls[name](value);
    this.after?.(name);
    this.due ??= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.due = null;
    this.drawn.forEach((draw) => draw());
    // Read out when the hand rests.
    this.sentence.setAttribute("aria-busy", "true");
    clearTimeout(this.rest);
    this.rest = setTimeout(() => this.sentence.setAttribute("aria-busy", "false"), 400);
  }
}

/** Brings those of one kind to life that are still a mere text. */
function wake(kind, picture) {
  const hosts = [...document.querySelectorAll(`[data-explorer="${kind}"]`)];
  for (const host of hosts.filter((each) => !each.shadowRoot)) {
    const explorer = new Explorer(host);
    picture(explorer);
    explorer.draw();
  }
}
