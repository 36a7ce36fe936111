"""Training: a recipe becomes a run.

Read `train_run` from top to bottom; the loop itself is `Trainer.loop`. Everything that happens is an event,
appended to the run's metrics.jsonl and handed to `listen`: the terminal, a notebook and trackers read those.

A run can be stopped at any instant and goes on from its last checkpoint to the same numbers, bit for bit on
the CPU. Three habits make that easy: the batch of step n depends on the seed and n alone; chance inside the
model (dropout) is seeded again at each step from the seed and n; and whatever else the next step needs is in
the checkpoint: weights, optimiser, a recurrent model's memory, counters and clock.
"""

import math
import time
from dataclasses import asdict

import torch
import torch.nn.functional as F

from groundup.common.atomic import ASIDE
from groundup.common.brand import VERSION
from groundup.common.errors import GroundupError
from groundup.evaluation import Evaluation, Validation
from groundup.generation import Sampling, write
from groundup.models import MODELS, build
from groundup.models.contract import Memory, detach
from groundup.models.fast import accelerate
from groundup.text.batches import ContiguousStreams, Leaked, RandomWindows, WindowsInOrder
from groundup.text.corpora import Corpus
from groundup.text.token_cache import tokenize
from groundup.text.tokenizers import train_tokenizer
from groundup.training.budget import Budget
from groundup.training.checkpoint import load_checkpoint, save_checkpoint
from groundup.training.compiling import compiled, explained
from groundup.training.events import Event, Events, Listener, Position
from groundup.training.interrupt import Interrupt
from groundup.training.optimizer import (
    learning_rate,
    load_optimizer_tensors,
    make_optimizer,
    optimizer_tensors,
)
from groundup.training.precision import Precision, autocast, choose_device, choose_precision
from groundup.training.recipe import Recipe
from groundup.training.run import Run, load_model_tensors
from groundup.training.storage import keep_freed_memory
from groundup.training.update import Update

SECONDS_BETWEEN_SAVES = 30.0
SECONDS_BETWEEN_STEP_EVENTS = 0.25
SAMPLE_TOKENS = 160


def train_run(run: Run, listen: Listener = lambda event: None) -> str:
    """Train a run from where it stands to the end of its budget, and say why it ended.

    Returns "budget" (spent), "early" (no better for `patience` evaluations), "interrupted" (Ctrl-C; saved)
    or "finished" (there was nothing left to do).
    Raises GroundupError for bad input, and when the loss is no longer a number (the last save is good).
    """
    with run.lock():
        return Trainer(run, listen).train()


