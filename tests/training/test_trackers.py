"""What a tracker shows is what happened: read back from real event files, every number and text."""

import json
import struct
import sys
import threading
from collections import defaultdict
from datetime import datetime
from html import unescape
from types import SimpleNamespace

import pytest

from groundup.common.errors import GroundupError
from groundup.training import trackers, trainer
from groundup.training.run import Run
from groundup.training.trackers import CURVES, SAMPLE, events, hyperparameters, to_tensorboard, to_wandb
from groundup.training.trainer import train_run

EACH = [(kind, key, name) for kind, curves in CURVES.items() for key, name in curves.items()]


@pytest.fixture
def run(small_recipe, monkeypatch):
    """A run with every step in its events."""
    monkeypatch.setattr(trainer, "STEP_EVENT_INTERVAL_S", 0.0)
    run = Run.create(small_recipe("char-rnn", "12steps"), "mine")
    train_run(run)
    return run


def read_back(folder):
    """The curves of TensorBoard's event files as `{name: [(step, value, wall time), ...]}`, and the reader."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    reader = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    reader.Reload()
    found = {
        name: [(point.step, point.value, point.wall_time) for point in reader.Scalars(name)]
        for name in reader.Tags()["scalars"]
    }
    return found, reader


def test_tensorboard_reads_back_what_happened(run, tmp_path):
    folder = to_tensorboard(run, tmp_path / "board")
    assert folder == tmp_path / "board" / "mine"
    found, reader = read_back(folder)
    assert len(found) == 2 * len(EACH)
    started = datetime.fromisoformat(run.facts()["started"]).timestamp()
    for kind, key, name in EACH:
        happened = list(run.events(kind))
        assert len(happened) == (12 if kind == "step" else 3)
        by_tokens = found[name.replace("/", "_by_tokens/")]
        for event, by_step, by_token in zip(happened, found[name], by_tokens, strict=True):
            assert by_step[0] == event["step"]
            assert by_token[0] == event["tokens"]
            assert by_step[1] == by_token[1] == pytest.approx(event[key], rel=1e-6)  # it keeps float32
            assert by_step[2] == pytest.approx(started + event["seconds"], abs=0.001)
    samples = reader.Tensors(f"{SAMPLE}/text_summary")
    for event, sample in zip(run.events("evaluation"), samples, strict=True):
        text = sample.tensor_proto.string_val[0].decode()
        assert "\n".join(line.removeprefix("    ") for line in text.split("\n")) == event["sample"]
        assert sample.step == event["step"]


def test_the_recipe_becomes_hyperparameters_of_tensorboard(run):
    plugin = pytest.importorskip("tensorboard.plugins.hparams.plugin_data_pb2")
    _, reader = read_back(to_tensorboard(run))
    assert {"model.width": 24, "training.batch_size": 4, "seed": 1}.items() <= hyperparameters(run).items()
    data = plugin.HParamsPluginData()
    data.ParseFromString(reader.SummaryMetadata("_hparams_/session_start_info").plugin_data.content)
    shown = {
        key: getattr(value, value.WhichOneof("kind"))
        for key, value in data.session_start_info.hparams.items()
    }
    assert shown == hyperparameters(run)


def test_writing_again_replaces_only_our_own_files(run, home):
    folder = to_tensorboard(run)
    assert folder == home / "tensorboard" / "mine"
    other = folder / "events.out.tfevents.1.other"
    other.write_bytes(b"")
    first, _ = read_back(folder)
    to_tensorboard(run)
    assert read_back(folder)[0] == first  # not every point twice
    assert other.exists()


@pytest.mark.parametrize("seen", [True, False])
def test_following_goes_on_to_the_end_and_over_a_kill(seen, small_recipe, monkeypatch):
    """Events come as they are written, in pieces and lines, and once each when a resumed run repeats some.

    Whenever the reader rests, for it has read all that there is, the next thing happens.
    """
    run = Run.create(small_recipe("char-rnn"), "live")

    def line(kind, step):
        return json.dumps({"event": kind, "step": step, "tokens": 64 * step, "seconds": 0.1 * step}) + "\n"

    kept = line("start", 0) + line("step", 1)

    def begin():  # nothing had happened before
        run.metrics_file.write_text(kept + line("step", 2) + line("step", 3)[:9], encoding="utf-8")

    def killed():  # the last save was after step 1
        with open(run.metrics_file, "r+", encoding="utf-8") as file:
            file.truncate(len(kept))

    def resumed():
        with open(run.metrics_file, "a", encoding="utf-8") as file:
            file.write(line("resume", 1) + line("step", 2) + line("step", 3) + line("end", 3))

    # The reader may rest between the kill and what comes after, or miss it: then the file has grown again.
    to_come = iter([begin, killed, resumed] if seen else [begin, lambda: (killed(), resumed())])
    monkeypatch.setattr(trackers, "time", SimpleNamespace(sleep=lambda seconds: next(to_come)()))
    assert [(event["event"], event["step"]) for event in events(run, follow=True)] == [
        ("start", 0), ("step", 1), ("step", 2), ("resume", 1), ("step", 3), ("end", 3),
    ]  # fmt: skip


def test_following_a_training_writes_what_reading_afterwards_does(small_recipe, tmp_path, monkeypatch):
    monkeypatch.setattr(trackers, "SECONDS_BETWEEN_LOOKS", 0.01)
    run = Run.create(small_recipe("char-rnn", "40steps"), "live")
    following = threading.Thread(target=to_tensorboard, args=(run, tmp_path / "followed", True), daemon=True)
    following.start()
    train_run(run)
    following.join(timeout=200)
    assert not following.is_alive()
    followed, _ = read_back(tmp_path / "followed" / "live")
    assert followed == read_back(to_tensorboard(run, tmp_path / "after"))[0]
    assert followed["validation/loss"]


def wandb_records(data):
    """The records of a .wandb file: LevelDB's log, blocks of 32 kB with pieces of records in them.

    A piece has 7 bytes before it: checksum (4), length (2), and whether it is a whole record (1), the first
    piece of one (2), one in the middle (3) or the last (4). The file itself begins with 7 bytes.
    """
    at, record = 7, b""
    while at + 7 <= len(data):
        room = 2**15 - at % 2**15
        if room < 7:  # the rest of a block that is too short for another piece
            at += room
            continue
        _, length, kind = struct.unpack_from("<IHB", data, at)
        record += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            yield record
            record = b""


@pytest.mark.slow
def test_wandb_keeps_what_happened(run, tmp_path, monkeypatch):
    """Offline, with the real client: its file holds every number, every sample and the recipe."""
    wandb = pytest.importorskip("wandb")
    from wandb.proto.wandb_internal_pb2 import Record

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    folder = to_wandb(run, folder=tmp_path)
    wandb.teardown()  # its other process has closed the file, as it has when Python ends
    (file,) = tmp_path.glob("wandb/offline-run-*/run-*.wandb")
    assert str(file.parent) == folder

    history, config = defaultdict(dict), {}
    for data in wandb_records(file.read_bytes()):
        record = Record.FromString(data)
        row = {
            item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in record.history.item
        }
        if row:
            history[row["_step"]] |= row
        config |= {item.key: json.loads(item.value_json) for item in record.run.config.update}
        assert record.run.project in ("", "groundup")
    assert {key: config.get(key) for key in hyperparameters(run)} == hyperparameters(run)
    for kind, key, name in EACH:
        for event in run.events(kind):
            row = history[event["step"]]
            assert row[name] == pytest.approx(event[key])
            assert row["tokens"] == event["tokens"]
            assert row["seconds"] == event["seconds"]
    pages = [path.read_text(encoding="utf-8") for path in file.parent.glob("files/media/html/**/*.html")]
    shown = sorted(unescape(page.split("<pre>")[1].split("</pre>")[0]) for page in pages)
    assert shown == sorted(event["sample"] for event in run.events("evaluation"))


@pytest.mark.parametrize(
    ("write", "module", "extra"),
    [(to_tensorboard, "torch.utils.tensorboard", "tensorboard"), (to_wandb, "wandb", "wandb")],
)
def test_a_missing_extra_is_explained(write, module, extra, run, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not installed
    with pytest.raises(GroundupError, match=r"not installed") as error:
        write(run)
    assert f"pip install 'groundup[{extra}]'" in error.value.hint


def test_a_run_without_events_is_explained(small_recipe):
    with pytest.raises(GroundupError, match="Nothing has happened"):
        to_tensorboard(Run.create(small_recipe("gpt")))
