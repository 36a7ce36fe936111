"""Small things behind the forms, without a browser: which text a name means, and the timer's word, said once."""

from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from groundup.common.errors import GroundupError
from groundup.course.progress.store import Store
from groundup.studio import texts
from groundup.studio.app import create_app


def test_a_name_means_a_text_of_ones_own_or_one_of_the_list_and_never_a_path(home):
    texts.folder().mkdir(parents=True)
    mine = texts.folder() / "my text.txt"
    mine.write_text("Once there was a text.\n" * 100, encoding="utf-8")
    assert texts.spec_of("my text.txt") == str(mine)
    assert texts.spec_of("shakespeare") == "shakespeare"
    assert texts.spec_of("storyworld") == texts.STORIES
    for path in ("../progress.db", str(mine), "texts/my text.txt", "", "hf:owner/something"):
        with pytest.raises(GroundupError, match="There is no text"):
            texts.spec_of(path)
    with pytest.raises(GroundupError) as found:
        texts.spec_of("shakespear")
    assert "shakespeare" in found.value.hint


def test_the_timer_has_a_word_when_its_time_is_over_and_says_it_once(home):
    home.mkdir()

    def word() -> str:
        with TestClient(create_app(), base_url="http://127.0.0.1") as client:
            return client.post("/api/focus", json={"do": "word"}).json()["word"]

    assert word() == ""  # nothing was begun
    begun = datetime.now(UTC) - timedelta(minutes=13)
    with Store(home / "progress.db", now=lambda: begun) as store:
        store.add("focus", "0.1", what="begin", minutes=10)
    assert word() == "Your 10 minutes are over. Stand up, look far away."
    assert word() == ""
    with Store(home / "progress.db") as store:
        store.add("focus", "0.2", what="begin", minutes=10)
    assert word() == ""  # ten minutes are left