class Trainer:
    """One training process. Holds the run, the model, the optimiser and the position."""

    def __init__(self, run: Run, listen: Listener) -> None:
        self.run, self.events = run, Events(run, listen)
        self.recipe = run.recipe
        self.budget = Budget.parse(self.recipe.budget)
        self.device = choose_device(self.recipe.training.device)
        self.position = Position()
        self.memory: Memory | None = None
        training = self.recipe.training
        self.tokens_of_a_step = (
            training.batch_size * training.sequence_length * training.gradient_accumulation_steps
        )
        self.last_loss = self.last_norm = 0.0
        self.recipe_text = ""

    # ---- the whole of it ------------------------------------------------------------------------------

    def train(self) -> str:
        if self.run.finished:
            return "finished"
        keep_freed_memory()
        for half_written in self.run.folder.glob(f".*{ASIDE}"):  # by a process that was killed
            half_written.unlink(missing_ok=True)
        corpus = self.run.corpus()
        resumed = (self.run.folder / "last.safetensors").exists()
        self.prepare_data(corpus)
        self.prepare_model()
        if resumed:
            self.restore()
        self.events.cut(self.position.metrics_bytes)
        precision = self.settle_precision(corpus)
        self.context = lambda: autocast(self.device, precision)
        if self.recipe.training.compile and self.spent() < 1:
            self.warm_up()
        begins = "resume" if resumed else "start"
        self.events.say(begins, self.position, **self.introduction(corpus, precision))
        if self.spent() >= 1:  # killed between the last save and the last event
            reason = "budget"
        else:
            with Interrupt() as interrupt:
                reason = self.loop(interrupt)
        rate = self.position.tokens / max(self.position.seconds, 1e-9)
        self.events.say("end", self.position, reason=reason, best_bpb=self.position.best_bpb,
                        best_step=self.position.best_step, tokens_per_second=round(rate))  # fmt: skip
        return reason

    def prepare_data(self, corpus: Corpus) -> None:
        """Tokenizer, token streams of both splits, and the batches of every step."""
        recipe = self.recipe
        if not (self.run.folder / "tokenizer.json").exists():
            self.events.say_aside("tokenizer", f"Learning the {recipe.tokenizer.kind} tokenizer")
            options = recipe.tokenizer.options()
            self.run.save_tokenizer(train_tokenizer(recipe.tokenizer.kind, corpus.pieces("train"), **options))
        self.tokenizer = self.run.tokenizer
        self.events.say_aside("tokens", "Turning the text into tokens")
        data = tokenize(corpus, "train", self.tokenizer)
        self.validation = Validation(corpus, self.tokenizer)
        batch, length = recipe.training.batch_size, recipe.training.sequence_length
        self.recurrent = MODELS[self.recipe.model.kind][1].recurrent
        windows = RandomWindows if recipe.training.shuffle else WindowsInOrder
        make: type[ContiguousStreams | RandomWindows | WindowsInOrder] = (
            ContiguousStreams if self.recurrent else windows
        )
        batches = make(data, batch, length, recipe.seed)
        self.batches = Leaked(batches) if recipe.training.leak else batches

    def prepare_model(self) -> None:
        torch.manual_seed(self.recipe.seed)
        model = build(self.recipe.model, self.tokenizer.vocab_size, self.recipe.without)
        self.model = accelerate(model.to(self.device))
        self.optimizer = make_optimizer(self.model, self.recipe.training)
        # Steps run `forward`; evaluating, sampling and saving always use the plain model, with the same weights.
        self.forward = compiled(self.model) if self.recipe.training.compile else self.model

    def warm_up(self) -> None:
        """Read a few batches forward and backward, so that torch.compile translates before the clock starts.

        It makes code for each shape of memory, and a recurrent model's can grow over its first batches: so
        read on until a shape comes again. Weights, memory and position stay as they are.
        """
        self.events.say_aside("compile", "Translating the model with torch.compile")
        memory, self.memory = self.memory, None
        seen: set[tuple[torch.Size, ...]] = set()
        with explained():
            while (shapes := shapes_of(self.memory)) not in seen:
                with self.context():
                    loss = self.loss(len(seen))
                loss.backward()
                seen.add(shapes)
        self.optimizer.zero_grad(set_to_none=True)
        self.memory = memory

    # ---- the loop -------------------------------------------------------------------------------------

    def loop(self, interrupt: Interrupt) -> str:
        """Step until the budget is spent, evaluating and saving on the way."""
        recipe, position = self.recipe.training, self.position
        last_save = last_event = time.monotonic()
        self.model.train()
        while True:
            due = time.monotonic() - last_event > SECONDS_BETWEEN_STEP_EVENTS
            # Only a step that will be told of is measured: so the copy of the weights is made four times a second.
            update = Update(self.model) if due or self.spent(steps=1) >= 1 else None
            started = time.perf_counter()
            rate = learning_rate(self.spent(), recipe)
            loss, norm = self.step(rate)
            position.step += 1
            position.tokens += self.tokens_of_a_step
            position.seconds += time.perf_counter() - started

            spent = self.spent()
            if spent >= 1 or due:
                last_event = time.monotonic()
                ratios = {} if update is None else {"update_ratio": update.ratios()}
                self.events.say("step", position, loss=loss, learning_rate=rate, gradient_norm=norm,
                                spent=min(spent, 1.0), **ratios,
                                tokens_per_second=round(position.tokens / position.seconds))  # fmt: skip
            if due:
                self.notice_budget()
            if self.due() > position.evaluations:
                self.evaluate()
                self.save()
                last_save = time.monotonic()
                self.notice_budget()  # it may have grown while the last evaluation was made
                if self.spent() >= 1:
                    return "budget"
                if recipe.patience and position.without_gain >= recipe.patience:
                    return "early"
            elif interrupt.asked or time.monotonic() - last_save > SECONDS_BETWEEN_SAVES:
                self.save()
                last_save = time.monotonic()
            if interrupt.asked:
                return "interrupted"

    def step(self, rate: float) -> tuple[float, float]:
        """One step of the optimiser. Returns the training loss in nats per token, and the gradient's norm."""
        recipe, position = self.recipe.training, self.position
        torch.manual_seed(self.recipe.seed * 1_000_003 + position.step)  # dropout of this step
        self.optimizer.zero_grad(set_to_none=True)
        total = 0.0
        for part in range(recipe.gradient_accumulation_steps):
            with self.context():
                loss = self.loss(position.step * recipe.gradient_accumulation_steps + part)
            (loss / recipe.gradient_accumulation_steps).backward()
            total += loss.item() / recipe.gradient_accumulation_steps
        norm = torch.nn.utils.clip_grad_norm_(self.model.parameters(), recipe.max_grad_norm).item()
        if not (math.isfinite(total) and math.isfinite(norm)):
            raise self.diverged(total)
        self.last_loss, self.last_norm = total, norm
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        return total, norm

    def loss(self, number: int) -> torch.Tensor:
        """Cross-entropy of batch `number`, in nats per token; carries a recurrent model's memory onwards."""
        inputs, targets, *rest = self.batches.at(number)  # streams also say whether they start again
        memory = self.memory if self.recurrent and not rest[0] else None
        logits, after = self.forward(inputs.to(self.device), memory)
        if self.recurrent:
            self.memory = detach(after)
        return F.cross_entropy(logits.flatten(0, 1).float(), targets.to(self.device).flatten())

    def due(self) -> int:
        """How many evaluations should have been made by now."""
        asked, spent = self.recipe.training.evaluations, self.spent()
        # The last comes with the end itself, never before it: no other would follow, and so no end.
        return asked if spent >= 1 else min(int(spent * asked + 1e-9), asked - 1)

    def spent(self, steps: int = 0) -> float:
        """The share of the budget that is used up; or will be, as far as is known, after some more steps."""
        at = self.position
        tokens = at.tokens + steps * self.tokens_of_a_step
        return self.budget.spent(seconds=at.seconds, steps=at.step + steps, tokens=tokens)

    # ---- evaluating and saving ------------------------------------------------------------------------

    def evaluate(self) -> None:
        """Score the whole validation split, write a sample, and keep the weights if they are the best yet."""
        position = self.position
        found: Evaluation = self.validation.evaluate(self.model)
        if not math.isfinite(found.loss):
            raise self.diverged(found.loss)
        sampling = Sampling(temperature=0.8, seed=self.recipe.seed)
        try:
            sample = write(self.model, self.tokenizer, "", SAMPLE_TOKENS, sampling).text
        except GroundupError:  # its scores are no numbers there, though they were on the validation text
            raise self.diverged(math.nan) from None
        self.model.train()
        position.evaluations = self.due()
        better = found.bpb < position.best_bpb
        if better:
            position.best_bpb, position.best_step, position.without_gain = found.bpb, position.step, 0
            state = {"position": asdict(position)}
            save_checkpoint(self.run.folder / "best.safetensors", self.weights(), state)
        else:
            position.without_gain += 1
        self.events.say("evaluation", position, bpb=found.bpb, loss=found.loss, perplexity=found.perplexity,
                        best=better, coverage=found.coverage, spent=min(self.spent(), 1.0), sample=sample)  # fmt: skip

    def weights(self) -> dict[str, torch.Tensor]:
        return {f"model.{name}": value for name, value in self.model.state_dict().items()}

    def save(self) -> None:
        """Write last.safetensors, whole or not at all."""
        tensors = self.weights() | optimizer_tensors(self.optimizer)
        tensors |= {f"memory.{number}": part for number, part in enumerate(self.memory or ())}
        self.position.metrics_bytes = self.events.length()
        save_checkpoint(self.run.folder / "last.safetensors", tensors, {"position": asdict(self.position)})

    def restore(self) -> None:
        """Put everything back as it was at the last save."""
        tensors, state = load_checkpoint(self.run.folder / "last.safetensors")
        load_model_tensors(self.model, tensors)
        load_optimizer_tensors(self.optimizer, tensors)
        parts = sum(name.startswith("memory.") for name in tensors)
        self.memory = tuple(tensors[f"memory.{part}"].to(self.device) for part in range(parts)) or None
        self.position = Position(**state["position"])
        self.position.evaluations = self.due()  # the same, unless the budget has grown

    def notice_budget(self) -> None:
        """Take up a budget that was changed while this trains. All is saved first, so that a run which is killed
        after the change, and goes on, comes to the same numbers as one that was not."""
        try:
            text = (self.run.folder / "recipe.toml").read_text(encoding="utf-8")
            budget = self.recipe.budget if text == self.recipe_text else Recipe.from_toml(text).budget
        except (GroundupError, OSError, UnicodeDecodeError):
            return  # the writer validates it: one that cannot be read changes nothing
        self.recipe_text = text
        if budget != self.recipe.budget:
            self.run.recipe = self.recipe = self.recipe.override({"budget": budget})
            self.budget = Budget.parse(budget)
            # The last evaluation is still to come.
            self.position.evaluations = min(self.due(), self.recipe.training.evaluations - 1)
            self.events.say("budget", self.position, budget=budget, spent=min(self.spent(), 1.0))
            self.save()

    def diverged(self, loss: float) -> GroundupError:
        last = {"last_loss": self.last_loss, "last_gradient_norm": self.last_norm}
        self.events.say("diverged", self.position, **last)
        lower = self.recipe.training.learning_rate / 3
        saved = (self.run.folder / "last.safetensors").exists()
        kept = f" The last good weights are kept in the run '{self.run.name}'." if saved else ""
        return GroundupError(
            f"The loss became {loss} at step {self.position.step}: training has diverged and is stopped.{kept}",
            f"Try a lower learning rate (--set training.learning_rate={lower:.1g}), "
            "a longer warm-up, or --set training.precision=float32.",
        )

    # ---- what was found out -----------------------------------------------------------------------------

    def settle_precision(self, corpus: Corpus) -> Precision:
        """Measure once, write it into run.toml, and keep to it when the run is resumed."""
        facts = self.run.facts()
        if "precision" in facts:
            return facts["precision"]
        asked, why = self.recipe.training.precision, "asked for"
        if asked == "auto":
            self.events.say_aside("precision", "Measuring float32 against bfloat16")
            measured = choose_precision(lambda: self.loss(0), self.device)
            precision, why = measured.precision, measured.why
            self.optimizer.zero_grad(set_to_none=True)
            self.memory = None
        else:
            precision = asked
        self.run.write_facts(
            corpus_fingerprint=corpus.fingerprint, precision=precision, precision_why=why,
            device=str(self.device), threads=torch.get_num_threads(), groundup=VERSION, torch=torch.__version__,
        )  # fmt: skip
        return precision

    def introduction(self, corpus: Corpus, precision: Precision) -> Event:
        length = self.recipe.training.sequence_length
        return {
            "run": self.run.name, "model": self.recipe.model.kind, "corpus": corpus.name,
            "budget": self.recipe.budget, "parameters": self.model.parameter_count(),
            "flops_per_token": self.model.flops_per_token(length), "vocab_size": self.tokenizer.vocab_size,
            "tokenizer": self.recipe.tokenizer.kind, "precision": precision,
            "precision_why": self.run.facts()["precision_why"], "device": str(self.device),
            "spent": min(self.spent(), 1.0),
        }  # fmt: skip


def shapes_of(memory: Memory | None) -> tuple[torch.Size, ...]:
    return tuple(part.shape for part in memory or ())
