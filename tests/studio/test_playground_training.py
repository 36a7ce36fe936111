"""What the playground trains: the lesson's network, in pieces as well as in one; some points are held out."""

import json
import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from groundup.common.errors import GroundupError
from groundup.course.lessons.catalogue import LESSONS
from groundup.course.lessons.parts import load_part
from groundup.course.progress.store import finite
from groundup.studio.fixtures import FOLDER
from groundup.studio.playground_process import Frame, TrainingRequest, frames, points_of

LESSON = load_part(LESSONS / "0.6-xor-from-nothing" / "experiments.py")
NO_POINTS = (np.zeros((0, 2)), np.zeros(0, dtype=int))


def trained(**changed: Any) -> list[dict[str, Any]]:
    """The frames as the page gets them: through the bounds, and as JSON."""
    request = TrainingRequest.model_validate({"steps": 20, "pace": 1, **changed})
    return [json.loads(json.dumps(finite(frame))) for frame in frames(request, interval=0.0)]


def test_it_trains_to_what_the_lesson_trains_to() -> None:
    both = {"data": "circles", "activation": "relu", "rate": 0.05, "steps": 40, "points": "0 0 1; 0.5 -0.2 0"}
    last = trained(**both, layers=[3, 3], held_out=0.0, seed=0)[-1]
    *_, shown = LESSON.playground(**both, hidden=3, layers=2, seed=0)
    for ours, theirs in zip(last["weights"], shown.state["weights"], strict=True):
        np.testing.assert_allclose(ours["weights"], theirs["weights"], atol=1e-6)
        np.testing.assert_allclose(ours["biases"], theirs["biases"], atol=1e-6)
    assert last["loss"] == pytest.approx(shown.state["loss"] / math.log(2), abs=1e-4)


@pytest.mark.parametrize("optimiser", ["adam", "momentum", "gradient descent"])
def test_going_on_after_a_pause_is_as_if_it_had_never_stopped(optimiser) -> None:
    whole = trained(optimiser=optimiser, layers=[4, 2])[-1]
    pause = trained(optimiser=optimiser, layers=[4, 2], steps=8)[-1]
    rest = {name: pause[name] for name in ("step", "weights", "memory")}
    both = trained(optimiser=optimiser, layers=[4, 2], steps=12, **rest)[-1]
    assert both["step"] == whole["step"] == 20
    for ours, theirs in zip(
        both["weights"], whole["weights"], strict=True
    ):  # sums in another order round otherwise
        np.testing.assert_allclose(ours["weights"], theirs["weights"], rtol=1e-9)
    if optimiser != "gradient descent":  # what forgets goes another way
        forgot = trained(optimiser=optimiser, layers=[4, 2], steps=12, **rest | {"memory": None})[-1]
        assert abs(forgot["loss"] - whole["loss"]) > 1e-4


def test_a_frame_comes_every_so_many_steps_and_after_the_last() -> None:
    some = trained(steps=25, pace=10)
    assert [one["step"] for one in some] == [0, 10, 20, 25]
    assert len(some[0]["points"]) == 200
    assert all("points" not in one for one in some[1:])
    for one in some:
        Frame.model_validate(one)
    assert trained(steps=0, layers=[])[0]["weights"][0]["biases"] == [0.0]  # no hidden layer at all


def test_points_are_held_out_by_the_seed_and_never_the_learners_own() -> None:
    own = (np.array([[0.1, 0.2]]), np.array([1]))
    x, labels, held = points_of("moons", 0.05, 0.3, 4, own)
    assert (len(x), held.sum(), held[-1], labels[-1]) == (201, 60, False, 1)
    assert (held == points_of("moons", 0.05, 0.3, 4, own)[2]).all()
    assert (held != points_of("moons", 0.05, 0.3, 5, own)[2]).any()
    assert not points_of("corners", 0.05, 0.3, 4, NO_POINTS)[2].any()
    assert trained(steps=0, held_out=0.0)[0]["held_loss"] is None
    assert trained(steps=0)[0]["held_loss"] > 0.5


def test_a_feature_makes_hard_points_easy_and_l2_keeps_weights_small() -> None:
    settings = {"data": "circles", "layers": [], "steps": 200, "pace": 200, "rate": 0.1}
    assert trained(**settings)[-1]["loss"] > 0.9  # a line cannot
    easy = trained(**settings, features=["x1^2", "x2^2"])[-1]
    assert easy["loss"] < 0.3
    small = trained(**settings, features=["x1^2", "x2^2"], l2=0.1)[-1]
    assert np.abs(small["weights"][0]["weights"]).sum() < np.abs(easy["weights"][0]["weights"]).sum() / 2


def test_what_flies_off_has_no_loss_and_no_weights_that_could_be_gone_on_with() -> None:
    last = trained(optimiser="gradient descent", rate=100.0, l2=10.0, steps=400, pace=400)[-1]
    assert (last["loss"], last["weights"]) == (None, [])
    assert last["step"] < 400
    Frame.model_validate(last)


def test_the_fixture_is_the_network_before_its_first_step() -> None:
    """If this fails, the page's START changed: write what TrainingRequest() gives for 0 steps, without its memory."""
    kept = json.loads((FOLDER / "playground.json").read_text(encoding="utf-8"))["state"]
    first = trained(steps=0)[0]
    first.pop("memory")
    assert set(kept) == set(first)
    np.testing.assert_allclose(kept["points"], first["points"], atol=1e-9)
    np.testing.assert_allclose(kept["weights"][0]["weights"], first["weights"][0]["weights"], atol=1e-9)


@pytest.mark.parametrize(
    "changed",
    [
        {"weights": [{"weights": [[1.0]], "biases": [1.0]}]},
        {"weights": [{"weights": [[1.0], []], "biases": [1.0]}] * 2},
        {"weights": trained(steps=0)[0]["weights"], "memory": [{"mean": "x"}] * 4},
        {"weights": trained(steps=0)[0]["weights"], "memory": [{"mean": [[1.0]]}] * 4},
        {"weights": trained(steps=0)[0]["weights"], "memory": []},
        {
            "weights": trained(steps=0)[0]["weights"],
            "memory": [{"mean": 0, "square": 0, "steps": 10**400}] * 4,
        },
        {"points": "1 2 nonsense"},
    ],
)
def test_weights_and_memories_of_another_network_are_refused_in_sentences(changed) -> None:
    with pytest.raises(GroundupError) as found:
        trained(**changed)
    assert found.value.hint


@pytest.mark.parametrize(
    "changed",
    [{"layers": [9]}, {"layers": [1] * 5}, {"steps": 10**9}, {"rate": 0}, {"data": "../etc"}, {"seed": -1},
     {"rate": 1e999}, {"features": []}, {"features": ["x3"]}, {"noise": -1},
     {"weights": [{"weights": [[1e999]], "biases": [0.0]}]}],
)  # fmt: skip
def test_settings_beyond_the_bounds_are_refused(changed) -> None:
    with pytest.raises(ValidationError):
        TrainingRequest.model_validate(changed)
