def train_with_patience(epochs, patience):
    lowest, best, best_epoch, epoch = float("inf"), None, 0, 0
    for epoch, (weights, _, loss) in enumerate(epochs, start=1):
        if loss < lowest:
            lowest, best, best_epoch = loss, weights.copy(), epoch
        elif epoch - best_epoch >= patience:
            break
    return best, best_epoch, epoch
