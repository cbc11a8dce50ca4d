// Gradient descent with and without centralization on inputs with a mean.

const COVARIANCE = [[1.0, 0.3], [0.3, 0.6]];
const TARGET = [1.2, -0.5];
const STEPS = 40;

/** All that is drawn and said, of the loss ½ E (w·x − TARGET·x)². */
function computed({ mean, rate, start }) {
  const hessian = COVARIANCE.map((row, i) => row.map((value, k) => value + mean[i] * mean[k]));
  const [largest, smallest] = eigen(hessian).values;
  const curvature = curvatureWithSumKept(hessian);
  const moves = [descent(rate), descent(rate, centralized)];
  const paths = moves.map((move) => path(hessian, TARGET, start, STEPS, move));
  const losses = paths.map((points) => points.map((w) => quadratic(hessian, TARGET, w)));
  const floor = quadratic(hessian, TARGET, minimumWithSumKept(hessian, TARGET, start));
  const [loss, lossWithSumKept] = losses.map((each) => each[STEPS]);
  const diverged = losses.map((each) => !(each[STEPS] <= each[0]));
  const numbers = { largest, condition: largest / smallest, limit: 2 / largest };
  const kept = { centralized_limit: 2 / curvature, centralized: lossWithSumKept, floor };
  Object.assign(numbers, { loss, ...kept });
  return { hessian, paths, losses, diverged, numbers };
}

/** Inputs that look like those of this mean: an even cloud of the covariance. */
function cloud(mean, count = 60) {
  const side = Math.sqrt(COVARIANCE[0][0]);
  const share = COVARIANCE[0][1] / side;
  const rest = Math.sqrt(COVARIANCE[1][1] - share ** 2);
  return Array.from({ length: count }, (_, i) => {
    const reach = Math.sqrt(-2 * Math.log(1 - (i + 0.5) / count));
    const [a, b] = [reach * Math.cos(2.4 * i), reach * Math.sin(2.4 * i)];
    return [mean[0] + side * a, mean[1] + share * a + rest * b];
  });
}

function picture(explorer) {
  const { words, values } = explorer;
  const plain = { color: VERMILION, dash: "7 4", mark: "square" };
  const centralized = { color: BLUE, mark: "circle" };
  const looks = [plain, centralized];
  const [dots, diagonal] = [{ dash: "2 4" }, { width: 9, opacity: 0.1 }];
  const band = { color: BLUE, width: 9, opacity: 0.18 };
  const star = { width: 0, mark: "star", size: 8 };
  const arrow = { color: GREEN, width: 3 };
  const plane = new Graph(explorer, words.plane, { x: [-2.6, 2.6] });
  const valley = plane.line({ width: 1, opacity: 0.35 });
  const kept = plane.line(band);
  plane.line(star).show([TARGET]);
  const lines = looks.map((look) => plane.line(look));
  const inputs = new Graph(explorer, words.inputs, { x: [-5, 5] });
  inputs.line(diagonal).show([[-9, -9], [9, 9]]);
  const points = inputs.line({ width: 0, mark: "circle", size: 1.6 });
  const middle = inputs.line(arrow);
  const frame = { x: [0, STEPS], y: [1e-4, 1e3], log: true, label: words.axis };
  const fall = new Graph(explorer, words.falls, frame);
  const falls = looks.map((look) => fall.line({ ...look, size: 2.5 }));
  const lowest = fall.line(dots);
  const others = { kept: band, target: star, floor: dots, arrow, equal: diagonal };
  const named = { plain, centralized, ...others };
  for (const [name, look] of Object.entries(named)) explorer.legend(words[name], look);

  explorer.slider("rate", 0.3, [0.001, 1], { log: true });
  explorer.pair("mean", [1.5, 1.5], [-4, 4]);
  explorer.pair("start", [-1.3, 1.6], [-2.4, 2.4]);

  plane.handle(words.start, {
    where: () => values.start,
    move: (point) => explorer.set("start", point),
  });
  inputs.handle(words.mean, {
    where: () => values.mean,
    // A hand finds equal means easily; the keys find them anyhow.
    move: ([x, y], key) => {
      const close = !key && Math.abs(x - y) < 0.4;
      explorer.set("mean", close ? [(x + y) / 2, (x + y) / 2] : [x, y]);
    },
  });

  explorer.drawn.push(() => {
    const { hessian, paths, losses, diverged, numbers } = computed(values);
    const { start, mean } = values;
    const level = quadratic(hessian, TARGET, start);
    const shares = [0.02, 0.1, 0.3, 0.6, 1, 1.8, 3];
    const rings = shares.map((share) => ellipse(hessian, TARGET, share * level));
    valley.show(rings.flatMap((ring) => [...ring, [NaN, NaN]]));
    kept.show([[start[0] - 9, start[1] + 9], [start[0] + 9, start[1] - 9]]);
    paths.forEach((line, i) => {
      lines[i].show(cut(line, plane.x, plane.y));
      falls[i].show(losses[i].map((loss, step) => [step, loss]));
    });
    lowest.show([[0, numbers.floor], [STEPS, numbers.floor]]);
    points.show(cloud(mean));
    middle.show([[0, 0], mean]);
    const row = [words.hessian, diverged[0] ? words.diverges : words.ends];
    row.push(diverged[1] ? words.centralizedDiverges : words.centralizedEnds);
    const text = row.reduce((first, second) => filled(words.pair, { first, second }));
    explorer.sentence.textContent = filled(text, numbers);
  });
}
