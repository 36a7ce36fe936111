def train_with_patience(epochs, patience):
    lowest, best, best_epoch, epoch, bad = float("inf"), None, 0, 0, 0
    for epoch, (weights, _, loss) in enumerate(epochs, start=1):
        if loss < lowest:
            lowest, best, best_epoch = loss, weights.copy(), epoch
        else:
            bad += 1
            if bad >= patience:
                break
    return best, best_epoch, epoch
