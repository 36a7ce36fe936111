def walk_back(nodes):
    """The gradient of the last node with respect to each node: a list of numbers, one for each node.

    nodes[n]: a list of pairs (place of an input, local derivative), empty where nothing went in.

    (a·b + a)² with a = 1 and b = 2 has the nodes a, b, a·b = 2, a·b + a = 3 and the square, 9:

    >>> walk_back([[], [], [(0, 2.0), (1, 1.0)], [(2, 1.0), (0, 1.0)], [(3, 6.0)]])
    [18.0, 6.0, 6.0, 6.0, 1.0]
    """
