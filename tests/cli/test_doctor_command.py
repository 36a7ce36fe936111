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
        patch.setattr(Recipe, "preset", lambda name, value=None: SMALL[name].override(value or {}))
        messages: list[str] = []
        result = examine(progress=messages.append)
    assert [line for line in messages if "Measuring" in line] == [f"Measuring {name}" for name in MODELS]
    return result


def displayed_lines(report, width, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    doctor.show(report, console())
    return capsys.readouterr().out


@pytest.mark.parametrize("width", [60, 100])
def test_it_says_everything_at_any_width(report, width, capsys, monkeypatch):
    out = displayed_lines(report, width, capsys, monkeypatch)
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
        out = displayed_lines(with_figures, width, capsys, monkeypatch)
        assert out.count("2.500") == len(MODELS)
        assert max(map(len, out.splitlines())) <= width
        assert "…" not in out


def test_json_is_one_object(groundup):
    result = groundup("doctor", "--json")
    actual = result.json
    assert result.code == 0
    assert result.err == ""
    assert actual["well"] is True
    assert actual["problems"] == []
    assert [preset["model"] for preset in actual["presets"]] == list(MODELS)
    for preset in actual["presets"]:
        assert preset["precision"] in ("float32", "bfloat16")
        assert preset["tokens_per_second"] > 0
        assert preset["memory"] > preset["state_bytes"] > 0
        item = preset["tokens"] / preset["steps"]  # it takes whole steps
        assert preset["tokens"] == pytest.approx(
            preset["seconds"] * preset["tokens_per_second"], rel=0.05, abs=item
        )
    assert all(row["agrees"] for row in actual["numbers"])
    assert actual["storage"]["home"]["error"] == ""


def test_quick_measures_nothing(groundup, monkeypatch):
    monkeypatch.setattr(estimates.Trial, "measure", lambda self: pytest.fail("it measured"))
    result = groundup("doctor", "--quick", "--json").json
    assert {preset["tokens_per_second"] for preset in result["presets"]} == {None}
    reply = groundup("doctor", "--quick")
    assert reply.code == 0
    assert reply.out.rstrip().endswith("All is well.")


def test_something_to_mend_ends_with_one(groundup, home):
    home.write_text("a file where the folder should be", encoding="utf-8")
    result = groundup("doctor", "--quick")
    assert result.code == 1
    assert "to mend" in result.out
    assert "All is well" not in result.out
    assert "GROUNDUP_HOME" in result.out
    actual = groundup("doctor", "--quick", "--json")
    assert actual.code == 1
    assert actual.json["well"] is False
    assert "cannot be written" in actual.json["problems"][0]["what"]


def test_a_device_that_is_not_here(groundup):
    result = groundup("doctor", "--device", "toaster")
    assert result.code == 2
    assert "no device 'toaster'" in result.err
    assert result.out == ""


def test_help_teaches_by_example(groundup):
    out = groundup("doctor", "--help").out
    for command in commands_in(doctor.EXAMPLES):
        assert f"groundup {command}" in out
