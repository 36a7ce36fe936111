def backward_of_add(arrived, a, b):
    return arrived, arrived


def backward_of_multiply(arrived, a, b):
    return arrived * b, arrived * a
