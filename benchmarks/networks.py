"""The paper's networks, from the chapters that define them."""

import ast
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
    """The functions of a chapter and its `paper` hyperparameters, without executing the rest of it."""
    scope = {"keras": keras, "layers": keras.layers, "n_classes": 62}
    for cell in nbformat.read(NOTEBOOKS / f"{chapter}.ipynb", as_version=4).cells:
        if cell.cell_type != "code" or "remove-cell" in cell.metadata.get("tags", []):
            continue
        tree = ast.parse(cell.source)
        tree.body = [node for node in tree.body if isinstance(node, ast.FunctionDef) or _is_paper(node)]
        exec(compile(tree, chapter, "exec"), scope)
    return scope


def _is_paper(node):
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "paper" and isinstance(node.value, ast.Dict)


def keras_model(name, seed=0) -> keras.Model:
    """A compiled model with the paper's hyperparameters."""
    chapter, builder = BUILDERS[name]
    scope = definitions(chapter)
    return training.build_model(scope[builder], scope["paper"], seed=seed)
