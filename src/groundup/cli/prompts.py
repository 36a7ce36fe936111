"""Asking a person at the terminal: one line, several lines, or only Enter.

Without a terminal nothing waits for an answer. Answers can also be given beforehand
(`groundup learn --answer 6`), in the order of the questions.
"""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


class Leave(Exception):  # noqa: N818 (none of these is an error)
    """The person wants to leave."""


class Back(Exception):  # noqa: N818
    """The person wants to see the block before."""


class NoTerminal(Exception):  # noqa: N818
    """A question needs an answer, and there is no terminal."""


class Prompter:
    """What is asked of the person. `answers` are used first."""

    def __init__(
        self, console: "Console", answers: Sequence[str] = (), *, interactive: bool | None = None
    ) -> None:
        self.console = console
        self.answers = list(answers)
        self.interactive = (
            (sys.stdin.isatty() and sys.stdout.isatty()) if interactive is None else interactive
        )

    def ask(self, prompt: str, *, keys: bool = True) -> str:
        """One line. With `keys`, a lone q leaves and a lone b goes back. Raises NoTerminal without a terminal."""
        if self.answers:
            line = self.answers.pop(0)
            self.console.print(f"{prompt}{line}", soft_wrap=True)
        elif not self.interactive:
            raise NoTerminal
        else:
            line = self._line(prompt)
        line = line.strip()
        if keys and line.lower() in ("q", "quit"):
            raise Leave
        if keys and line.lower() in ("b", "back"):
            raise Back
        return line

    def ask_lines(self, prompt: str) -> str:
        """Several lines, ended by an empty one; empty lines before the first do not count."""
        if self.answers or not self.interactive:
            return self.ask(prompt)
        lines = [self.ask(prompt)]
        while lines[-1]:
            lines.append(self._line(" " * len(prompt)).rstrip())
        return "\n".join(lines).strip()

    def confirm(self, question: str, *, keys: bool = True) -> bool:
        """Yes or no; asked again until it is one of them."""
        while True:
            reply = self.ask(f"{question} (y/n) ".lstrip(), keys=keys).lower()
            if reply in ("y", "yes", "n", "no"):
                return reply[0] == "y"

    def go_on(self, words: str) -> str:
        """Wait for Enter, and return what was typed before it; without a terminal, nothing waits."""
        if not self.interactive:
            return ""
        self.console.print(words, style="dim")
        return self.ask("› ").lower()

    def _line(self, prompt: str) -> str:
        """A line as typed. The end of the input leaves, as Ctrl-D does."""
        self.console.file.flush()
        try:
            return input(prompt)
        except EOFError:
            self.console.print()
            raise Leave from None
