"""Courses by others: what comes in stays in its folder, ids stay apart, and a broken one never stops ours."""

import os
import stat
import zipfile

import pytest
from small_course import finished, questions

from groundup.common.errors import GroundupError
from groundup.course.authoring import imported
from groundup.course.authoring.imported import courses, courses_folder, import_course, remove_course
from groundup.course.lessons.catalogue import load_course


@pytest.fixture(autouse=True)
def ours(tmp_path, monkeypatch):
    """A small course in place of groundup's own: these tests are about the others."""
    finished(tmp_path / "ours", "0.1-slopes")
    monkeypatch.setattr(imported, "LESSONS", tmp_path / "ours")
    return tmp_path / "ours"


@pytest.fixture
def theirs(tmp_path):
    return finished(tmp_path / "rhymes", "rhymes-1.1-ends").folder.parent


def zipped(folder, file, inside=""):
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, f"{inside}{path.relative_to(folder).as_posix()}")
    return file


def everything(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def refused(source, match):
    """It is not added, and nothing is left or changed anywhere."""
    home = {"groundup-home", "groundup-home/courses"}
    before = everything(source.parent) | home
    with pytest.raises(GroundupError, match=match):
        import_course(source)
    assert everything(source.parent) == before
    assert list(courses_folder().iterdir()) == []


# ---- adding, updating, removing -------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["folder", "zip", "zip of the folder"])
def test_a_course_is_added_after_ours(theirs, tmp_path, how):
    (theirs / ".git").mkdir()
    (theirs / ".git" / "config").write_text("mine", encoding="utf-8")
    inside = "rhymes/" if how == "zip of the folder" else ""
    added = import_course(theirs if how == "folder" else zipped(theirs, tmp_path / "r.zip", inside))
    assert (added.course.contents.id, added.kept) == ("rhymes", None)
    assert [course.contents.id for course in courses()] == ["ours", "rhymes"]
    assert added.course.folder == courses_folder() / "rhymes"
    assert everything(added.course.folder) == {
        name for name in everything(theirs) if not name.startswith(".git")
    }
    assert list(courses_folder().glob(".new-*")) == []


def test_the_same_course_again_is_an_update_and_the_old_is_kept(theirs):
    import_course(theirs)
    (theirs / "new.txt").write_text("new", encoding="utf-8")
    added = import_course(theirs)
    assert (added.course.folder / "new.txt").exists()
    assert load_course(added.kept).contents.id == "rhymes"
    assert not (added.kept / "new.txt").exists()
    assert len(courses()) == 2


def test_a_course_is_removed_and_kept_aside(theirs):
    import_course(theirs)
    kept = remove_course("rhymes")
    assert load_course(kept).contents.id == "rhymes"
    assert [course.contents.id for course in courses()] == ["ours"]
    with pytest.raises(GroundupError, match="'rhymes' was not added"):
        remove_course("rhymes")
    with pytest.raises(GroundupError, match="comes with groundup and stays"):
        remove_course("ours")
    with pytest.raises(GroundupError, match="was not added"):
        remove_course("../ours")


def test_a_broken_course_never_stops_ours(theirs):
    folder = import_course(theirs).course.folder
    (folder / "rhymes-1.1-ends" / "lesson.md").write_text("no front", encoding="utf-8")
    notices = []
    assert [course.contents.id for course in courses(notices.append)] == ["ours"]
    assert notices[0].startswith("The course 'rhymes' is left out: ")
    assert "lesson.md, line 1: the front matter is missing" in notices[0]


def test_an_update_that_is_broken_leaves_what_was_there(theirs):
    import_course(theirs)
    (theirs / "rhymes-1.1-ends" / "lesson.md").write_text("no front", encoding="utf-8")
    with pytest.raises(GroundupError, match="the front matter is missing") as error:
        import_course(theirs)
    assert str(theirs) in error.value.what
    assert [course.contents.id for course in courses()] == ["ours", "rhymes"]


# ---- ids ------------------------------------------------------------------------------------------------------


def test_ids_are_no_one_elses(theirs, tmp_path):
    file = theirs / "course.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace('id = "rhymes"', 'id = "ours"'), encoding="utf-8")
    refused(theirs, "The id 'ours' is taken by a course that is there: groundup's own. Choose another id")
    file.write_text(text, encoding="utf-8")
    import_course(theirs)
    file.write_text(text.replace('title = "Rhymes"', 'title = "Others"'), encoding="utf-8")
    with pytest.raises(GroundupError, match="taken by a course that is there: 'Rhymes'"):
        import_course(theirs)
    other = finished(tmp_path / "verses", "rhymes-1.1-ends").folder.parent
    with pytest.raises(GroundupError, match=r"The lesson 'rhymes-1\.1' is also in 'Rhymes' course"):
        import_course(other)
    assert len(courses()) == 2


def test_a_lesson_of_ours_cannot_be_taken(tmp_path):
    refused(
        finished(tmp_path / "mine", "0.1-mine").folder.parent,
        r"The lesson '0\.1' is also in groundup's own course",
    )


def test_questions_of_placement_are_kept_apart_and_read_before(theirs, ours):
    questions(ours, "0.1", "placement")
    questions(theirs, "rhymes-1.1", "placement")
    refused(theirs, r"questions 'placement' is also in groundup's own course\. .* such as rhymes-placement")
    course = theirs / "course.toml"
    text = course.read_text(encoding="utf-8")
    course.write_text(text.replace('placement = "placement"', 'placement = "nowhere"'), encoding="utf-8")
    refused(theirs, r"nowhere/placement\.toml cannot be read")
    course.write_text(text.replace('placement = "placement"', 'placement = "where"'), encoding="utf-8")
    (theirs / "placement").rename(theirs / "where")
    assert import_course(theirs).course.contents.placement == "where"
    import_course(theirs)  # an update has its own


# ---- what tries to leave its folder -----------------------------------------------------------------------------


def test_links_and_special_files_of_a_folder_are_refused(theirs, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    link = theirs / "rhymes-1.1-ends" / "fixtures"
    link.symlink_to(secret)
    refused(theirs, "rhymes-1.1-ends/fixtures, it is a link, which may lead anywhere. Nothing was changed")
    link.unlink()
    link.symlink_to(theirs / "course.toml")
    refused(theirs, "it is a link")
    link.unlink()
    if hasattr(os, "mkfifo"):
        os.mkfifo(link)
        refused(theirs, "it is no plain file")


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../evil.txt", "it leads out of its folder"),
        ("a/../../evil.txt", "it leads out of its folder"),
        (".hidden/../../evil.txt", "it leads out of its folder"),
        ("/evil.txt", "it begins at the root of a disk"),
        ("C:/evil.txt", "it begins at the root of a disk"),
        ("a\\..\\evil.txt", "it has a letter that not every system allows"),
        ("notes:b.txt", "it has a letter that not every system allows"),
        ("a\x1b[2J.txt", "it has a letter that not every system allows"),
        ("a//b.txt", "it leads out of its folder"),
        ("aux.py", "not every system allows this name"),
        ("name.", "not every system allows this name"),
        ("a" * 200, "not every system allows this name"),
        ("COURSE.toml", "another file has the same name"),
        ("course.toml/x", "a file stands where its folder should be"),
    ],
)
def test_paths_of_a_zip_are_looked_at(theirs, tmp_path, name, why):
    file = zipped(theirs, tmp_path / "r.zip")
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, "x")
    with pytest.raises(GroundupError, match=why) as error:
        import_course(file)
    assert error.value.what.isprintable()
    assert list(courses_folder().iterdir()) == []
    assert not list(tmp_path.rglob("evil*"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_special_files_of_a_zip_are_refused(theirs, tmp_path, kind):
    file = zipped(theirs, tmp_path / "r.zip")
    entry = zipfile.ZipInfo("notes")
    entry.external_attr = (kind | 0o777) << 16
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(entry, "/etc/passwd")
    refused(file, "it is a link" if kind == stat.S_IFLNK else "it is no plain file")


def test_a_bomb_is_stopped_by_what_really_comes(theirs, tmp_path, monkeypatch):
    monkeypatch.setattr(imported, "MAX_BYTES", 2_000_000)
    file = zipped(theirs, tmp_path / "r.zip")
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", b"\0" * 5_000_000)
    assert file.stat().st_size < 100_000
    refused(file, "The course takes more than 2 MB")
    monkeypatch.setattr(imported, "MAX_FILES", 5)
    refused(file, "The course has more than 5 files")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"rhymes-1.1"', '"../../ours/0.1"', "is no id of a lesson"),
        ('id = "rhymes"', 'id = "../../rhymes"', "id: "),
        ('id = "rhymes"', 'id = "rhymes"\nplacement = "../../ours"', "'../../ours' is no id of a lesson"),
        ("[[rung]]", "[[rung", "cannot be read"),
    ],
)
def test_ids_that_lead_elsewhere_are_refused(theirs, old, new, match):
    file = theirs / "course.toml"
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    refused(theirs, match)


def test_what_is_no_course_is_said(tmp_path, theirs):
    (tmp_path / "empty").mkdir()
    refused(tmp_path / "empty", "has no course.toml")
    (tmp_path / "text.zip").write_text("no zip", encoding="utf-8")
    refused(tmp_path / "text.zip", "cannot be read as a ZIP")
    with pytest.raises(GroundupError, match="There is no"):
        import_course(tmp_path / "gone")
    added = import_course(theirs)
    with pytest.raises(GroundupError, match="is where added courses are kept"):
        import_course(added.course.folder)
