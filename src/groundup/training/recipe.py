"""A recipe: everything that decides a training run, typed, checked, and saved beside the run as TOML.

One set of models is the single source of recipe files, of `--set key=value`, and of a form in the browser.
"""

import tomllib
from importlib import resources
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from groundup.common.errors import GroundupError, did_you_mean
from groundup.models import MODELS, ModelConfig
from groundup.models.ablations import check_parts
from groundup.training.budget import DEFAULT_BUDGET, Budget

RENAMED_KEYS = {
    "training.batch": "training.batch_size",
    "training.time": "training.sequence_length",
    "training.accumulate": "training.gradient_accumulation_steps",
    "training.final_learning_rate": "training.min_lr_ratio",
    "training.warmup": "training.warmup_ratio",
    "training.clip": "training.max_grad_norm",
    "model.deviation": "model.init_std",
}
"""Keys that recipes had before, and what they are called now: the error for an old key names the new one."""

BATCH_FAULTS = {"training.shuffle": "no-shuffling", "training.leak": "labels-leaked"}
"""Keys that recipes had before, and the fault of ladder/faults.py that each is now."""

_STRICT = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class TokenizerRecipe(BaseModel):
    """How text becomes tokens."""

    model_config = _STRICT
    kind: Literal["characters", "bytes", "words", "wordpiece", "bpe"] = "bpe"
    """Which tokenizer."""
    vocab_size: int | None = Field(None, ge=2, le=1_000_000)
    """The most tokens it may have (words, wordpiece, bpe)."""
    min_count: int | None = Field(None, ge=1)
    """Words seen less often than this are unknown (words)."""

    @model_validator(mode="after")
    def _options_fit(self) -> "TokenizerRecipe":
        for option, kinds in (("vocab_size", ("words", "wordpiece", "bpe")), ("min_count", ("words",))):
            if getattr(self, option) is not None and self.kind not in kinds:
                raise ValueError(f"'{option}' means nothing to the '{self.kind}' tokenizer: leave it out")
        return self

    def options(self) -> dict[str, int]:
        """The options that were set, as keyword arguments of the tokenizer's `train`."""
        return self.model_dump(exclude_none=True, exclude={"kind"})


class TrainingRecipe(BaseModel):
    """How the weights are found."""

    model_config = _STRICT
    batch_size: int = Field(32, ge=1)
    """Texts read at once."""
    sequence_length: int = Field(128, ge=1)
    """Tokens of each text in one step."""
    gradient_accumulation_steps: int = Field(1, ge=1)
    """Batches whose gradients are added up before one step of the optimiser."""
    learning_rate: float = Field(1e-3, gt=0)
    """The highest learning rate, reached after the warm-up."""
    min_lr_ratio: float = Field(0.1, ge=0, le=1)
    """The learning rate at the end, as a share of the highest; a cosine leads down to it."""
    warmup_ratio: float = Field(0.03, ge=0, lt=1)
    """The share of the budget over which the learning rate rises from zero."""
    beta1: float = Field(0.9, ge=0, lt=1)
    """AdamW: how long the mean of gradients remembers."""
    beta2: float = Field(0.99, ge=0, lt=1)
    """AdamW: how long the mean of squared gradients remembers."""
    weight_decay: float = Field(0.1, ge=0)
    """AdamW: how much matrices shrink at each step, times the learning rate. Biases and norms do not."""
    max_grad_norm: float = Field(1.0, gt=0)
    """The longest gradient (its norm over all weights) that is let through unshortened."""
    evaluations: int = Field(5, ge=1)
    """How often the whole validation split is scored, evenly over the budget, the end included."""
    patience: int | None = Field(None, ge=1)
    """Stop early after this many evaluations without a better one."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """'auto' measures both for a moment, and takes bfloat16 only where it is faster and its loss agrees."""
    device: str = "auto"
    """'auto' takes a GPU where there is one; or cpu, cuda, cuda:1, mps."""
    compile: bool = False
    """Let torch.compile translate the model first. Needs a C++ compiler on the machine."""


class Recipe(BaseModel):
    """Everything that decides a training run."""

    model_config = _STRICT
    corpus: str = "shakespeare"
    """Name of a corpus, path of a file or folder, or '-' for standard input."""
    budget: str = DEFAULT_BUDGET
    """How long to train: 76s, 2min, 500steps, 2Mtokens."""
    seed: int = Field(1, ge=0)
    """Every random choice starts here: same seed, same numbers on the same machine."""
    tokenizer: TokenizerRecipe = TokenizerRecipe()
    model: Annotated[ModelConfig, Field(discriminator="kind")]
    training: TrainingRecipe = TrainingRecipe()
    without: tuple[str, ...] = ()
    """Parts taken out of the model, to see what they are for: `groundup ablate gpt --list` names them."""

    @field_validator("budget")
    @classmethod
    def _plain_budget(cls, text: str) -> str:
        return str(Budget.parse(text))

    @field_validator("without", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [name.strip() for name in value.split(",")] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _sizes_fit(self) -> "Recipe":
        context = getattr(self.model, "context", None)
        length = self.training.sequence_length
        if context is not None and length > context:
            raise ValueError(
                f"training.sequence_length={length} is longer than the model's context of {context}: "
                f"set training.sequence_length={context}, or model.context={length}"
            )
        check_parts(self.model, self.without)
        return self

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> "Recipe":
        """Check plain data. Raises GroundupError that names the key and the nearest known one."""
        try:
            return cls.model_validate(data)
        except ValidationError as error:
            raise _explain(error, data) from None

    @classmethod
    def from_toml(cls, text: str, where: str = "recipe") -> "Recipe":
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise GroundupError(
                f"{where} is not valid TOML: {error}.", "Mend that line and try again."
            ) from None
        return cls.from_dict(data)

    @classmethod
    def preset(cls, name: str, overrides: dict[str, Any] | None = None) -> "Recipe":
        """One of the five tuned recipes, with dotted keys overridden: `{"model.width": 256}`."""
        return cls.from_dict(override(preset_data(name), overrides or {}))

    def to_toml(self) -> str:
        return tomli_w.dumps(self.model_dump(exclude_none=True))

    def override(self, overrides: dict[str, Any]) -> "Recipe":
        return Recipe.from_dict(override(self.model_dump(exclude_none=True), overrides))


def preset_names() -> list[str]:
    """The five models from the lowest rung up."""
    return list(MODELS)


def preset_data(name: str) -> dict[str, Any]:
    """The preset's plain data. Raises GroundupError for a name that is not one of the five."""
    plain = name.lower().replace("_", "-")
    if plain not in MODELS:
        raise GroundupError(f"There is no model '{name}'.", did_you_mean(plain, MODELS))
    file = resources.files("groundup.training") / "presets" / f"{plain}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def parse_setting(text: str) -> tuple[str, Any]:
    """Read one `--set key=value`: the value as TOML (256, 0.1, true, [1, 2]), else as a plain string.

    >>> parse_setting("model.width=256")
    ('model.width', 256)
    """
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise GroundupError(f"'{text}' is not a setting.", "Write it as key=value, such as model.width=256.")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


