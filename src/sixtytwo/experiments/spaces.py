"""The space that a builder spans: its hyperparameters, also those that it asks for only if others have certain values.

A builder that searches for the number of layers, and for the width of each, asks for `units_1` once there are two layers. What
KerasTuner sees is what the builder asks for with the first value of each hyperparameter; here it is called with others, too.
"""

import dataclasses
from collections.abc import Callable

import keras
import keras_tuner

from sixtytwo.experiments import demands


class SpaceError(ValueError):
    """A builder has no space that can be told to a tuner; the message says why."""


MOST_CALLS = 60  # of a builder, so that a large space does not take long


@dataclasses.dataclass(frozen=True)
class Space:
    """What a builder can be given.

    Parameters
    ----------
    build : callable(hp) -> keras.Model
    parameters : keras_tuner.HyperParameters
        All of its hyperparameters.
    is_conditional : bool
        Whether it has some of them for certain values of others only.
    """

    build: Callable
    parameters: keras_tuner.HyperParameters
    is_conditional: bool

    @property
    def values(self) -> dict[str, list]:
        """The values that each hyperparameter can take."""
        return {parameter.name: list(parameter.values) for parameter in self.parameters.space}

    @property
    def last(self) -> dict:
        """The point with the last value of each hyperparameter."""
        return self.point({name: values[-1] for name, values in self.values.items()})

    @property
    def told(self) -> dict:
        """What a tuner must be told of the space, beside the builder."""
        return {"hyperparameters": self.parameters.copy()} if self.is_conditional else {}

    def point(self, values) -> dict:
        """Of values for all hyperparameters, those that the network of this point has, and their defaults if one is missing."""
        if not self.is_conditional:
            return dict(values)
        try:
            asked = _asked(self.build, values)
        except Exception:  # of the builder: its trial will say so
            return dict(values)
        return {name: asked[name] for name in (*values, *asked) if name in asked}


def explored(build) -> Space:
    """The space of a builder, from what it asks for with some values; each hyperparameter that turns up is varied in its turn.

    Raises ValueError for what is no compiled model (`demands.called`), and for a hyperparameter whose own values depend on others.
    """
    every = keras_tuner.HyperParameters()
    usual, calls = _asked(build, {}, every), 1
    queue, is_conditional = [usual], False
    while queue and calls < MOST_CALLS:
        begun = queue.pop(0)
        for varied in _variations(every, begun):
            calls += 1
            try:
                asked = _asked(build, varied, every)
            except SpaceError:
                raise
            except Exception:  # of the builder: its trial will say so
                continue
            is_conditional |= asked.keys() != usual.keys()
            if asked.keys() - begun.keys() - {name for point in queue for name in point}:
                queue.append(asked)
    return Space(build, every, is_conditional)


def _asked(build, values, every=None) -> dict:
    """The hyperparameters that a builder asks for if it is given some values, and the values that it gets; `every` learns of them."""
    keras.utils.clear_session(free_memory=False)
    hp = keras_tuner.HyperParameters()
    hp.values.update(values)
    demands.called(build, hp)
    if every is not None:
        known = {parameter.name: list(parameter.values) for parameter in every.space}
        for name, offered in ((parameter.name, list(parameter.values)) for parameter in hp.space):
            if known.get(name, offered) != offered:
                raise SpaceError(
                    f"the hyperparameter {name} is one of {_brief(known[name])} or one of {_brief(offered)}, as other "
                    "hyperparameters are: KerasTuner would search the first of these alone; give it the same values always, for "
                    "example as a share of the other one, or a name of its own for each range."
                )
        every.merge([parameter for parameter in hp.space if parameter.name not in known], overwrite=False)
    return {parameter.name: hp.values[parameter.name] for parameter in hp.space if hp.is_active(parameter)}


def _variations(every, begun):
    """Points beside one: with the last value of all its numbers, and with each value of a hyperparameter that is none."""
    offered = {parameter.name: list(parameter.values) for parameter in every.space}
    numbers = {name for name in begun if not isinstance(begun[name], str | bool)}
    yield {name: offered[name][-1] if name in numbers else value for name, value in begun.items()}
    for name in (name for name in begun if name not in numbers):
        yield from (begun | {name: value} for value in offered[name] if value != begun[name])


def _brief(values):
    return ", ".join(map(str, values)) if len(values) < 6 else f"{values[0]} … {values[-1]}"
