// Mathematics in the plane. A point is [x, y], a matrix a list of its rows.

const minus = (v, w) => v.map((x, i) => x - w[i]);
const times = (k, v) => v.map((x) => k * x);
const dot = (v, w) => v.reduce((sum, x, i) => sum + x * w[i], 0);
const norm = (v) => Math.hypot(...v);
const applied = (matrix, v) => matrix.map((row) => dot(row, v));

/** The gradient of `quadratic`. */
const slope = (hessian, minimum, x) => applied(hessian, minus(x, minimum));

/** ½ (x − minimum)ᵀ H (x − minimum). */
const quadratic = (hessian, minimum, x) =>
  dot(minus(x, minimum), slope(hessian, minimum, x)) / 2;

/** Eigenvalues of a symmetric matrix, the largest first, and their unit vectors. */
function eigen([[a, b], [, c]]) {
  const middle = (a + c) / 2;
  const reach = Math.hypot((a - c) / 2, b);
  const angle = Math.atan2(2 * b, a - c) / 2;
  const vectors = [[Math.cos(angle), Math.sin(angle)], [-Math.sin(angle), Math.cos(angle)]];
  return { values: [middle + reach, middle - reach], vectors };
}

/** Points of the closed contour where `quadratic` has this value. */
function ellipse(hessian, minimum, level, count = 90) {
  const { values, vectors } = eigen(hessian);
  const [long, short] = values.map((value) => Math.sqrt((2 * level) / value));
  return Array.from({ length: count + 1 }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    const [a, b] = [long * Math.cos(angle), short * Math.sin(angle)];
    return minimum.map((m, k) => m + a * vectors[0][k] + b * vectors[1][k]);
  });
}

/** Iterates of a method, the start first; `move` knows a point, its gradient, the step. */
function path(hessian, minimum, start, steps, move) {
  const points = [start];
  for (let step = 0; step < steps; step++) {
    points.push(move(points[step], slope(hessian, minimum, points[step]), step));
  }
  return points;
}

/** The move of Conditional Gradient in the ball around 0; without γ it is 2/(t + 2). */
function conditionalGradient(radius, gamma = null) {
  return (x, gradient, step) => {
    const part = gamma ?? 2 / (step + 2);
    const pull = (part * radius) / (norm(gradient) || 1);
    return x.map((value, i) => (1 - part) * value - pull * gradient[i]);
  };
}

/** The move of gradient descent, with a map of the gradient and one of the point. */
const descent = (rate, before = (gradient) => gradient, after = (x) => x) => (x, gradient) =>
  after(minus(x, times(rate, before(gradient))));

/** The gradient without its mean. */
const centralized = ([a, b]) => [(a - b) / 2, (b - a) / 2];

/** The point of the ball around 0 that is nearest. */
const projected = (x, radius) => times(Math.min(1, radius / (norm(x) || 1)), x);

/** Where the quadratic is smallest within the ball around 0. */
function minimumInBall(hessian, minimum, radius) {
  if (norm(minimum) <= radius) return minimum;
  const { values, vectors } = eigen(hessian);
  // On the boundary (H + mI) x = H minimum for an m ≥ 0, which is found by halving.
  const at = (m) => {
    const parts = vectors.map((v, i) => (values[i] * dot(v, minimum)) / (values[i] + m));
    return [0, 1].map((k) => parts[0] * vectors[0][k] + parts[1] * vectors[1][k]);
  };
  let [low, high] = [0, norm(applied(hessian, minimum)) / radius];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (norm(at(middle)) > radius) low = middle;
    else high = middle;
  }
  return at(high);
}

/** Curvature of the quadratic along the line on which the sum of x stays the same. */
const curvatureWithSumKept = ([[a, b], [, c]]) => (a - 2 * b + c) / 2;

/** Where the quadratic is smallest among points with the sum of `start`. */
function minimumWithSumKept(hessian, minimum, start) {
  const way = dot(slope(hessian, minimum, start), [1, -1]) / 2 / curvatureWithSumKept(hessian);
  return [start[0] - way, start[1] + way];
}

/** Length in the p-norm; `Infinity` for the largest absolute entry. */
function pNorm(v, p) {
  const largest = Math.max(...v.map(Math.abs));
  if (p === Infinity || !largest) return largest;
  return largest * v.reduce((sum, x) => sum + Math.abs(x / largest) ** p, 0) ** (1 / p);
}

/** The point of the unit ball of the p-norm furthest along a direction, or the first. */
function support(direction, p) {
  const largest = pNorm(direction, Infinity);
  const sizes = direction.map((x) => Math.abs(x) / largest);
  const best = sizes.findIndex((size) => size > 1 - 1e-12);
  const weights = sizes.map((size, i) => {
    if (p === 1) return Number(i === best);
    return size > 1e-12 ? size ** (1 / (p - 1)) : 0;
  });
  const length = pNorm(weights, p);
  return weights.map((weight, i) => (Math.sign(direction[i]) * weight) / length);
}

/** A path as far as a window shows it: up to the first point outside. */
function cut(points, [left, right], [low, high]) {
  const outside = ([x, y]) => !(x >= left && x <= right && y >= low && y <= high);
  const end = points.findIndex(outside);
  return end < 0 ? points : points.slice(0, end + 1);
}
