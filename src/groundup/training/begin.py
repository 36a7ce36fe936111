"""The first training of a new run, which leaves nothing behind if it could not begin."""

import shutil

from groundup.common.errors import GroundupError
from groundup.training.events import Listener
from groundup.training.run import Run
from groundup.training.trainer import train_run


def train_new(run: Run, listen: Listener) -> str:
    """`train_run` for a run that was just created: if it fails before its first event, the run is removed.

    So a text that is too short, say, does not take the name that the next try will want.
    """
    try:
        return train_run(run, listen)
    except GroundupError:
        if not run.metrics_file.exists():
            shutil.rmtree(run.folder, ignore_errors=True)
        raise
