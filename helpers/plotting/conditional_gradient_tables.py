"""What the lesson on Conditional Gradient prints."""

import numpy as np

from helpers._support.i18n import _, listing


def case(momentum, factor):
    """One of the four cases, in two lines of words."""
    loss = _("loss as it is")
    if factor != 1:
        loss = _("logits × {factor:g} in the loss").format(factor=factor)
    return f"{loss}\n{_momentum(momentum)}"


def _momentum(momentum):
    if not momentum:
        return _("no momentum")
    return _("momentum {momentum:g}").format(momentum=momentum)


def filling(name):
    """A way to fill in hidden pixels, as the lesson's code names it, in words."""
    names = {
        "mean": _("mean of each pixel"),
        "fro": _("CG, Frobenius ball (left empty)"),
        "nuclear": _("CG, nuclear ball"),
        "projected": _("projected gradient, nuclear ball"),
        "neighbours": _("mean of the neighbours, pixels in place"),
        "shuffled": _("mean of the neighbours, pixels shuffled"),
    }
    return names[name]


def print_errors(errors):
    """Prints the error on the hidden pixels, a dict from names of `filling`."""
    for name, error in errors.items():
        line = _("{name}: error on the hidden pixels ≈ {error:.3f}")
        print(line.format(name=filling(name), error=error))


def print_pace(steps):
    """Prints how many steps CG makes in the time of one projection."""
    print(_("steps of CG in the time of one projection: ≈ {:.0f}").format(steps))


def print_widths(name, found):
    """Prints the error on the held-out pixels by width, for a name of `filling`."""
    for width, error in found.items():
        line = _("{name}, width {width:g}: error on the held-out pixels ≈ {error:.3f}")
        print(line.format(name=filling(name), width=width, error=error))


def print_radii(found):
    """Prints what each radius came to, on the held-out pixels.

    Args:
        found: Dict from a radius to a triple: the least error, the step that had it,
            and the nuclear norm after that step, as a share of the radius.
    """
    for radius, (error, step, share) in found.items():
        line = _(
            "radius {radius:,}: least error on the held-out pixels ≈ {error:.4f}, "
            "after steps: ≈ {step}, nuclear norm ≈ {share:.2f} of the radius"
        )
        print(line.format(radius=radius, error=error, step=step, share=share))


def print_step(s, w):
    """Prints a support point and the new weights, of two entries each."""
    print(_("support point: s = ({:.1f}, {:.1f})").format(*s))
    print(_("new weights: w = ({:.1f}, {:.1f})").format(*w))


def print_move(learning_rate, start, end):
    """Prints where one step with a learning rate takes a weight."""
    line = _("learning_rate={rate}: the weight goes from {start:.2f} to {end:.2f}")
    print(line.format(rate=learning_rate, start=start, end=end))


def print_agreement(radius, apart):
    """Prints how far a step and a formula are apart, as a share of the step."""
    line = _("λ = {radius}: the two differ by ≈ {share:.4%} of the step's length")
    print(line.format(radius=radius, share=apart))


def print_bound(radius, largest):
    """Prints the largest norm on the way, beside the bound."""
    line = _("largest norm after any step ≈ {norm:.6f}, bound λ = {radius:g}")
    print(line.format(norm=largest, radius=radius))


def print_size(model):
    """Prints how many numbers are trained."""
    print(_("weights of the network: {count:,}").format(count=model.count_params()))


def print_shapes(**arrays):
    """Prints the shapes of arrays, each under one of these names."""
    names = {
        "training_images": _("training images"),
        "test_images": _("test images"),
        "batch_of_images": _("images of a batch"),
        "batch_of_labels": _("labels of a batch"),
    }
    for name, array in arrays.items():
        shape = " × ".join(map(str, array.shape))
        print(_("{name}: {shape}").format(name=names[name], shape=shape))


def print_joint_norm(norm):
    """Prints the norm of all weights together."""
    print(_("joint norm before training ≈ {norm:.2f}").format(norm=norm))


def print_accuracies(accuracies):
    """Prints the test accuracy of each run, a dict from names."""
    for name, accuracy in accuracies.items():
        line = _("{name}: test accuracy ≈ {accuracy:.3f}")
        print(line.format(name=name, accuracy=accuracy))


