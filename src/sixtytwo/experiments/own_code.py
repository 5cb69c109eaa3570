"""The code of a reader's own layers and functions, as text: it is stored with the weights, so that other chapters know it too.

Keras stores what a network is made of by name. A layer class of a notebook is known there alone; the text of its definition,
with what that refers to, is enough to define it again. It is read before it is executed, as no pickled object can be.
"""

import ast
import builtins
import contextlib
import functools
import inspect
import linecache
import sys
import sysconfig
import types
from pathlib import Path

import keras
import tensorflow

FILE = "own_code.py"  # beside the weights of a stored step
_INTERNAL = ("__keras_tensor__", "__tuple__", "__numpy__", "__tensor__")  # what Keras writes for values
_LIBRARIES = {Path(sysconfig.get_path(kind)).resolve() for kind in ("stdlib", "platstdlib", "purelib", "platlib")}


def foreign(config):
    """The parts of a serialised network that Keras cannot build by itself: classes and functions of others, and lambdas."""
    if isinstance(config, list | tuple):
        for part in config:
            yield from foreign(part)
    if not isinstance(config, dict):
        return
    if _is_lambda(config):
        yield {"class_name": "__lambda__", "config": config}
    elif "class_name" in config:
        named, module = config.get("registered_name"), str(config.get("module"))
        ours = named in (None, config["class_name"]) and module.startswith("keras")
        other = not ours and config["class_name"] not in _INTERNAL
        if other or config["class_name"] in ("Lambda", "__lambda__"):
            yield config
    for part in config.values():
        yield from foreign(part)


def _is_lambda(config):
    """Whether this is what Keras writes for an activation that is a lambda: its bytecode, defaults and closure, without a name."""
    code = config.get("value")
    return config.keys() == {"value"} and isinstance(code, list | tuple) and len(code) == 3 and isinstance(code[0], str)


def placeless(config):
    """A serialised network without the modules that its classes come from: those of a text are in none."""
    if isinstance(config, list | tuple):
        return [placeless(part) for part in config]
    if not isinstance(config, dict):
        return config
    return {name: placeless(part) for name, part in config.items() if name != "module"}


def source_of(network, build) -> str:
    """The definitions of what Keras does not know in a serialised network; empty if there is none.

    Parameters
    ----------
    network : dict
        Configurations of a model and of what it is compiled with.
    build : callable
        Its builder; functions are known by their names where it was defined.

    Raises ValueError, in one sentence, for a lambda, and for what is not defined at the top level of a notebook or module.
    """
    while isinstance(build, functools.partial):
        build = build.func
    if stored := getattr(build, "own_code", ""):  # of a network that is built again (`records.rebuild`)
        return stored
    namespace = getattr(inspect.unwrap(build), "__globals__", {})
    text = _Text()
    for part in foreign(network):
        if part["class_name"] == "__lambda__" or part["config"] == "<lambda>":
            raise ValueError(
                "a lambda in a network cannot be stored: write it as a function or a layer class of its own, in a cell of its "
                "own, or with keras.ops instead of a Lambda layer."
            )
        if part["class_name"] == "Lambda":  # that is Keras's own: what it calls is another part
            continue
        found = _found(part, namespace)
        if not found.__module__.startswith("keras."):
            text.define(found)
    return text.read()


def _found(part, namespace):
    """The class or function that a part of a serialised network names. Raises ValueError."""
    is_function = part["class_name"] == "function"
    name = part["config"] if is_function else part["class_name"]
    module = sys.modules.get(str(part.get("module")))
    places = [
        getattr(module, name, None) if not is_function else None,
        namespace.get(name),
        keras.saving.get_registered_object(name if is_function else part.get("registered_name") or name),
        getattr(keras.losses, name, None) or getattr(keras.activations, name, None) or getattr(keras.metrics, name, None),
    ]
    found = next((place for place in places if place is not None), None)
    if found is None and hasattr(tensorflow.nn, name.removesuffix("_v2")):
        name = name.removesuffix("_v2")
        raise ValueError(f'tf.nn.{name} is TensorFlow\'s, which Keras cannot store: write "{name}", or keras.ops.{name}.')
    if found is None or "<locals>" in getattr(found, "__qualname__", ""):
        raise ValueError(
            f"{name} is defined inside of a function, where other chapters cannot find it: define it in a cell of its own."
        )
    return found


