"""What the configs of all models share: one decorator, and one check of their sizes."""

from dataclasses import dataclass, fields
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True)
def model_config(cls: type[T]) -> type[T]:
    """Make a class the config of a model: a frozen dataclass.

    The recipe (training/recipe.py) reads configs with pydantic. Two settings for it stand here and not in the models'
    files: an unknown key is an error, and the string below a field is that field's description.
    """
    config: Any = dataclass(frozen=True)(cls)
    config.__pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}
    return config


def check_sizes(config: Any) -> None:
    """Raise ValueError, saying what to choose instead, for sizes that no model can have."""
    for field in fields(config):
        value = getattr(config, field.name)
        if field.type is int and value < 1:
            raise ValueError(f"{field.name} is {value}: choose at least 1")
        if field.name == "dropout" and not 0 <= value < 1:
            raise ValueError(f"dropout is {value}: choose a probability of at least 0 and below 1")
        if field.name == "init_std" and not 0 < value <= 1:
            raise ValueError(f"init_std is {value}: choose a number above 0 and at most 1")
    heads = getattr(config, "heads", 1)
    if config.width % heads:
        below, above = config.width // heads * heads, (config.width // heads + 1) * heads
        choice = f"{below} or {above}" if below else f"{above}"
        raise ValueError(
            f"width {config.width} cannot be split over {heads} heads: "
            f"choose a width divisible by heads, such as {choice}"
        )
