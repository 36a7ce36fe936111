"""A run's trainer, as `train_run` makes it, for tests that look into single steps."""

from groundup.text.token_cache import tokenize
from groundup.training.events import EventLog
from groundup.training.trainer import Trainer, make_batches, prepare_tokenizer


def make_trainer(run):
    corpus = run.corpus()
    tokenizer = prepare_tokenizer(run, corpus, EventLog(run.metrics_file))
    data = tokenize(corpus, "train", tokenizer)
    return Trainer(run.recipe, tokenizer.vocab_size, make_batches(run.recipe, data))