@contextlib.contextmanager
def known(source):
    """Within it, Keras knows what the text of `source_of` defines."""
    with keras.saving.custom_object_scope(_objects(source)):
        yield


@functools.lru_cache(maxsize=64)
def _objects(source):
    """The classes and functions of a text, by the names under which Keras stores them."""
    if not source:
        return {}
    module = types.ModuleType("own_code")
    registered = dict(keras.saving.get_custom_objects())
    exec(compile(source, FILE, "exec"), vars(module))
    defined = {name: found for name, found in vars(module).items() if getattr(found, "__module__", None) == "own_code"}
    names = {keras.saving.get_registered_name(found): found for found in defined.values()}
    keras.saving.get_custom_objects().clear()  # what the chapter itself has registered stays as it was
    keras.saving.get_custom_objects().update(registered)
    return defined | names


class _Text:
    """Definitions in the order in which they can be executed, each after those that it needs."""

    def __init__(self):
        self.imports, self.parts, self.seen = {}, [], set()

    def read(self):
        return "\n\n".join(filter(None, ["\n".join(sorted(self.imports)), *self.parts])) + ("\n" if self.seen else "")

    def define(self, found):
        """Add a class or function, and what its definition refers to."""
        name, module = found.__name__, sys.modules.get(found.__module__)
        if _is_library(module):
            self.imports[f"from {module.__name__} import {name}"] = True
            self.seen.add((module.__name__, name))
            return
        if (found.__module__, name) in self.seen:
            return
        self.seen.add((found.__module__, name))
        lines, node = _definition(found)
        for used in sorted({part.id for part in ast.walk(node) if isinstance(part, ast.Name)}):
            if used in vars(module) and used != name:
                self._bind(used, vars(module)[used], needed_by=name)
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        self.parts.append("".join(lines[first - 1 : node.end_lineno]).rstrip())

    def _bind(self, name, value, needed_by):
        """Add what gives a name its value."""
        if isinstance(value, types.ModuleType):
            self.imports[f"import {value.__name__} as {name}"] = True
        elif isinstance(value, type | types.FunctionType) and value.__name__ == name and not hasattr(builtins, name):
            self.define(value)
        elif isinstance(value, type | types.FunctionType | types.BuiltinFunctionType) and _is_library(
            sys.modules.get(value.__module__)
        ):
            self.imports[f"from {value.__module__} import {value.__name__} as {name}"] = True
        elif _is_literal(value):
            if (line := f"{name} = {value!r}") not in self.parts:
                self.parts.append(line)
        else:
            raise ValueError(
                f"{needed_by} refers to {name}, a {type(value).__name__}, which cannot be stored with the network: let it refer "
                "to numbers, text, functions and modules, and give it anything else as an argument."
            )


def _is_library(module):
    """Whether a module is installed, and so can be imported wherever the network is used."""
    if module is None or module.__name__ == "__main__":
        return False
    file = getattr(module, "__file__", None)
    return file is None or any(Path(file).resolve().is_relative_to(folder) for folder in _LIBRARIES)


def _is_literal(value):
    try:
        return ast.literal_eval(repr(value)) == value and len(repr(value)) < 10_000
    except (ValueError, SyntaxError, TypeError):
        return False


def _definition(found):
    """The lines of the cell or file that defines a class or function, and its node there. Raises ValueError.

    `inspect.getsource` cannot do this for a class of a notebook (its module has no file), but knows where a method was written.
    """
    functions = [found] if inspect.isfunction(found) else [f for f in vars(found).values() if inspect.isfunction(f)]
    module = getattr(sys.modules.get(found.__module__), "__file__", None)
    places = [inspect.unwrap(function).__code__.co_filename for function in functions] or [module] * bool(module)
    for place in places or reversed(list(linecache.cache)):  # all cells, the newest first, for a class without a method
        lines = linecache.getlines(place)
        if not any(found.__name__ in line for line in lines):
            continue
        for node in ast.walk(ast.parse("".join(lines))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == found.__name__:
                return lines, node
    raise ValueError(f"the text of {found.__name__} cannot be found: define it in a cell of a notebook.")
