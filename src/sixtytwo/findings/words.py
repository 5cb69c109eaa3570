"""What was found, in words: sentences of pages that depend on the result, chosen by it."""

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
        return "was not measured" if math.isnan(mean) else f"makes {mean:+.2f} points with one seed, which decides nothing"
    if low > 0:
        return f"{gains} {mean:.2f} points ({low:.2f} to {high:.2f})"
    if high < 0:
        return f"{loses} {-mean:.2f} points ({-high:.2f} to {-low:.2f})"
    interval = f"{mean:+.2f} ({low:+.2f} to {high:+.2f})"
    if max(-low, high) < 100 * HALF_A_POINT:
        return f"changes the accuracy by less than half a point: {interval}"
    return f"changes the accuracy by {interval} points, which may be chance"


def search_in_words(search, paper) -> str:
    """What a search found (`experiments.tuning.search`): its budget, its best point, and how that lies in the space."""
    tried = f"{search['trials']} of {math.prod(map(len, search['space'].values())):,} configurations were tried"
    failed = search["trials"] - search["completed"]
    best, space = search["best"], search["space"]
    named = listed([f"{name.replace('_', ' ')} {best[name]}" for name in space])
    edges = [name.replace("_", " ") for name in space if _is_edge(best[name], space[name])]
    where = f"at an edge of what the space offers: {listed(edges)}" if edges else "nowhere at an edge of the space"
    is_own = "the paper's own point" if best == paper else "not the paper's point"
    return f"{tried} ({failed or 'none'} failed). The best has {named}; it is {is_own}, and lies {where}."


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
