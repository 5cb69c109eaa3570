"""What the evaluation decides: Table 5, Figures 3 to 8, and what the paper says of accuracy, loss, time, size and errors.

Facts
-----
records : dict of str to record
    All models, as their chapters left them (`experiments.records.load_records`).
tested : DataFrame
    One row per network that was scored on the test images: key, and the metrics of `experiments.metrics.measure`.
seconds : dict of str to array
    Of ten epochs of the paper's three networks, one number for each timed epoch.
compared, over_linear, losses : dict
    `comparison.compare` of the paper's networks (with choices of the training images, if measured), and of the linear
    classifier with the MLP; `comparison.loss_differences`.
confusion, class_sizes : array of int (classes, classes) and (classes,)
    Of the best model, one row per true class; test images of each class.
pairs, rank : DataFrame, dict
    `confusion.worst_pairs` of the paper's three networks, and `confusion.rank_of_pair` for l and I.
accuracies : dict of dict
    By key of the paper's networks: mean accuracy, and the interval that covers seeds, test images and choices of the training
    images (`statistics.together`).
grids, budget : dict of list, int
    The val_accuracy of every point of a space that was trained whole, by title of the network; trials of a search.
bias : dict
    `comparison.rank_correlation` of class size with the answers of these networks per image of the class.
"""

from sixtytwo.findings.rules.evaluation import accuracy, costs, errors

__all__ = ["accuracy", "costs", "errors"]
