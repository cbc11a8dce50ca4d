"""What the lesson on gradient centralization prints, computed from its results."""

from helpers.i18n import _


def training_report(history, timer, centralized):
    """Prints the last loss and accuracy and the time, as the tutorial does.

    Args:
        history: Dict of lists, the `history` of a Keras `History`.
        timer: `helpers.callbacks.EpochTimer` of the same training.
        centralized: Whether gradient centralization was used.
    """
    if centralized:
        print(_("Using Gradient Centralization"))
    else:
        print(_("Not using Gradient Centralization"))
    print(_("Loss: ≈ {loss:.4f}").format(loss=history["loss"][-1]))
    print(_("Accuracy: ≈ {accuracy:.4f}").format(accuracy=history["accuracy"][-1]))
    print(_("Training time: ≈ {seconds:.1f} s").format(seconds=sum(timer.times)))


def gains(first, warm, control, fresh):
    """Prints what a second training gains, with and without centralization.

    Args:
        first: Dict of lists, the `history` of the first training, without
            centralization.
        warm: Of a second training of the same model, with it.
        control: Of a second training of the same model, without it.
        fresh: Of a first training, with it.
    """
    changes = (
        (_("Second training, with GC"), warm),
        (_("Second training, without GC"), control),
        (_("First training, with GC instead of without"), fresh),
    )
    for name, history in changes:
        print(
            _("{name}: loss ≈ {loss:+.3f}, accuracy ≈ {accuracy:+.3f}").format(
                name=name,
                loss=history["loss"][-1] - first["loss"][-1],
                accuracy=history["accuracy"][-1] - first["accuracy"][-1],
            )
        )
