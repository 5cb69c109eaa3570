"""What was found, in words: sentences of pages that depend on the result, chosen by it."""

import itertools
import math

from sixtytwo.findings import statistics
from sixtytwo.findings.rules import HALF_A_POINT, SIGNIFICANT


def effect_in_words(difference, gains="raises the accuracy by", loses="lowers the accuracy by") -> str:
    """What a difference between accuracies says, for a sentence that begins with what makes the difference.

    Parameters
    ----------
    difference : dict
        With mean, low and high, as shares (`statistics.paired_difference`).
    gains, loses : str
        How the sentence goes on if the whole interval lies above 0, or below.
    """
    mean, low, high = statistics.points(difference)
    if math.isnan(low):
        return "was not measured" if math.isnan(mean) else f"changes the accuracy by {mean:+.2f} points (one seed)"
    if low > 0:
        return f"{gains} {mean:.2f} points ({low:.2f} to {high:.2f})"
    if high < 0:
        return f"{loses} {-mean:.2f} points ({-high:.2f} to {-low:.2f})"
    interval = f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"
    if max(-low, high) < 100 * HALF_A_POINT:
        return f"changes the accuracy by less than half a point: {interval}"
    return f"changes the accuracy by no more than chance would: {interval} points"


def search_in_words(search, paper) -> str:
    """What a search found (`experiments.tuning.search`): its budget, its best point, and how that lies in the space."""
    best, space = search["best"], search["space"]
    failed = search["trials"] - search["completed"]
    points = math.prod(map(len, space.values()))
    tried = f"The search tried {search['trials']} of {points:,} configurations; {failed or 'none'} failed"
    named = listed([f"{_plain(name)} {best[name]}" for name in space])
    is_own = "the paper's point" if best == paper else "not the paper's point"
    edges = [_plain(name) for name in space if _is_edge(best[name], space[name])]
    lies = "lies" if len(edges) == 1 else "lie"
    where = f"{listed(edges)} {lies} at the edge of the space" if edges else "it lies well within the space"
    return f"{tried}. The best has {named}. It is {is_own}, and {where}."


def _plain(name):
    return name.replace("_", " ")


def _is_edge(value, values):
    return not isinstance(value, str) and len(values) > 2 and value in (min(values), max(values))  # names have no order


def listed(names) -> str:
    """Names as a sentence lists them: "a, b and c"."""
    *first, last = map(str, names)
    return f"{', '.join(first)} and {last}" if first else last


def lead_in_words(leads) -> str:
    """Whether a rival of the paper's point is better than it once all are trained in full, by a table of `searches.leads`."""
    name, best = leads.index[0], leads.iloc[0]
    lead = statistics.in_points(best)
    if math.isnan(best["low"]):
        return f"the best rival ({name}) ends {lead} points ahead of it, with one seed of each"
    if leads["low"].max() > 0:
        return f"the best rival ({name}) beats it by {lead} points"
    return f"no rival is ahead of it beyond chance; the best ({name}) leads by {lead} points"


def rate_in_words(grid, point) -> str:
    """Whether the learning rate matters more than all else in a grid, at whose best rate or worst the median network stands.

    `point` names the hyperparameters of the grid; all else is compared at its rate.
    """
    rate = point["learning_rate"]
    medians = grid.groupby("learning_rate")["val_accuracy"].median()
    same_rate = grid.loc[grid["learning_rate"] == rate, "val_accuracy"]
    of_rate, of_rest = (100 * (scores.max() - scores.min()) for scores in (medians, same_rate))
    if len(same_rate) < 2:
        return f"from the best learning rate to the worst the accuracy falls by {of_rate:.1f} points"
    word = "more" if of_rate > of_rest else "less"
    return (
        f"the learning rate matters {word} than the filters: from the best rate to the worst the median network loses "
        f"{of_rate:.1f} points, and at the rate {rate:g} the best filters are {of_rest:.1f} points ahead of the worst"
    )


def flow_in_words(with_it, without) -> str:
    """How much of the gradient the first layer gets without a shortcut, beside what it gets with it: "about as much", …"""
    if without > 2 * with_it:
        return "more than twice as much"
    return "about as much" if without > with_it / 2 else "less than half as much"


def probes_in_words(probed) -> str:
    """Whether linear probes get better from layer to layer; `probed` has the accuracies of each layer, the first one first."""
    means = [sum(found) / len(found) for found in probed.values()]
    steps = sum(after > before for before, after in itertools.pairwise(means))
    if steps == len(means) - 1:
        return "at every step the classes become easier to separate by straight lines"
    return f"the classes become easier to separate by straight lines at {steps} of {len(means) - 1} steps"


def trend_in_words(correlation, p) -> str:
    """What a rank correlation between size and accuracy says (`searches.size_correlation`), for "here …"."""
    if math.isnan(correlation):
        return "there are too few networks for a trend"
    found = f"(rank correlation {correlation:.2f}, p {'below 0.001' if p < 0.001 else f'{p:.2g}'})"
    if p >= SIGNIFICANT:
        return f"no trend with size can be told from chance {found}"
    return f"accuracy {'rises' if correlation > 0 else 'falls'} with size {found}"


def turn_in_words(losses) -> str:
    """Where a curve of the validation loss turns upwards: its lowest epoch, and what it rises by until the last one."""
    lowest = min(range(len(losses)), key=losses.__getitem__)
    if lowest == len(losses) - 1:
        return f"is lowest after the last epoch ({losses[lowest]:.3f})"
    return f"is lowest after epoch {lowest + 1} ({losses[lowest]:.3f}) and ends at {losses[-1]:.3f}"
