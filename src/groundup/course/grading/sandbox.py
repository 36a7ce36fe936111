"""The limits on a submission while it is checked. They guard against mistakes; they are no defence against attackers.

Enforced by the kernel, for any code in the process:
  Linux (x86-64, ARM64)  no socket, no new process, no program started, no signal to other processes (seccomp); writing
                         only below the working folder (Landlock, kernel 5.13 or newer); limits on memory, size of a
                         file, open files and processor time (setrlimit)
  macOS                  no new process; limits on size of a file, open files and processor time (setrlimit)
  every system           a time limit and a memory limit, measured by the parent process: see grader.py

Enforced in Python only: an audit hook, which cannot be removed, refuses the same operations with a sentence that names
them, and refuses to open the exercises' folders, which hold the solutions. `IntegrityGuard` compares the modules that
the checks use (built-in functions, NumPy, the checks themselves) with their state before the submission ran.

Not covered: a submission may read every file outside the exercises' folders. The network and writing on macOS, and the
network, processes and writing on Windows, are restricted by the audit hook alone. The submission and its check run in
one process, so code that is written to deceive the check can do so; ordinary mistakes do not.
"""

import builtins
import ctypes
import os
import platform
import signal
import struct
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from difflib import get_close_matches
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from groundup.course.grading.mistakes import LARGEST_FILE, NotForThis, Refused

MEGABYTE = 2**20
MAX_WRITTEN_FILES = 200

# ---- the audit hook -----------------------------------------------------------------------------------------

NETWORK = "an exercise has no network."
PROCESSES = "this starts or signals another process; an exercise is one process."
_BY_EVENT = {
    "socket.": NETWORK,
    "urllib.": NETWORK,
    "subprocess.": PROCESSES,
    "os.system": PROCESSES,
    "os.exec": PROCESSES,
    "os.fork": PROCESSES,
    "os.posix_spawn": PROCESSES,
    "os.spawn": PROCESSES,
    "os.startfile": PROCESSES,
    "os.kill": PROCESSES,
    "pty.spawn": PROCESSES,
    "_winapi.CreateProcess": PROCESSES,
    "ctypes.dlopen": "an exercise loads no library of C.",
    "sys.addaudithook": "an exercise adds no audit hook.",
}
_CHANGES = {
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.link", "os.symlink", "os.chmod", "os.chown",
    "shutil.rmtree", "shutil.move",
}  # fmt: skip


def install_audit_hook(folder: str, closed: Iterable[str]) -> None:
    """Refuse, from this call on, what an exercise may not do. `closed`: folders of exercises, with their solutions."""
    inside = os.path.realpath(folder) + os.sep
    shut = [os.path.realpath(path) + os.sep for path in closed]
    realpath, fspath = os.path.realpath, os.fsdecode
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    written = 0

    def where(path: Any) -> str:
        return realpath(fspath(path))

    def hook(event: str, arguments: tuple) -> None:
        nonlocal written
        if event == "open":
            path, _, flags = arguments
            if isinstance(path, int) or path is None:
                return
            place = where(path)
            if any(place.startswith(exercises) for exercises in shut):
                raise Refused("the folders of the exercises are closed while one is checked.")
            if isinstance(flags, int) and flags & writing and place != os.devnull:
                written += 1
                if not place.startswith(inside):
                    raise Refused("an exercise writes files in its own working folder alone.")
                if written > MAX_WRITTEN_FILES:
                    raise Refused(f"an exercise may write {MAX_WRITTEN_FILES} files, and this is one more.")
        elif event in _CHANGES:
            paths = [path for path in arguments if isinstance(path, str | bytes | os.PathLike)]
            if any(not (where(path) + os.sep).startswith(inside) for path in paths):
                raise Refused("an exercise changes nothing outside its own working folder.")
        else:
            for start, says in _BY_EVENT.items():
                if event.startswith(start):
                    raise Refused(says)

    sys.addaudithook(hook)


# ---- limits of the operating system -------------------------------------------------------------------------


