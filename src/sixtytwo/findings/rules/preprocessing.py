"""What chapter 02 decides: the steps from the pixels to what a network reads.

Facts
-----
scalings_differ_by : float
    Largest difference between pixels after min-max normalisation and after division by 255.
darkest, brightest : array of int (images,)
    Pixel of each image.
sizes, shared_rows : (int, int), int
    Training and validation images, and how many of them are both.
one_hot_shape : (int, int)
    Of a batch of labels.
losses_differ_by : float
    Largest difference between the losses with and without one-hot labels.
batch_shapes : list of tuple
    Of what the CNNs and the MLP read.
"""

from sixtytwo.data import emnist
from sixtytwo.findings import paper
from sixtytwo.findings.rules import Verdict, holds, rule

SAME_LOSS = 1e-6  # differences up to this are those of single precision
BATCH_SHAPES = [(*emnist.IMAGE_SHAPE, 1), (784,)]  # what CNNs and MLP read


@rule("R05", text="Both forms, equal to the last bit")
def normalisation(scalings_differ_by):
    return Verdict(holds(scalings_differ_by == 0), "x/255")


@rule(
    "C08",
    text="The smallest and the largest pixel are 0 and 255, per image and over all; only a scaler per pixel position would "
    "differ",
)
def smallest_and_largest(darkest, brightest):
    in_every_image = (darkest == darkest.min()).all() and (brightest == brightest.max()).all()
    found = f"{darkest.min()} and {brightest.max()}, {'in' if in_every_image else 'not in'} every image"
    return Verdict(holds(in_every_image and (darkest.min(), brightest.max()) == (0, 255)), found)


@rule("C09", text="Equal to the last bit: they are one step, not two")
def equally_effective(scalings_differ_by):
    equal = scalings_differ_by == 0
    return Verdict(holds(equal), "equal to the last bit" if equal else f"different by up to {scalings_differ_by:.0e}")


@rule("R06", text="Sizes as printed; the row numbers are fixed and disjoint")
def split(sizes, shared_rows):
    return Verdict(holds(_is_printed(sizes) and not shared_rows), "{:,} / {:,}".format(*sizes))


@rule("C10", text="Sizes as printed; which tenth is not said, here it is the first one of shuffled rows")
def validation_tenth(sizes):
    return Verdict(holds(_is_printed(sizes)), "{:,} / {:,}".format(*sizes))


@rule("R07", text="One number per class")
def one_hot(one_hot_shape):
    return Verdict(holds(one_hot_shape[1] == emnist.N_CLASSES), f"vectors of {one_hot_shape[1]}")


@rule(
    "C11",
    text="It would hold if the sparse loss, which needs no one-hot vectors, differed; probabilities come from the softmax",
)
def one_hot_is_needed(losses_differ_by):
    differ = losses_differ_by > SAME_LOSS
    return Verdict(holds(differ), f"{'another' if differ else 'the same'} loss without them (to {losses_differ_by:.0e})")


@rule("R08", "C12", text="Both shapes, asserted")
def reshape(batch_shapes):
    found = [shape[1:] for shape in batch_shapes]
    read = " and ".join(str(shape if len(shape) > 1 else shape[0]) for shape in found)
    return Verdict(holds(found == BATCH_SHAPES), read)


def _is_printed(sizes):
    return sizes == tuple(paper.SPLIT.values())
