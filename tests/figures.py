"""Every figure of the lessons and the panels, as a function that draws it.

A name begins with the module and the function that it calls, and goes on where there
is more than one case of it.
"""

import keras
import numpy as np

from helpers._support.i18n import _
from helpers.experiments import Comparison, Sweep
from helpers.experiments.distributed import Overhead
from helpers.live.figure import LiveFigure
from helpers.live.gauges import gauge_of
from helpers.live.training import Record
from helpers.optimizers import ConditionalGradient, GradientCentralization
from helpers.plotting import (
    conditional_gradient,
    gradient_centralization,
    one_rule,
    scale_out,
    style,
)

HISTORY = {
    "accuracy": [0.8, 0.9],
    "val_accuracy": [0.8, 0.85],
    "loss": [1.0, 0.5],
    "val_loss": [1.0, 0.6],
}
MATRIX = np.random.default_rng(0).standard_normal((12, 8))
RATES = {"SGD": {0.1: 0.2, 0.01: 0.6, 0.001: 0.3}, "GC": {0.1: 0.9, 1.0: 0.8}}
CASES = {
    (method, momentum, factor): [0.5, 0.6]
    for factor in (1.0, 100.0)
    for momentum in (0.0, 0.9)
    for method in ("CG", "projected SGD")
}
DIGITS = np.random.default_rng(0).random((12, 784))
OVERHEAD = Overhead(("1", "3"), np.array([np.ones(8), np.linspace(1, 3, 8)]))


def comparison(*values):
    return Comparison(("SGD", "GC"), (0, 1, 2), np.array(values), _("accuracy"), 0.95)


def sweep(values, **changes):
    """A `Sweep` of these values, `(rows, columns, seeds)`."""
    values = np.array(values, dtype=float)
    rows, columns, seeds = (tuple(range(n)) for n in values.shape)
    failed = ~np.isfinite(values)
    errors = {tuple(place): "x" for place in np.argwhere(failed).tolist()}
    values[failed] = np.nan  # as `sweep` stores what failed
    known = dict(names=("a", "b"), rows=rows, columns=columns, seeds=seeds, reused=0)
    known |= {"values": values, "errors": errors, "metric": "loss"}
    return Sweep(**known | changes)


def live(optimizer):
    values = {"lambda_": 2.0, "learning_rate": 0.9, "strength": 1.0}
    metrics = {"accuracy": 0.5}
    measured = (metrics, {"loss": 1.1, **metrics}, -0.1, (1.0, 1e-3))
    record = Record(1, 0.1, values, 1.0, *measured)
    names = ["dense/kernel", "dense/bias"]
    figure = LiveFigure(names, record, gauge_of(optimizer))
    later = {"step": 20, "loss": 1e-4, "hyperparameters": values | {"lambda_": 1.0}}
    figure.png([record, Record(**(vars(record) | later))])
    return figure


