def roll(gradient, start, learning_rate, keep, steps):
    point, speed = start, 0.0
    places = [point]
    for _ in range(steps):
        speed = keep * speed + learning_rate * gradient(point)
        point = point - learning_rate * speed
        places.append(point)
    return places
