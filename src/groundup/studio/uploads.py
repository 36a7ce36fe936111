"""What a browser sends as a file, written to the disk piece by piece, and never more than was said."""

from pathlib import Path

from fastapi import UploadFile

from groundup.common.errors import GroundupError


def save_upload(file: UploadFile, copy: Path, most: int, hint: str) -> None:
    """Raises GroundupError, with the hint, for one of more than `most` bytes."""
    written = 0
    with open(copy, "wb") as out:
        while part := file.file.read(1 << 20):
            written += len(part)
            if written > most:
                raise GroundupError(f"The file has more than {most // 1_000_000} MB.", hint)
            out.write(part)
