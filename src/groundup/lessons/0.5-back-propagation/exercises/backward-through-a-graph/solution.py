def walk_back(nodes):
    gradients = [0.0] * len(nodes)
    gradients[-1] = 1.0
    for n in reversed(range(len(nodes))):
        for place, derivative in nodes[n]:
            gradients[place] += gradients[n] * derivative
    return gradients
