def train_with_patience(epochs, patience):
    lowest, last, bad, best, best_epoch, epoch = float("inf"), float("inf"), 0, None, 0, 0
    for epoch, (weights, _, loss) in enumerate(epochs, start=1):
        if loss < lowest:
            lowest, best, best_epoch = loss, weights.copy(), epoch
        bad = bad + 1 if loss >= last else 0
        last = loss
        if bad == patience:
            break
    return best, best_epoch, epoch
