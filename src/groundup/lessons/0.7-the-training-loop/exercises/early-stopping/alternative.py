def train_with_patience(epochs, patience):
    lowest, bad, epoch = float("inf"), 0, 0
    best, best_epoch = None, 0
    for weights, _, loss in epochs:
        epoch += 1
        bad += 1
        if loss < lowest:
            lowest, bad = loss, 0
            best, best_epoch = weights.copy(), epoch
        if bad == patience:
            break
    return best, best_epoch, epoch
