"""Whatever a file holds, the readers give arrays or the one documented exception, and memory stays bounded."""

import gzip
import io
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sixtytwo.data import emnist, idx

FEW, MANY = 300, 100_000  # inputs in each run of the tests, and in `make test-all`
IMAGES, LABELS = np.zeros((3, 28, 28), np.uint8), np.arange(3, dtype=np.uint8)
MEMORY = 32_000_000  # bytes that a file of a few kilobytes may cost


def idx_file(magic, shape, body):
    return struct.pack(f">I{len(shape)}I", magic, *shape) + body


def npz():
    stream = io.BytesIO()
    np.savez_compressed(stream, train_images=IMAGES, train_labels=LABELS)
    return stream.getvalue()


NUMBERS = st.sampled_from([0, 1, 3, 28, 0x801, 0x803, 0x0D03, 2**31, 2**32 - 1]) | st.integers(0, 2**32 - 1)
IDX = st.one_of(
    st.binary(max_size=200),
    st.builds(idx_file, NUMBERS, st.lists(NUMBERS, max_size=4), st.binary(max_size=100)),
    st.builds(idx_file, st.just(0x803), st.tuples(NUMBERS, st.just(28), st.just(28)), st.binary(max_size=2000)),
    st.builds(idx_file, st.just(0x801), st.tuples(st.integers(0, 60)), st.binary(max_size=60)),
)


@st.composite
def damaged(draw, good):
    """A good file with some bytes changed, and perhaps cut off."""
    content = bytearray(good)
    for _ in range(draw(st.integers(1, 8))):
        content[draw(st.integers(0, len(content) - 1))] = draw(st.integers(0, 255))
    return bytes(content[: draw(st.integers(0, len(content)))] if draw(st.booleans()) else content)


def arrays_or_the_documented_exception(read, path, content):
    path.write_bytes(content)
    tracemalloc.start()
    try:
        assert isinstance(read(path), np.ndarray | tuple)
    except idx.DataError as error:
        assert str(path) in str(error) and str(error).endswith(".")
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < MEMORY


def fuzz(inputs, n, check):
    quiet = settings(max_examples=n, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    quiet(given(inputs)(check))()


@pytest.mark.parametrize("n", [FEW, pytest.param(MANY, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", ["idx", "gzipped idx", "damaged gzip", "npz"])
def test_no_file_breaks_a_reader(kind, n, tmp_path, monkeypatch):
    monkeypatch.setattr(emnist, "_check_reference", lambda images, labels, part, path: (images, labels))
    path = tmp_path / {"idx": "some-ubyte", "npz": "some.npz"}.get(kind, "some-ubyte.gz")
    good = gzip.compress(idx_file(0x803, (3, 28, 28), IMAGES.tobytes()))
    inputs = {"idx": IDX, "gzipped idx": IDX.map(gzip.compress), "damaged gzip": damaged(good), "npz": damaged(npz())}
    read = (lambda path: emnist._read_reference(path, "train")) if kind == "npz" else idx.read_idx
    fuzz(inputs[kind], n, lambda content: arrays_or_the_documented_exception(read, path, content))


@pytest.mark.parametrize("shape", [(2**31, 28, 28), (2**40,)])
def test_array_that_claims_a_huge_size_is_not_allocated(shape, tmp_path, monkeypatch):
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
    path = tmp_path / "some.npz"
    with zipfile.ZipFile(path, "w") as zipped:
        for name in ("train_images", "train_labels"):
            zipped.writestr(f"{name}.npy", header.getvalue())
    with pytest.raises(idx.DataError, match="more than a file of its size can hold"):
        emnist._read_reference(path, "train")
