"""`groundup start`: the studio, in the browser."""

import logging
import os
import socket
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from groundup.cli.shared import examples, print_line
from groundup.common.errors import GroundupError

if TYPE_CHECKING:
    import uvicorn

    from groundup.studio.safety import HostPolicy

PORT = 8420
EXAMPLES = examples(
    ("start", "open the studio in your browser"),
    ("start --no-browser --port 9000", "on another port, without opening it"),
)


def register(app: typer.Typer) -> None:
    app.command(epilog=EXAMPLES)(start)


def start(
    context: typer.Context,
    *,
    port: Annotated[
        int | None,
        typer.Option(
            help="Of this machine.", min=0, max=65535, show_default=f"{PORT}, or the next that is free"
        ),
    ] = None,
    host: Annotated[
        str, typer.Option(help="Whom to listen to. Beyond this machine, a token is needed.")
    ] = "127.0.0.1",
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the browser.")] = True,
) -> None:
    """Open the studio: the course and the laboratory in the browser.

    It listens to this machine alone. Everything you do is saved as you do it; Ctrl-C ends the studio, and a training
    that runs goes on.
    """
    from groundup.studio.safety import host_policy, is_loopback

    policy = host_policy(host)
    taken = _listen(host, port)
    name = "127.0.0.1" if is_loopback(host) else host
    address = f"http://{f'[{name}]' if ':' in name else name}:{taken.getsockname()[1]}/"
    if policy.token:
        address += f"?token={policy.token}"
        print_line(
            "Others in your network can reach this studio, if you give them the link below.", style="bold"
        )
    server = _server(policy, _commands(context.find_root().command))
    server.config.load()
    print_line(f"groundup is at {address}\nCtrl-C ends it; what you did is saved.")
    if browser:
        webbrowser.open(address)
    server.run(sockets=[taken])


def _server(policy: "HostPolicy", commands: list[tuple[str, str]]) -> "uvicorn.Server":
    import uvicorn

    from groundup.course.lessons.catalogue import LESSONS
    from groundup.studio.app import create_app

    course = Path(
        os.environ.get("GROUNDUP_COURSE") or LESSONS
    ).expanduser()  # another one: for authors, and tests
    config = uvicorn.Config(
        create_app(policy, course, commands),
        log_level="warning",
        timeout_graceful_shutdown=1,
        server_header=False,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    return uvicorn.Server(config)


def _is_news(record: logging.LogRecord) -> bool:
    """Not what Ctrl-C cuts off, such as a check: the server would show it as an error of ours."""
    from asyncio import CancelledError

    cut_off = record.exc_info is not None and isinstance(record.exc_info[1], CancelledError)
    return not cut_off and "graceful shutdown exceeded" not in record.getMessage()


def _commands(group: Any) -> list[tuple[str, str]]:
    """Each command with what it does, for the studio's search."""
    return [(f"groundup {name}", command.get_short_help_str(120)) for name, command in group.commands.items()]


def _listen(host: str, port: int | None) -> socket.socket:
    """A socket that listens. Raises GroundupError where the port is taken or the address is not ours."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    numbers = range(PORT, PORT + 20) if port is None else [port]
    for number in numbers:
        listening = socket.socket(family, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, number))
            listening.listen(128)
            return listening
        except PermissionError:
            raise GroundupError(f"Port {number} is not yours to open.", "Choose one above 1023.") from None
        except socket.gaierror:
            raise GroundupError(
                f"There is no address '{host}'.", "127.0.0.1 is this machine alone."
            ) from None
        except OSError as error:
            listening.close()
            if error.errno == 99:  # EADDRNOTAVAIL
                raise GroundupError(
                    f"This machine has no address {host}.", "127.0.0.1 is this machine alone."
                ) from None
    problem = f"Port {port} is taken" if port is not None else f"The ports {PORT} to {PORT + 19} are taken"
    raise GroundupError(
        f"{problem}: a studio may be open already.", "Look in your browser, or choose another: --port 9000."
    )
