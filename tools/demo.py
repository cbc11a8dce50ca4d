"""The moving picture on the front page: `python tools/demo.py LANGUAGE…`.

A network trains in a live panel, λ is pulled down, and the norms follow. The frames are
the panel's own; they go to .github/images, one file for each language.
"""

import argparse
import io
import pathlib

import helpers

IMAGES = pathlib.Path(__file__).resolve().parents[1] / ".github/images"
WIDTH = 720  # pixels; GitHub shows a page of about 800


def frames(language):
    """The panel's pictures, the first before training."""
    helpers.setup(language)
    import keras

    from helpers import data, live
    from helpers.optimizers import ConditionalGradient

    keras.utils.set_random_seed(0)
    (x, y), held_out = data.load_mnist()
    x, x_test = (a.reshape(-1, 784).astype("float32") / 255 for a in (x, held_out[0]))
    dense = [("dense_1", 64, "relu"), ("dense_2", 64, "relu"), ("out", 10, "softmax")]
    model = keras.Sequential(
        [
            keras.Input((784,)),
            *(keras.layers.Dense(n, f, name=name) for name, n, f in dense),
        ]
    )
    model.compile(
        ConditionalGradient(0.999, 50.0),
        "sparse_categorical_crossentropy",
        metrics=["accuracy"],
        steps_per_execution=20,
    )
    panel = live.LivePanel(model, data.batches(x, y, 64, seed=0), (x_test, held_out[1]))
    yield panel.png
    for radius, count in ((50.0, 16), (20.0, 6), (5.0, 16)):
        panel.set(lambda_=radius)
        for _ in range(count):
            panel.train(40)
            yield panel.png


def write(language):
    """One file; the last picture stays for two seconds."""
    from PIL import Image

    pictures = []
    for png in frames(language):
        image = Image.open(io.BytesIO(png)).convert("RGB")
        size = (WIDTH, round(image.height * WIDTH / image.width))
        small = image.resize(size, Image.Resampling.LANCZOS)
        pictures.append(small.quantize(64, dither=Image.Dither.NONE))
    path = IMAGES / f"panel.{language}.gif"
    pictures[0].save(
        path,
        save_all=True,
        append_images=pictures[1:],
        duration=[200] * (len(pictures) - 1) + [2000],
        loop=0,
        optimize=True,
    )
    print(f"{path}: {path.stat().st_size / 1e6:.2f} MB")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("languages", nargs="+")
    for language in parser.parse_args().languages:
        write(language)


if __name__ == "__main__":
    main()
