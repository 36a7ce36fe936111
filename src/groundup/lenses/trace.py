"""What all traces share: they are dataclasses of arrays and labels that can be drawn, written and read on."""

import dataclasses
import json
import math
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from groundup.common.atomic import write_bytes, write_text
from groundup.common.errors import GroundupError
from groundup.lenses.drawing import plot_arrays

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Trace:
    """What a lens saw. Subclasses are dataclasses whose arrays are NumPy's."""

    def plot(self, *, dark: bool = False) -> "Figure":
        """The picture, as a matplotlib figure: `figure.savefig(...)`, or shown by a notebook as it is.

        A lens that draws nothing of its own shows its arrays: bars for one dimension, a heat map for two.
        """
        labels = getattr(self, "labels", [])
        return plot_arrays(self._arrays(), str(getattr(self, "name", "")), labels=labels, dark=dark)

    def _arrays(self) -> dict[str, np.ndarray]:
        """Its arrays of one and of two dimensions, by name."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}  # type: ignore[arg-type]
        return {
            name: array
            for name, array in fields.items()
            if isinstance(array, np.ndarray) and array.ndim in (1, 2)
        }

    def table(self) -> dict[str, Any]:
        """A row for each label, or for each entry of the longest array, with its numbers: `head` and `rows`."""
        arrays = {name: array for name, array in self._arrays().items() if array.ndim == 1}
        labels = getattr(self, "labels", None)
        if labels is None:
            labels = [str(number) for number in range(max(map(len, arrays.values()), default=0))]
        columns = {name: array for name, array in arrays.items() if len(array) == len(labels)}
        rows = [
            [label, *(plain(array[row]) for array in columns.values())] for row, label in enumerate(labels)
        ]
        return {"head": ["", *columns], "rows": rows}

    def figures(self) -> dict[str, str]:
        """The picture as SVG for a page, in the light and in the dark theme."""
        return {theme: self._svg(dark=theme == "dark") for theme in ("light", "dark")}

    def _svg(self, *, dark: bool) -> str:
        out = BytesIO()
        self.plot(dark=dark).savefig(out, format="svg", metadata={"Date": None})
        return out.getvalue().decode("utf-8")

    def to_json(self) -> dict[str, Any]:
        """Plain lists, numbers and strings, six digits each; what JSON cannot say (-inf, nan) is None."""
        return {"lens": type(self).__module__.rsplit(".", 1)[-1], **plain(dataclasses.asdict(self))}  # type: ignore[call-overload]

    def save(self, path: str | Path, *, dark: bool = False, **how: Any) -> Path:
        """Write a picture (.png, .svg) or the numbers (.json), as the name's ending says.

        `how` goes on to `plot`, where a lens has more than one way to draw.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending == ".json":
            write_text(path, json.dumps(self.to_json(), ensure_ascii=False) + "\n")
        elif ending in (".png", ".svg"):
            out = BytesIO()
            # A date would make the same picture a new file each time.
            metadata = {"Date": None} if ending == ".svg" else None
            self.plot(dark=dark, **how).savefig(out, format=ending[1:], metadata=metadata)
            write_bytes(path, out.getvalue())
        else:
            raise GroundupError(
                f"'{path.name}' is neither a picture nor numbers.", "Let the name end in .png, .svg or .json."
            )
        return path


def plain(data: Any) -> Any:
    """Arrays, tensors and nested data as lists and numbers that JSON can say."""
    if isinstance(data, Tensor):
        data = data.detach().cpu().float().numpy()
    if isinstance(data, np.ndarray | np.generic):
        data = data.tolist()
    if isinstance(data, float):
        return float(f"{data:.6g}") if math.isfinite(data) else None
    if isinstance(data, dict):
        return {str(key): plain(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [plain(value) for value in data]
    return data
