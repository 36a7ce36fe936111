"""The picture of the small course."""

from matplotlib.figure import Figure

from groundup.lenses.drawing import new_figure


def growth(dark: bool = False) -> Figure:
    figure = new_figure(4, 3, dark=dark)
    axes = figure.add_subplot()
    axes.plot(range(11), [2**n for n in range(11)])
    axes.set_xlabel("folds")
    axes.set_ylabel("thickness (sheets)")
    return figure
