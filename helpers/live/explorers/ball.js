// A gradient that turns, and the support point of a ball that answers.

const ROUND_FROM = 30; // from this exponent on the ball is the square

const degrees = Array.from({ length: 361 }, (_, angle) => angle);
const exponent = (p) => (p >= ROUND_FROM ? Infinity : p);
const turned = (angle) => [0, 90].map((late) => Math.cos(((angle - late) * Math.PI) / 180));

/** All that is drawn and said. */
function computed({ angle, p, radius }) {
  const gradient = turned(angle);
  const s = support(gradient, exponent(p));
  const target = times(-radius, s);
  const numbers = { angle, first: s[0], second: s[1] };
  Object.assign(numbers, { first_target: target[0], second_target: target[1] });
  return { gradient, s, target, numbers };
}

/** Points on the edge of the unit ball; its corners are among them. */
const edge = (p) =>
  degrees.map(turned).map((g) => times(1 / pNorm(g, exponent(p)), g));

function picture(explorer) {
  const { words, values } = explorer;
  const looks = {
    gradient: { color: VERMILION, dash: "7 4", width: 3 },
    s: { width: 0, mark: "circle", size: 7 },
    target: { color: BLUE, width: 3, mark: "square", size: 6, tip: true },
    across: { dash: "2 4", width: 1.6 },
    first: { color: BLUE, mark: "circle" },
    second: { color: GREEN, dash: "7 4", mark: "square" },
  };
  const plane = new Graph(explorer, words.plane, { x: [-1.55, 1.55] });
  const unit = plane.line({ width: 1.4, opacity: 0.45 });
  const ball = plane.line({ color: BLUE, width: 2, fill: `${BLUE}22` });
  const lines = {};
  for (const name of ["across", "target", "gradient", "s"]) lines[name] = plane.line(looks[name]);
  const every = [0, 90, 180, 270, 360];
  const frame = { x: [0, 360], y: [-1.15, 1.15], every, label: words.angle };
  const beside = new Graph(explorer, words.entries, frame);
  const entries = [looks.first, looks.second].map(({ mark, ...look }) => beside.line(look));
  const now = [looks.first, looks.second].map((look) => beside.line({ ...look, size: 6 }));
  for (const [name, look] of Object.entries(looks)) explorer.legend(words[name], look);

  const says = (p) => (exponent(p) === Infinity ? "∞" : general(p, 3));
  explorer.choice("p", [[words.disc, 2], [words.diamond, 1], [words.square, ROUND_FROM]]);
  explorer.slider("angle", 30, [0, 360], { step: 1 });
  explorer.slider("p", 2, [1, ROUND_FROM], { log: true, says });
  explorer.slider("radius", 1, [0.2, 1.4]);

  const rim = () => edge(values.p).map((point) => times(values.radius, point));
  plane.handle(words.edge, {
    where: () => rim()[Math.round(values.angle + 90) % 360],
    move: (point, step) => {
      explorer.set("radius", step ? values.radius + step : pNorm(point, exponent(values.p)));
    },
    says: () => general(values.radius),
    rim,
  });
  plane.handle(words.turn, {
    where: () => times(1.3, turned(values.angle)),
    move: ([x, y], step) => {
      const angle = step ? values.angle + 20 * step : (Math.atan2(y, x) * 180) / Math.PI;
      explorer.set("angle", (Math.round(angle) + 360) % 360);
    },
    says: () => `${values.angle}°`,
  });

  explorer.drawn.push(() => {
    const { gradient, s, target, numbers } = computed(values);
    unit.show(values.radius === 1 ? [] : edge(values.p));
    ball.show(rim());
    lines.gradient.show([[0, 0], times(1.3, gradient)]);
    lines.s.show([s]);
    lines.target.show([[0, 0], target]);
    const along = [-3 * gradient[1], 3 * gradient[0]];
    lines.across.show([minus(s, along), minus(s, times(-1, along))]);
    const all = degrees.map((angle) => computed({ ...values, angle }).s);
    entries.forEach((line, i) => line.show(degrees.map((angle) => [angle, all[angle][i]])));
    now.forEach((line, i) => line.show([[values.angle, s[i]]]));
    explorer.sentence.textContent = filled(words.sentence, { ...numbers, p: says(values.p) });
  });
}
