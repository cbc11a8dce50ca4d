"""What the lesson on scaling out prints."""

import numpy as np

from helpers._support.i18n import _


def print_agreement(sentences):
    """What was compared, with the sentence that says how far it agrees.

    Args:
        sentences: Dict from a name to the sentence of `distributed.assert_equal`.
    """
    for name, sentence in sentences.items():
        print(_("{name}: {found}").format(name=name, found=sentence))


def print_commutes(commutes):
    """Whether both orders give the same.

    Args:
        commutes: Dict from the name of a transform to a boolean.
    """
    for name, same in commutes.items():
        verdict = _("both orders agree") if same else _("the orders differ")
        print(_("{name}: {verdict}").format(name=name, verdict=verdict))


def print_lengths(first, last):
    """Lengths and ranks of the support points, with the mean first and last.

    Args:
        first: Dict from the name of a ball to the support point of the mean.
        last: Dict with the means of the support points.
    """
    line = _("{name}, mean {order}: length {length}, rank {rank}")
    for order, points in ((_("first"), first), (_("last"), last)):
        for name, s in points.items():
            rank = np.linalg.matrix_rank(s, tol=1e-3) if name == "nuclear" else "–"
            words = {"name": name, "order": order, "rank": rank}
            print(line.format(length=f"≈ {np.linalg.norm(s):.3f}", **words))


def print_traffic(sizes):
    """Bytes of a gradient, and bytes that a worker in a ring sends.

    Args:
        sizes: Dict from the bytes of a gradient to the bytes sent.
    """
    line = _("gradient: {size:,} bytes; each of four workers sends {sent:,.0f} bytes")
    for size, sent in sizes.items():
        print(line.format(size=size, sent=sent))


def print_gradients(differences):
    """How far the gradients of two devices are from those of one.

    Args:
        differences: Dict from the setting of `synchronized` to the largest difference
            over the largest entry.
    """
    line = _("synchronized={setting}: largest difference, relative: ≈ {value:.0e}")
    for setting, value in differences.items():
        print(line.format(setting=setting, value=value))


def print_noise(cosines):
    """How much of a step points along the gradient of all images.

    Args:
        cosines: Dict from the size of a batch to the cosines of several batches.
    """
    line = _("batch of {batch}: cosine with the gradient of all images ≈ {mean:.2f}")
    for batch, values in cosines.items():
        print(line.format(batch=batch, mean=np.mean(values)))


def print_best(best, results):
    """The best rate of each optimizer with each batch, and what it comes to.

    Args:
        best: Dict from `(optimizer, batch)` to the rate.
        results: Dict from the same to the test accuracies of several seeds.
    """
    line = _(
        "{name}, batch {batch}: best rate {rate}; test accuracy ≈ {mean:.3f} "
        "(≈ {low:.3f} to ≈ {high:.3f})"
    )
    for (name, batch), rate in best.items():
        found = results[name, batch]
        words = {"low": np.min(found), "high": np.max(found), "mean": np.mean(found)}
        print(line.format(name=name, batch=batch, rate=f"≈ {rate:.3g}", **words))


def print_chosen(pair, held_out, test):
    """The chosen pair of hyperparameters, and the accuracy that it earns.

    Args:
        pair: Dict from the names of two hyperparameters to values.
        held_out: Accuracy with which the pair was chosen.
        test: Accuracy on images that had no part in that.
    """
    chosen = ", ".join(f"{name} = {value}" for name, value in pair.items())
    line = _("{chosen}: held-out accuracy ≈ {held_out:.3f}, test accuracy ≈ {test:.3f}")
    print(line.format(chosen=chosen, held_out=held_out, test=test))
