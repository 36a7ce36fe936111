"""`groundup doctor`: is everything well, what is this machine, and what can one expect of it?"""

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from groundup.doctor.estimates import PresetEstimate, estimate, own_memory
from groundup.doctor.machine import Machine, look_at_machine, why_device
from groundup.doctor.numbers import TOLERANCE, PrecisionCheck, compare, worst
from groundup.doctor.storage import LOW, Storage, look_at_storage
from groundup.training.machine import choose_device
from groundup.training.recipe import Recipe, preset_names

__all__ = ["Problem", "Report", "examine"]


@dataclass(frozen=True)
class Problem:
    """Something to mend, and how."""

    what: str
    hint: str


@dataclass
class DoctorReport:
    machine: Machine
    device: str
    """Where training would run."""
    device_why: str
    numbers: list[PrecisionCheck]
    presets: list[PresetEstimate]
    own_memory: int
    """Bytes that Python and PyTorch take in training beside what a preset takes."""
    storage: Storage
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Worth knowing, but nothing to mend."""

    @property
    def well(self) -> bool:
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """Plain data; sizes in bytes, times in seconds."""
        plain = asdict(self)
        for row, comparison in zip(plain["numbers"], self.numbers, strict=True):
            row["agrees"] = comparison.agrees
        for row, preset in zip(plain["presets"], self.presets, strict=True):
            row |= {"memory": preset.memory, "seconds_to_published": preset.seconds_to_published}
        plain["machine"]["busy"] = self.machine.busy
        return {"well": self.well, **plain, "tolerance": TOLERANCE}


def examine(
    device: str = "auto", *, quick: bool = False, progress: Callable[[str], object] = lambda message: None
) -> DoctorReport:
    """Look at everything; takes some seconds. `quick` measures no times and reads no asset.

    `progress(message)` is told what is done now. Raises GroundupError for a device that is not here.
    """
    progress("Looking at the machine")
    chosen = choose_device(device)
    machine = look_at_machine()  # before anything of ours loads it
    progress("Comparing numbers with the CPU's")
    numbers = compare(chosen)
    # Times of a device that does not work would mean nothing, if they could be measured at all.
    works = all(row.agrees for row in numbers if row.device == str(chosen) and row.precision == "float32")
    place = chosen if works else torch.device("cpu")
    own = own_memory()
    presets = []
    for name in preset_names():
        if not quick:
            progress(f"Measuring {name}")
        presets.append(estimate(Recipe.preset(name), place, measure=not quick))
    progress("Looking at the disk")
    storage = look_at_storage(read_assets=not quick)

    report = DoctorReport(machine, str(chosen), why_device(chosen, device), numbers, presets, own, storage)
    report.problems = [*_wrong_numbers(report), *_too_little_memory(report, place), *_storage(storage)]
    if machine.busy:
        low = "training beside them is slow" if quick else "the speeds measured here are too low"
        report.notes.append(
            f"The load of the last minute was {machine.load:.1f} programs on {machine.cores} "
            f"core{'s' if machine.cores > 1 else ''}: {low}."
        )
    if not works and place != chosen:
        report.notes.append(f"The presets were measured on the CPU, because {chosen} computes wrong numbers.")
    return report


def _wrong_numbers(report: DoctorReport) -> list[Problem]:
    problems = []
    for device, precision in dict.fromkeys((row.device, row.precision) for row in report.numbers):
        rows = [row for row in report.numbers if (row.device, row.precision) == (device, precision)]
        wrong = [row for row in rows if not row.agrees]
        if not wrong:
            continue
        names = ", ".join(row.model for row in wrong)
        if errors := [row.error for row in wrong if row.error]:
            text = f"{precision} on {device} does not run ({names}): {errors[0]}."
        else:
            off = worst(difference for row in wrong for difference in (row.logits, row.gradients))
            size = (
                "some are not numbers at all" if math.isnan(off) else f"off by up to {off:.1g} of their size"
            )
            text = f"{precision} on {device} gives wrong numbers ({names}): {size}."
        if precision == "bfloat16":
            hint = "Train with --set training.precision=float32."
        elif device != "cpu":
            hint = (
                "Train with --set training.device=cpu, and try another version of PyTorch or of the driver."
            )
        else:
            hint = "Install PyTorch again; if that does not help, test this machine's memory."
        problems.append(Problem(text, hint))
    return problems


def _too_little_memory(report: DoctorReport, place: torch.device) -> list[Problem]:
    if place.type == "cpu":
        free = report.machine.memory_free
    elif place.type == "cuda":
        free = torch.cuda.mem_get_info(place)[0]
    else:
        free = torch.mps.recommended_max_memory()
    return [
        Problem(
            f"Training {preset.model} takes {preset.memory / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB is free.",
            "Close other programs, or train with a smaller batch: --set training.batch_size=8.",
        )
        for preset in report.presets
        if preset.memory > free
    ]


def _storage(storage: Storage) -> list[Problem]:
    problems = []
    move = "GROUNDUP_HOME moves everything that is written to another folder."
    for folder in (storage.home, storage.cache):
        if folder.error:
            text = f"The {folder.role} folder {folder.path} cannot be written: {folder.error}."
            problems.append(
                Problem(text, f"Give yourself the right to write there, or choose another: {move}")
            )
        elif folder.free is not None and folder.free < LOW:
            left = f"{folder.free / 1e6:,.0f} MB"
            text = f"The disk of the {folder.role} folder {folder.path} has only {left} free."
            problems.append(Problem(text, f"Free some space; {move}"))
    for asset in storage.assets:
        if asset.state not in ("here", "not fetched"):
            problems.append(
                Problem(
                    f"The asset '{asset.name}' is {asset.state}: it is not what was fetched.",
                    f"Run `groundup assets remove {asset.name}`, then `groundup assets fetch {asset.name}`.",
                )
            )
    return problems