def print_rest(predicted, random):
    """Prints the norm at rest: by the formula, and of steps in random directions."""
    print(_("by the formula: ‖w‖ = {norm:.2f}").format(norm=predicted))
    print(_("after steps in random directions: ‖w‖ ≈ {norm:.2f}").format(norm=random))


def print_norms(history, rest):
    """Prints each variable's norm before and after training, and in relation to rest.

    Args:
        history: `history` of a `WeightNorms`.
        rest: λ√(γ/2), the norm at rest of steps in random directions.
    """
    for name, norms in history.items():
        if name != "joint":
            line = _(
                "{name}: ‖w‖ from ≈ {start:.2f} to ≈ {end:.2f}, which is ≈ {ratio:.2f} "
                "times λ√(γ/2)"
            )
            numbers = {"start": norms[0], "end": norms[-1], "ratio": norms[-1] / rest}
            print(line.format(name=name, **numbers))


def print_scaled(same, accuracies, losses):
    """Prints what scaling a network changed: shares of answers, pairs of numbers."""
    print(_("same answer as before: ≈ {share:.1%} of images").format(share=same))
    line = _("test accuracy: before ≈ {:.3f}, after ≈ {:.3f}")
    print(line.format(*accuracies))
    print(_("test loss: before ≈ {:.2f}, after ≈ {:.2f}").format(*losses))


def print_rates(rates, results, objectives):
    """Prints each case's rate, training loss and mean accuracy.

    Args:
        rates: Dict from a case of `four_cases` to its rate.
        results: Dict from it to accuracies.
        objectives: Dict from it to the loss that was trained, with its factor.
    """
    for (method, *setting), rate in rates.items():
        line = _(
            "{method}, {case}: rate ≈ {rate:.2g}, training loss ≈ {loss:.2f}, "
            "test accuracy ≈ {accuracy:.3f}"
        )
        numbers = {
            "rate": rate,
            "loss": objectives[method, *setting],
            "accuracy": np.mean(results[method, *setting]),
        }
        print(line.format(method=_(method), case=on_a_line(*setting), **numbers))


def on_a_line(momentum, factor):
    return listing(case(momentum, factor).split("\n"))


def print_decays(found):
    """Prints what each weight decay came to, on the held-out images.

    Args:
        found: Dict from a weight decay to a pair: the largest norm of a variable as a
            share of the radius, and the accuracy.
    """
    for decay, (longest, accuracy) in found.items():
        line = _(
            "weight decay {decay:g}: largest norm ≈ {longest:.2f} of the radius, "
            "accuracy on held-out images ≈ {accuracy:.3f}"
        )
        print(line.format(decay=decay, longest=longest, accuracy=accuracy))


def print_decayed(decay, longest, accuracies):
    """Prints the chosen weight decay, with new seeds, on the test images."""
    line = _(
        "SGD with weight decay {decay:g}: largest norm ≈ {longest:.2f} of the radius, "
        "test accuracy ≈ {accuracy:.3f}"
    )
    numbers = {"longest": longest, "accuracy": np.mean(accuracies)}
    print(line.format(decay=decay, **numbers))


def print_lengths(cases):
    """Prints how long kernels are, and how accurate their networks.

    Args:
        cases: Dict from `(momentum, held)` to a pair: the kernels' mean norm as a
            share of the radius, and accuracies. `held` says whether that norm was set.
    """
    for (momentum, held), (length, accuracies) in cases.items():
        line = _(
            "{momentum}, kernels as they come, ≈ {length:.2f} of the radius long: test "
            "accuracy ≈ {accuracy:.2f}"
        )
        if held:
            line = _(
                "{momentum}, kernels held at ≈ {length:.2f} of the radius: test "
                "accuracy ≈ {accuracy:.2f}"
            )
        numbers = {"length": length, "accuracy": np.mean(accuracies)}
        print(line.format(momentum=_momentum(momentum), **numbers))


def print_certificates(losses, gaps, steps):
    """Prints what the gap says of the lowest loss, after some of the steps."""
    for t in steps:
        line = _(
            "step {t}: loss ≈ {loss:.3f}, gap ≈ {gap:.3f}; the lowest loss in the ball "
            "is at least ≈ {least:.3f}"
        )
        numbers = {"loss": losses[t], "gap": gaps[t], "least": losses[t] - gaps[t]}
        print(line.format(t=t, **numbers))
