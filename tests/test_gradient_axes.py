"""The axes that gradient centralization derives from the layers of a model."""

import logging
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
from keras import layers

from helpers.optimizers import GradientCentralization
from helpers.optimizers.gradient_axes import axes_of_model


def axes_by_name(layer, shape, **kwargs):
    """Axes by the weight's path below the layer's name."""
    model = keras.Sequential([keras.Input(shape), layer])
    return {
        path.split(layer.name + "/", 1)[1]: axes
        for path, axes in axes_of_model(model, **kwargs).items()
    }


KNOWN_LAYERS = [
    (layers.Dense(3), (4,), {"kernel": (0,)}),
    (layers.Conv1D(3, 2), (5, 2), {"kernel": (0, 1)}),
    (layers.Conv2D(4, 2, groups=2), (5, 5, 2), {"kernel": (0, 1, 2)}),
    (layers.Conv3D(3, 2), (4, 4, 4, 2), {"kernel": (0, 1, 2, 3)}),
    (layers.DepthwiseConv1D(2), (5, 2), {"kernel": (0,)}),
    (layers.DepthwiseConv2D(2), (5, 5, 2), {"kernel": (0, 1)}),
    (
        layers.SeparableConv1D(3, 2),
        (5, 2),
        {"depthwise_kernel": (0,), "pointwise_kernel": (0, 1)},
    ),
    (
        layers.SeparableConv2D(3, 2),
        (5, 5, 2),
        {"depthwise_kernel": (0, 1), "pointwise_kernel": (0, 1, 2)},
    ),
    (layers.Conv1DTranspose(3, 2), (5, 2), {"kernel": (0, 2)}),
    (layers.Conv2DTranspose(3, 2), (5, 5, 2), {"kernel": (0, 1, 3)}),
    (layers.Conv3DTranspose(3, 2), (4, 4, 4, 2), {"kernel": (0, 1, 2, 4)}),
    (
        layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de"),
        (5, 4),
        {"kernel": (0,), "bias": ()},
    ),
    (layers.EinsumDense("...x,xy->...y", 3), (4,), {"kernel": (0,)}),
    # One kernel for each position b: nothing is averaged over positions.
    (layers.EinsumDense("abc,bcd->abd", (5, 3)), (5, 4), {"kernel": (1,)}),
    (layers.Embedding(7, 3), (4,), {"embeddings": ()}),
    (layers.LayerNormalization(axis=(1, 2)), (4, 3), {"gamma": (), "beta": ()}),
    (layers.BatchNormalization(), (4,), {}),
    (layers.PReLU(), (4, 3), {"alpha": ()}),
    (
        layers.LSTM(3),
        (5, 2),
        {"lstm_cell/kernel": (0,), "lstm_cell/recurrent_kernel": (0,)},
    ),
    # The bias of a GRU has rank 2.
    (
        layers.GRU(3),
        (5, 2),
        {
            "gru_cell/kernel": (0,),
            "gru_cell/recurrent_kernel": (0,),
            "gru_cell/bias": (),
        },
    ),
    (
        layers.ConvLSTM2D(3, 2),
        (2, 5, 5, 2),
        {
            "conv_lstm_cell/kernel": (0, 1, 2),
            "conv_lstm_cell/recurrent_kernel": (0, 1, 2),
        },
    ),
    (
        layers.TimeDistributed(layers.Conv1DTranspose(3, 2)),
        (2, 5, 2),
        {"kernel": (0, 2)},
    ),
]


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    KNOWN_LAYERS,
    ids=[f"{type(layer).__name__}-{i}" for i, (layer, *_) in enumerate(KNOWN_LAYERS)],
)
def test_axes_of_known_layers(layer, shape, expected, caplog):
    with caplog.at_level(logging.WARNING):
        found = axes_by_name(layer, shape)
    # The names of cells depend on how many were made before.
    assert [(path.split("/")[-1], axes) for path, axes in found.items()] == [
        (path.split("/")[-1], axes) for path, axes in expected.items()
    ]
    assert not caplog.records


def attention_axes(layer):
    x = keras.Input((5, 4))
    found = axes_of_model(keras.Model(x, layer(x, x)))
    return {"/".join(path.split("/")[-2:]): axes for path, axes in found.items()}


@pytest.mark.parametrize(
    "layer",
    [layers.MultiHeadAttention(2, 3), layers.GroupQueryAttention(3, 4, 2)],
    ids=["multi_head", "grouped_query"],
)
def test_axes_of_attention(layer):
    kernels = {"query": (0,), "key": (0,), "value": (0,), "attention_output": (0, 1)}
    found = attention_axes(layer)
    assert {p: a for p, a in found.items() if p.endswith("kernel")} == {
        f"{name}/kernel": axes for name, axes in kernels.items()
    }
    assert all(not axes for path, axes in found.items() if path.endswith("bias"))


class Widened(layers.Conv2DTranspose):
    pass


class Bilinear(layers.Layer):
    def build(self, shape):
        self.bilinear = self.add_weight(shape=(shape[-1], shape[-1], 2), name="b")

    def call(self, x):
        return keras.ops.einsum("ni,nj,ijk->nk", x, x, self.bilinear)


def test_nested_shared_and_subclassed_layers():
    shared = Widened(3, 2)
    inside = keras.Sequential([keras.Input((5, 5, 3)), shared, layers.Conv2D(3, 2)])
    x = keras.Input((5, 5, 3))
    y = inside(shared(x)[:, :5, :5])
    model = keras.Model(x, layers.Bidirectional(layers.LSTM(2))(y[:, :, 0]))
    found = axes_of_model(model)
    assert found[shared.kernel.path] == (0, 1, 3)
    assert sorted(found.values()) == [(0,)] * 4 + [(0, 1, 2), (0, 1, 3)]


def test_unknown_layer_type_is_logged_once(caplog):
    model = keras.Sequential([keras.Input((3,)), Bilinear(), Bilinear()])
    found = axes_of_model(model)
    assert set(found.values()) == {(0, 1)}
    assert len(caplog.records) == 1
    assert "Bilinear" in caplog.text and "every axis but the last" in caplog.text


def test_a_kernel_with_one_weight_per_output_is_left_alone(caplog):
    model = keras.Sequential([keras.Input((1,)), layers.Dense(3)])
    assert list(axes_of_model(model).values()) == [()]
    assert "one weight for each output" in caplog.text


def test_conv_only_keeps_convolutions_of_any_rank():
    model = keras.Sequential(
        [keras.Input((8, 2)), layers.Conv1D(3, 2), layers.GRU(3), layers.Dense(2)]
    )
    found = axes_of_model(model, conv_only=True)
    assert sorted(found.values()) == [(), (), (), (), (0, 1)]


def test_frozen_layers_have_their_axes_too():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(2)])
    model.layers[0].trainable = False
    assert set(axes_of_model(model).values()) == {(0,)}
    optimizer = GradientCentralization.for_model(model, keras.optimizers.SGD(0.1))
    model.compile(optimizer, loss="mse")
    model.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    assert optimizer.axes_of(model.trainable_variables) == [(0,), ()]
