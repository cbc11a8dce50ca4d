"""The lesson on scaling out: what it prints, every number beside its name."""

import numpy as np
import pytest

from helpers.plotting import scale_out_tables as tables

ONE, TWO = np.eye(4)[:, :1] @ np.eye(4)[:1], np.diag([0.5, 0.5, 0, 0])
PRINTED = {
    "GC: equal.\n": lambda: tables.print_agreement({"GC": "equal."}),
    "GC: both orders agree\nfro: the orders differ\n": lambda: tables.print_commutes(
        {"GC": True, "fro": False}
    ),
    "nuclear, mean first: length ≈ 1.000, rank 1\n"
    "nuclear, mean last: length ≈ 0.707, rank 2\n": lambda: tables.print_lengths(
        {"nuclear": ONE}, {"nuclear": TWO}
    ),
    "gradient: 4,000 bytes; each of four workers sends 6,000 bytes\n": lambda: (
        tables.print_traffic({4000: 6000.0})
    ),
    "synchronized=True: largest difference, relative: ≈ 2e-16\n": lambda: (
        tables.print_gradients({True: 2e-16})
    ),
    "batch of 32: cosine with the gradient of all images ≈ 0.50\n": lambda: (
        tables.print_noise({32: [0.4, 0.6]})
    ),
    "CG, batch 32: best rate ≈ 0.25; test accuracy ≈ 0.500 (≈ 0.400 to ≈ 0.600)\n": (
        lambda: tables.print_best({("CG", 32): 0.25}, {("CG", 32): [0.4, 0.6]})
    ),
    "momentum = 0.9: held-out accuracy ≈ 0.750, test accuracy ≈ 0.500\n": lambda: (
        tables.print_chosen({"momentum": 0.9}, 0.75, 0.5)
    ),
}


@pytest.mark.parametrize(("words", "print_it"), PRINTED.items())
def test_a_number_stands_beside_its_name(capsys, words, print_it):
    print_it()
    assert capsys.readouterr().out == words
