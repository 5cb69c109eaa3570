"""Parameters of a chapter: of the right names and types, also when papermill alone runs it."""

import subprocess
import sys

import nbformat
import pytest

from sixtytwo.base import parameters

DEFAULTS = "epochs: int = 5  # of each training\nseeds = [0]\nrate = 0.5\nname = 'a'\nfolds = []"
FIRST = "import sys\nif 'google.colab' in sys.modules:\n    pass"


def injected(code):
    return f"# Parameters\n{code}\n"


@pytest.mark.parametrize("code", ["epochs = 1", "seeds = [0, 1]\nrate = 1", "seeds = []", "folds = ['x', 2]", "rate = -1e-3"])
def test_values_of_the_kind_of_their_defaults_fit(code):
    parameters.check_injected([FIRST, DEFAULTS, injected(code), "print(epochs)"], "03_mlp")


WRONG = {
    "epochs = 1.0": "epochs=1.0 is a float, but 03_mlp expects a int such as 5",
    'epochs = "ten"': "epochs='ten' is a str, but 03_mlp expects a int such as 5",
    "epochs = True": "epochs=True is a bool",
    "epochs = None": "epochs=None is a NoneType",
    'seeds = "[0,1]"': "seeds='[0,1]' is a str, but 03_mlp expects a list of int such as [0]",
    "seeds = [0.5]": "seeds=[0.5] is a list of float",
    "seeds = 0": "seeds=0 is a int",
    "rate = True": "rate=True is a bool",
    "epoch = 1": "03_mlp has no parameter epoch: expected some of epochs, folds, name, rate, seeds",
}


@pytest.mark.parametrize("code", WRONG)
def test_other_values_and_names_are_refused(code):
    with pytest.raises(parameters.ParameterError) as error:
        parameters.check_injected([FIRST, DEFAULTS, injected(code)], "03_mlp")
    assert WRONG[code] in str(error.value)


def test_value_that_does_not_arrive_because_no_cell_is_tagged_is_refused():
    with pytest.raises(parameters.ParameterError, match="03_mlp sets epochs itself, whatever papermill is told: tag its cell"):
        parameters.check_injected([injected("epochs = 1"), FIRST, DEFAULTS], "03_mlp")


def test_cell_of_a_notebooks_own_may_be_called_parameters():
    own = f"# Parameters\n{DEFAULTS}"
    parameters.check_injected([FIRST, own, "x = 1"], "03_mlp")
    parameters.check_injected([own, injected("epochs = 1"), "x = 1"], "03_mlp")
    with pytest.raises(parameters.ParameterError, match="no parameter epoch"):
        parameters.check_injected([FIRST, own, injected("epoch = 1")], "03_mlp")


def test_papermill_alone_stops_where_the_chapter_is_opened(tmp_path):
    cells = [
        nbformat.v4.new_code_cell(cell) for cell in (DEFAULTS, 'import helpers\nhelpers.open_chapter("run", "x")', "1 / 0")
    ]
    cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), tmp_path / "in.ipynb")
    command = [
        sys.executable,
        "-m",
        "papermill",
        "in.ipynb",
        "out.ipynb",
        "-k",
        "python3",
        "-l",
        "python",
        "-p",
        "seeds",
        "[0,1]",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (
        done.returncode == 1
        and "ParameterError: seeds='[0,1]' is a str, but x expects a list of int such as [0]" in done.stderr
    )
    [output] = nbformat.read(tmp_path / "out.ipynb", as_version=4).cells[-2].outputs
    assert len(output.traceback) == 1 and not (tmp_path / "run").exists()


def test_values_of_a_run_stand_in_the_places_of_the_defaults_beside_the_comments():
    source = "n = 1  # äöü\nnames = [\n    'a',\n]  # more\nsame = 'x'"
    filled = parameters.filled_in(source, {"n": 20, "names": [], "same": "x"})
    assert filled == "n = 20  # äöü\nnames = []  # more\n\n\nsame = 'x'"
