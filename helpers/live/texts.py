"""A session in words."""

import math

from helpers.i18n import _, sentences


def describe(session):
    """What the panel is, for those who see no widget. The same on every machine."""
    values = session.hyperparameters
    if "lambda_" in values:
        text = _(
            "A live panel for Conditional Gradient with λ = {radius:.4g} and a "
            "learning rate of {rate:.6g}. Run this cell in Jupyter or Colab and press "
            "play."
        )
        return text.format(radius=values["lambda_"], rate=values["learning_rate"])
    text = _(
        "A live panel for a network in training with a learning rate of {rate:.4g}. "
        "Run this cell in Jupyter or Colab and press play."
    )
    return text.format(rate=values["learning_rate"])


def status(session):
    """Where the training is, and how fast it goes."""
    text = _("Epoch {epoch} · step {step:,}")
    if session.steps_per_second:
        text = _("Epoch {epoch} · step {step:,} · {speed:,.0f} steps a second")
    return text.format(
        epoch=session.epoch + 1, step=session.step, speed=session.steps_per_second or 0
    )


def summary(record, kind):
    """The figure in words."""
    parts = [
        _("After {step:,} steps: loss {loss:.3f}, accuracy {accuracy:.1%}.").format(
            step=record.step, loss=record.loss, accuracy=record.accuracy
        )
    ]
    if not math.isnan(record.held_out_accuracy):
        text = _("On held-out examples the accuracy is {accuracy:.1%}.")
        parts.append(text.format(accuracy=record.held_out_accuracy))
    if kind == "gap":
        text = _("The largest norm is {norm:.3g}, the bound λ is {radius:.4g}.")
        parts.append(text.format(norm=max(record.norms), radius=record.lambda_))
    if kind == "removed_share":
        text = _("Centralization removes {share:.0%} of the gradient's squared norm.")
        if not record.centralize:
            text = _(
                "Centralization would remove {share:.0%} of the gradient's squared "
                "norm."
            )
        parts.append(text.format(share=record.removed_share))
    return sentences(*parts)
