"""What the lesson on Conditional Gradient prints: every number beside its name."""

import keras
import numpy as np
import pytest

from helpers.plotting import conditional_gradient_tables as tables

HISTORY_OF_NORMS = {"w": [2.0, 4.0], "joint": [2.0, 4.0]}
CASE = "projected SGD", 0.9, 1.0
PRINTED = {
    "s = (0.6, -0.8)": lambda: tables.print_step([0.6, -0.8], [0.0, 0.4]),
    "bound λ = 2": lambda: tables.print_bound(2.0, 1.99),
    "from 0.00 to 0.10": lambda: tables.print_move(0.9, 0.0, 0.1),
    "differ by ≈ 0.1000%": lambda: tables.print_agreement(2, 0.001),
    "‖w‖ = 3.24": lambda: tables.print_rest(3.24, 3.2),
    "weights of the network: 15": lambda: tables.print_size(
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    ),
    "test images: 2 × 3": lambda: tables.print_shapes(test_images=np.ones((2, 3))),
    "training ≈ 14.13": lambda: tables.print_joint_norm(14.13),
    "CG: test accuracy ≈ 0.970": lambda: tables.print_accuracies({"CG": 0.97}),
    "w: ‖w‖ from ≈ 2.00 to ≈ 4.00, which is ≈ 2.00 times": lambda: tables.print_norms(
        HISTORY_OF_NORMS, 2.0
    ),
    "test loss: before ≈ 0.10, after ≈ 2.00": lambda: tables.print_scaled(
        1.0, (0.9, 0.9), (0.1, 2.0)
    ),
    "0.9: rate ≈ 0.03, training loss ≈ 1.20, test accuracy ≈ 0.700": lambda: (
        tables.print_rates({CASE: 0.03}, {CASE: [0.6, 0.8]}, {CASE: 1.2})
    ),
    "decay 3: largest norm ≈ 0.90 of the radius, accuracy on held-out": lambda: (
        tables.print_decays({3.0: (0.9, 0.9)})
    ),
    "decay 3: largest norm ≈ 0.90 of the radius, test accuracy ≈ 0.700": lambda: (
        tables.print_decayed(3.0, 0.9, [0.6, 0.8])
    ),
    "kernels held at ≈ 0.70 of the radius: test accuracy ≈ 0.40": lambda: (
        tables.print_lengths({(0.9, True): (0.7, [0.3, 0.5])})
    ),
    "no momentum, kernels as they come, ≈ 0.90": lambda: tables.print_lengths(
        {(0.0, False): (0.9, [0.5])}
    ),
    "in the ball is at least ≈ 0.500": lambda: tables.print_certificates(
        [1.0], [0.5], (0,)
    ),
    "≈ 0.1500, after steps: ≈ 60, nuclear norm ≈ 0.32 of": lambda: tables.print_radii(
        {2000: (0.15, 60, 0.32)}
    ),
    "CG, nuclear ball: error on the hidden pixels ≈ 0.150": lambda: tables.print_errors(
        {"nuclear": 0.15}
    ),
    "shuffled, width 1.4: error on the held-out pixels ≈ 0.300": lambda: (
        tables.print_widths("shuffled", {1.4: 0.3})
    ),
    "time of one projection: ≈ 8": lambda: tables.print_pace(8.2),
    "pixels shuffled: error on the hidden pixels ≈ 0.300": lambda: tables.print_errors(
        {"shuffled": 0.3}
    ),
}


@pytest.mark.parametrize(("words", "print_it"), PRINTED.items(), ids=PRINTED)
def test_a_number_stands_beside_its_name(capsys, words, print_it):
    print_it()
    assert words in capsys.readouterr().out
