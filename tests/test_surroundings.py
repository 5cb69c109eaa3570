"""A reader's environment changes nothing: chapters give the same outputs, bit for bit, in a clean and in a hostile one."""

import json
import os
import shutil
import subprocess
import sys

import nbformat
import pytest
import yaml
from conftest import ROOT

CHAPTER = "01_first"
BUILD = """def build(hp):
    inputs = keras.Input((28, 28, 1))
    x = keras.layers.Flatten()(keras.layers.Conv2D(2, 5, strides=4)(inputs))
    model = keras.Model(inputs, keras.layers.Dense(62, "softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model"""
CELLS = [
    "import keras\nimport matplotlib.pyplot as plt\nimport numpy as np\nimport pandas as pd",
    "np.linspace(0, 1, 4)\nprint(np.linspace(0, 1, 4), n)",
    "pd.DataFrame({'share': [1 / 3, 2 / 3]})",
    "figure, axis = plt.subplots()\naxis.set_title('x_1 and 5% of α')\nline = axis.plot([0, 1])",
    "try:\n    assert n == 0\nexcept AssertionError:\n    print('assertions are checked')",
    "data = helpers.load_train(dataset, 300)",
    BUILD,
    "helpers.train(helpers.Training(build, {}, data, name='tiny', seed=0, epochs=2))['history']",
]
CAPTION = {"mystnb": {"figure": {"caption": "A line.", "name": "fig-line"}, "image": {"alt": "A line."}}}


@pytest.fixture
def project(tmp_path):
    """Makes a book with a chapter that draws and trains, in a folder of that name."""

    def make(name):
        folder = tmp_path / name
        (folder / "notebooks" / "profiles").mkdir(parents=True)
        (folder / "book").mkdir()
        shutil.copy(ROOT / "book" / "claims.yml", folder / "book")
        (folder / "requirements.lock").touch()
        (folder / "notebooks" / "profiles" / "smoke.yaml").write_text("n: 1\n")
        opening = f'import helpers\nhelpers.open_chapter(run_dir, "{CHAPTER}")\nhelpers.use_style()'
        parameters = 'dataset = "auto"\nrun_dir = "_build/interactive"\nn = 1'
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (parameters, opening, *CELLS)])
        notebook.cells[0].metadata["tags"] = ["parameters"]
        notebook.cells[5].metadata |= CAPTION
        nbformat.write(notebook, folder / "notebooks" / f"{CHAPTER}.ipynb")
        (folder / "_toc.yml").write_text(f"root: book/index\nchapters: [{{file: notebooks/{CHAPTER}}}]")
        return folder

    return make


