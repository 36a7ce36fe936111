def walk_back(nodes):
    gradients = [0.0] * len(nodes)

    def visit(n, along):
        gradients[n] += along
        for place, derivative in nodes[n]:
            visit(place, along * derivative)

    visit(len(nodes) - 1, 1.0)
    return gradients
