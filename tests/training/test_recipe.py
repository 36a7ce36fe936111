"""Recipes: every shipped one is valid, what is written is read back, and a wrong key names its neighbour."""

import pytest

from groundup.common.errors import GroundupError
from groundup.models import MODELS
from groundup.training.budget import Budget
from groundup.training.recipe import (
    RENAMED_KEYS,
    Recipe,
    TrainingRecipe,
    override,
    parse_setting,
    preset_data,
    preset_names,
)


@pytest.mark.parametrize("name", list(MODELS))
def test_every_preset_is_a_valid_recipe_and_survives_toml(name):
    recipe = Recipe.preset(name)
    assert recipe.model.kind == name
    assert Recipe.from_toml(recipe.to_toml()) == recipe


def test_the_ladder_has_five_rungs_in_order():
    assert preset_names() == ["char-rnn", "word-gru", "lstm-attention", "transformer", "gpt"]


def test_presets_share_one_budget_and_one_text():
    recipes = [Recipe.preset(name) for name in preset_names()]
    assert len({(recipe.budget, recipe.corpus) for recipe in recipes}) == 1


def test_settings_override_one_key_and_leave_the_rest():
    recipe = Recipe.preset("gpt", {"model.layers": 2, "training.learning_rate": 0.01, "corpus": "alice"})
    before = Recipe.preset("gpt")
    assert (recipe.model.layers, recipe.training.learning_rate, recipe.corpus) == (2, 0.01, "alice")
    assert recipe.model.width == before.model.width
    assert recipe.training.batch_size == before.training.batch_size


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("model.width=256", "model.width", 256),
        ("training.learning_rate = 3e-4", "training.learning_rate", 3e-4),
        ("training.compile=true", "training.compile", True),
        ("corpus=my text.txt", "corpus", "my text.txt"),
        ("budget=2min", "budget", "2min"),
    ],
)
def test_a_setting_is_read_as_toml_or_as_text(text, key, value):
    assert parse_setting(text) == (key, value)


@pytest.mark.parametrize(
    ("wrong", "result"),
    [
        ({"model.widht": 3}, r"no key 'model.widht'. Did you mean 'width'"),
        ({"training.learning_rte": 3}, r"no key 'training.learning_rte'. Did you mean 'learning_rate'"),
        ({"copus": "x"}, r"no key 'copus'. Did you mean 'corpus'"),
        ({"tokenizer.vocab": 3}, r"no key 'tokenizer.vocab'. Did you mean 'vocab_size'"),
        ({"model.kind": "gtp"}, r"no model 'gtp'. Did you mean 'gpt'"),
        ({"model.heads": 3}, r"[Dd]ivi"),
        ({"training.sequence_length": 4096}, r"longer than the model's context"),
        ({"training.batch_size": 0}, r"training.batch_size = 0 does not fit"),
        ({"training.batch_size": "many"}, r"training.batch_size = 'many' does not fit"),
        ({"budget": "0s"}, r"trains nothing"),
        ({"budget": "soon"}, r"not a budget"),
        ({"corpus.name": "x"}, r"corpus = .* does not fit"),
        ({"tokenizer.kind": "bytes"}, r"'vocab_size' means nothing to the 'bytes' tokenizer"),
    ],
)
def test_a_wrong_recipe_says_what_is_wrong(wrong, result):
    with pytest.raises(GroundupError, match=result):
        Recipe.preset("gpt", wrong)


@pytest.mark.parametrize(("old", "new"), RENAMED_KEYS.items())
def test_an_old_key_names_the_new_one(old, new):
    with pytest.raises(GroundupError, match=rf"^'{old}' is now '{new}'\."):
        Recipe.preset("gpt", {old: 1})


def test_damaged_toml_and_an_unknown_preset_are_explained():
    with pytest.raises(GroundupError, match="not valid TOML"):
        Recipe.from_toml("budget = ")
    with pytest.raises(GroundupError, match="Did you mean 'transformer'"):
        preset_data("transfomer")


def test_override_copies():
    data = {"model": {"width": 1}}
    assert override(data, {"model.width": 2}) == {"model": {"width": 2}}
    assert data == {"model": {"width": 1}}


def test_every_key_is_documented_for_forms_and_help():
    schema = Recipe.model_json_schema()
    for name, part in schema["$defs"].items():
        for key, facts in part["properties"].items():
            assert key == "kind" or facts.get("description"), f"{name}.{key} has no description"
    assert TrainingRecipe.model_fields["warmup_ratio"].description


@pytest.mark.parametrize(
    ("text", "amount", "unit", "plain"),
    [
        ("76s", 76, "seconds", "76s"),
        ("2min", 120, "seconds", "120s"),
        ("1.5h", 5400, "seconds", "5400s"),
        ("500steps", 500, "steps", "500steps"),
        ("1 step", 1, "steps", "1steps"),
        ("2Mtokens", 2_000_000, "tokens", "2Mtokens"),
        ("1.5k steps", 1500, "steps", "1.5ksteps"),
        ("0.5s", 0.5, "seconds", "0.5s"),
    ],
)
def test_budgets_are_read_and_written(text, amount, unit, plain):
    budget = Budget.parse(text)
    assert (budget.amount, budget.unit, str(budget)) == (amount, unit, plain)
    assert Budget.parse(str(budget)) == budget


@pytest.mark.parametrize("text", ["", "s", "5", "5 parsecs", "-3s", "0steps", "0.2steps", "1e9s", "5ss"])
def test_what_is_no_budget_is_refused(text):
    with pytest.raises(GroundupError):
        Budget.parse(text)


def test_the_share_of_a_budget_that_is_spent():
    assert Budget.parse("10s").spent(seconds=5, steps=1, tokens=1) == 0.5
    assert Budget.parse("10steps").spent(seconds=5, steps=20, tokens=1) == 2
