def train_with_patience(epochs, patience):
    """Train until the validation loss no longer falls: (best_weights, best_epoch, epochs_trained).

    epochs: an iterator of (weights, training_loss, validation_loss); asked for the next, it trains one more epoch.
    weights: an array, changed in place by training. patience: bad epochs in a row that are allowed.

    Say the validation losses are 0.9, 0.6, 0.7, 0.5, 0.8, 0.6, 0.4 and patience is 2. Epoch 3 is bad, epoch 4 is the
    best so far, 5 and 6 are bad: that makes two in a row, so it stops there. The best epoch is 4, and 6 were trained.
    Epoch 7 would have been better still. It is never seen: that is the price.
    """
