"""Which characters are hard."""

import numpy as np

from sixtytwo.findings import confusion as pairs_of_classes
from sixtytwo.findings.rules import SIGNIFICANT, Verdict, correlates, holds, rule

LOOK_ALIKES = 8  # of the ten worst pairs


@rule("R09", text="A confusion matrix and ranked pairs")
def difficulties(confusion, class_sizes, pairs):
    is_complete = np.array_equal(confusion.sum(axis=1), class_sizes)
    is_ranked = len(pairs) > 0 and pairs["errors"].is_monotonic_decreasing
    return Verdict(
        holds(is_complete and is_ranked), f"{pairs_of_classes.count_look_alikes(pairs)} of the ten worst pairs are look-alikes"
    )


@rule(
    "C14",
    text="At least eight of the ten worst pairs (errors of the paper's three networks, all seeds) are look-alikes: the case "
    "pairs "
    'of ByMerge and the groups that the chapter on limits lists. The paper says "such as" of l and I, so that their rank '
    "decides nothing; the interval is that of their rank, by bootstrap over test images",
)
def hardest_characters(pairs, rank):
    alike = pairs_of_classes.count_look_alikes(pairs)
    worst = f"worst: {', '.join(pairs['pair'][:3])}; rank of l and I: {rank['rank']}"
    ours = f"{alike} of the ten worst pairs are look-alikes; {worst}"
    return Verdict(holds(alike >= LOOK_ALIKES), ours, (rank["low"], rank["high"]))


@rule(
    "C07",
    text="The paper's three networks, all seeds, answer with frequent classes more often than they occur and with rare ones "
    f"less: positive rank correlation of answers per image with class size, p below {SIGNIFICANT:g}",
)
def bias_towards_frequent_classes(bias):
    ours = f"rank correlation of answers per image with class size {bias['correlation']:.2f}, p = {bias['p']:.1g}"
    return Verdict(correlates(bias["correlation"], bias["p"]), ours)
