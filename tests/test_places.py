"""Where files live, and how their places are said."""

from pathlib import Path

from groundup.common.places import with_tilde


def test_the_own_folder_is_said_as_a_tilde_and_others_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "ada")
    assert with_tilde(tmp_path / "ada" / "groundup" / "slope.py") == str(Path("~/groundup/slope.py"))
    assert with_tilde(tmp_path / "adam" / "slope.py") == str(tmp_path / "adam" / "slope.py")

    def no_home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", no_home)
    assert with_tilde(tmp_path / "slope.py") == str(tmp_path / "slope.py")
