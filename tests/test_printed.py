"""What the lesson on Conditional Gradient prints: every number beside its name."""

import keras
import numpy as np
import pytest

from helpers.plotting import conditional_gradient as plotting

HISTORY_OF_NORMS = {"w": [2.0, 4.0], "joint": [2.0, 4.0]}
PRINTED = {
    "s = (0.6, -0.8)": lambda: plotting.print_step([0.6, -0.8], [0.0, 0.4]),
    "bound λ = 2": lambda: plotting.print_bound(2.0, 1.99),
    "from 0.00 to 0.10": lambda: plotting.print_move(0.9, 0.0, 0.1),
    "differ by ≈ 0.1000%": lambda: plotting.print_agreement(2, 0.001),
    "‖w‖ = 3.24": lambda: plotting.print_rest(3.24, 3.2),
    "weights of the network: 15": lambda: plotting.print_size(
        keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    ),
    "test images: 2 × 3": lambda: plotting.print_shapes(test_images=np.ones((2, 3))),
    "training ≈ 14.13": lambda: plotting.print_joint_norm(14.13),
    "CG: test accuracy ≈ 0.970": lambda: plotting.print_accuracies({"CG": 0.97}),
    "w: ‖w‖ from ≈ 2.00 to ≈ 4.00, which is ≈ 2.00 times": lambda: plotting.print_norms(
        HISTORY_OF_NORMS, 2.0
    ),
    "test loss: before ≈ 0.10, after ≈ 2.00": lambda: plotting.print_scaled(
        1.0, (0.9, 0.9), (0.1, 2.0)
    ),
    "momentum 0.9: rate ≈ 0.03, test accuracy ≈ 0.700": lambda: plotting.print_rates(
        {("projected SGD", 0.9, 1.0): 0.03}, {("projected SGD", 0.9, 1.0): [0.6, 0.8]}
    ),
    "kernels held at ≈ 0.70 of the radius: test accuracy ≈ 0.40": lambda: (
        plotting.print_lengths({(0.9, 1.0, True): (0.7, [0.3, 0.5])})
    ),
    "in the loss, no momentum, kernels as they come, ≈ 0.90": lambda: (
        plotting.print_lengths({(0.0, 100.0, False): (0.9, [0.5])})
    ),
    "in the ball is at least ≈ 0.500": lambda: plotting.print_certificates(
        [1.0], [0.5], (0,)
    ),
    "≈ 0.1500, after steps: ≈ 60, nuclear norm ≈ 0.32 of": lambda: plotting.print_radii(
        {2000: (0.15, 60, 0.32)}
    ),
    "CG, nuclear ball: error on the hidden pixels ≈ 0.150": lambda: (
        plotting.print_errors({"nuclear": 0.15})
    ),
    "time of one projection: ≈ 8": lambda: plotting.print_pace(8.2),
    "pixels shuffled: error on the hidden pixels ≈ 0.300": lambda: (
        plotting.print_errors({"shuffled": 0.3})
    ),
}


@pytest.mark.parametrize(("words", "print_it"), PRINTED.items(), ids=PRINTED)
def test_a_number_stands_beside_its_name(capsys, words, print_it):
    print_it()
    assert words in capsys.readouterr().out
