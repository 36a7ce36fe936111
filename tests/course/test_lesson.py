"""The parser: what a lesson is made of comes out typed, and every mistake is told with file and line."""

from pathlib import Path

import pytest

from groundup.common.errors import GroundupError
from groundup.course.lessons.items import KINDS, Aside, Code, Prediction, Prose, Quiz, Recap
from groundup.course.lessons.lesson import load_lesson, parse_lesson

FRONT = """+++
id = "0.1"
title = "Slopes"
question = "How steep is it here?"
minutes = 30
concepts = ["derivative"]
+++
"""

PREDICT = """```predict
id = "slope"
ask = "How steep is x² at 3?"
form = "number"
answer = 6.0
near = 0.3
why = "The slope is 2x."
```
"""

QUIZ = """```quiz
id = "height"
ask = "What is 9?"
options = [
  {text = "the height", why = "3² = 9", right = true},
  {text = "the slope", why = "that is 6"},
]
```
"""

FILE = Path("0.1-slopes/lesson.md")


def parse(body: str, **numbers: str):
    return parse_lesson(FRONT + body, FILE, numbers)


def test_blocks_come_in_order_with_the_line_on_which_they_begin():
    recap = "```recap\ntext = 'It is the slope.'\n```\n"
    body = f"\n## Steepness\n\nSome *words*.\n\n{PREDICT}\nMore words.\n{QUIZ}{recap}"
    front, blocks = parse(body)
    assert (front.id, front.minutes, front.needs) == ("0.1", 30, [])
    assert [type(block) for block in blocks] == [Prose, Prediction, Prose, Quiz, Recap]
    assert blocks[0].text == "## Steepness\n\nSome *words*."
    lines = (FRONT + body).split("\n")
    begin = [lines[block.line - 1] for block in blocks]
    assert begin == ["## Steepness", "```predict", "More words.", "```quiz", "```recap"]
    assert blocks[1].answer == 6.0
    assert [option.right for option in blocks[3].options] == [True, False]


def test_fences_of_code_stay_part_of_the_prose():
    _, blocks = parse("Look:\n\n```python\n```inner\n```\n\n~~~text\n```predict\n~~~\nend\n")
    assert len(blocks) == 1
    assert "```inner" in blocks[0].text
    assert "```predict" in blocks[0].text


def test_a_longer_fence_may_hold_a_shorter_one():
    _, blocks = parse("````aside\ntone = 'aha'\ntext = '''\n```python\n1\n```\n'''\n````\n")
    assert isinstance(blocks[0], Aside)
    assert "```python" in blocks[0].text


def test_numbers_are_put_in_everywhere():
    _, blocks = parse("It is {{slope}}.\n\n" + PREDICT.replace("6.0", "{{ slope }}"), slope="6.0")
    assert blocks[0].text == "It is 6.0."
    assert blocks[1].answer == 6.0


def test_a_block_can_be_written_down_and_read_again():
    """Round trip: the fields of every block, as TOML again, give the same block."""
    import tomli_w

    body = PREDICT + QUIZ + "```code\nshow = 'math:sqrt'\nnotes = [{at = 'x', text = 'y'}]\n```\n"
    _, blocks = parse(body)
    for block in blocks:
        fields = block.model_dump(exclude={"line", "kind"}, exclude_none=True)
        _, again = parse(f"```{block.kind}\n{tomli_w.dumps(fields)}```\n")
        assert again[0].model_dump(exclude={"line"}) == block.model_dump(exclude={"line"})
    assert isinstance(blocks[2], Code)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("no front matter", 1, "front matter is missing"),
        (FRONT.replace('title = "Slopes"\n', ""), 2, "lacks 'title'"),
        (FRONT.replace("minutes = 30", "minutes = 300"), 5, "minutes"),
        (FRONT.replace("minutes = 30", "minutes = thirty"), 5, "not valid TOML"),
        (FRONT.replace("minutes", "minuets"), 5, "no field 'minuets'"),
        (FRONT + "```predikt\n```\n", 8, "there is no block 'predikt'. Did you mean 'predict'?"),
        (FRONT + "\n" + PREDICT.replace("why", "wy"), 15, "no field 'wy'. Allowed: id, ask"),
        (FRONT + PREDICT.replace("near = 0.3\n", ""), 9, "near: a number needs it"),
        (FRONT + PREDICT.replace("0.3", "-1"), 13, "near"),
        (FRONT + PREDICT.replace('"number"', '"guess"'), 11, "form"),
        (FRONT + QUIZ.replace(", right = true", ""), 9, "exactly one must have right = true"),
        (FRONT + QUIZ.replace(', why = "that is 6"', ""), 11, "lacks 'options.1.why'"),
        (FRONT + PREDICT + PREDICT, 16, "the id 'slope' is taken (line 8)"),
        (FRONT + "\n```quiz\nid = 'a'\n", 9, "never closed"),
        (FRONT + "\nIt is {{slope}}.\n", 9, "there is no number 'slope'"),
        (FRONT + "```aside\ntone = 'aha'\ntext = ''\n```\n", 10, "text"),
    ],
)
def test_every_mistake_is_told_with_its_line(text, line, says):
    with pytest.raises(GroundupError) as raised:
        parse_lesson(text, FILE)
    assert f"{FILE}, line {line}: " in str(raised.value)
    assert says in str(raised.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_without_fields_says_what_it_lacks(kind):
    with pytest.raises(GroundupError, match=r"line 9: the '\w+' block lacks '\w+'. Allowed: "):
        parse(f"```{kind}\n```\n")


def test_files_that_are_no_lesson_are_told(tmp_path):
    with pytest.raises(GroundupError, match="cannot be read"):
        load_lesson(tmp_path)
    file = tmp_path / "lesson.md"
    file.write_bytes(FRONT.encode() + b"\nsm\xf6rg\xe5s\n")
    with pytest.raises(GroundupError, match="line 9: this is not UTF-8 text"):
        load_lesson(tmp_path)
    file.write_bytes(b"\xef\xbb\xbf" + (FRONT + "Words.\n").replace("\n", "\r\n").encode())
    assert load_lesson(tmp_path).items[0].text == "Words."
    (tmp_path / "numbers.toml").write_text("a = = 1", encoding="utf-8")
    with pytest.raises(GroundupError, match="course check --write"):
        load_lesson(tmp_path)