def override(data: dict[str, Any], overrides: dict[str, Any]) -> dict[str, Any]:
    """A copy of nested data with dotted keys replaced. A key that exists nowhere fails when it is checked."""
    result = {key: dict(value) if isinstance(value, dict) else value for key, value in data.items()}
    for dotted, value in overrides.items():
        section, dot, key = dotted.partition(".")
        if not dot:
            result[section] = value
        elif isinstance(result.setdefault(section, {}), dict):
            result[section][key] = value
        else:
            raise GroundupError(
                f"'{section}' has no parts, so '{dotted}' cannot be set.", f"Set {section} itself."
            )
    return result


def _known_keys(section: str, data: dict[str, Any]) -> list[str]:
    """The keys that may stand in a section ('' is the top) of this recipe."""
    if section == "tokenizer":
        return list(TokenizerRecipe.model_fields)
    if section == "training":
        return list(TrainingRecipe.model_fields)
    if section == "model":
        kind = data.get("model", {}).get("kind")
        return list(MODELS[kind][0].__dataclass_fields__) if kind in MODELS else ["kind"]
    return list(Recipe.model_fields)


def _explain(error: ValidationError, data: dict[str, Any]) -> GroundupError:
    """Turn pydantic's first complaint into two plain sentences."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    if len(place) > 1 and place[0] == "model" and place[1] in MODELS:
        del place[1]  # pydantic names the chosen branch of the union; a person never wrote it
    dotted = ".".join(place)
    if first["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        if dotted in RENAMED_KEYS:
            return GroundupError(
                f"'{dotted}' is now '{RENAMED_KEYS[dotted]}'.", "Rename that key in the recipe."
            )
        if dotted in BATCH_FAULTS:
            return GroundupError(
                f"A recipe has no key '{dotted}' any more: it is a fault of the batches.",
                f"Take it out; `groundup ablate gpt --fault {BATCH_FAULTS[dotted]}` makes that mistake.",
            )
        section = ".".join(place[:-1])
        near = did_you_mean(place[-1], _known_keys(section, data))
        return GroundupError(f"A recipe has no key '{dotted}'.", near)
    if first["type"] in ("union_tag_invalid", "union_tag_not_found"):
        kind = data.get("model", {}).get("kind", "")
        return GroundupError(f"There is no model '{kind}'.", did_you_mean(str(kind), MODELS))
    message = first["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ").rstrip(".")
    if first["type"] == "value_error":  # our own sentences already say what to do
        return GroundupError(f"{message}." if not dotted else f"{dotted}: {message}.")
    return GroundupError(
        f"{dotted} = {first['input']!r} does not fit: {message[0].lower()}{message[1:]}.",
        "`groundup train gpt --keys` shows every key with its meaning.",
    )
