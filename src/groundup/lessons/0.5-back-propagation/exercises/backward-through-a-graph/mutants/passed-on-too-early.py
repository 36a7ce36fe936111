def walk_back(nodes):
    gradients = [0.0] * len(nodes)
    gradients[-1] = 1.0

    def visit(n):
        for place, derivative in nodes[n]:
            gradients[place] += gradients[n] * derivative
            visit(place)

    visit(len(nodes) - 1)
    return gradients
