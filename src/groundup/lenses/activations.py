"""Named activations: record any number inside a model while it reads, or change it on the way.

The models know nothing of this. PyTorch lets a hook be hung on a module for as long as somebody looks; before
and after, there is none, so that looking costs nothing when nobody looks, and a forward pass that is looked
at computes the very same bits.

The names are those of TransformerLens (Nanda and Bloom 2022): `blocks.0.attn.hook_q`, `blocks.0.hook_resid_pre`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

import torch
from torch import Tensor, nn

from groundup.common.errors import GroundupError, did_you_mean


def _as_it_is(x: Tensor) -> Tensor:
    return x


@dataclass(frozen=True)
class Point:
    """An activation that passes by: what a module takes or gives.

    view: shapes it as it is named, by slicing and reshaping alone, so that a change to the view is a change to
    what passes. number: which of several arguments or results it is.
    """

    module: nn.Module
    side: Literal["input", "output"]
    view: Callable[[Tensor], Tensor] = _as_it_is
    number: int = 0


@dataclass(frozen=True)
class Derived:
    """An activation that never passes by whole, and is computed from others, such as an attention pattern."""

    needs: tuple[str, ...]
    compute: Callable[..., Tensor]


Points = Mapping[str, Point | Derived]


def chosen(points: Points, patterns: Iterable[str]) -> list[str]:
    """The names that fit any of the patterns; `*` stands for anything: `blocks.*.attn.hook_pattern`.

    Raises GroundupError for a pattern that fits nothing.
    """
    names: dict[str, None] = {}
    for pattern in patterns:
        found = [name for name in points if fnmatchcase(name, pattern)]
        if not found:
            raise GroundupError(f"This model has no activation '{pattern}'.", did_you_mean(pattern, points))
        names.update(dict.fromkeys(found))
    return list(names)


@contextmanager
def recording(points: Points, names: Iterable[str]) -> Iterator[dict[str, Tensor]]:
    """A dict that fills with the named activations while the model runs inside the `with`.

    What the model computes keeps its place in autograd's graph, so a gradient can be asked of it. Derived
    activations are computed when the `with` ends. If the model runs several times, the last run counts.
    """
    names = chosen(points, names)
    found: dict[str, Tensor] = {}
    with ExitStack() as hooks:
        for name in _with_needs(points, names):
            point = points[name]
            assert isinstance(point, Point)

            def keep(passing: Tensor, name: str = name, point: Point = point) -> None:
                found[name] = point.view(passing)

            hooks.enter_context(_hung(point, keep))
        yield found
    for name in names:
        _derive(points, name, found)
    for name in set(found) - set(names):
        del found[name]


def record(points: Points, names: Iterable[str], read: Callable[[], Any]) -> dict[str, Tensor]:
    """The named activations of one forward pass, `read()`, without gradients."""
    with torch.no_grad(), recording(points, names) as found:
        read()
    return found


@contextmanager
def changed(points: Points, changes: Mapping[str, Callable[[Tensor], Tensor]]) -> Iterator[None]:
    """While inside the `with`, each named activation is replaced by what its function makes of it."""
    with ExitStack() as hooks:
        for name, change in changes.items():
            point = points[chosen(points, [name])[0]]
            if not isinstance(point, Point):
                raise GroundupError(
                    f"'{name}' is computed for show and cannot be changed.",
                    f"Change what it comes from: {', '.join(point.needs)}.",
                )

            def put(passing: Tensor, point: Point = point, change: Callable = change) -> Tensor:
                passing = passing.clone()
                view = point.view(passing)
                view.copy_(change(view.clone()))
                return passing

            hooks.enter_context(_hung(point, put))
        yield


@contextmanager
def _hung(point: Point, act: Callable[[Tensor], Tensor | None]) -> Iterator[None]:
    """A hook that hands what passes the point to `act`; what `act` returns, if anything, passes on instead."""

    def exchange(values: Any) -> Any:
        several = isinstance(values, tuple)
        result = act(values[point.number] if several else values)
        if result is None:
            return None
        return (*values[: point.number], result, *values[point.number + 1 :]) if several else result

    if point.side == "input":
        handle = point.module.register_forward_pre_hook(lambda module, values: exchange(values))
    else:
        handle = point.module.register_forward_hook(lambda module, values, result: exchange(result))
    try:
        yield
    finally:
        handle.remove()


def _with_needs(points: Points, names: Iterable[str]) -> list[str]:
    """The points to hang hooks on, so that all the names can be given."""
    wanted: dict[str, None] = {}
    for name in names:
        point = points[name]
        if isinstance(point, Derived):
            wanted.update(dict.fromkeys(_with_needs(points, point.needs)))
        else:
            wanted[name] = None
    return list(wanted)


def _derive(points: Points, name: str, found: dict[str, Tensor]) -> Tensor:
    point = points[name]
    if name not in found:
        if isinstance(point, Point):
            raise GroundupError(f"'{name}' did not pass while the model read.", "Let the model read a text.")
        found[name] = point.compute(*(_derive(points, need, found) for need in point.needs))
    return found[name]
