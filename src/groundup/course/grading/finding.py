"""What came of one submission, in the process that ran it; and whether two submissions failed alike."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from groundup.course.grading import compare

PATCHES = 24  # rows and columns of a heat map, at most


@dataclass(frozen=True)
class Finding:
    """What came of a submission, or of one check."""

    kind: str
    says: str = ""
    case: str = ""
    line: int | None = None
    column: int | None = None
    failure: compare.Failure | None = None
    error: str = ""
    """Type and text of an exception: two that stop in the same way made the same mistake."""
    got: str = ""
    check: int | None = None
    """Which check failed."""

    def message(self) -> dict[str, Any]:
        """Plain."""
        fields = {
            name: getattr(self, name) for name in ("kind", "says", "case", "line", "column", "got", "check")
        }
        if self.failure is None:
            return fields
        found = self.failure
        shown = {
            "got": compare.show_whole(found.got) if found.case or found.got is not None else "",
            "expected": compare.show_whole(found.expected) if found.expected is not None else "",
        }
        picture = None if found.difference is None else heat_map(found.difference)
        return fields | shown | {"says": found.says, "case": found.case, "picture": picture}

    def like(self, other: "Finding") -> bool:
        """Whether two submissions failed one check in the same way."""
        if self.kind != other.kind or self.error != other.error:
            return False
        one, two = self.failure, other.failure
        if one is None or two is None:
            return one is two and bool(self.error) and self.got == other.got
        if one.case != two.case or (one.got is None and one.says != two.says):
            return False
        return compare.same(one.got, two.got) or compare.show_whole(one.got) == compare.show_whole(two.got)


PASSED = Finding("passed")


def heat_map(difference: np.ndarray) -> dict[str, Any]:
    """A difference as at most 24 rows of 24 numbers, each the one furthest from zero in its patch."""
    values, of = np.nan_to_num(np.asarray(difference, dtype=np.float64)), []
    if values.ndim > 2:
        worst = np.unravel_index(int(np.abs(values).argmax()), values.shape)[:-2]
        of.append(f"the part [{', '.join(map(str, worst))}] of shape {values.shape}")
        values = values[worst]
    values = np.atleast_2d(values)
    if max(values.shape) > PATCHES:
        rows = np.array_split(np.arange(values.shape[0]), min(PATCHES, values.shape[0]))
        columns = np.array_split(np.arange(values.shape[1]), min(PATCHES, values.shape[1]))
        patches = [[values[np.ix_(r, c)].ravel() for c in columns] for r in rows]
        values = np.array([[patch[np.abs(patch).argmax()] for patch in row] for row in patches])
        of.append("the worst of each patch")
    return {"rows": values.tolist(), "largest": float(np.abs(values).max(initial=0.0)), "of": ", ".join(of)}
