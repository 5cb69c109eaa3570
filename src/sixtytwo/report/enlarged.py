"""Find the pixels of a small image that somebody enlarged, as nodes of an ONNX graph.

An image of EMNIST that is painted on the drawing page has been blurred, centred and resized already: doing it again changes
it. Enlarging, by whatever interpolation, leaves a trace: second differences repeat with the width of the small image's pixels
(Gallagher 2005, "Detection of linear and cubic interpolation in JPEG compressed images"). Their strongest period is that
width, and its phase says where the pixels lie.
"""

import itertools

import numpy as np

from sixtytwo.report.graph_builder import cubic_kernel

SIDE = 28  # pixels, each side of the small image

USUAL_INK = 23.7  # pixels: mean longer side of the ink in EMNIST's training images, measured as `_edges` does

RANGE = np.exp(np.linspace(-0.12, 0.12, 121, dtype=np.float32))  # widths that are tried, in relation to that

TRACE = 0.2  # weaker than this, of all second differences, is no period

FRAME = 0.03  # an image whose grid is this close to filling the canvas does fill it

UNSURE = 0.09  # the same if there is no trace of the grid

EDGE = 0.2  # where the ink of an image begins, for measuring its size: half of its brightest pixel is too far inside

SHIFT = 0.02  # pixels: how far the middle of this measure lies off the middle of EMNIST's images, on average


def softness(build, ink):
    """Mean width of the edges of the ink, in canvas pixels: the area that is grey over the length of the contour."""
    grey = build("ReduceSum", build("Mul", 4.0, build("Mul", ink, build("Sub", 1.0, ink))), keepdims=0)
    inner = _slice(build, ink, 0, -1, 0, -1)
    down = build("Sub", _slice(build, ink, 1, None, 0, -1), inner)
    across = build("Sub", _slice(build, ink, 0, -1, 1, None), inner)
    steps = build("Sqrt", build("Add", build("Mul", down, down), build("Mul", across, across)))
    return build("Div", grey, build("Max", build("ReduceSum", steps, keepdims=0), 1e-3))


def find_grid(build, ink, side):
    """The width of a small image's pixels on the canvas, and its middle (row, column), in canvas pixels.

    Parameters
    ----------
    ink : name of a value, float [side, side] in [0, 1]
    side : int
        Canvas pixels.

    Returns
    -------
    width, middles, longer : names of scalars; the middles count from the centre of the first canvas pixel, `longer` is the
        longer side of the ink
    """
    spans = [_edges(build, build("ReduceMax", ink, axes=[axis], keepdims=0), side) for axis in (1, 0)]
    longer = build("Max", *(build("Sub", last, first) for first, last in spans))
    middles = [build("Mul", 0.5, build("Add", first, last)) for first, last in spans]
    guess = build("Max", build("Div", longer, USUAL_INK), 1.0)
    bends, repeated = _bends(build, ink, side)
    width, waves, strength = _period(build, bends, guess, side)
    turns = [build("Sub", build("Div", middle, width), SHIFT) for middle in middles]
    offsets = [_offset(build, wave, turn, repeated) for wave, turn in zip(waves, turns)]
    found = [build("Mul", build("Add", turn, offset), width) for turn, offset in zip(turns, offsets)]
    seen = build("Greater", strength, TRACE)
    width = build("Where", seen, width, guess)
    middles = [build("Where", seen, exact, middle) for exact, middle in zip(found, middles)]
    tolerance = build("Where", seen, np.float32(FRAME * side), np.float32(UNSURE * side))
    return *_snap(build, width, middles, tolerance, side), longer


def sample(build, width, middle, side):
    """What each canvas pixel gives to each pixel of the small image along one side: [SIDE, side].

    Interpolation bends at the centres of pixels: where that lies between two canvas pixels, the lines from both sides are
    drawn on to it, which is what the kernel with slope -2 does.
    """
    positions = np.arange(side, dtype=np.float32).reshape(1, -1)
    offset = np.arange(SIDE, dtype=np.float32).reshape(-1, 1) - (SIDE - 1) / 2
    at = build("Add", build("Mul", offset, width), middle)
    return cubic_kernel(build, build("Abs", build("Sub", at, positions)), -2)


def _slice(build, value, top, bottom, left, right):
    end = 2**31
    return build("Slice", value, [top, left], [end if bottom is None else bottom, end if right is None else right], [0, 1])


