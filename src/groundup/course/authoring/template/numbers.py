"""Every number of the text, computed. `groundup course check --write` keeps what this gives in numbers.toml."""

import numpy as np

GIVEN = ()  # figures in the text that were chosen, not computed: ("0.25", "50 %")


def numbers() -> dict[str, str]:
    """Each as it stands in the text, with so few digits that another machine gives the same."""
    losses = np.array([2.0, 3.0, 7.0])  # TODO: compute yours with the library
    return {
        "mean": f"{losses.mean():.0f}",
        "longer_mean": f"{np.append(losses, 12.0).mean():.0f}",
    }
