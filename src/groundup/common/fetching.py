"""Watching a download: `load_corpus` and `assets.fetch` call back with bytes, and this shows them."""

from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn


class Fetching:
    """A context that gives a progress callback for what is fetched: a bar on a terminal, else lines."""

    def __init__(self, console: Console, quiet: bool = False) -> None:
        self.console, self.quiet = console, quiet
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self.task: TaskID | None = None
        self.message = ""

    def __enter__(self) -> Callable[[int, int | None, str], None]:
        return self.show

    def __exit__(self, *error: object) -> None:
        self.bar.stop()

    def show(self, done: int, total: int | None, message: str) -> None:
        """Bytes done, bytes in all where that is known, and what is going on."""
        if self.quiet:
            return
        if not self.console.is_terminal:
            if message != self.message:
                self.console.print(f"{message} ...", markup=False, highlight=False)
                self.message = message
            return
        if self.task is None:
            self.bar.start()
            self.task = self.bar.add_task(message)
        self.bar.update(self.task, completed=done, total=total, description=message)
