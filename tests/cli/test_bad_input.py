"""Whatever a person gives wrongly ends in two sentences and exit code 2: no traceback, nothing lost."""

import json
import os
import subprocess
import sys

import pytest

QUICK = ["--set", "training.batch_size=2", "--set", "training.sequence_length=16",
         "--set", "training.precision=float32",
         "--budget", "3steps"]  # fmt: skip


def train(groundup, corpus, *more):
    return groundup("train", "char-rnn", "--corpus", corpus, *QUICK, *more)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("train gpt --budget 0s", "A budget of 0s trains nothing"),
        ("train gpt --budget soon", "2min"),
        ("train gtp", "Did you mean 'gpt'?"),
        ("train", "groundup train gpt"),
        ("train gpt --set model.widht=3", "Did you mean 'width'?"),
        ("train gpt --set training.lerning_rate=3", "Did you mean 'learning_rate'?"),
        ("train gpt --set model.width", "key=value"),
        ("train gpt --set model.width=65 --set model.heads=4", "width"),
        ("train gpt --set training.learning_rate=-1", "training.learning_rate"),
        ("train gpt --set nonsense=1", "nonsense"),
        ("train gpt --tokenizer bep", "bpe"),
        ("train gpt --seed -1", "seed"),
        ("train gpt --recipe nowhere.toml", "not both"),
        ("train --recipe nowhere.toml", "nowhere.toml cannot be read"),
        ("train gpt --corpus nowhere.txt", "nowhere.txt"),
        ("train gpt --corpus storyworld:20kB --name a/b", "cannot name a run"),
        ("climb --models gtp", "Did you mean 'gpt'?"),
        ("climb --corpus nowhere.txt", "nowhere.txt"),
        ("climb --budget 0steps", "trains nothing"),
        ("climb --set model.widht=3", "Did you mean 'width'?"),
        ("climb --resume nothing", "no climb 'nothing'"),
        ("resume tinny", "Did you mean 'tiny'?"),
        ("generate tinny", "Did you mean 'tiny'?"),
        ("eval tinny", "Did you mean 'tiny'?"),
        ("compare rnn tinny", "Did you mean 'tiny'?"),
        ("runs tinny", "Did you mean 'tiny'?"),
        ("runs --delete tinny --yes", "Did you mean 'tiny'?"),
        ("runs --delete .. --yes", "no run '..'"),
        ("runs --delete ../runs --yes", "no run"),
        ("tokenize text --run tinny", "Did you mean 'tiny'?"),
        ("tokenize text", "--kind"),
        ("tokenize text --kind bep", "Did you mean 'bpe'?"),
        ("generate tiny --temperature -1", "temperature"),
        ("generate tiny --top-p 2", "top_p"),
        ("generate tiny --tokens -1", "-1"),
        ("generate tiny --checkpoint middle", "best"),
        ("generate tiny --beams 0", "beams"),
        ("eval tiny --corpus nowhere.txt", "nowhere.txt"),
        ("eval tiny --checkpoint middle", "best"),
        ("assets fetch shakspeare", "Did you mean 'shakespeare'?"),
        ("train gpt --no-such-option", "--no-such-option"),
        ("trian gpt", "train"),
        ("generate", "run"),
        ("generate tiny --tokens many", "--tokens"),
    ],
)
def test_what_is_wrong_and_what_to_do(arguments, says, groundup, trained):
    result = groundup(*arguments.split())
    assert result.code == 2, result
    assert says.lower() in " ".join(result.err.lower().split()), result.err
    assert result.out == ""
    assert {path.name for path in trained.iterdir()} == {"rnn", "tiny"}  # nothing lost, nothing begun


def test_errors_are_json_too(groundup, trained):
    for value in (["eval", "tinny"], ["train", "gpt", "--no-such-option"]):
        result = groundup(*value, "--json")
        assert result.code == 2
        assert result.out == ""
        error = json.loads(result.err)
        assert error["error"]
        assert error["hint"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x",
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
        b"caf\xe9 " * 500,
        "naïve ".encode("utf-16") * 200,
    ],
)
def test_texts_that_cannot_be_trained_on(content, groundup, tmp_path, home):
    path = tmp_path / "odd.txt"
    path.write_bytes(content)
    result = train(groundup, path)
    assert result.code == 2
    assert "odd.txt" in result.err
    assert not list((home / "runs").glob("*")), "a run that never began was left behind"


