"""What the course's tests share."""

import psutil
import pytest


@pytest.fixture
def no_process_left():
    """Fails a test that leaves a process behind; those that other tests left are not its fault."""
    before = set(psutil.Process().children(recursive=True))
    yield
    assert set(psutil.Process().children(recursive=True)) <= before
