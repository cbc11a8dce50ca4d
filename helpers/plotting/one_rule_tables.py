"""What the lesson on one rule and many optimizers prints."""

import numpy as np

from helpers._support.i18n import _, listing
from helpers.plotting.style import name_of_norm


def print_support_points(points):
    """The entries of a point in each of several balls.

    Args:
        points: Dict from the name of a ball to its support point, an array.
    """
    for name, point in points.items():
        entries = ", ".join(f"{entry:.2f}" for entry in point)
        print(
            _("{name}: s = ({entries})").format(
                name=name_of_norm(name), entries=entries
            )
        )


def print_singular_values(gradient, supports):
    """How many singular values matter, and how far each point lies along the gradient.

    Args:
        gradient: Matrix.
        supports: Dict from the name of a ball to a matrix of the same shape.
    """
    line = _("{name}: singular values above 0.01: {count}; ⟨g, s⟩ {along}")
    for name, s in supports.items():
        count = np.sum(np.linalg.svd(s, compute_uv=False) > 0.01)
        along = f"≈ {np.sum(gradient * s):.3f}"
        name = name_of_norm(name)
        print(line.format(name=name, count=f"≈ {count}", along=along))


def print_silent(count, units):
    """How many of a layer's units have no gradient."""
    line = _("units whose column of the gradient is 0: {count} of {units}")
    print(line.format(count=count, units=units))


def averaged(name):
    """What is averaged in a line of `agreement`."""
    names = {
        "none": _("no average"),
        "before": _("average of gradients"),
        "after": _("average of support points"),
    }
    return names[name]


def print_momentum(scores):
    """Held-out accuracy by rate, with and without momentum.

    Args:
        scores: Dict from a momentum to a dict from a rate to an accuracy.
    """
    line = _("momentum {momentum:g}, rate {rate:g}: held-out accuracy {accuracy}")
    for momentum, by_rate in scores.items():
        for rate, value in by_rate.items():
            words = {"momentum": momentum, "rate": rate, "accuracy": f"≈ {value:.3f}"}
            print(line.format(**words))


def print_agreement(sizes, cosines, noise):
    """The means that `agreement` draws. Args as there."""
    line = _("{average}, batches of {size} images: mean cosine {mean}")
    for average, batches in cosines.items():
        for size, values in zip(sizes, batches, strict=True):
            mean = f"≈ {np.mean(values):.2f}"
            print(line.format(average=averaged(average), size=size, mean=mean))
    print(_("pure noise: mean cosine {mean}").format(mean=f"≈ {np.mean(noise):.2f}"))


def print_twins(pairs):
    """The largest difference between the losses of each pair. Args as for `twins`."""
    line = _("{name} and {other}: largest difference of the losses {value}")
    for pair in pairs:
        (name, theirs), *others = pair.items()
        for other, losses in others:
            value = f"≈ {np.abs(np.subtract(theirs, losses)).max():.4f}"
            print(line.format(name=name, other=other, value=value))


def print_trials(tried):
    """The best trial of each optimizer. Args as for `trials`."""
    line = _("{name}: rate {rate}, weight decay {decay}, held-out accuracy {score}")
    for name, points in tried.items():
        values = zip(("score", "rate", "decay"), max(points), strict=True)
        shown = {key: f"≈ {value:.3g}" for key, value in values}
        print(line.format(name=name_of_norm(name), **shown))


def print_race(accuracies, intervals):
    """Mean test accuracies, and differences to the first. Args as for `race`."""
    first, *_others = accuracies
    line = _("{name}: mean test accuracy {mean}")
    other = _(
        "{name}: mean test accuracy {mean}, difference to {first} {low} to {high}"
    )
    for name, values in accuracies.items():
        words = {"name": name_of_norm(name), "mean": f"≈ {np.mean(values):.3f}"}
        if name in intervals:
            _mean, low, high = intervals[name]
            words |= {"low": f"≈ {low:+.3f}", "high": f"≈ {high:+.3f}"}
            words |= {"first": name_of_norm(first)}
        print((other if name in intervals else line).format(**words))


def print_few(settings, results):
    """What was chosen for few images with wrong labels, and how well it did.

    Args:
        settings: Dict from an arm to its rate and its decay or number of steps.
        results: Dict from an arm to the test accuracies, one a seed.
    """
    lines = {
        "ball": _("spectral ball, λ {radius}, rate {rate}"),
        "free": _("spectral step with λ = 1000, rate {rate}"),
        "stopped": _("no ball, stopped after {steps} steps, rate {rate}"),
        "AdamW": _("AdamW, weight decay {decay}, rate {rate}"),
    }
    for arm, (rate, other) in settings.items():
        words = {"rate": f"≈ {rate:.2g}", "decay": f"≈ {other:.2g}"}
        words |= {"radius": f"≈ {1 / other:.2g}", "steps": f"≈ {int(other)}"}
        low, high = (f"≈ {end(results[arm]):.3f}" for end in (min, max))
        arm = lines[arm].format(**words)
        line = _("{arm}: test accuracy {low} to {high}")
        print(line.format(arm=arm, low=low, high=high))


