"""Named activations: record any number inside a model while it reads, or patch it on the way.

The models know nothing of this. A PyTorch hook sits on a module only inside the `with`; outside there is none, so
that recording costs nothing when it is off, and a forward pass that is recorded computes the same bits.

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


@dataclass(frozen=True)
class HookPoint:
    """An activation that enters or leaves a module.

    view: gives it the shape of its name, by slicing and reshaping alone, so that a change to the view changes the
    activation itself. number: which of several arguments or results it is.
    """

    module: nn.Module
    side: Literal["input", "output"]
    view: Callable[[Tensor], Tensor] = lambda x: x
    number: int = 0


@dataclass(frozen=True)
class Derived:
    """An activation that no module takes or gives, and that is computed from others, such as an attention pattern."""

    needs: tuple[str, ...]
    compute: Callable[..., Tensor]


Points = Mapping[str, HookPoint | Derived]
"""The named activations of a model, and where each is found."""

ActivationCache = dict[str, Tensor]
"""The activations of one forward pass, by name."""


def matching_names(points: Points, patterns: Iterable[str]) -> list[str]:
    """The names that fit any of the patterns; `*` stands for anything: `blocks.*.attn.hook_pattern`.

    Raises GroundupError for a pattern that fits nothing.
    """
    names: dict[str, None] = {}
    for pattern in patterns:
        matches = [name for name in points if fnmatchcase(name, pattern)]
        if not matches:
            raise GroundupError(f"This model has no activation '{pattern}'.", did_you_mean(pattern, points))
        names.update(dict.fromkeys(matches))
    return list(names)


@contextmanager
def recording(points: Points, names: Iterable[str]) -> Iterator[ActivationCache]:
    """A dict that fills with the named activations while the model runs inside the `with`.

    What the model computes keeps its place in autograd's graph, so a gradient can be asked of it. Derived
    activations are computed when the `with` ends. If the model runs several times, the last run counts.
    """
    names = matching_names(points, names)
    cache: ActivationCache = {}
    with ExitStack() as hooks:
        for name in _with_needs(points, names):
            point = points[name]
            assert isinstance(point, HookPoint)

            def keep(activation: Tensor, name: str = name, point: HookPoint = point) -> None:
                cache[name] = point.view(activation)

            hooks.enter_context(_hooked(point, keep))
        yield cache
    for name in names:
        _derive(points, name, cache)
    for name in set(cache) - set(names):
        del cache[name]


def record(points: Points, names: Iterable[str], read: Callable[[], Any]) -> ActivationCache:
    """The named activations of one forward pass, `read()`, without gradients."""
    with torch.no_grad(), recording(points, names) as cache:
        read()
    return cache


@contextmanager
def patched(points: Points, patches: Mapping[str, Callable[[Tensor], Tensor]]) -> Iterator[None]:
    """While inside the `with`, each named activation is replaced by what its function makes of it."""
    with ExitStack() as hooks:
        for name, patch in patches.items():
            point = points[matching_names(points, [name])[0]]
            if not isinstance(point, HookPoint):
                raise GroundupError(
                    f"'{name}' is computed from other activations and cannot be patched.",
                    f"Patch what it comes from: {', '.join(point.needs)}.",
                )

            def replace(activation: Tensor, point: HookPoint = point, patch: Callable = patch) -> Tensor:
                activation = activation.clone()
                view = point.view(activation)
                view.copy_(patch(view.clone()))
                return activation

            hooks.enter_context(_hooked(point, replace))
        yield


@contextmanager
def _hooked(point: HookPoint, act: Callable[[Tensor], Tensor | None]) -> Iterator[None]:
    """A hook that calls `act` with the activation; what `act` returns, unless None, takes its place."""

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
    """The hook points from which all the names can be computed."""
    needed: dict[str, None] = {}
    for name in names:
        point = points[name]
        if isinstance(point, Derived):
            needed.update(dict.fromkeys(_with_needs(points, point.needs)))
        else:
            needed[name] = None
    return list(needed)


def _derive(points: Points, name: str, cache: ActivationCache) -> Tensor:
    point = points[name]
    if name not in cache:
        if isinstance(point, HookPoint):
            raise GroundupError(
                f"'{name}' was not computed while the model read.", "Let the model read a text."
            )
        cache[name] = point.compute(*(_derive(points, need, cache) for need in point.needs))
    return cache[name]
