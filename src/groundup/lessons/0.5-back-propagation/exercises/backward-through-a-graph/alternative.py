def walk_back(nodes):
    users = [[] for _ in nodes]
    for n, inputs in enumerate(nodes):
        for place, derivative in inputs:
            users[place].append((n, derivative))
    gradients = [1.0] * len(nodes)
    for n in reversed(range(len(nodes) - 1)):
        gradients[n] = sum((gradients[user] * derivative for user, derivative in users[n]), 0.0)
    return gradients
