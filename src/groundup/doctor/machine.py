"""What machine this is: processor, memory, accelerators, versions, and how busy it is."""

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psutil
import torch

from groundup.common.brand import VERSION

BUSY = 0.3  # share of the cores that others may use before measured times are worth a warning


@dataclass(frozen=True)
class Device:
    """Something that PyTorch can compute on."""

    name: str
    """As `training.device` takes it: cpu, cuda:0, mps."""
    title: str
    memory: int
    """Bytes."""


@dataclass(frozen=True)
class Machine:
    system: str
    processor: str
    instructions: str
    """The widest vector instructions that PyTorch uses here: AVX2, AVX512, ..."""
    cores: int
    """Logical cores that this process may use."""
    physical_cores: int | None
    threads: int
    """Threads that PyTorch computes with."""
    memory: int
    """Bytes."""
    memory_free: int
    """Bytes that could be used now without swapping."""
    load: float
    """Programs that wanted a core at once, on average over the last minute."""
    devices: tuple[Device, ...]
    python: str
    torch: str
    groundup: str

    @property
    def busy(self) -> bool:
        return self.load > BUSY * self.cores


def look_at_machine() -> Machine:
    """What this machine is, now."""
    memory = psutil.virtual_memory()
    processor = _processor()
    return Machine(
        system=f"{platform.system()} {platform.release()} ({platform.machine()})",
        processor=processor,
        instructions=torch.backends.cpu.get_cpu_capability(),
        cores=_usable_cores(),
        physical_cores=psutil.cpu_count(logical=False),
        threads=torch.get_num_threads(),
        memory=memory.total,
        memory_free=memory.available,
        load=psutil.getloadavg()[0],
        devices=(Device("cpu", processor, memory.total), *_accelerators()),
        python=platform.python_version(),
        torch=torch.__version__,
        groundup=VERSION,
    )


def why_device(device: torch.device, target: str = "auto") -> str:
    """Why `choose_device(target)` gave this device."""
    if target != "auto":
        return "asked for"
    if device.type == "cuda":
        return "a GPU is here, and 'auto' takes it first"
    if device.type == "mps":
        return "Apple's GPU is here, and there is no CUDA"
    if shutil.which("nvidia-smi") and torch.version.cuda is None:
        return "an NVIDIA driver is here, but this PyTorch is built for the CPU alone"
    return "there is no GPU here that this PyTorch can use"


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):  # Linux: a container or `taskset` may allow fewer than there are
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _accelerators() -> list[Device]:
    result = []
    for number in range(torch.cuda.device_count() if torch.cuda.is_available() else 0):
        about = torch.cuda.get_device_properties(number)
        result.append(Device(f"cuda:{number}", about.name, about.total_memory))
    if torch.backends.mps.is_available():
        result.append(Device("mps", "Apple's GPU", torch.mps.recommended_max_memory()))
    return result


def _processor() -> str:
    """The processor's name as its maker writes it; each system keeps that somewhere else."""
    name = ""
    try:
        if platform.system() == "Linux":
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
                if line.startswith("model name"):
                    name = line.partition(":")[2]
                    break
        elif platform.system() == "Darwin":
            asked = ["sysctl", "-n", "machdep.cpu.brand_string"]
            name = subprocess.run(asked, capture_output=True, encoding="utf-8", timeout=5, check=False).stdout
    except (OSError, subprocess.SubprocessError):
        pass
    return " ".join(name.split()) or platform.processor() or platform.machine() or "unknown"
