"""Training: a recipe becomes a run.

Read `train_run` from top to bottom. `Trainer` makes the steps: it has the model, the optimiser and the batches, and
knows no run. `RunTraining` is the loop over steps: it evaluates, saves and reports. Everything that happens is an
event, appended to the run's metrics.jsonl and given to `listen`: the terminal, a notebook and trackers read those.

A run can be stopped at any instant and goes on from its last checkpoint to the same numbers, bit for bit on
the CPU. Three habits make that easy: the batch of step n depends on the seed and n alone; the random numbers inside
the model (dropout) are seeded at each step from the seed and n; and everything else that the next step needs is in
the checkpoint: weights, optimiser, a recurrent model's memory, counters and clock.
"""

import math
import shutil
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F

from groundup.common.atomic import ASIDE
from groundup.common.brand import VERSION
from groundup.common.errors import GroundupError
from groundup.evaluation import Validation
from groundup.generation import Sampling, write
from groundup.models import MODELS, build
from groundup.models.contract import LanguageModel, Memory, detach
from groundup.models.fast import accelerate
from groundup.text.batches import Batches, ContiguousStreams, RandomWindows
from groundup.text.corpora import Corpus
from groundup.text.token_cache import tokenize
from groundup.text.tokenizer import TOKENIZER_FILE, Tokenizer
from groundup.text.tokenizers import train_tokenizer
from groundup.training.budget import Budget
from groundup.training.checkpoint import load_checkpoint, save_checkpoint
from groundup.training.events import (
    BudgetEvent,
    DivergedEvent,
    EndEvent,
    EndReason,
    EvaluationEvent,
    EventLog,
    Listener,
    ResumeEvent,
    StartEvent,
    StepEvent,
    ignore_event,
)
from groundup.training.interrupt import Interrupt
from groundup.training.machine import (
    Precision,
    autocast,
    choose_device,
    choose_precision,
    compiled,
    explained,
    keep_freed_memory,
)
from groundup.training.optimizer import (
    Update,
    learning_rate,
    load_optimizer_tensors,
    make_optimizer,
    optimizer_tensors,
)
from groundup.training.recipe import Recipe
from groundup.training.run import Run, load_model_tensors

SAVE_INTERVAL_S = 30.0
STEP_EVENT_INTERVAL_S = 0.25
SAMPLE_TOKENS = 160

WrapBatches = Callable[[Any], Batches]


# ---- the whole of it ---------------------------------------------------------------------------------------


def train_run(run: Run, listen: Listener = ignore_event, wrap_batches: WrapBatches | None = None) -> str:
    """Train a run from where it stands to the end of its budget, and return why it ended.

    Returns "budget" (spent), "early" (no better for `patience` evaluations), "interrupted" (Ctrl-C; saved)
    or "finished" (there was nothing left to do). `wrap_batches` changes the training batches: see ladder/faults.py.
    Raises GroundupError for bad input, and when the loss is no longer a number (the last save is good).
    """
    with run.lock():
        if run.finished:
            return "finished"
        keep_freed_memory()
        for half_written in run.folder.glob(f".*{ASIDE}"):  # by a process that was killed
            half_written.unlink(missing_ok=True)
        log = EventLog(run.metrics_file, listen)
        corpus = run.corpus()
        tokenizer = prepare_tokenizer(run, corpus, log)
        log.notify("Turning the text into tokens")
        data = tokenize(corpus, "train", tokenizer)
        validation = Validation(corpus, tokenizer)
        trainer = Trainer(run.recipe, tokenizer.vocab_size, make_batches(run.recipe, data, wrap_batches))
        check_facts(run, trainer)
        training = RunTraining(run, trainer, validation, log)
        resumed = training.restore()
        trainer.precision = settle_precision(run, corpus, trainer, log)
        if run.recipe.training.compile and training.spent() < 1:
            log.notify("Translating the model with torch.compile")
            trainer.warm_up()
        training.report_start(ResumeEvent if resumed else StartEvent, corpus)
        if training.spent() >= 1:  # killed between the last save and the last event
            reason: EndReason = "budget"
        else:
            with Interrupt() as interrupt:
                reason = training.loop(interrupt)
        training.report_end(reason)
        return reason


