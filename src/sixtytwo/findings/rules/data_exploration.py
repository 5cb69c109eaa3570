"""What chapter 01 decides: the data set and its classes.

Facts
-----
sizes, official_sizes : (int, int)
    Training and test images, of the set that is used and of the official files.
counts : Series
    Training images of each class, by name.
shown, upright : list of str, bool
    Classes of the sample images that are shown, and whether these stand upright.
image_shape : (int, int)
darkest, brightest : array of int (images,)
    Pixel of each image.
"""

import string

from sixtytwo.data import emnist
from sixtytwo.findings import paper
from sixtytwo.findings.rules import Verdict, holds, rule

BRIGHTEST = 255


@rule("R01", text=f"Both sizes, {emnist.N_CLASSES} classes; which images the paper used is unknown")
def data_set(sizes, counts):
    is_paper = sizes == tuple(paper.IMAGES.values()) and len(counts) == emnist.N_CLASSES
    return Verdict(holds(is_paper), "{:,} / {:,}".format(*sizes))


@rule("R02", text="One labelled, upright sample of each class; the paper shows a picture without saying which images")
def samples(shown, counts, upright):
    one_of_each = "one of each class" if list(shown) == list(counts.index) else f"{len(shown)} samples"
    found = f"{one_of_each}, {'upright' if upright else 'not upright'}"
    return Verdict(holds(found == "one of each class, upright"), found)


@rule("R03", text="Counts of all classes that add up to the training set")
def class_counts(sizes, counts):
    all_counted = counts.sum() == sizes[0] and counts.min() > 0
    return Verdict(holds(all_counted), f"{counts.sum():,} images in {len(counts)} bars")


@rule(
    "R04",
    text="Every digit has more images than any letter; the paper's networks are trained without a remedy, here as there",
)
def imbalance(counts):
    return Verdict(holds(_digits_are_larger(counts)), f"digits {digit_share(counts):.1%}")


@rule(
    "C01",
    text="The official files hold so many; the paper does not say that it used a part, or which (R01 takes one of that size)",
)
def official_size(official_sizes):
    return Verdict(holds(official_sizes == tuple(paper.IMAGES.values())), "{:,} / {:,}".format(*official_sizes))


@rule("C02", text="Digits, capitals, small letters, in the order of the official mapping")
def class_order(counts):
    in_order = string.digits + string.ascii_uppercase + string.ascii_lowercase
    return Verdict(holds("".join(counts.index) == in_order), f"{len(counts)} classes")


@rule("C03", text="Asserted for every image")
def image_format(image_shape, darkest, brightest):
    is_paper = image_shape == emnist.IMAGE_SHAPE and (darkest == 0).all() and (brightest == BRIGHTEST).all()
    height, width = image_shape
    return Verdict(holds(is_paper), f"{height} × {width}, {darkest.min()} to {brightest.max()}")


@rule("C05", text="The smallest digit class is larger than the largest letter class")
def digits_first(counts):
    unequal = f"digits {digit_share(counts):.1%}; largest class {counts.max() / counts.min():.1f} times the smallest"
    return Verdict(holds(_digits_are_larger(counts)), unequal)


@rule("C06", text="The counts add up to the set that is named")
def class_frequencies(sizes, counts):
    return Verdict(holds(counts.sum() == sizes[0]), f"{counts.sum():,} images")


def _is_digit(counts):
    return counts.index.isin(list(string.digits))


def _digits_are_larger(counts):
    is_digit = _is_digit(counts)
    return counts[is_digit].min() > counts[~is_digit].max()


def digit_share(counts):
    return counts[_is_digit(counts)].sum() / counts.sum()
