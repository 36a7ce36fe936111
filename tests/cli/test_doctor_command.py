"""`groundup doctor` for people, on narrow and wide terminals, and for programs."""

import re
from copy import deepcopy
from dataclasses import replace

import pytest

from groundup.cli import doctor
from groundup.cli.shared import commands_in, console
from groundup.doctor import estimates, examine
from groundup.models import MODELS
from groundup.training.recipe import Recipe

SMALL = {name: Recipe.preset(name, {"training.batch_size": 4}) for name in MODELS}


@pytest.fixture(autouse=True)
def _briefly(monkeypatch):
    monkeypatch.setattr(estimates, "SECONDS", 0.05)
    monkeypatch.setattr(Recipe, "preset", lambda name, overrides=None: SMALL[name].override(overrides or {}))


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A whole examination, measured once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDUP_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setattr(estimates, "SECONDS", 0.05)
        patch.setattr(Recipe, "preset", lambda name, given=None: SMALL[name].override(given or {}))
        said: list[str] = []
        found = examine(progress=said.append)
    assert [line for line in said if "Measuring" in line] == [f"Measuring {name}" for name in MODELS]
    return found


def shown(report, width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    doctor.show(report, console())
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 100])
def test_it_says_everything_at_any_width(report, width, capsys, monkeypatch):
    out = shown(report, width, capsys, monkeypatch)
    assert "\x1b" not in out  # no colour where it is not a terminal
    assert max(map(len, out.splitlines())) <= width
    assert "…" not in out  # nothing is cut off
    for title in ("Machine", "Device and precision", "Numbers", "Presets", "Storage"):
        assert re.search(rf"^{title}", out, re.MULTILINE)
    one_line = " ".join(out.split())
    assert report.machine.processor in one_line
    assert f"{report.device}: {report.device_why}" in one_line
    for preset in report.presets:
        assert f"{preset.model} {preset.precision}: {preset.precision_why}" in one_line
    assert one_line.endswith("All is well.")


def test_published_figures_are_shown_beside_the_estimates(report, capsys, monkeypatch):
    with_figures = deepcopy(report)
    figures = {
        "bpb": 2.5,
        "seconds": 48.0,
        "tokens_per_second": 20_000,
        "peak_memory_mb": 400,
        "machine": "x",
    }
    with_figures.presets = [replace(preset, published=figures) for preset in report.presets]
    for width in (60, 100):
        out = shown(with_figures, width, capsys, monkeypatch)
        assert out.count("2.500") == len(MODELS)
        assert max(map(len, out.splitlines())) <= width
        assert "…" not in out


def test_json_is_one_object(groundup):
    said = groundup("doctor", "--json")
    found = said.json
    assert said.code == 0
    assert said.err == ""
    assert found["well"] is True
    assert found["problems"] == []
    assert [preset["model"] for preset in found["presets"]] == list(MODELS)
    for preset in found["presets"]:
        assert preset["precision"] in ("float32", "bfloat16")
        assert preset["tokens_per_second"] > 0
        assert preset["memory"] > preset["state_bytes"] > 0
        one = preset["tokens"] / preset["steps"]  # it takes whole steps
        assert preset["tokens"] == pytest.approx(
            preset["seconds"] * preset["tokens_per_second"], rel=0.05, abs=one
        )
    assert all(row["agrees"] for row in found["numbers"])
    assert found["storage"]["home"]["error"] == ""


def test_quick_measures_nothing(groundup, monkeypatch):
    monkeypatch.setattr(estimates, "choose_precision", lambda *given: pytest.fail("it measured"))
    found = groundup("doctor", "--quick", "--json").json
    assert {preset["tokens_per_second"] for preset in found["presets"]} == {None}
    said = groundup("doctor", "--quick")
    assert said.code == 0
    assert said.out.rstrip().endswith("All is well.")


def test_something_to_mend_ends_with_one(groundup, home):
    home.write_text("a file where the folder should be", encoding="utf-8")
    said = groundup("doctor", "--quick")
    assert said.code == 1
    assert "to mend" in said.out
    assert "All is well" not in said.out
    assert "GROUNDUP_HOME" in said.out
    found = groundup("doctor", "--quick", "--json")
    assert found.code == 1
    assert found.json["well"] is False
    assert "cannot be written" in found.json["problems"][0]["what"]


def test_a_device_that_is_not_here(groundup):
    said = groundup("doctor", "--device", "toaster")
    assert said.code == 2
    assert "no device 'toaster'" in said.err
    assert said.out == ""


def test_help_teaches_by_example(groundup):
    out = groundup("doctor", "--help").out
    for command in commands_in(doctor.EXAMPLES):
        assert f"groundup {command}" in out
