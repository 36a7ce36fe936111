"""Cards for review: `cards.toml` of a lesson. One fact or one small calculation each.

[[card]]
id = "0.1/height-or-slope"
ask = "x² at x = 3 has the height 9. What is its slope there?"
answer = "6"
why = "The slope of x² is 2x."

[[card]]
id = "0.1/step-too-small"
ask = "Why not take h = 1e-15 in (f(x+h) − f(x)) / h?"
options = [
    { text = "Rounding eats the difference.", why = "Both heights agree in nearly all digits.", right = true },
    { text = "It takes longer.", why = "It takes two evaluations, whatever h is." },
]
"""

import tomllib
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from groundup.common.errors import GroundupError
from groundup.course.lessons.items import Option, Text, check_one_right
from groundup.course.lessons.lesson import Lesson, insert_numbers, load_numbers


class Card(BaseModel):
    """A question to be asked again, later and later."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)
    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*/[a-z0-9][a-z0-9-]*$")]
    """The lesson's id, then a name: stable, for what is remembered is kept by it."""
    ask: Text
    answer: str = ""
    """In one line; where there are options, the right one is the answer."""
    why: str = ""
    options: list[Option] = []

    @model_validator(mode="after")
    def _has_an_answer(self) -> "Card":
        if self.options:
            check_one_right(self.options)
            if self.answer or self.why:
                raise ValueError("answer, why: a card with options has them there")
        elif not (self.answer and self.why):
            raise ValueError("answer, why: a card without options needs both")
        return self


class _Cards(BaseModel):
    model_config = ConfigDict(extra="forbid")
    card: list[Card] = []


def load_cards(lesson: Lesson) -> list[Card]:
    """The cards of a lesson; none where it has no `cards.toml`. Raises GroundupError that names the card."""
    file = lesson.folder / "cards.toml"
    if not file.exists():
        return []
    try:
        text = file.read_text(encoding="utf-8")
        data = tomllib.loads(insert_numbers(text, file, load_numbers(lesson.folder / "numbers.toml")))
        cards = _Cards.model_validate(data).card
    except ValidationError as error:
        found = error.errors()[0]
        place = found["loc"][1] if len(found["loc"]) > 1 else 0
        field = ".".join(str(part) for part in found["loc"][2:])
        said = found["msg"].removeprefix("Value error, ")
        raise GroundupError(
            f"{file}, card {int(place) + 1}: {f'{field}: ' if field else ''}{said[0].lower()}{said[1:]}.",
            f"Allowed: {', '.join(Card.model_fields)}.",
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GroundupError(f"{file} cannot be read ({error}).", "Mend that file.") from None
    for number, card in enumerate(cards, start=1):
        if not card.id.startswith(f"{lesson.id}/"):
            raise GroundupError(
                f"{file}, card {number}: the id '{card.id}' does not begin with '{lesson.id}/'.",
                "A card's id is its lesson's, a slash, and a name.",
            )
    if twice := {one.id for one in cards if [other.id for other in cards].count(one.id) > 1}:
        raise GroundupError(f"{file}: the id '{min(twice)}' stands in it twice.", "Choose another.")
    return cards