def test_text_shorter_than_the_context(groundup, tmp_path):
    path = tmp_path / "short.txt"
    path.write_text("To be, or not to be.", encoding="utf-8")
    result = groundup("train", "gpt", "--corpus", path, "--budget", "3steps")
    assert result.code == 2
    assert result.err.count("\n") <= 4


def test_an_empty_folder(groundup, tmp_path):
    (tmp_path / "nothing").mkdir()
    result = train(groundup, tmp_path / "nothing")
    assert result.code == 2
    assert "nothing" in result.err


def test_a_prompt_with_characters_the_model_never_saw(groundup, trained):
    result = groundup("generate", "rnn", "--prompt", "漢字")
    assert result.code == 2
    assert "漢" in result.err
    assert (
        groundup("generate", "tiny", "--prompt", "漢字", "--tokens", "2").code == 0
    )  # bytes know everything


def test_a_name_that_is_taken(groundup, trained, fox):
    before = (trained / "tiny" / "best.safetensors").read_bytes()
    result = train(groundup, fox, "--name", "tiny")
    assert result.code == 2
    assert "groundup resume tiny" in result.err
    assert (trained / "tiny" / "best.safetensors").read_bytes() == before


@pytest.mark.parametrize("harm", ["truncate", "flip", "version", "remove"])
@pytest.mark.parametrize("command", ["generate", "eval", "resume"])
def test_a_damaged_checkpoint(harm, command, groundup, trained):
    for file in ("best.safetensors", "last.safetensors"):
        path = trained / "tiny" / file
        data = bytearray(path.read_bytes())
        if harm == "truncate":
            path.write_bytes(data[: len(data) // 2])
        elif harm == "flip":
            data[-100] ^= 1
            path.write_bytes(data)
        elif harm == "version":
            path.write_bytes(bytes(data).replace(b"groundup-checkpoint-1", b"groundup-checkpoint-9"))
        else:
            path.unlink()
    if command == "resume" and harm == "remove":
        pytest.skip("without any checkpoint it begins again")
    result = groundup(command, "tiny")
    if command == "resume" and result.code == 0:
        return  # it was finished: nothing had to be read
    assert result.code == 2
    assert "tiny" in result.err


def test_other_damage(groundup, trained):
    (trained / "tiny" / "tokenizer.json").write_text("{", encoding="utf-8")
    assert groundup("generate", "tiny").code == 2
    (trained / "rnn" / "run.toml").write_text('format = "groundup-run-9"', encoding="utf-8")
    result = groundup("eval", "rnn")
    assert result.code == 2
    assert "another version" in result.err


@pytest.mark.slow
def test_a_run_that_another_process_trains(groundup, trained):
    from groundup.training.run import Run

    lock = Run.open("tiny").lock()
    try:
        code = "import sys; from groundup.cli.main import main; sys.exit(main(['resume', 'tiny']))"
        result = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8", check=False
        )
        assert result.returncode == 2
        assert "another process" in result.stderr
        assert groundup("runs", "--delete", "tiny", "--yes").code == 2
    finally:
        lock.release()
    assert (trained / "tiny").is_dir()


@pytest.mark.skipif(
    os.name == "nt" or (hasattr(os, "geteuid") and os.geteuid() == 0), reason="root may write anywhere"
)
def test_a_home_that_cannot_be_written(groundup, fox, tmp_path, monkeypatch):
    home = tmp_path / "locked"
    home.mkdir()
    home.chmod(0o500)
    monkeypatch.setenv("GROUNDUP_HOME", str(home))
    result = train(groundup, fox)
    assert result.code == 2
    assert "GROUNDUP_HOME" in result.err


def test_a_home_that_is_a_file(groundup, fox, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("GROUNDUP_HOME", str(tmp_path / "file"))
    result = train(groundup, fox)
    assert result.code == 2


@pytest.mark.slow
def test_a_reader_that_has_enough_is_no_error(trained):
    """`groundup ... | head -0`: the pipe closes, and no error is shown."""
    code = "import sys; from groundup.cli.main import main; sys.exit(main(['runs', 'tiny']))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    err = process.stderr.read().decode()
    process.wait(timeout=60)
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
