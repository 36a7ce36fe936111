"""The alignment of encoder and decoder: what is traced is what the model did, and the picture shows it."""

import json

import numpy as np
import pytest
import torch

from groundup.lenses import alignment
from groundup.lenses.alignment import AlignmentTrace
from groundup.models.seq2seq import BEGIN, END
from groundup.text import dates
from groundup.training.translation import PRESETS, Rewritten, build

TEXTS = ["3rd of March 1999", "WEDNESDAY, JUNE 15, 2044"]


@pytest.fixture
def drawn():
    """Steps that each look at one character, but for the last, which looks evenly."""
    weights = np.zeros((1, 2, 4, 12), dtype=np.float32)
    for step, place in enumerate((8, 9, 2)):
        weights[:, :, step, place] = 1
    weights[:, :, 3] = 1 / 12
    return AlignmentTrace("seq2seq", [Rewritten("3 March 1999", "1903", weights)])


@pytest.mark.parametrize("name", PRESETS)
def test_it_is_what_the_model_looked_at(name):
    torch.manual_seed(1)
    model = build(name).eval()
    traced = alignment.trace(model, TEXTS)
    assert traced.model == name
    for one in traced.texts:
        # Teacher forcing on what was written gives the same rows.
        written = model.translate(dates.encode([one.text]), dates.LONGEST_TARGET)[0]
        target = torch.cat((torch.tensor([[BEGIN]]), written[:, :-1]), dim=1)
        _, looked, _ = model.decode(target, model.encode(dates.encode([one.text])))
        row = written[0].tolist()
        end = row.index(END) if END in row else len(row)
        kept = [place for place in range(end) if row[place] > END]
        np.testing.assert_allclose(one.alignment, looked[0][:, :, kept].detach().numpy(), atol=1e-5)


def test_the_grid_is_drawn_as_it_is(drawn):
    axes = drawn.plot().axes[0]
    (mesh,) = axes.collections
    np.testing.assert_allclose(mesh.get_array(), drawn.texts[0].mean_alignment())
    assert [label.get_text() for label in axes.get_xticklabels()] == list("3·March·1999")
    assert [label.get_text() for label in axes.get_yticklabels()] == list("1903")
    assert "3 March 1999 → 1903" in axes.get_title(loc="left")


def pixels(figure):
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(float)


@pytest.mark.parametrize("dark", [False, True])
def test_the_picture_has_a_strong_cell_where_it_looked(drawn, dark):
    figure = drawn.plot(dark=dark)
    picture = pixels(figure)
    to_pixels = figure.axes[0].transData.transform

    def lightness(row, column):
        x, y = to_pixels((column + 0.5, row + 0.5))
        return picture[int(picture.shape[0] - y), int(x)].mean()

    ground = lightness(0, 0)
    for row, column in ((0, 8), (1, 9), (2, 2)):
        assert abs(lightness(row, column) - ground) > 120
    assert abs(lightness(3, 0) - ground) < 60


def test_it_is_written_as_picture_and_as_numbers(drawn, tmp_path):
    for name in ("a.png", "a.svg"):
        assert drawn.save(tmp_path / name).stat().st_size > 5_000
    written = json.loads(drawn.save(tmp_path / "a.json").read_text(encoding="utf-8"))
    assert written["model"] == "seq2seq"
    assert written["texts"][0]["result"] == "1903"
    np.testing.assert_allclose(written["texts"][0]["alignment"], drawn.texts[0].alignment, rtol=1e-5)


def test_several_texts_and_one_without_a_result(drawn):
    empty = Rewritten("3.3.1999", "", np.zeros((1, 2, 0, 8), dtype=np.float32))
    figure = AlignmentTrace("seq2seq", [*drawn.texts, empty]).plot()
    assert len(figure.axes) == 3  # two grids and the colour bar
    assert "(nothing)" in figure.axes[1].get_title(loc="left")
    assert pixels(figure).std() > 5