def limit_resources(megabytes: int, seconds: float) -> None:
    """Memory beyond what is in use now, files, and a last time limit in case the parent is gone. Not on Windows."""
    if os.name != "posix":
        return
    import resource

    size, data = _sizes()
    bounds = {
        resource.RLIMIT_CORE: (0, 0),
        resource.RLIMIT_FSIZE: (LARGEST_FILE * MEGABYTE,) * 2,
        resource.RLIMIT_NOFILE: (128, 128),
        resource.RLIMIT_CPU: (int(time.process_time() + (seconds + 3) * (os.cpu_count() or 1)),) * 2,
    }
    if data:  # Linux. RLIMIT_DATA counts what can be written, so torch's large libraries do not matter
        most = data + megabytes * MEGABYTE
        bounds[resource.RLIMIT_DATA] = (most, most + 64 * MEGABYTE)  # the reserve serves to report it
        bounds[resource.RLIMIT_AS] = (size + (megabytes + 4096) * MEGABYTE,) * 2  # for shared memory
    if sys.platform == "darwin":
        bounds[resource.RLIMIT_NPROC] = (0, 0)  # on Linux this would count threads, too
    for name, (soft, hard) in bounds.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(name, (soft, hard))
    signal.setitimer(signal.ITIMER_REAL, seconds + 3)


