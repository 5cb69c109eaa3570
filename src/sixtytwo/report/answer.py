"""The paper's question, whether its residual network is the best of its three, answered by a run in a sentence."""

from sixtytwo.findings import statistics
from sixtytwo.report import tables

NEUTRAL = "A reduced run or other data do not answer the paper's question; the chart shows what this run measured."


def answer(results, *, decides) -> str:
    """The answer, from `results.json`: the residual network against the CNN over the seeds that both have, then the best model.

    Parameters
    ----------
    decides : bool
        Whether this is a full run on the paper's data; any other gets a neutral sentence.
    """
    models = results["models"]
    if not decides or not {"cnn", "residual_cnn"} <= set(models):
        return f"{NEUTRAL}\n"
    cnn, residual = ({run["seed"]: run["test"]["accuracy"] for run in models[key]["runs"]} for key in ("cnn", "residual_cnn"))
    seeds = sorted(set(cnn) & set(residual))
    if len(seeds) < 2:
        return f"{NEUTRAL}\n"
    found = statistics.paired_difference([residual[seed] for seed in seeds], [cnn[seed] for seed in seeds])
    if found["low"] > 0:
        word = "**Yes: the residual network beats the CNN**"
    elif found["high"] < 0:
        word = "**No: the residual network is worse than the CNN**"
    else:
        word = "**Not that one could tell: no difference between the residual network and the CNN shows here**"
    mean, low, high = (f"{number:+.2f}" for number in statistics.points(found))
    reached, best = max((tables.over_seeds(model, "accuracy"), model["title"]) for model in models.values())
    return f"{word} ({mean} points, 95% interval over seeds {low} to {high}). The best model is {best}, {reached:.3f}.\n"
