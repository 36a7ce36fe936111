"""What a lesson says: questions with fair options, numbers that are computed, links that arrive, its length."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote

from groundup.common.errors import GroundupError, did_you_mean
from groundup.course.authoring.order import front_of
from groundup.course.authoring.spelling import check_words
from groundup.course.authoring.targets import (
    COMPUTED,
    LessonFault,
    Passage,
    Target,
    by_id,
    fault_of,
    listed,
    passages,
)
from groundup.course.lessons.catalogue import load_cards
from groundup.course.lessons.items import (
    KINDS,
    AnswerOption,
    AnyItem,
    Aside,
    ExerciseItem,
    Explanation,
    FurtherReading,
    Prediction,
    Prose,
    Quiz,
    Recap,
    Widget,
)
from groundup.course.lessons.lesson import FrontMatter, load_lesson, load_numbers
from groundup.course.progress.placement import PLACEMENT_FILE

_CODE = re.compile(r"^(`{3,}|~{3,}|\$\$).*?^\1\s*$", re.MULTILINE | re.DOTALL)  # or a formula
_PYTHON = re.compile(r"^(`{3,}|~{3,})(?:python|console|toml|mermaid).*?^\1\s*$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"(?<!\\)\[[^\]\n]*\]\(\s*<?([^)\s>]+)>?[^)]*\)")
_FIGURE = re.compile(r"(?<![\w.,])(\d+(?:[.,]\d+)*)(?:\s?(%))?(?![\w]|\.\d)")
WORDS_A_MINUTE = 130


def check_text(target: Target) -> Iterator[LessonFault]:
    """Everything that can be seen without running the lesson."""
    texts, blocks, faults = passages(target)
    yield from faults
    yield from _unwritten(target)
    yield from check_words(texts, target.course)
    yield from _links(texts, target)
    yield from _figures(texts, target.folder)
    front = front_of(target.folder)
    if front and blocks:
        yield from _questions(target, blocks)
        yield from _shape(target, front, blocks)
        yield from _asked(target, blocks)


def _unwritten(target: Target) -> Iterator[LessonFault]:
    """What its author has marked TODO."""
    if not target.file.exists() and not (target.folder / PLACEMENT_FILE).exists():
        yield LessonFault(
            target.file, "there is no lesson.md yet. `groundup course new` shows what one looks like."
        )
    for file in sorted(path for path in target.folder.rglob("*") if path.suffix in (".md", ".toml", ".py")):
        for number, line in enumerate(file.read_bytes().decode("utf-8", "replace").split("\n"), 1):
            if match := re.search(r"\bTODO\b:?\s*(.*)", line):
                says = match[1].strip(" \"',->.") or "replace this by your own"
                yield LessonFault(file, f"still to write: {says}.", number)


# ---- questions ------------------------------------------------------------------------------------------------


def _questions(target: Target, blocks: Sequence[AnyItem]) -> Iterator[LessonFault]:
    """No two options alike, and the right one not always at the same place."""
    sets: list[tuple[Path, list[tuple[str, int, list[AnswerOption]]]]] = []
    asked = [block for block in blocks if isinstance(block, Quiz | Prediction) and block.options]
    sets.append((target.file, [(block.id, block.line, block.options) for block in asked]))
    try:
        cards = load_cards(load_lesson(target.folder))
        file = target.folder / "cards.toml"
        lines = file.read_text(encoding="utf-8").split("\n") if cards else []
        at = {
            card.id: next((n for n, text in enumerate(lines, 1) if f'"{card.id}"' in text), 0)
            for card in cards
        }
        sets.append((file, [(card.id, at[card.id], card.options) for card in cards if card.options]))
    except GroundupError as error:
        yield fault_of(error, target.folder / "cards.toml")
    for file, questions in sets:
        for name, line, options in questions:
            texts = [" ".join(option.text.lower().split()) for option in options]
            if alike := next((text for text in texts if texts.count(text) > 1), None):
                yield LessonFault(
                    file, f"'{name}' has two options that say '{alike}'. Let them differ.", line
                )
        places = [[option.right for option in options].index(True) + 1 for _, _, options in questions]
        if len(places) > 3 and len(set(places)) == 1:
            says = f"the right option is number {places[0]} in all {len(places)} questions. Move some."
            yield LessonFault(file, says, questions[0][1])


# ---- numbers --------------------------------------------------------------------------------------------------


def _figures(texts: Sequence[Passage], folder: Path) -> Iterator[LessonFault]:
    """Figures that were typed, and so can be wrong: two digits or more with a decimal point, and all percentages.

    Not meant: what numbers.toml has too, options that are wrong on purpose, code that is run, and what numbers.py
    lists as chosen rather than computed: GIVEN = ("0.25", "50 %").
    """
    known = _given(folder / "numbers.py")
    try:
        known |= {
            number for value in load_numbers(folder / "numbers.toml").values() for number in _plain(value)
        }
    except GroundupError:
        return
    places: dict[tuple[Path, str], list[int]] = {}
    for file, line, figure in _typed(texts, known):
        places.setdefault((file, figure), []).append(line)
    for (file, figure), (first, *more) in places.items():
        also = f" (also in {', '.join(map(str, sorted({*more} - {first})))})" if {*more} - {first} else ""
        says = f"{figure} is typed by hand{also}. Let numbers.py compute it, or list it in its GIVEN, if you chose it."
        yield LessonFault(file, says, first, warning=True)


def _typed(texts: Sequence[Passage], known: set[str]) -> Iterator[tuple[Path, int, str]]:
    for passage in texts:
        if passage.wrong or passage.file.name == "exercise.toml":
            continue
        text = _LINK.sub("", _blank(_PYTHON, passage.text))
        lines = text.split("\n")
        for offset, line in enumerate(lines):
            for match in _FIGURE.finditer(
                re.sub(r"(?i)\blessons?\s+\d+\.\d+(?:(?:,| and| or) \d+\.\d+)*", "", line)
            ):
                figure = match[1] + (" %" if match[2] else "")
                digits = match[1].replace(",", "")
                exact = "." in digits and len(digits.replace(".", "").strip("0")) > 1
                if (exact or match[2]) and not digits.startswith(COMPUTED) and not {figure, match[1]} & known:
                    at = passage.line + offset if passage.kind == "prose" else passage.line_with(match[1])
                    yield passage.file, at, figure


def _plain(value: str) -> set[str]:
    """The figures in a text, with and without their percent sign."""
    return {match[1] for match in _FIGURE.finditer(value)}


def _given(source: Path) -> set[str]:
    """GIVEN of numbers.py, read without running it."""
    try:
        parts = ast.parse(source.read_text(encoding="utf-8")).body
        for part in parts:
            if isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) == "GIVEN":
                return {
                    str(figure).replace("%", " %").replace("  ", " ")
                    for figure in ast.literal_eval(part.value)
                }
    except (OSError, ValueError, SyntaxError):
        pass
    return set()


# ---- links ----------------------------------------------------------------------------------------------------


def _links(texts: Sequence[Passage], target: Target) -> Iterator[LessonFault]:
    """Links lead to lessons, to files of the course, or to a heading; the network is for `more` alone."""
    headings = {
        _anchor(line)
        for passage in texts
        if passage.kind == "prose"
        for line in passage.text.split("\n")
        if line[:1] == "#"
    }
    for passage in texts:
        text = re.sub(r"`[^`\n]*`", "", _blank(_CODE, passage.text))
        for link in _LINK.findall(text):
            if says := _dead(link, target, headings):
                yield LessonFault(passage.file, says, passage.line_with(link))
        for url in re.findall(r"\bhttps?://[^\s)>\]]+", text):
            says = f"{url} needs the network, which a learner may not have. Name it as a source in a `more` block."
            yield LessonFault(passage.file, says, passage.line_with(url))


def _dead(link: str, target: Target, headings: set[str]) -> str:
    """What is wrong with where a link leads; nothing where it arrives."""
    if re.match(r"https?:", link):
        return ""  # said for every address
    if link.startswith("#"):
        return "" if link[1:].lower() in headings else f"there is no heading {link}."
    if link.startswith("lesson:"):
        identity = link.removeprefix("lesson:").split("#")[0]
        order = listed(target.course) if target.course else []
        if identity not in order:
            near = did_you_mean(identity, order)
            return f"the link leads to the lesson '{identity}', which the course does not have. {near}"
        there = target.course is not None and by_id(target.course, identity)
        return "" if there else f"the link leads to lesson {identity}, which is not written yet."
    path = (target.folder / unquote(link.split("#", maxsplit=1)[0])).resolve()
    if not path.is_relative_to((target.course or target.folder).resolve()):
        return f"the link {link} leads out of the course."
    return "" if path.exists() else f"the link leads to {link}, which is not there."


def _anchor(heading: str) -> str:
    return re.sub(r"[^\w\- ]", "", heading.lstrip("#").strip().lower()).replace(" ", "-")


# ---- shape and length -----------------------------------------------------------------------------------------


def _asked(target: Target, blocks: Sequence[AnyItem]) -> Iterator[LessonFault]:
    """Exercises that the lesson asks for and exercises that are there: the same."""
    there = {exercise.folder.name for exercise in target.exercises()}
    asked = {block.id: block.line for block in blocks if isinstance(block, ExerciseItem)}
    for name in sorted(set(asked) - there):
        yield LessonFault(
            target.file,
            f"there is no folder exercises/{name}. {did_you_mean(name, there)}".strip(),
            asked[name],
        )
    for name in sorted(there - set(asked)):
        says = "the lesson never asks for this exercise: give it an `exercise` block."
        yield LessonFault(target.folder / "exercises" / name / "exercise.toml", says)


def _shape(target: Target, front: FrontMatter, blocks: Sequence[AnyItem]) -> Iterator[LessonFault]:
    """What a lesson of this course has, and how long it takes."""
    teaches = any(isinstance(block, ExerciseItem | Widget) for block in blocks)
    for kind, least, why in (
        (ExerciseItem, 1, "the learner writes something"),
        (Prediction, 1, "guessing comes before the experiment"),
        (Quiz, 3, "three to six questions for review"),
        (Recap, 1, "the lesson in one sentence"),
        (FurtherReading, 1, "where to read more"),
    ):
        count = sum(isinstance(block, kind) for block in blocks)
        if teaches and count < least:
            name = next(name for name, one in KINDS.items() if one is kind)
            says = f"it has {count or 'no'} `{name}`{' block' if least == 1 else f' of at least {least}'}: {why}."
            yield LessonFault(target.file, says, warning=True)
    kinds = [type(block) for block in blocks if isinstance(block, Prediction | Widget)]
    if Widget in kinds and kinds[0] is Widget:
        widget = next(block for block in blocks if isinstance(block, Widget))
        yield LessonFault(
            target.file, "nothing is predicted before this experiment.", widget.line, warning=True
        )
    aha = [block.line for block in blocks if isinstance(block, Aside) and block.tone == "aha"]
    if len(aha) > 1:
        yield LessonFault(
            target.file, "a second aha in one lesson: keep the one that matters.", aha[1], warning=True
        )
    estimate = _minutes(target, blocks)
    if not 0.6 * front.minutes <= estimate <= 1.6 * front.minutes:
        says = f"it says {front.minutes} minutes; by its words, questions and exercises it takes about {estimate:.0f}."
        yield LessonFault(target.file, says, next(_line_of_key(target.file, "minutes")), warning=True)


def _minutes(target: Target, blocks: Sequence[AnyItem]) -> float:
    """How long a lesson takes: reading, a minute or so for each question, and what the exercises say of themselves."""
    each: dict[type, float] = {Prediction: 1.0, Widget: 3.0, Quiz: 0.7, Explanation: 4.0}
    words = sum(
        len(_CODE.sub("", block.text).split()) for block in blocks if isinstance(block, Prose | Aside | Recap)
    )
    exercises = 0
    for exercise in target.exercises():
        try:
            exercises += exercise.about.minutes
        except GroundupError:
            continue  # said elsewhere
    return words / WORDS_A_MINUTE + sum(each.get(type(block), 0.3) for block in blocks) + exercises


def _line_of_key(file: Path, key: str) -> Iterator[int]:
    for number, line in enumerate(file.read_text(encoding="utf-8-sig").split("\n"), 1):
        if line.startswith(key):
            yield number


def _blank(what: re.Pattern[str], text: str) -> str:
    """Without what is meant, and with as many lines as before."""
    return what.sub(lambda match: "\n" * match[0].count("\n"), text)