STYLE = {
    "style.image_grid": lambda: style.image_grid(np.zeros((3, 28, 28)), [1, 2, 3]),
    "style.accuracy_and_loss": lambda: style.accuracy_and_loss({"CG": HISTORY}),
    "style.paired_comparison raised": lambda: style.paired_comparison(
        comparison([0.5, 0.6, 0.7], [0.61, 0.72, 0.8])
    ),
    "style.paired_comparison undecided": lambda: style.paired_comparison(
        comparison([0.5, 0.6, 0.7], [0.6, 0.5, 0.71])
    ),
}
CONDITIONAL_GRADIENT = {
    "conditional_gradient.frank_wolfe_step": conditional_gradient.frank_wolfe_step,
    "conditional_gradient.norms": lambda: conditional_gradient.norms(
        {"CG": [0, 2, 3]}, {"λ": 4}, log=True
    ),
    "conditional_gradient.four_cases": lambda: conditional_gradient.four_cases(
        CASES, {"SGD": [0.9], "CG": [0.8]}
    ),
    "conditional_gradient.filled_digits": lambda: conditional_gradient.filled_digits(
        DIGITS,
        DIGITS > 0.5,
        dict.fromkeys(("fro", "mean", "nuclear", "projected"), DIGITS),
    ),
}
GRADIENT_CENTRALIZATION = {
    "gradient_centralization.zero_mean_projection": (
        gradient_centralization.zero_mean_projection
    ),
    "gradient_centralization.second_training": lambda: (
        gradient_centralization.second_training(
            {"A": [0.6, 0.7]}, {"A": [0.8, 0.9], "B": [0.8, 0.85]}, {"B": [0.6, 0.8]}
        )
    ),
    "gradient_centralization.gradient_parts": lambda: (
        gradient_centralization.gradient_parts(
            {"x": np.arange(6.0), "x + 3": np.ones(6)}, (2, 3)
        )
    ),
    "gradient_centralization.gradient_parts of one": lambda: (
        gradient_centralization.gradient_parts({"x": np.arange(6.0)}, (2, 3))
    ),
    "gradient_centralization.losses": lambda: gradient_centralization.losses(
        {"SGD": [21.4, 2.2], "GC": [1.0, 0.5]}
    ),
    "gradient_centralization.by_rate": lambda: gradient_centralization.by_rate(
        {"x + 3": RATES, "x − m": RATES}
    ),
    "gradient_centralization.mean_comes_back": lambda: (
        gradient_centralization.mean_comes_back([0.9, -1e-9, 0.1], {"A": 1, "B": 0})
    ),
}
TRIALS = [(0.9, 0.01, 0.1), (0.8, 0.1, 1.0)]
STEP_LENGTHS = "own", "constant", "share", "sphere"
ONE_RULE = {
    "one_rule.singular_values": lambda: one_rule.singular_values(
        MATRIX, {name: MATRIX for name in ("fro", "nuclear", "spectral")}
    ),
    "one_rule.agreement": lambda: one_rule.agreement(
        [8, 64],
        {"none": [[0.1, 0.2], [0.4, 0.3]], "after": [[0.5, 0.4], [0.7, 0.8]]},
        [0.0],
    ),
    "one_rule.twins": lambda: one_rule.twins(
        [{"A": [2, 1], "B": [2, 1], "C": [2, 0]}] * 2
    ),
    "one_rule.trials": lambda: one_rule.trials(
        dict.fromkeys(("AdamW", "fro", "max", "spectral", "nuclear"), TRIALS)
    ),
    "one_rule.race": lambda: one_rule.race(
        {"Adam": [0.9, 0.8], "max": [0.9, 0.7]}, {"max": (-0.05, -0.2, 0.1)}
    ),
    "one_rule.three_ways": lambda: one_rule.three_ways(
        {way: np.eye(2) for way in ("inside", "surface", "free")}, np.ones(2)
    ),
    "one_rule.widths": lambda: one_rule.widths(
        {
            case: {8: [[0.7, 0.9], [0.7, 0.8]], 32: [[0.9, 0.7]]}
            for case in STEP_LENGTHS
        },
        {case: [0.1, 0.2] for case in STEP_LENGTHS},
        {case: {8: [0.03, 0.12], 32: [0.02]} for case in STEP_LENGTHS},
    ),
    "one_rule.certified": lambda: one_rule.certified(
        [0, 1],
        {("inside", True): [1, 0], ("inside", False): [1, 0.5]},
        {"inside": {0.5: 0.8}},
    ),
    "one_rule.gap": lambda: one_rule.gap(np.array([1.0, 0.5, 0.2]), [3.0, 1.0, 2.0]),
    "one_rule.pixels": lambda: one_rule.pixels(np.eye(196, 10)),
}
SCALE_OUT = {
    "scale_out.one_step": scale_out.one_step,
    "scale_out.order": lambda: scale_out.order((0.4, 1.9), (1.6, -0.5)),
    "scale_out.traffic": lambda: scale_out.traffic(4000, [2, 4, 8]),
    "scale_out.larger_batch": lambda: scale_out.larger_batch(
        {
            (name, *line): {0.1: [0.5, 0.6], 0.2: [0.7, 0.8], 0.4: [0.6, 0.6]}
            for name in ("SGD", "CG")
            for line in ((32,), (256,), (256, 0.2))
        },
        factor=8,
    ),
    "scale_out.weak_scaling": lambda: scale_out.weak_scaling(OVERHEAD, 3),
    "scale_out.heat_map": lambda: scale_out.heat_map(
        sweep([[[np.nan, 0.5], [0.25, 0.75]], [[np.inf, np.nan], [0.5, -np.inf]]])
    ),
    "scale_out.heat_map of nothing": lambda: scale_out.heat_map(sweep([[[np.nan]]])),
    "scale_out.heat_map large": lambda: scale_out.heat_map(sweep(np.zeros((7, 9, 3)))),
    "scale_out.heat_map wide": lambda: scale_out.heat_map(
        sweep([[[-1e9, 2e9]], [[3e-9, 4.0]]])
    ),
}
LIVE = {
    "live gap": lambda: live(ConditionalGradient(0.9, 2.0)),
    "live share": lambda: live(GradientCentralization(keras.optimizers.SGD())),
    "live": lambda: live(keras.optimizers.SGD()),
}
FIGURES = {
    **STYLE,
    **CONDITIONAL_GRADIENT,
    **GRADIENT_CENTRALIZATION,
    **ONE_RULE,
    **SCALE_OUT,
    **LIVE,
}