@pytest.fixture
def hostile(tmp_path):
    """A home folder with settings of other projects, and the variables of somebody who works on them."""
    home, other = tmp_path / "home", tmp_path / "other"

    def write(path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    for name in ("datasets", "numpy", "keras", "pandas", "helpers", "matplotlib"):
        write(other / f"{name}.py", f"raise RuntimeError('the {name} of another project')")
    write(other / "startup.py", "import sys\nsys.exit('another project started here')")
    matplotlibrc = "text.usetex: True\nbackend: svg\nfigure.facecolor: red\nlines.linewidth: 9\nsavefig.bbox: standard\n"
    write(home / ".config" / "matplotlib" / "matplotlibrc", matplotlibrc)
    write(other / "matplotlibrc", matplotlibrc)
    startup = "import numpy, pandas, seaborn\npandas.set_option('display.precision', 1)\nnumpy.set_printoptions(precision=1)\n"
    write(home / ".ipython" / "profile_default" / "startup" / "00.py", startup + "seaborn.set_theme(font_scale=3)\nn = 5\n")
    config = "c.InlineBackend.figure_formats = {'svg'}\nc.InteractiveShell.ast_node_interactivity = 'all'\n"
    write(home / ".ipython" / "profile_default" / "ipython_config.py", config)
    write(home / ".jupyter" / "jupyter_config.py", "raise RuntimeError('the Jupyter of another project')")
    kernel = {"argv": ["/bin/false", "{connection_file}"], "display_name": "Python 3", "language": "python"}
    for place in (home / ".local" / "share" / "jupyter", other / "jupyter"):
        write(place / "kernels" / "python3" / "kernel.json", json.dumps(kernel))
    keras = {"backend": "torch", "floatx": "float16", "image_data_format": "channels_first", "epsilon": 0.1}
    write(home / ".keras" / "keras.json", json.dumps(keras | {"max_epochs": 1}))
    dask = {"distributed": {"worker": {"daemon": False, "memory": {"terminate": 0.01}}, "comm": {"default-scheme": "ucx"}}}
    write(home / ".config" / "dask" / "dask.yaml", yaml.safe_dump(dask))
    dead = "http://127.0.0.1:9"
    return {
        "HOME": home,
        "PYTHONPATH": f"{other}{os.pathsep}{ROOT / 'src'}",
        "MATPLOTLIBRC": other,
        "MPLBACKEND": "Agg",
        "JUPYTER_PATH": other / "jupyter",
        "KERAS_BACKEND": "torch",
        "KERAS_MAX_EPOCHS": "1",
        "TF_ENABLE_ONEDNN_OPTS": "0",
        "TF_USE_LEGACY_KERAS": "1",
        "TF_XLA_FLAGS": "--tf_xla_auto_jit=2",
        "DASK_DISTRIBUTED__WORKER__DAEMON": "False",
        "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1ms",
        "PYTHONWARNINGS": "error",
        "PYTHONOPTIMIZE": "2",
        "PYTHONSTARTUP": other / "startup.py",
        "PYTHONIOENCODING": "latin-1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C",
        "TZ": "Asia/Kathmandu",
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"), dead),
    }


def run(folder, variables=(), umask=0o022):
    """Execute a book with the command line, its standard output and error."""
    kept = ("PATH", "PYTHONPATH", "LANG", "TMPDIR", "SYSTEMROOT")
    environment = {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(folder)}
    environment |= {name: str(value) for name, value in dict(variables).items()}
    command = [sys.executable, "-m", "sixtytwo.report.command", "run", "--data", "synthetic"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, umask=umask, check=False)
    assert done.returncode == 0, done.stdout.decode("latin-1")[-3000:] + done.stderr.decode("latin-1")[-3000:]
    return done


def outputs(folder):
    """What each cell of the executed chapter shows."""
    notebook = nbformat.read(folder / "_build" / "smoke" / "notebooks" / f"{CHAPTER}.ipynb", as_version=4)
    return [[cell.source, cell.outputs] for cell in notebook.cells if cell.cell_type == "code"]


def test_hostile_environment_gives_the_same_outputs_bit_for_bit(project, hostile):
    clean, other = project("clean"), project("hostile")
    (other / "notebooks" / "matplotlibrc").write_text("text.usetex: True\n")
    run(clean)
    done = run(other, hostile, umask=0o077)
    assert outputs(clean) == outputs(other)
    assert sum(bool(found) for _, found in outputs(clean)) == 5
    assert "01_first.ipynb ?" in done.stdout.decode("ascii"), "a letter that the terminal lacks is replaced"


IN_A_SCRIPT = """
import helpers
import dask.config, keras, matplotlib, numpy, pandas
helpers.use_style()
helpers.train
print(numpy.array([1 / 3]), keras.backend.backend(), keras.config.floatx(), keras.config.image_data_format())
print(keras.config.max_epochs(), matplotlib.rcParams["text.usetex"], pandas.get_option("display.precision"))
print(dask.config.get("distributed.worker.daemon"), dask.config.get("distributed.comm.default-scheme"))
"""


def test_settings_are_set_aside_once_helpers_is_imported_wherever_that_is(hostile, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(IN_A_SCRIPT, encoding="utf-8")
    (tmp_path / "other" / "helpers.py").unlink()  # nobody could import ours then
    unset = ("PYTHONSTARTUP", "PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONDONTWRITEBYTECODE")  # of what is imported before; slow
    environment = {name: str(value) for name, value in hostile.items() if name not in unset} | {"PATH": os.environ["PATH"]}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    words = ["[0.33333333]", "tensorflow", "float32", "channels_last", "None", "False", "6", "True", "tcp"]
    assert done.returncode == 0 and done.stdout.split() == words, done.stderr


def test_papermill_alone_draws_the_same_figures_and_tables(hostile, tmp_path):
    cells = ["import helpers\nhelpers.use_style()", "import matplotlib.pyplot as plt\nimport pandas as pd", *CELLS[2:4]]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, tmp_path / "in.ipynb")
    seen = []
    for variables in (
        {"HOME": str(tmp_path)},
        {name: str(hostile[name]) for name in ("HOME", "MPLBACKEND", "MATPLOTLIBRC", "TZ")},
    ):
        command = [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "-k", "python3", "-l", "python"]
        subprocess.run(command, cwd=tmp_path, env=os.environ | variables, check=True, capture_output=True)
        seen.append([cell.outputs for cell in nbformat.read(tmp_path / "out.ipynb", as_version=4).cells])
    assert seen[0] == seen[1] and "image/png" in str(seen[0])