def train_new(run: Run, listen: Listener = ignore_event, wrap_batches: WrapBatches | None = None) -> str:
    """`train_run` for a run that was just created: if it fails before its first event, the run is removed.

    So a text that is too short does not take the name that the next attempt will want.
    """
    try:
        return train_run(run, listen, wrap_batches)
    except GroundupError:
        if not run.metrics_file.exists():
            shutil.rmtree(run.folder, ignore_errors=True)
        raise


def prepare_tokenizer(run: Run, corpus: Corpus, log: EventLog) -> Tokenizer:
    """The run's tokenizer, trained on the corpus if the run has none yet."""
    if not (run.folder / TOKENIZER_FILE).exists():
        recipe = run.recipe.tokenizer
        log.notify(f"Learning the {recipe.kind} tokenizer")
        run.save_tokenizer(train_tokenizer(recipe.kind, corpus.pieces("train"), **recipe.options()))
    return run.tokenizer


def make_batches(recipe: Recipe, data: Any, wrap: WrapBatches | None = None) -> Batches:
    """The batches of every step: streams for a recurrent model, random windows for the others."""
    kind = ContiguousStreams if MODELS[recipe.model.kind][1].recurrent else RandomWindows
    batches = kind(data, recipe.training.batch_size, recipe.training.sequence_length, recipe.seed)
    return wrap(batches) if wrap else batches


def check_facts(run: Run, trainer: "Trainer") -> None:
    """Raises GroundupError for a run that began with other batches, or whose run.toml lacks a fact.

    Before anything of the run is changed.
    """
    facts, batches = run.facts(), type(trainer.batches).__name__
    if not facts:
        return
    if missing := [name for name in ("batches", "precision", "precision_why") if name not in facts]:
        raise GroundupError(
            f"The run '{run.name}' cannot be resumed: its run.toml lacks {' and '.join(missing)}.",
            f'Train a new run from its recipe: `groundup train --recipe "{run.folder / "recipe.toml"}"`.',
        )
    if facts["batches"] != batches:
        raise GroundupError(
            f"The run '{run.name}' was trained on batches of the kind {facts['batches']}, not {batches}.",
            "It belongs to an ablation: go on with `groundup ablate --resume`.",
        )


def settle_precision(run: Run, corpus: Corpus, trainer: "Trainer", log: EventLog) -> Precision:
    """The precision of the run: decided once, written into run.toml, and the same when the run is resumed."""
    if facts := run.facts():
        return facts["precision"]
    precision, why = trainer.recipe.training.precision, "asked for"
    if precision == "auto":
        log.notify("Measuring float32 against bfloat16")
        precision, why = trainer.measure_precision()
    run.write_facts(
        corpus_fingerprint=corpus.fingerprint, batches=type(trainer.batches).__name__, precision=precision,
        precision_why=why, device=str(trainer.device), threads=torch.get_num_threads(),
        groundup=VERSION, torch=torch.__version__,
    )  # fmt: skip
    return precision


# ---- steps -------------------------------------------------------------------------------------------------


@dataclass
class Position:
    """Where training stands: all that a resumed run needs beside tensors."""

    step: int = 0
    tokens: int = 0
    seconds: float = 0.0
    """Time spent in training steps; loading, evaluating, sampling and saving do not count."""
    evaluations: int = 0
    best_bpb: float = math.inf
    best_step: int = 0
    without_gain: int = 0
    """Evaluations since the best one."""
    metrics_bytes: int = 0
    """Length of metrics.jsonl: a resumed run cuts off what a killed one wrote after its last save."""


class DivergedError(Exception):
    """The loss or its gradient is no longer a number."""

    def __init__(self, loss: float) -> None:
        super().__init__(loss)
        self.loss = loss


