"""Methods that are no network, on raw pixels."""

from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from sixtytwo.base import store
from sixtytwo.experiments import keys

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
        x, y = _pixels(data.x_train[:rows]), data.y_train[:rows]
        few = len(x) // SHARE
        fitted = {
            "neighbours": KNeighborsClassifier(NEIGHBOURS).fit(x, y),
            "machine": SVC(C=PENALTY).fit(x[:few], y[:few]),
        }
        return {name: method.score(_pixels(data.x_validation), data.y_validation) for name, method in fitted.items()}

    return store.cached("raw-pixels", keys.version("classical") | {"data": data.digest(), "rows": rows}, compute).result


def _pixels(images):
    return images.reshape(len(images), -1) / 255
