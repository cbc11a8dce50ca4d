"""All devices of one machine, on JAX: the result is that of one device."""

import pytest

NAMES = "spectral", "outputs", "nuclear", "GC", "BatchNormalization", "Dropout"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("way", ["DataParallel", "ModelParallel"])
def test_four_devices_equal_one(arrays_of, way, name):
    """JAX divides the program of one device, so this holds for whole batches too."""
    found = arrays_of("data_parallel.py", "jax", backends=["jax"])
    assert found[f"{way} {name}"] < 5e-5