class Trainer:
    """Makes steps: a model, its optimiser, its batches and the position. Knows no run and no file."""

    def __init__(self, recipe: Recipe, vocab_size: int, batches: Batches) -> None:
        self.recipe, self.batches = recipe, batches
        self.device = choose_device(recipe.training.device)
        torch.manual_seed(recipe.seed)
        model = build(recipe.model, vocab_size, recipe.without).to(self.device)
        self.model: LanguageModel = accelerate(model)
        self.optimizer = make_optimizer(self.model, recipe.training)
        # Steps run `forward`; evaluating, sampling and saving always use the plain model, with the same weights.
        self.forward = compiled(self.model) if recipe.training.compile else self.model
        self.precision: Precision = "float32"
        self.position = Position()
        self.recurrent = self.model.recurrent
        self.memory: Memory | None = None
        """What a recurrent model carries from batch to batch."""
        self.last_loss = self.last_norm = 0.0

    @property
    def tokens_per_step(self) -> int:
        training = self.recipe.training
        return training.batch_size * training.sequence_length * training.gradient_accumulation_steps

    def step(self, rate: float) -> tuple[float, float]:
        """One step of the optimiser. Returns the training loss in nats per token, and the gradient's norm.

        Raises DivergedError, with the weights as they were, where one of the two is no number.
        """
        recipe, position = self.recipe.training, self.position
        torch.manual_seed(self.recipe.seed * 1_000_003 + position.step)  # dropout of this step
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for part in range(recipe.gradient_accumulation_steps):
            with autocast(self.device, self.precision):
                loss = self.loss(position.step * recipe.gradient_accumulation_steps + part)
            (loss / recipe.gradient_accumulation_steps).backward()
            total += loss.item() / recipe.gradient_accumulation_steps
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), recipe.max_grad_norm).item()
        if not (math.isfinite(total) and math.isfinite(norm)):
            raise DivergedError(total)
        self.last_loss, self.last_norm = total, norm
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        return total, norm

    def loss(self, number: int) -> torch.Tensor:
        """Cross-entropy of batch `number`, in nats per token; carries a recurrent model's memory onwards."""
        inputs, targets, *fresh = self.batches.at(number)  # streams also say whether they start again
        memory = self.memory if self.recurrent and not fresh[0] else None
        logits, after = self.forward(inputs.to(self.device), memory)
        if self.recurrent:
            self.memory = detach(after)
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.to(self.device).flatten())

    def measure_precision(self) -> tuple[Precision, str]:
        """The precision that is faster here, and why. Weights and memory stay as they are."""
        memory, self.memory = self.memory, None
        measured = choose_precision(lambda: self.loss(0), self.device)
        self.optimizer.zero_grad(set_to_none=True)
        self.memory = memory
        return measured.precision, measured.why

    def warm_up(self) -> None:
        """Read a few batches forward and backward, so that torch.compile translates before the clock starts.

        It makes code for each shape of memory, and a recurrent model's can grow over its first batches: so
        read on until a shape comes again. Weights, memory and position stay as they are.
        """
        memory, self.memory = self.memory, None
        seen: set[tuple[torch.Size, ...]] = set()
        with explained():
            while (shapes := shapes_of(self.memory)) not in seen:
                with autocast(self.device, self.precision):
                    loss = self.loss(len(seen))
                loss.backward()
                seen.add(shapes)
        self.optimizer.zero_grad(set_to_none=True)
        self.memory = memory

    def weights(self) -> dict[str, torch.Tensor]:
        return {f"model.{name}": value for name, value in self.model.state_dict().items()}

    def tensors(self) -> dict[str, torch.Tensor]:
        """All that a resumed run needs beside the position: weights, optimiser and memory."""
        memory = {f"memory.{number}": part for number, part in enumerate(self.memory or ())}
        return self.weights() | optimizer_tensors(self.optimizer) | memory

    def load(self, tensors: dict[str, torch.Tensor], position: Position) -> None:
        """Put back what `tensors` gave."""
        load_model_tensors(self.model, tensors)
        load_optimizer_tensors(self.optimizer, tensors)
        parts = sum(name.startswith("memory.") for name in tensors)
        self.memory = tuple(tensors[f"memory.{part}"].to(self.device) for part in range(parts)) or None
        self.position = position


