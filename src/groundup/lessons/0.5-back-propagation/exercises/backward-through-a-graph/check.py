from groundup.course.grading.checks import agrees, example, operations


def walk_back(nodes):
    gradients = [0.0] * (len(nodes) - 1) + [1.0]
    for n in range(len(nodes) - 1, -1, -1):
        for place, derivative in nodes[n]:
            gradients[place] += gradients[n] * derivative
    return gradients


def some_graph(rng):
    nodes = [[], []]
    while len(nodes) < 6:
        places = rng.integers(0, len(nodes), 2).tolist()
        places[0] = (
            len(nodes) - 1 if len(nodes) > 2 else 0
        )  # each uses the one before: several paths to most nodes
        nodes.append([(place, float(rng.integers(-3, 4))) for place in places])
    return (nodes,)


FORKS = 12


def forks(counted):
    """Each node goes into the next one twice: 2¹² paths, 24 edges."""
    return ([[], *([(n, counted(1.0)), (n, counted(0.5))] for n in range(FORKS))],)


used_twice = [[], [], [(0, 2.0), (1, 1.0)], [(2, 1.0), (0, 1.0)], [(3, 6.0)]]
chain = [[], [(0, 2.0)], [(1, 3.0)]]

CHECKS = [
    example("walk_back", (chain,), [6.0, 3.0, 1.0], title="Along a chain, slopes multiply"),
    example("walk_back", (used_twice,), [18.0, 6.0, 6.0, 6.0, 1.0], title="(a·b + a)²: a is used twice"),
    agrees("walk_back", walk_back, draw=some_graph, title="walk_back is right on 25 graphs drawn at random"),
    operations("walk_back", forks, at_most=2 * FORKS, title="Each edge is walked once",
               why="There are 24 edges; each needs one."),
]  # fmt: skip
