"""Methods that are no network, on raw pixels."""

from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from sixtytwo.base import store
from sixtytwo.experiments import engine, keys

NEIGHBOURS = 3
PENALTY = 10  # C of the support vector machine
SHARE = 3  # it sees one image in so many: its time grows with the square of their number


def classical_baselines(data, rows) -> dict[str, float]:
    """What nearest neighbours and a support vector machine reach on the pixels of the first training images.

    Parameters
    ----------
    data : Data
    rows : int
        Training images; the support vector machine sees a third of them.

    Returns
    -------
    dict with neighbours (3 nearest) and machine (RBF kernel): accuracy on the validation images. Stored when computed.
    """

    def compute(folder):
        few = data.first(rows)
        methods = {
            "neighbours": (KNeighborsClassifier(NEIGHBOURS), few),
            "machine": (SVC(C=PENALTY), few.first(len(few.x_train) // SHARE)),
        }
        tasks = [engine.Task(f"raw pixels: {name}", _score, {"method": m, "data": d}) for name, (m, d) in methods.items()]
        return dict(zip(methods, engine.compute(tasks), strict=True))

    return store.cached("raw-pixels", keys.version("classical") | {"data": data.digest(), "rows": rows}, compute).result


def _score(method, data):
    """Accuracy on the validation images of a classifier of scikit-learn that learnt from the training images."""
    method.fit(_pixels(data.x_train), data.y_train)
    return method.score(_pixels(data.x_validation), data.y_validation)


def _pixels(images):
    return images.reshape(len(images), -1) / 255