def _edges(build, profile, side):
    """Where ink begins and ends along one side, to fractions of a pixel, from the darkest pixel of each row or column."""
    row, column = (np.arange(side, dtype=np.float32).reshape(shape) for shape in ((1, -1), (-1, 1)))
    reached = build("Min", build("Div", profile, EDGE), 1.0)
    empty = []
    for before in (build("LessOrEqual", row, column), build("GreaterOrEqual", row, column)):
        most = build("ReduceMax", build("Where", before, reached, np.float32(0)), axes=[1], keepdims=0)
        empty.append(build("ReduceSum", build("Sub", 1.0, most), keepdims=0))
    return empty[0], build("Sub", np.float32(side), empty[1])


def _bends(build, ink, side):
    """Sums of second differences along rows and columns (two vectors), and whether they are those of repeated pixels.

    Each step from a repeated pixel to the next counts twice in second differences, and hardly at all in those of
    interpolated pixels.
    """
    bends, steps = [], []
    for axis in (0, 1):
        parts = []
        for start in (0, 1, 2):
            span = (start, start + side - 2)
            parts.append(_slice(build, ink, *(span if axis == 0 else (0, None)), *(span if axis == 1 else (0, None))))
        first, second = (build("Sub", after, before) for before, after in itertools.pairwise(parts))
        bends.append(build("ReduceSum", build("Abs", build("Sub", second, first)), [1 - axis], keepdims=0))
        steps.append(build("ReduceSum", build("Abs", first), keepdims=0))
    total = build("Add", *(build("ReduceSum", bend, keepdims=0) for bend in bends))
    return bends, build("Greater", total, build("Mul", 1.4, build("Add", *steps)))


def _period(build, bends, guess, side):
    """The strongest period near the guess, its Fourier coefficients (cosine, sine) along rows and columns, its strength."""
    widths = build("Mul", guess, RANGE.reshape(-1, 1))
    angle = build("Div", (2 * np.pi * (np.arange(1, side - 1) + 0.5)).astype(np.float32).reshape(1, -1), widths)
    bases = build("Cos", angle), build("Sin", angle)
    waves = [[build("MatMul", basis, bend) for basis in bases] for bend in bends]
    squares = [build("Mul", part, part) for wave in waves for part in wave]
    power = build("Add", build("Add", *squares[:2]), build("Add", *squares[2:]))
    best = build("ArgMax", power, axis=0, keepdims=1)
    totals = [build("ReduceSum", bend, keepdims=0) for bend in bends]
    total = build("Add", *(build("Mul", total, total) for total in totals))

    def at(value):
        return build("Squeeze", build("Gather", value, best, axis=0))

    strength = build("Sqrt", build("Div", at(power), build("Max", total, 1e-6)))
    return at(widths), [[at(part) for part in wave] for wave in waves], strength


def _offset(build, wave, turn, repeated):
    """How far the middle of the image is from where it was taken to be, in its pixels, along one side.

    The middle is between two pixels. Repeated pixels have their steps there; interpolation bends at the centres of pixels.
    """
    cosine, sine = wave
    angle = build("Mul", build("Add", turn, build("Where", repeated, np.float32(0), np.float32(0.5))), 2 * np.pi)
    c, s = build("Cos", angle), build("Sin", angle)
    real = build("Add", build("Mul", cosine, c), build("Mul", sine, s))
    imaginary = build("Sub", build("Mul", sine, c), build("Mul", cosine, s))
    return _turn(build, imaginary, real)


def _turn(build, imaginary, real):
    """The angle of a complex number, in turns."""
    size = build("Sqrt", build("Add", build("Mul", real, real), build("Mul", imaginary, imaginary)))
    half = build("Atan", build("Div", imaginary, build("Max", build("Add", size, real), 1e-6)))
    return build("Mul", half, np.float32(1 / np.pi))


def _snap(build, width, middles, tolerance, side):
    """Exactly the whole canvas, if it is nearly so; the middles then count from the centre of the first canvas pixel."""
    off = build("Mul", np.float32(SIDE), build("Abs", build("Sub", width, np.float32(side / SIDE))))
    for middle in middles:
        off = build("Max", off, build("Mul", 2.0, build("Abs", build("Sub", middle, np.float32(side / 2)))))
    whole = build("Less", off, tolerance)
    width = build("Where", whole, np.float32(side / SIDE), width)
    return width, [build("Sub", build("Where", whole, np.float32(side / 2), middle), 0.5) for middle in middles]
