"""What networks cannot tell apart: classes merged after training, and errors between look-alikes."""

import numpy as np
import pandas as pd


def group_numbers(class_names, merged) -> np.ndarray:
    """Number the classes anew, so that those of one group have one number.

    Parameters
    ----------
    class_names : sequence of str
        All classes, in their order.
    merged : iterable of str
        Groups as strings of characters, e.g. "0Oo". A class that no group names stays on its own; a character that is no
        class is left out.

    Returns
    -------
    int array (classes,) of numbers from 0, none of them left out: first the classes on their own, then the groups.
    """
    names = np.asarray(class_names)
    group = np.arange(len(names))
    for i, members in enumerate(merged):
        group[np.isin(names, list(members))] = len(names) + i
    return np.unique(group, return_inverse=True)[1]


def merged_answers(probabilities, group) -> np.ndarray:
    """The most probable group (n,) if the probabilities (n, classes) of its classes are added (`group_numbers`)."""
    return np.stack([probabilities[:, group == i].sum(1) for i in range(group.max() + 1)], axis=1).argmax(1)


def _share_within_groups(labels, predicted, group) -> float:
    """Share of the errors that stay within a group of classes (`group_numbers`); NaN if there are none."""
    wrong = predicted != labels
    return float(np.mean(group[predicted[wrong]] == group[labels[wrong]])) if wrong.any() else float("nan")


def merging_table(answers, labels, *, cases, alike) -> pd.DataFrame:
    """Accuracy of each model as it is, with classes merged, and if the second guess counts; means over its seeds.

    Parameters
    ----------
    answers : dict of str to list of float array (n, classes)
        Probabilities that each seed of each model gives the same images.
    labels : int array (n,)
    cases, alike : int array (classes,)
        Numbers of the groups (`group_numbers`): letters in both cases, and all look-alikes.

    Returns
    -------
    One row per model, with the share of the errors that stay between look-alikes, and such and all other errors as shares of
    the images.
    """

    def numbers(p):
        predicted, first_two = p.argmax(1), np.argsort(p, axis=1)[:, -2:]
        return {
            "all classes": np.mean(predicted == labels),
            "cases merged": np.mean(merged_answers(p, cases) == cases[labels]),
            "look-alikes merged": np.mean(merged_answers(p, alike) == alike[labels]),
            "first two guesses": np.mean((first_two == labels[:, None]).any(axis=1)),
            "errors between look-alikes": _share_within_groups(labels, predicted, alike),
            "look-alike errors": np.mean((predicted != labels) & (alike[predicted] == alike[labels])),
            "other errors": np.mean(alike[predicted] != alike[labels]),
        }

    return pd.DataFrame({key: pd.DataFrame([numbers(p) for p in seeds]).mean() for key, seeds in answers.items()}).T
