"""The sentence that answers the paper's question follows the numbers of the run."""

import pytest

from sixtytwo.report import answer


def results(cnn, residual):
    def model(title, accuracies):
        return {"title": title, "runs": [{"seed": n, "test": {"accuracy": found}} for n, found in enumerate(accuracies)]}

    return {"models": {"cnn": model("CNN", cnn), "residual_cnn": model("Residual CNN (T)", residual)}}


@pytest.mark.parametrize(
    ("residual", "words"),
    [
        ([0.86, 0.871, 0.88], "**Yes: the residual network beats the CNN**"),
        ([0.84, 0.851, 0.86], "**No: the residual network is worse"),
        ([0.84, 0.861, 0.88], "**Not that one could tell"),
    ],
)
def test_answer_is_what_the_interval_of_the_difference_says(residual, words):
    assert answer.answer(results([0.85, 0.86, 0.87], residual), decides=True).startswith(words)


def test_answer_has_the_difference_its_interval_and_the_best_model():
    text = answer.answer(results([0.85, 0.86, 0.87], [0.86, 0.87, 0.881]), decides=True)
    assert "+1.03 points, 95% interval over seeds" in text and "The best model is Residual CNN (T), 0.870." in text


@pytest.mark.parametrize(("residual", "decides"), [([0.9, 0.91, 0.92], False), ([0.9], True)])
def test_other_runs_answer_nothing(residual, decides):
    assert answer.answer(results([0.85, 0.86, 0.87], residual), decides=decides) == f"{answer.NEUTRAL}\n"
