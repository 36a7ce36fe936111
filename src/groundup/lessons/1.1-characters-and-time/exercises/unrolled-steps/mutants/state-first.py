def unroll(letters, h, read, update, predict):
    states, guesses = [], []
    for letter in letters:
        h = update(h, read(letter))
        states.append(h)
        guesses.append(predict(h))
    return states, guesses
