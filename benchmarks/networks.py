"""The networks, from the chapters that define them."""

import ast
import math
from pathlib import Path

import keras
import nbformat

import training

NOTEBOOKS = Path(__file__).resolve().parent.parent / "notebooks"
BUILDERS = {
    "mlp": ("03_mlp", "build_mlp"),
    "cnn": ("04_cnn", "build_cnn"),
    "residual_cnn": ("05_residual_cnn", "build_residual_cnn"),
}


def definitions(chapter) -> dict:
    """The functions of a chapter and its hyperparameters (`paper` or `recipe`), without executing the rest of it."""
    scope = {"keras": keras, "layers": keras.layers, "math": math, "n_classes": 62}
    for cell in nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", as_version=4).cells:
        if cell.cell_type != "code" or "remove-cell" in cell.metadata.get("tags", []):
            continue
        tree = ast.parse(cell.source)
        tree.body = [node for node in tree.body if _stands_alone(node) or _is_point(node)]
        exec(compile(tree, chapter, "exec"), scope)
    return scope


def _stands_alone(node):
    """Whether this is a function whose defaults are plain values, as those of all builders are."""
    return isinstance(node, ast.FunctionDef) and all(
        default is None or isinstance(default, ast.Constant) for default in (*node.args.defaults, *node.args.kw_defaults)
    )


def _is_point(node):
    return (
        isinstance(node, ast.Assign)
        and ast.unparse(node.targets[0]) in ("paper", "recipe")
        and isinstance(node.value, ast.Dict)
    )


def keras_model(name, seed=0) -> keras.Model:
    """A compiled model with the hyperparameters that the book publishes it with."""
    if name == "modern_cnn":
        scope = definitions("06_modern_cnn")
        build = scope["modern_cnn"](1_000)  # training steps, which the schedule must know
        return training.build_model(build, scope["recipe"], seed=seed)
    chapter, builder = BUILDERS[name]
    scope = definitions(chapter)
    return training.build_model(scope[builder], scope["paper"], seed=seed)