def case(name):
    """How long a step is in one of the cases of `widths`."""
    names = {
        "own": _("Adam's own length"),
        "max": _("sign step in the square"),
        "constant": _("a constant for each layer"),
        "share": _("a share of the norm"),
        "sphere": _("a share, on the sphere"),
    }
    return names[name]


def print_widths(best, intervals):
    """The best rates of each case, and by what factor they fall.

    Args:
        best: Dict from a case to a dict from a width to the best rates, one a seed.
        intervals: Dict from a case to the ends of an interval of that factor.
    """
    line = _(
        "{case}: best rate {rates}; it falls by the factor {fall} ({low} to {high})"
    )
    at = _("{rate} at width {width}")
    for name, by_width in best.items():
        rates = {
            width: np.exp(np.mean(np.log(each))) for width, each in by_width.items()
        }
        each = [at.format(rate=f"≈ {r:.3f}", width=width) for width, r in rates.items()]
        narrow, *_between, wide = rates.values()
        low, high = (f"≈ {end:.1f}" for end in intervals[name])
        words = {"fall": f"≈ {narrow / wide:.1f}", "low": low, "high": high}
        print(line.format(case=case(name), rates=listing(each), **words))


def network(name):
    """What a network of the section on certificates is called."""
    names = {
        "inside": _("Frank–Wolfe"),
        "free": _("spectral step, no ball"),
        "projected": _("projected Adam"),
    }
    return names.get(name, name)


def print_chosen(chosen, length):
    """The best trial of each network.

    Args:
        chosen: Dict from a network's name to `(certified accuracy, accuracy, factor,
            rate, decay)`, both accuracies on held-out images.
        length: The length for which the accuracy is certified.
    """
    line = _(
        "{name}: factor {factor}, rate {rate}; held-out accuracy {accuracy}, certified "
        "at {length:g} {share}"
    )
    decayed = _(
        "{name}: factor {factor}, rate {rate}, weight decay {decay}; held-out accuracy "
        "{accuracy}, certified at {length:g} {share}"
    )
    keys = "share", "accuracy", "factor", "rate", "decay"
    for name, trial in chosen.items():
        values = zip(keys, trial, strict=True)
        shown = {key: f"≈ {value:.3g}" for key, value in values}
        words = decayed if name == "AdamW" else line
        print(words.format(name=network(name), length=length, **shown))


def print_seeds(results, length, promising):
    """Certified test accuracy of each network: the ranges over several seeds.

    Args:
        results: Dict from a network's name to a list of triples: the accuracy, and
            what the measured and the promised bound certify.
        length: The length for which the accuracy is certified.
        promising: The names of the networks that promised a bound.
    """
    line = _(
        "{name}: test accuracy {accuracy}, certified at {length:g} by the measured "
        "bound {measured}"
    )
    promise = _("{line}, by the promised one {promised}")
    keys, span = ("accuracy", "measured", "promised"), _("{low} to {high}")
    for name, triples in results.items():
        words = {
            key: span.format(low=f"≈ {min(values):.3f}", high=f"≈ {max(values):.3f}")
            for key, values in zip(keys, np.transpose(triples), strict=True)
        }
        said = line.format(name=network(name), length=length, **words)
        print(promise.format(line=said, **words) if name in promising else said)


def print_certified(lengths, certain, attacked, fallen):
    """Certified accuracy at some lengths, and what an attack left.

    Args:
        lengths: Sequence of lengths.
        certain: Dict from `(name, promised)` to as many certified accuracies.
        attacked: Dict from a name to a dict from a length to an accuracy.
        fallen: How many certified images the attack brought to another answer.
    """
    shown_at = _("{share} at length {length:g}")
    words = {True: _("promised"), False: _("measured"), None: _("attacked")}
    for name, marks in attacked.items():
        for way in (True, False, None):
            if way is not None and (name, way) not in certain:
                continue
            pairs = marks.items()
            if way is not None:
                pairs = zip(lengths, certain[name, way], strict=True)
            shown = listing(
                shown_at.format(share=f"≈ {share:.3f}", length=length)
                for length, share in pairs
            )
            line = _("{name}, {way}: {shares}")
            print(line.format(name=network(name), way=words[way], shares=shown))
    print(_("Certified images that fell to the attack: {count}").format(count=fallen))


def print_optimum(radius, lowest, gap):
    """What another solver found: the ball's radius, its lowest loss, the gap there."""
    line = _("λ {radius}, lowest loss {lowest}, gap {gap}")
    words = {"radius": f"≈ {radius:.1f}", "lowest": f"≈ {lowest:.3f}"}
    print(line.format(gap=f"≈ {gap:.0e}", **words))


def print_gap(distances, gaps, enough):
    """When the gap is first small enough, and how far the loss then is. As `gap`."""
    step = np.argmax(np.asarray(gaps) <= enough)
    line = _(
        "first step with a gap of at most {enough:g}: {step}; gap there {gap}, "
        "distance to the lowest loss {distance}"
    )
    words = {"gap": f"≈ {gaps[step]:.3f}", "distance": f"≈ {distances[step]:.3f}"}
    print(line.format(step=f"≈ {step}", enough=enough, **words))


def print_zeros(weights):
    """How many of the weights are exactly 0."""
    line = _("weights that are not 0: {count} of {total}")
    print(line.format(count=f"≈ {np.sum(weights != 0)}", total=weights.size))