def shapes_of(memory: Memory | None) -> tuple[torch.Size, ...]:
    return tuple(part.shape for part in memory or ())


# ---- a run's steps -----------------------------------------------------------------------------------------


class RunTraining:
    """A run that is being trained: steps until its budget is spent, evaluations, saves and events."""

    def __init__(self, run: Run, trainer: Trainer, validation: Validation, log: EventLog) -> None:
        self.run, self.trainer, self.validation, self.log = run, trainer, validation, log
        self.budget = Budget.parse(run.recipe.budget)

    def loop(self, interrupt: Interrupt) -> EndReason:
        """Step until the budget is spent, evaluating and saving on the way."""
        recipe, trainer, position = self.run.recipe.training, self.trainer, self.trainer.position
        last_save = last_event = time.monotonic()
        trainer.model.train()
        while True:
            event_due = time.monotonic() - last_event > STEP_EVENT_INTERVAL_S
            # Only a step with an event is measured, so the weights are copied some four times a second.
            update = Update(trainer.model) if event_due or self.spent(steps=1) >= 1 else None
            started = time.perf_counter()
            rate = learning_rate(self.spent(), recipe)
            try:
                loss, norm = trainer.step(rate)
            except DivergedError as diverged:
                raise self.diverged(diverged.loss) from None
            position.step += 1
            position.tokens += trainer.tokens_per_step
            position.seconds += time.perf_counter() - started

            if self.spent() >= 1 or event_due:
                last_event = time.monotonic()
                self.report_step(loss, norm, rate, update)
            if event_due:
                self.check_budget()
            if self.evaluations_due() > position.evaluations:
                self.evaluate()
                self.save()
                last_save = time.monotonic()
                self.check_budget()  # it may have grown during the last evaluation
                if self.spent() >= 1:
                    return "budget"
                if recipe.patience and position.without_gain >= recipe.patience:
                    return "early"
            elif interrupt.requested or time.monotonic() - last_save > SAVE_INTERVAL_S:
                self.save()
                last_save = time.monotonic()
            if interrupt.requested:
                return "interrupted"

    def spent(self, steps: int = 0) -> float:
        """The share of the budget that is used up; or will be, as far as is known, after some more steps."""
        at = self.trainer.position
        tokens = at.tokens + steps * self.trainer.tokens_per_step
        return self.budget.spent(seconds=at.seconds, steps=at.step + steps, tokens=tokens)

    def evaluations_due(self) -> int:
        """How many evaluations should have been made by now."""
        planned, spent = self.run.recipe.training.evaluations, self.spent()
        # The last one comes with the end itself, never just before it: none would follow it, and so no end.
        return planned if spent >= 1 else min(int(spent * planned + 1e-9), planned - 1)

    def evaluate(self) -> None:
        """Score the whole validation split, write a sample, and save the weights if they are the best yet."""
        trainer, position = self.trainer, self.trainer.position
        score = self.validation.evaluate(trainer.model)
        if not math.isfinite(score.loss):
            raise self.diverged(score.loss)
        sampling = Sampling(temperature=0.8, seed=self.run.recipe.seed)
        try:
            sample = write(trainer.model, self.run.tokenizer, "", SAMPLE_TOKENS, sampling).text
        except GroundupError:  # its scores are no numbers there, though they were on the validation text
            raise self.diverged(math.nan) from None
        trainer.model.train()
        position.evaluations = self.evaluations_due()
        better = score.bpb < position.best_bpb
        if better:
            position.best_bpb, position.best_step, position.without_gain = score.bpb, position.step, 0
            state = {"position": asdict(position)}
            save_checkpoint(self.run.folder / "best.safetensors", trainer.weights(), state)
        else:
            position.without_gain += 1
        self.log.emit(EvaluationEvent(
            **self.at(), bpb=score.bpb, loss=score.loss, perplexity=score.perplexity, best=better,
            coverage=score.coverage, spent=min(self.spent(), 1.0), sample=sample,
        ))  # fmt: skip

    # ---- saving and going on ---------------------------------------------------------------------------

    def save(self) -> None:
        """Write last.safetensors, whole or not at all."""
        position = self.trainer.position
        position.metrics_bytes = self.log.length()
        state = {"position": asdict(position)}
        save_checkpoint(self.run.folder / "last.safetensors", self.trainer.tensors(), state)

    def restore(self) -> bool:
        """Put everything back as it was at the last save, if there is one. Returns whether there was."""
        saved = (self.run.folder / "last.safetensors").exists()
        if saved:
            tensors, state = load_checkpoint(self.run.folder / "last.safetensors")
            self.trainer.load(tensors, Position(**state["position"]))
            # The same number as before, unless the budget has grown.
            self.trainer.position.evaluations = self.evaluations_due()
        self.log.cut(self.trainer.position.metrics_bytes)
        return saved

    def check_budget(self) -> None:
        """Take up a budget that was changed meanwhile. All is saved at once, so that a run which is killed after the
        change, and goes on, comes to the same numbers as one that was not killed."""
        budget = self.run.files.budget()
        if budget is None or budget == self.run.recipe.budget:
            return
        self.run.recipe = self.run.recipe.override({"budget": budget})
        self.budget = Budget.parse(budget)
        position = self.trainer.position
        # The last evaluation is still to come.
        position.evaluations = min(self.evaluations_due(), self.run.recipe.training.evaluations - 1)
        self.log.emit(BudgetEvent(**self.at(), budget=budget, spent=min(self.spent(), 1.0)))
        self.save()

    # ---- reporting -------------------------------------------------------------------------------------

    def at(self) -> dict[str, Any]:
        """The fields of every event."""
        position = self.trainer.position
        return {"step": position.step, "tokens": position.tokens, "seconds": round(position.seconds, 3)}

    def tokens_per_second(self) -> int:
        return round(self.trainer.position.tokens / max(self.trainer.position.seconds, 1e-9))

    def report_start(self, kind: type[StartEvent], corpus: Corpus) -> None:
        recipe, model = self.run.recipe, self.trainer.model
        self.log.emit(kind(
            **self.at(), run=self.run.name, model=recipe.model.kind, corpus=corpus.name, budget=recipe.budget,
            parameters=model.parameter_count(), flops_per_token=model.flops_per_token(recipe.training.sequence_length),
            vocab_size=self.run.tokenizer.vocab_size, tokenizer=recipe.tokenizer.kind,
            precision=self.trainer.precision, precision_why=self.run.facts()["precision_why"],
            device=str(self.trainer.device), spent=min(self.spent(), 1.0),
        ))  # fmt: skip

    def report_step(self, loss: float, norm: float, rate: float, update: Update | None) -> None:
        self.log.emit(StepEvent(
            **self.at(), loss=loss, learning_rate=rate, gradient_norm=norm, spent=min(self.spent(), 1.0),
            update_ratio=update.ratios() if update else None, tokens_per_second=self.tokens_per_second(),
        ))  # fmt: skip

    def report_end(self, reason: EndReason) -> None:
        position = self.trainer.position
        self.log.emit(EndEvent(
            **self.at(), reason=reason, best_bpb=position.best_bpb, best_step=position.best_step,
            tokens_per_second=self.tokens_per_second(),
        ))  # fmt: skip

    def diverged(self, loss: float) -> GroundupError:
        """Report that the loss is no longer a number. Returns the error to raise."""
        trainer = self.trainer
        self.log.emit(DivergedEvent(
            **self.at(), last_loss=trainer.last_loss, last_gradient_norm=trainer.last_norm
        ))  # fmt: skip
        lower = self.run.recipe.training.learning_rate / 3
        saved = (self.run.folder / "last.safetensors").exists()
        note = f" The last good weights are in the run '{self.run.name}'." if saved else ""
        return GroundupError(
            f"The loss became {loss} at step {trainer.position.step}: training has diverged and is stopped.{note}",
            f"Try a lower learning rate (--set training.learning_rate={lower:.1g}), "
            "a longer warm-up, or --set training.precision=float32.",
        )
