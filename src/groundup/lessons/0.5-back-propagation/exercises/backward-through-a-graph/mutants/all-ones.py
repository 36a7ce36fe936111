def walk_back(nodes):
    gradients = [1.0] * len(nodes)
    for n in reversed(range(len(nodes))):
        for place, derivative in nodes[n]:
            gradients[place] += gradients[n] * derivative
    return gradients