def release_memory_reserve() -> None:
    """Make the reserve of memory available, to report that the memory ran out."""
    if sys.platform == "linux":
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _sizes() -> tuple[int, int]:
    """Address space and writable memory in bytes; zeros where the system does not say."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0, 0
    page = os.sysconf("SC_PAGE_SIZE")
    return int(pages[0]) * page, int(pages[5]) * page


# ---- Linux: seccomp and Landlock ----------------------------------------------------------------------------

# System calls by number (audit value of the processor first): refused with "operation not permitted".
_CALLS = {
    "x86_64": (0xC000003E, {
        "socket": 41, "socketpair": 53, "fork": 57, "vfork": 58, "execve": 59, "kill": 62, "ptrace": 101, "tkill": 200,
        "unshare": 272, "process_vm_writev": 311, "execveat": 322, "pidfd_send_signal": 424, "io_uring_setup": 425,
    }, 56),
    "aarch64": (0xC00000B7, {
        "socket": 198, "socketpair": 199, "execve": 221, "kill": 129, "ptrace": 117, "tkill": 130, "unshare": 97,
        "process_vm_writev": 271, "execveat": 281, "pidfd_send_signal": 424, "io_uring_setup": 425,
    }, 220),
}  # fmt: skip
_CLONE3, _CLONE_THREAD, _ALLOW, _ERRNO = 435, 0x10000, 0x7FFF0000, 0x00050000
_EPERM, _ENOSYS = 1, 38


def restrict_system_calls(folder: str) -> list[str]:
    """Ask the kernel to refuse sockets, processes and writing elsewhere. Returns what is in force."""
    if sys.platform != "linux" or struct.calcsize("P") != 8:
        return []
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(38, 1, 0, 0, 0) != 0:  # PR_SET_NO_NEW_PRIVS, which both ask for
        return []
    return [
        name for name, done in (("landlock", _landlock(libc, folder)), ("seccomp", _seccomp(libc))) if done
    ]


def _seccomp(libc: Any) -> bool:
    """A filter over system calls, for all threads. It allows new threads, and no processes, sockets or programs."""
    if platform.machine() not in _CALLS:
        return False
    audit, refused, clone = _CALLS[platform.machine()]

    def load(offset: int) -> bytes:
        return struct.pack("HBBI", 0x20, 0, 0, offset)

    def jump(how: int, value: int, if_so: int, if_not: int) -> bytes:
        return struct.pack("HBBI", how, if_so, if_not, value)

    def answer(value: int) -> bytes:
        return struct.pack("HBBI", 0x06, 0, 0, value)

    equal, at_least, has_bits = 0x15, 0x35, 0x45
    program = [load(4), jump(equal, audit, 1, 0), answer(_ERRNO | _EPERM)]  # another kind of call: 32 bits
    program += [load(0), jump(at_least, 0x40000000, 0, 1), answer(_ERRNO | _EPERM)]
    for number in refused.values():
        program += [jump(equal, number, 0, 1), answer(_ERRNO | _EPERM)]
    # clone3 hides its flags behind a pointer: "not there" makes the C library take clone instead
    program += [jump(equal, _CLONE3, 0, 1), answer(_ERRNO | _ENOSYS)]
    program += [
        jump(equal, clone, 0, 3),
        load(16),
        jump(has_bits, _CLONE_THREAD, 1, 0),
        answer(_ERRNO | _EPERM),
    ]
    program += [answer(_ALLOW)]
    code = ctypes.create_string_buffer(b"".join(program))
    fprog = struct.pack("HxxxxxxP", len(program), ctypes.addressof(code))
    seccomp = {"x86_64": 317, "aarch64": 277}[platform.machine()]
    return libc.syscall(seccomp, 1, 1, fprog) == 0  # SET_MODE_FILTER, FLAG_TSYNC


def _landlock(libc: Any, folder: str) -> bool:
    """Files are written, made and removed below `folder` alone. Reading is not restricted."""
    create, add, restrict = 444, 445, 446
    version = libc.syscall(create, None, ctypes.c_size_t(0), 1)
    if version < 1:
        return False
    handled = 1 << 1 | sum(1 << bit for bit in range(4, 13)) | (1 << 13 if version > 1 else 0)
    handled |= 1 << 14 if version > 2 else 0
    rules = libc.syscall(create, struct.pack("Q", handled), ctypes.c_size_t(8), 0)
    if rules < 0:
        return False
    for place, rights in ((folder, handled), (os.devnull, 1 << 1)):
        opened = os.open(place, os.O_PATH)  # type: ignore[attr-defined, unused-ignore]
        libc.syscall(add, rules, 1, struct.pack("=Qi", rights, opened), 0)
        os.close(opened)
    done = libc.syscall(restrict, rules, 0) == 0
    os.close(rules)
    return done


# ---- the integrity of the checks -----------------------------------------------------------------------------

_RESTS_ON = ("builtins", "numpy", "groundup", "json", "math", "copy", "ast", "operator", "functools")
_ALSO = ("torch", "torch.nn", "torch.nn.functional", "torch.linalg", "os.path")


class IntegrityGuard:
    """A copy of the names that the checks use. `violations()` restores them, and names those that were changed."""

    def __init__(self, *others: Mapping[str, Any]) -> None:
        modules = {
            name: module for name, module in sys.modules.items()
            if isinstance(module, ModuleType) and (name.split(".")[0] in _RESTS_ON or name in _ALSO)
        }  # fmt: skip
        places: list[tuple[str, Any]] = [(name, vars(module)) for name, module in modules.items()]
        places += [("check", other) for other in others]
        # built-in functions first: everything below needs them
        places.sort(key=lambda place: place[0] != "builtins")
        self._originals = [
            (name, place, {k: v for k, v in place.items() if _counts(k, v)}) for name, place in places
        ]
        own = [
            (f"{name}.{key}", value) for name, _, originals in self._originals for key, value in originals.items()
            if name == "check" or name.startswith("groundup.course")
        ]  # fmt: skip
        self._codes = [
            (name, f, f.__code__, f.__defaults__) for name, f in own if isinstance(f, FunctionType)
        ]
        self._classes = [
            (name, kind, {k: v for k, v in vars(kind).items() if callable(v)})
            for name, kind in own if isinstance(kind, type) and kind.__module__.startswith("groundup.course")
        ]  # fmt: skip

    def violations(self) -> list[str]:
        """Names that were changed. Nothing built in is called before the built-in names are back."""
        names = []
        for name, place, originals in self._originals:
            for key, value in originals.items():
                if place.get(key) is not value:
                    place[key] = value
                    names.append(f"{name}.{key}")
        for name, function, code, defaults in self._codes:
            if function.__code__ is not code or function.__defaults__ is not defaults:
                function.__code__, function.__defaults__ = code, defaults
                names.append(name)
        for name, kind, methods in self._classes:
            for key, value in methods.items():
                if vars(kind).get(key) is not value:
                    setattr(kind, key, value)
                    names.append(f"{name}.{key}")
        return names


def _counts(name: str, value: Any) -> bool:
    return not name.startswith("__") and (callable(value) or isinstance(value, float))


# ---- the learner's own names for modules --------------------------------------------------------------------


def make_importer(allowed: Iterable[str]) -> Any:
    """`__import__` for a submission: Python's own modules, NumPy, and those allowed."""
    own = set(sys.stdlib_module_names) | {"numpy", "earlier"}
    listed = list(allowed)
    real = builtins.__import__

    def fits(name: str) -> bool:
        return name.split(".", 1)[0] in own or any(name == a or name.startswith(f"{a}.") for a in listed)

    def guarded(
        name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0
    ) -> Any:
        inner = [f"{name}.{item}" for item in fromlist or ()]
        if level:
            raise NotForThis("an exercise is one file, so there is no package around it to import from.")
        if not fits(name) and not (inner and all(map(fits, inner))):
            near = get_close_matches(name, [*own, *listed], n=1, cutoff=0.75)
            *most, last = ["Python's own modules", "NumPy", *listed]
            hint = (
                f"Did you mean `{near[0]}`?"
                if near
                else f"This exercise may use {', '.join(most)} and {last}."
            )
            raise NotForThis(f"`{name}` cannot be imported here. {hint}")
        return real(name, globals, locals, fromlist, level)

    return guarded
