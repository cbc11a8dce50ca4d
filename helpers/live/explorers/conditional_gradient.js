// Paths of three methods to the smallest loss in a ball.

const HESSIAN = [[2.0, 0.9], [0.9, 1.0]];
const MINIMUM = [2.0, 0.7];
const SMALLEST = 1e-6; // below this the logarithmic graph ends

/** All that is drawn and said. */
function computed({ radius, gamma, openLoop, start, steps }) {
  const from = projected(start, radius);
  const best = minimumInBall(HESSIAN, MINIMUM, radius);
  const lowest = quadratic(HESSIAN, MINIMUM, best);
  const safe = 1 / eigen(HESSIAN).values[0];
  const moves = [
    conditionalGradient(radius, openLoop ? null : gamma),
    descent(safe, undefined, (x) => projected(x, radius)),
    descent(safe),
  ];
  const paths = moves.map((move) => path(HESSIAN, MINIMUM, from, steps, move));
  const gaps = paths.map((points) => points.map((x) => quadratic(HESSIAN, MINIMUM, x) - lowest));
  const norms = paths.map((points) => Math.max(...points.map(norm)));
  const [gap, behind] = gaps.map((each) => Math.max(each[steps], 0));
  const largest = { norm: norms[0], projected_norm: norms[1], free_norm: norms[2] };
  return { best, paths, gaps, numbers: { steps, radius, gap, projected: behind, ...largest } };
}

function picture(explorer) {
  const { words, values } = explorer;
  const looks = [
    { color: BLUE, mark: "circle" },
    { color: VERMILION, dash: "7 4", mark: "square" },
    { color: GREEN, dash: "2 4", mark: "triangle" },
  ];
  const lowestLook = { width: 0, mark: "star", size: 6, color: "#767676" };
  const bestLook = { width: 0, mark: "star", size: 9 };
  const plane = new Graph(explorer, words.plane, { x: [-3.4, 3.4] });
  for (const level of [0.05, 0.3, 1, 2.5, 5, 9, 15, 23]) {
    plane.line({ width: 1, opacity: 0.3 }).show(ellipse(HESSIAN, MINIMUM, level));
  }
  plane.line(lowestLook).show([MINIMUM]);
  const ball = plane.line({ color: BLUE, width: 2, fill: `${BLUE}22` });
  const lines = looks.map(plane.line);
  const best = plane.line(bestLook);
  const frame = { x: [0, 20], y: [SMALLEST, 100], log: true, label: words.axis };
  const fall = new Graph(explorer, words.falls, frame);
  const falls = looks.map((look) => fall.line({ ...look, size: 2.5 }));
  const names = [words.conditional, words.projected, words.plain];
  looks.forEach((look, i) => explorer.legend(names[i], look));
  explorer.legend(words.lowest, lowestLook);
  explorer.legend(words.best, bestLook);

  explorer.slider("radius", 1.5, [0.3, 3]);
  explorer.check("openLoop", true);
  explorer.slider("gamma", 0.1, [0.001, 1], { log: true });
  explorer.slider("steps", 20, [1, 100], { step: 1 });
  explorer.pair("start", [-1.2, 0.9], [-3, 3]);
  explorer.after = (name) => name === "gamma" && explorer.set("openLoop", false);

  const circle = () => ellipse([[1, 0], [0, 1]], [0, 0], values.radius ** 2 / 2);
  plane.handle(words.edge, {
    where: () => times(values.radius * Math.SQRT1_2, [1, -1]),
    move: (point, step) => explorer.set("radius", step ? values.radius + step : norm(point)),
    says: () => general(values.radius),
    rim: circle,
  });
  plane.handle(words.start, {
    where: () => projected(values.start, values.radius),
    move: (point) => explorer.set("start", projected(point, values.radius)),
  });

  explorer.drawn.push(() => {
    const { paths, gaps, numbers, best: point } = computed(values);
    ball.show(circle());
    best.show([point]);
    fall.limit([0, Math.max(values.steps, 10)]);
    paths.forEach((points, i) => {
      lines[i].show(cut(points, plane.x, plane.y));
      // Outside the ball a loss can be below the best one inside: no point.
      falls[i].show(gaps[i].map((gap, step) => [step, gap > SMALLEST ? gap : NaN]));
    });
    explorer.sentence.textContent = filled(words.sentence, numbers);
  });
}
