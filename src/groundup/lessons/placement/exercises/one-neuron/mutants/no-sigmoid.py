def neuron(x, w, b):
    return w @ x + b
