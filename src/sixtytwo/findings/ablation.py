"""What the parts of a recipe are worth: recipes with one change each, trained over the same seeds."""

import pandas as pd

from sixtytwo.findings import statistics


def compare_changes(accuracy, against) -> pd.DataFrame:
    """Difference in accuracy of each changed recipe from the one that it is compared with.

    Parameters
    ----------
    accuracy : dict of sequence of float
        By recipe, an accuracy for each seed, the same seeds for all.
    against : dict of str
        Each change that is compared -> the recipe that it is compared with.

    Returns
    -------
    DataFrame with a row per change: mean, low, high (`statistics.paired_difference`) and p after Holm's correction over
    the rows; the last three are NaN for a single seed.
    """
    found = {change: statistics.paired_difference(accuracy[change], accuracy[other]) for change, other in against.items()}
    table = pd.DataFrame.from_dict(found, orient="index", columns=["mean", "low", "high", "p"])
    known = table["p"].notna()
    table.loc[known, "p"] = statistics.holm(table.loc[known, "p"])
    return table
