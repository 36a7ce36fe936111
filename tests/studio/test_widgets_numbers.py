"""What a widget computes in the browser is what the lesson's function computes in Python."""

import math
from typing import Any

import numpy as np
import pytest

from groundup.course.lessons.catalogue import load_course
from groundup.course.lessons.parts import load_part
from groundup.foundations.attention import attention
from groundup.foundations.descent import GradientDescent, descend
from groundup.foundations.network import ACTIVATIONS, Network, neuron_maps, yes_or_no
from groundup.studio.fixtures import FOLDER, fixture, made, widgets
from groundup.studio.pages import STATIC
from groundup.studio.playground_process import FEATURES

COURSE = load_course()
TRAINS = ("0.6", "1.2", "1.3")  # lessons whose experiments train: too long to be run here


def lesson_part(identity: str) -> Any:
    return load_part(COURSE.lesson(identity).folder / "experiments.py")


@pytest.fixture(scope="module")
def sheet(browser) -> Any:
    """An empty page that has the studio's files: arithmetic needs no server."""
    page = browser.new_page()
    page.route("**/*", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    page.route(
        "**/static/**", lambda route: route.fulfill(path=STATIC / route.request.url.partition("/static/")[2])
    )
    page.goto("http://studio.invalid/")
    yield page
    page.close()


def in_browser(sheet: Any, module: str, name: str, settings: list[dict[str, Any]]) -> list[Any]:
    return sheet.evaluate(
        "async ([file, name, all]) => { const m = await import(file); return all.map((one) => m[name](one)); }",
        [f"/static/widgets/math/{module}.js", name, settings],
    )


def same(ours: Any, theirs: Any, where: str, near: float = 1e-9) -> None:
    if isinstance(theirs, dict):
        assert set(ours) == set(theirs), where
        for key, value in theirs.items():
            same(ours[key], value, f"{where}.{key}", near)
    elif isinstance(theirs, list):
        assert len(ours) == len(theirs), where
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            same(one, other, f"{where}[{number}]", near)
    elif isinstance(theirs, bool | str) or theirs is None:
        assert ours is theirs or ours == theirs, where
    else:
        assert math.isclose(ours, theirs, rel_tol=near, abs_tol=near), f"{where}: {ours} is not {theirs}"


def test_the_graph_that_is_walked_back_is_that_of_the_autograd(sheet) -> None:
    graph = sheet.evaluate(
        "async () => (await import('/static/widgets/math/backprop.js')).graph()"
    )  # fmt: skip
    nodes = lesson_part("0.5").walk().state["nodes"]
    by_operation = {node["operation"] or node["name"]: node for node in nodes}
    for ours, theirs in {"a": "a", "b": "b", "c": "c", "p": "multiply", "s": "add", "r": "tanh"}.items():
        same(graph["values"][ours], by_operation[theirs]["value"], ours)
        same(graph["gradients"][ours], by_operation[theirs]["gradient"], ours)
    inputs = [edge for name in ("tanh", "add", "multiply") for edge in by_operation[name]["inputs"]]
    for ours, theirs in zip(graph["edges"], inputs, strict=True):
        same([ours["derivative"], ours["passed"]], [theirs["derivative"], theirs["passed"]], ours["to"])


def test_a_step_of_a_reading_is_what_the_model_says_at_that_step(sheet) -> None:
    """The widget knows all steps of a text at once; the lesson's function is asked for one."""
    function = lesson_part("1.1").remember
    whole = fixture(*next(pair for pair in widgets(COURSE) if pair[1].id == "remember"))["state"]
    steps = (1, 7, 23)
    found = sheet.evaluate(
        "async ([state, steps]) => { const m = await import('/static/widgets/math/remember.js');"
        " return steps.map((step) => m.at_step(state, step)); }", [whole, steps],
    )  # fmt: skip
    for step, one in zip(steps, found, strict=True):
        state = function(step=step).state
        same(one["bits"], state["bits"], f"step {step}")


def test_the_expected_spread_is_what_is_measured(sheet) -> None:
    settings = [{"d": 64, "divide_by": 1.0}, {"d": 64, "divide_by": 8.0}, {"d": 16, "divide_by": 3.0}]
    for given, expected in zip(
        settings, in_browser(sheet, "score_spread", "expected", settings), strict=True
    ):
        measured = lesson_part("3.2").spread(**given).state["spread"]
        assert measured == pytest.approx(expected, rel=0.03)  # 20,000 draws, of which 16 share a query


@pytest.mark.parametrize(("lesson", "block"), widgets(COURSE), ids=lambda one: getattr(one, "id", ""))
def test_fixtures_are_what_the_lessons_begin_with(lesson, block) -> None:
    """If this fails: python -m groundup.studio.fixtures"""
    kept = fixture(lesson, block)
    assert kept["state"], "the lesson begins with other settings than the fixture's"
    if lesson.id not in TRAINS:
        same(kept["state"], made(lesson, block)["state"], block.id, near=1e-3)  # machines round differently


def test_no_fixture_is_left_of_a_widget_that_is_gone() -> None:
    files = {file.name for file in FOLDER.glob("[0-9]*.json")}
    assert files == {f"{lesson.id}.{block.id}.json" for lesson, block in widgets(COURSE)}


def asked(sheet: Any, module: str, call: str, given: Any) -> Any:
    """What an expression `call` of the module `m` gives for each of `given`, called `one`."""
    return sheet.evaluate(
        f"async ([file, given]) => {{ const m = await import(file); return given.map((one) => {call}); }}",
        [f"/static/widgets/math/{module}.js", given],
    )


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_a_network_gives_in_the_browser_what_it_gives_in_python(sheet, activation) -> None:
    random_ = np.random.default_rng(3)
    names = list(FEATURES)
    network = Network([len(names), 5, 3, 1], activation, seed=4)
    for layer in network.layers:
        layer.biases.data = random_.standard_normal(layer.biases.shape)
    said = {
        "features": names, "activation": activation,
        "layers": [
            {"weights": one.weights.data.tolist(), "biases": one.biases.data.tolist()} for one in network.layers
        ],
    }  # fmt: skip
    points = random_.uniform(-1.25, 1.25, (20, 2))
    labels = random_.integers(0, 2, 20)
    read = np.stack([FEATURES[name](points[:, 0], points[:, 1]) for name in names], axis=1)
    expected = [read.tolist(), *[layer.data.tolist() for layer in network.every_layer(read)]]
    found = asked(
        sheet, "network", "m.everyLayer(one[0], one[1])", [[said, point] for point in points.tolist()]
    )
    for row, one in enumerate(found):
        same(one, [layer[row] for layer in expected], f"point {row}")
    [judged] = asked(sheet, "network", "m.judged(...one)", [[said, points.tolist(), labels.tolist()]])
    assert judged["wrong"] == int((network.classify(read) != labels).sum())
    same(judged["bits"], yes_or_no(network(read), labels).item() / math.log(2), "bits")
    plain = Network([2, 4, 1], activation, seed=1)
    layers = [
        {"weights": one.weights.data.tolist(), "biases": one.biases.data.tolist()} for one in plain.layers
    ]
    extent = [-1.25, 1.25, -1.0, 0.5]
    [maps] = asked(
        sheet, "network", "m.maps(...one).map((layer) => layer.map((map) => map.map((row) => [...row])))",
        [[{"features": ["x1", "x2"], "activation": activation, "layers": layers}, extent, 7]],
    )  # fmt: skip
    same(maps[1:], [layer.tolist() for layer in neuron_maps(plain, tuple(extent), 7)], "maps")


def test_how_far_a_letter_reaches_is_the_gradient_that_small_steps_measure(sheet) -> None:
    lesson = lesson_part("1.1")

    def end(rows: np.ndarray, at: int) -> np.ndarray:
        state = np.zeros(2)
        for row in rows[: at + 1]:
            state = np.tanh(row + lesson.RECURRENT @ state)
        return state

    h = 1e-6
    for word, at in (("ban", 2), ("bananaban", 8), ("nabba", 2)):
        rows = lesson.ROWS[[lesson.LETTERS.index(letter) for letter in word]]
        expected = []
        for place in range(len(word)):
            slopes = []
            for axis in range(2):
                moved = np.zeros_like(rows)
                moved[place, axis] = h
                slopes.append((end(rows + moved, at) - end(rows - moved, at)) / (2 * h))
            expected.append(float(np.sqrt(np.square(slopes).sum())))
        same(
            asked(sheet, "unroll", "m.reachOf(...one)", [[word, at]])[0],
            expected,
            f"{word} at {at}",
            near=1e-7,
        )
        onward = asked(sheet, "unroll", "m.reachTo(...one)", [[word, 0]])[0]
        backward = [asked(sheet, "unroll", "m.reachOf(...one)", [[word, n]])[0][0] for n in range(len(word))]
        assert onward == backward
        assert onward[0] > onward[-1] > 0  # it fades


def test_attention_with_numbers_of_the_learners_own_is_that_of_the_foundations(sheet) -> None:
    random_ = np.random.default_rng(6)
    for causal in (False, True):
        x = random_.normal(size=(6, 2)).round(2)
        call = "m.attend({ ...m.parts(one[0]), scale: Math.SQRT2, causal: one[1] })"
        [found] = asked(sheet, "attention", call, [[x.tolist(), causal]])
        mask = np.tril(np.ones((6, 6), dtype=bool)) if causal else None
        context, weights = attention(x[:, ::-1], x, 10 * x, mask=mask)
        same(found["weights"], weights.tolist(), "weights")
        same(found["context"], context.tolist(), "context")


def test_what_a_step_leaves_is_what_the_library_leaves(sheet) -> None:
    for name in ("bowl", "valley"):
        for rate in (0.02, 0.3, 0.7):
            [left] = asked(sheet, "descent", "m.left(m.SURFACES[one[0]], one[1])", [[name, rate]])
            path = descend(name, GradientDescent(rate), steps=1).points
            same(left, (path[1] / path[0]).tolist(), f"{name} at {rate}")


def test_the_boxes_computed_forwards_give_the_values_of_the_graph(sheet) -> None:
    [boxes] = asked(sheet, "backprop", "[m.BOXES, m.graph().values]", [0])
    steps = {"×": lambda a, b: a * b, "+": lambda a, b: a + b, "tanh": math.tanh}
    for box in boxes[0]:
        value = steps[box["sign"]](*[boxes[1][name] for name in box["inputs"]])
        same(boxes[1][box["result"]], value, box["said"])
