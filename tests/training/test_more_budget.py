"""A run can be given more budget: while it trains, when it was stopped, and when it is done."""

import signal

import pytest
from test_resume import assert_same_outcome, every_step  # noqa: F401 (a fixture)

from groundup.common.errors import GroundupError
from groundup.training import trainer
from groundup.training.budget import Budget
from groundup.training.events import EvaluationEvent, StepEvent
from groundup.training.optimizer import learning_rate
from groundup.training.run import Run
from groundup.training.trainer import train_run

pytestmark = pytest.mark.usefixtures("every_step")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("48s", "48 seconds"), ("0.5s", "0.5 seconds"), ("1s", "1 second"), ("1min", "1 minute"),
        ("10min", "10 minutes"), ("168s", "2:48 minutes"), ("1h", "1 hour"), ("90min", "90 minutes"),
        ("4000s", "1:06 hours"), ("1steps", "1 step"), ("100ksteps", "100,000 steps"), ("2Mtokens", "2 million tokens"),
    ],
)  # fmt: skip
def test_a_budget_in_words(text, words):
    assert Budget.parse(text).words == words


def test_what_is_no_more_is_refused():
    come = {"seconds": 30.0, "steps": 100, "tokens": 6400}
    budget = Budget.parse("48s")
    assert budget.grown("+2min", **come) == Budget(168, "seconds")
    assert budget.grown("40s", **come) == Budget(
        40, "seconds"
    )  # less than it was to have, more than it has had
    assert budget.grown("200steps", **come) == Budget(200, "steps")
    already = (("30s", "30 seconds already"), ("100steps", "100 steps already"))
    for wrong, what in (
        *already,
        ("+5steps", "cannot be added"),
        ("soon", "not a budget"),
        ("+", "not a budget"),
    ):
        with pytest.raises(GroundupError, match=what):
            budget.grown(wrong, **come)


def rates(run):
    return {event["step"]: event["learning_rate"] for event in run.events("step")}


@pytest.mark.parametrize("name", ["char-rnn", "gpt"])
def test_a_run_that_is_done_trains_on_and_its_rate_follows_the_new_curve(name, small_recipe):
    run = Run.create(small_recipe(name, "12steps"), "more")
    assert train_run(run) == "budget"
    before = list(run.events())
    assert run.grow("+12steps").words == "24 steps"
    assert not Run.open("more").finished
    assert Run.open("more").recipe.budget == "24steps"
    assert train_run(Run.open("more")) == "budget"
    again = Run.open("more")
    assert again.finished
    assert train_run(again) == "finished"
    assert (
        list(again.events())[: len(before) - 1] == before[:-1]
    )  # but for its end, nothing of the first is lost
    assert [event["step"] for event in again.events("evaluation")] == [4, 8, 12, 16, 24]
    for step, rate in rates(again).items():
        share = (step - 1) / (12 if step <= 12 else 24)
        assert rate == pytest.approx(learning_rate(share, again.recipe.training)), step
    assert rates(again)[13] > 3 * rates(again)[12]  # it rises again: not the run that had 24 from its start


def grown_at(run, step, budget="+12steps"):
    """A listener that gives the run more at a step, as another process does."""

    def listen(event):
        if isinstance(event, StepEvent) and event.step == step:
            Run.open(run.name).grow(budget)

    return listen


@pytest.mark.parametrize("name", ["char-rnn", "gpt"])
def test_more_while_it_trains_then_killed_and_resumed_equals_unbroken(name, small_recipe, monkeypatch):
    recipe = small_recipe(name, "12steps")
    unbroken = Run.create(recipe, "unbroken")
    assert train_run(unbroken, grown_at(unbroken, 7)) == "budget"
    assert [event["budget"] for event in unbroken.events("budget")] == ["24steps"]
    assert list(unbroken.events("step"))[-1]["step"] == 24

    broken = Run.create(recipe, "broken")
    give = grown_at(broken, 7)

    class Killed(BaseException):
        pass

    def killed(event):
        give(event)
        if isinstance(event, StepEvent) and event.step == 11:
            raise Killed  # nothing is saved on the way out, as with SIGKILL

    monkeypatch.setattr(trainer, "SAVE_INTERVAL_S", 1e9)
    with pytest.raises(Killed):
        train_run(broken, killed)
    assert train_run(Run.open("broken")) == "budget"
    assert_same_outcome(unbroken, Run.open("broken"))


def test_more_for_one_that_was_stopped_and_less_ends_it_sooner(small_recipe):
    run = Run.create(small_recipe("gpt", "24steps"), "stopped")

    def press_ctrl_c(event):
        if isinstance(event, StepEvent) and event.step == 5:
            signal.raise_signal(signal.SIGINT)

    assert train_run(run, press_ctrl_c) == "interrupted"
    run.grow("9steps")
    assert train_run(Run.open("stopped")) == "budget"
    assert Run.open("stopped").finished
    assert list(run.events("step"))[-1]["step"] == 9
    assert list(run.events("evaluation"))[-1]["step"] == 9
    # Less while it trains, and so little that the step in hand is the last: it still scores, and ends.
    other = Run.create(small_recipe("gpt", "24steps"), "less")
    assert train_run(other, grown_at(other, 6, "7steps")) == "budget"
    assert list(other.events("evaluation"))[-1]["step"] == 7


def test_more_in_the_very_last_moment_is_not_lost(small_recipe):
    """After the last step, while the last evaluation is made."""
    run = Run.create(small_recipe("char-rnn", "6steps"), "late")
    given = []

    def late(event):
        if isinstance(event, EvaluationEvent) and event.step == 6 and not given:
            given.append(Run.open("late").grow("+3steps"))

    assert train_run(run, late) == "budget"
    assert list(run.events("step"))[-1]["step"] == 9
    assert run.finished
