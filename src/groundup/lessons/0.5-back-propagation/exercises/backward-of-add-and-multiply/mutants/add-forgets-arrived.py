def backward_of_add(arrived, a, b):
    return 1.0, 1.0


def backward_of_multiply(arrived, a, b):
    return arrived * b, arrived * a
