"""`train`: the supervised stage, on groups of one relevant and five other documents."""

from __future__ import annotations

import argparse
import signal
import time
from pathlib import Path
from typing import Any

import torch

from .averages import Averages
from .batches import GroupBatch, build_ahead, fill_batch
from .develop import choose_dev_tasks, measure_dev
from .groups import GROUP_SIZE, GroupBuilder
from .losses import group_loss, make_optimizer, teacher_loss
from .masking import MaskedBatch, MaskedBuilder, MaskedTokenHead, measure_masked_loss
from .mixture import Mixture
from .model import load_checkpoint, save_checkpoint
from .prepared import PreparedText
from .run_record import RunRecord
from .schedule import Schedule
from .tokenizer import PairTokenizer

GRADIENT_LIMIT = 1.0
LINE_STEPS = 50
LABEL_LINE_STEPS = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("--start", type=Path, help="checkpoint to start from; not needed to resume")
    parser.add_argument("--tokenizer", type=Path, required=True, help="folder with tokenizer.json")
    parser.add_argument("--work", type=Path, default=Path("work"), help="working folder with prepared/ (default: work)")
    parser.add_argument("--run", default="run", help="name of the run, a folder in the working folder (default: run)")
    parser.add_argument("--tokens", type=float, default=80e6, help="tokens of the whole plan (default: 80e6)")
    parser.add_argument("--batch-tokens", type=int, default=6144, help="tokens of one step (default: 6144)")
    parser.add_argument("--rate", type=float, default=3e-4, help="peak learning rate (default: 3e-4; 8e-4 collapses)")
    parser.add_argument("--warm-up", type=int, default=300, help="steps of warm-up (default: 300)")
    parser.add_argument("--decay", type=float, default=0.35, help="last share of the plan, over which the rate falls")
    parser.add_argument("--masked-every", type=int, default=0, help="every n-th step is masked words; 0: none (default: 0)")
    parser.add_argument("--plain-share", type=float, default=0.0, help="share of masked passages without a query")
    parser.add_argument("--teacher", type=Path, help="checkpoint whose scores are learned too")
    parser.add_argument("--teacher-weight", type=float, default=1.0, help="weight of the teacher's loss (default: 1)")
    parser.add_argument("--stop-after", type=int, help="stop at this step without changing the plan")
    parser.add_argument("--save-minutes", type=float, default=5.0, help="minutes between checkpoints (default: 5)")
    parser.add_argument("--measure-minutes", type=float, default=10.0, help="minutes between dev measurements")
    parser.add_argument("--dev-queries", type=int, default=100, help="dev queries of each label (default: 100)")
    parser.add_argument("--threads", type=int, default=0, help="threads of PyTorch (default: cores)")
    parser.add_argument("--processes", type=int, default=1, help="processes that build batches (default: 1)")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bf16", action=argparse.BooleanOptionalAction, default=True, help="bfloat16 linear layers")
    parser.add_argument("--seed", type=int, default=0)


class Trainer:
    """A run: its ranker, optimizer, place in the plan, and folder."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.folder: Path = arguments.work / arguments.run
        self.checkpoint = self.folder / "checkpoint.pt"
        resumed = self.checkpoint.is_file()
        if not resumed and arguments.start is None:
            raise SystemExit("train: name a checkpoint to start from with --start (`vectors` makes one from nothing)")
        self.ranker, state = load_checkpoint(self.checkpoint if resumed else arguments.start, arguments.device)
        self.ranker.train()
        torch.manual_seed(arguments.seed)
        self.head = MaskedTokenHead(self.ranker.config).to(arguments.device)
        self.optimizer = make_optimizer(self.ranker, self.head, arguments.rate)
        self.step = 0
        self.record = RunRecord.begin(arguments, str(arguments.start))
        if "masked_head" in state:
            self.head.load_state_dict(state["masked_head"])
        if resumed:
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]
            self.record = RunRecord.resume(state["record"], arguments)
        self.teacher = load_checkpoint(arguments.teacher, arguments.device)[0] if arguments.teacher else None
        self.steps = max(1, round(arguments.tokens / arguments.batch_tokens))
        self.schedule = Schedule(arguments.rate, self.steps, arguments.warm_up, arguments.decay)

    def save(self, path: Path | None = None) -> None:
        """Writes the checkpoint and, beside it, record.json."""
        state: dict[str, Any] = {
            "optimizer": self.optimizer.state_dict(),
            "masked_head": self.head.state_dict(),
            "step": self.step,
            "record": self.record.to_dict(),
        }
        save_checkpoint(path or self.checkpoint, self.ranker, state)
        self.record.write(self.folder / "record.json")

    def learn_groups(self, batch: GroupBatch, averages: Averages) -> int:
        """One step on groups. Returns its tokens."""
        bf16 = self.arguments.bf16
        packed = batch.pack().to(self.arguments.device)
        logits = self.ranker(packed, bf16=bf16).view(-1, GROUP_SIZE)
        loss, cross_entropy = group_loss(logits)
        if self.teacher is not None:
            with torch.no_grad():
                taught = self.teacher(packed, bf16=bf16).view(-1, GROUP_SIZE)
            loss = loss + self.arguments.teacher_weight * teacher_loss(logits, taught)
        self._update(loss, averages)
        first = (logits[:, :1] > logits[:, 1:]).all(1)
        averages.groups += len(batch.labels)
        averages.cross_entropy += float(cross_entropy.sum())
        averages.first += float(first.sum())
        for label, right in zip(batch.labels, first.tolist()):
            averages.by_label[label][0] += right
            averages.by_label[label][1] += 1
        return packed.tokens

    def learn_masked(self, batch: MaskedBatch, averages: Averages) -> int:
        """One step on masked words. Returns its tokens."""
        loss, right, tokens = measure_masked_loss(
            self.ranker, self.head, batch, device=self.arguments.device, bf16=self.arguments.bf16
        )
        self._update(loss, averages)
        averages.masked_batches += 1
        averages.masked_loss += float(loss.detach())
        averages.masked_right += right
        return tokens

    def _update(self, loss: torch.Tensor, averages: Averages) -> None:
        if not torch.isfinite(loss):
            raise SystemExit(f"train: the loss is {loss.item()} at step {self.step}; the last checkpoint is whole")
        loss.backward()
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.rate(self.step)
        parameters = [*self.ranker.parameters(), *self.head.parameters()]
        averages.gradient += float(torch.nn.utils.clip_grad_norm_(parameters, GRADIENT_LIMIT))
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)


def run(arguments: argparse.Namespace) -> int:
    """Trains until the plan or --stop-after is reached, or Ctrl-C or SIGTERM comes; always leaves a checkpoint."""
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    trainer = Trainer(arguments)
    prepared = PreparedText.load(arguments.work / "prepared")
    tokens = PairTokenizer.load(arguments.tokenizer).tokens()
    if len(tokens) != trainer.ranker.config.vocab_size or len(tokens) != len(prepared.token_passages):
        raise SystemExit("train: checkpoint, tokenizer and prepared text differ in their vocabulary")
    builder = GroupBuilder(prepared, tokens, Mixture(prepared))
    masked_builder = MaskedBuilder(prepared, plain_share=arguments.plain_share) if arguments.masked_every else None
    stop = min(trainer.steps, arguments.stop_after or trainer.steps)
    parameters = sum(parameter.numel() for parameter in trainer.ranker.parameters())
    print(
        f"{parameters:,} parameters on {arguments.device}, {torch.get_num_threads()} threads; "
        f"step {trainer.step} of {trainer.steps} ({arguments.tokens / 1e6:.1f} M tokens)",
        flush=True,
    )

    def make(step: int) -> GroupBatch | MaskedBatch:
        if masked_builder is not None and step % arguments.masked_every == arguments.masked_every - 1:
            return masked_builder.fill(arguments.seed, step, arguments.batch_tokens)
        progress = step / trainer.steps
        return fill_batch(builder, arguments.seed, step, tokens=arguments.batch_tokens, progress=progress)

    batches = build_ahead(make, trainer.step, stop, processes=arguments.processes)
    tasks = choose_dev_tasks(prepared, queries=arguments.dev_queries) if arguments.measure_minutes > 0 else []
    interrupted = _remember_signals()
    try:
        train_steps(trainer, batches, tasks, interrupted)
    finally:
        batches.close()
    trainer.save()
    print(f"saved {trainer.checkpoint} at step {trainer.step}", flush=True)
    return 0


def train_steps(trainer: Trainer, batches: Any, tasks: list, interrupted: list[int]) -> None:
    """The loop: one step per batch, with progress lines, checkpoints and dev measurements in between."""
    arguments, record = trainer.arguments, trainer.record
    averages = Averages()
    if tasks and trainer.step == 0:
        _measure(trainer, tasks)
    saved = measured = time.monotonic()
    decay_starts = trainer.steps - round(trainer.steps * arguments.decay)
    for batch in batches:
        started = time.monotonic()
        learn = trainer.learn_masked if isinstance(batch, MaskedBatch) else trainer.learn_groups
        seen = learn(batch, averages)
        trainer.step += 1
        seconds = time.monotonic() - started
        record.count(seen, isinstance(batch, MaskedBatch), seconds)
        averages.steps += 1
        averages.tokens += seen
        averages.seconds += seconds
        if trainer.step % LINE_STEPS == 0:
            seen_so_far = f"step {trainer.step}/{trainer.steps}  {record.tokens / 1e6:.2f} M tokens"
            print(f"{seen_so_far}  rate {trainer.schedule.rate(trainer.step):.2e}  {averages.describe()}", flush=True)
            record.add_loss(trainer.step, averages.cross_entropy / max(1, averages.groups))
            averages = Averages(by_label=averages.by_label)
        if trainer.step % LABEL_LINE_STEPS == 0:
            print(f"  first: {averages.describe_labels()}", flush=True)
            averages.by_label.clear()
        if trainer.step == decay_starts:
            trainer.save(trainer.folder / "before-decay.pt")
        now = time.monotonic()
        if tasks and now - measured > 60 * arguments.measure_minutes:
            _measure(trainer, tasks)
            measured = time.monotonic()
        if now - saved > 60 * arguments.save_minutes:
            trainer.save()
            saved = time.monotonic()
        if interrupted:
            print(f"stopped by signal {interrupted[0]}", flush=True)
            return
    if tasks and trainer.step == trainer.steps:
        _measure(trainer, tasks)


def _measure(trainer: Trainer, tasks: list) -> None:
    trainer.ranker.eval()
    result = measure_dev(trainer.ranker, tasks, bf16=trainer.arguments.bf16)
    trainer.ranker.train()
    trainer.record.add_dev(trainer.step, result)
    shown = "  ".join(f"{label} {entry['p1']:.2f}/{entry['ce']:.2f}" for label, entry in result.items())
    print(f"  dev at step {trainer.step}, P@1/cross-entropy: {shown}", flush=True)


def _remember_signals() -> list[int]:
    """A list that the first Ctrl-C or SIGTERM is put into; a second Ctrl-C interrupts as usual."""
    received: list[int] = []

    def remember(number: int, _frame: object) -> None:
        received.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    signal.signal(signal.SIGINT, remember)
    signal.signal(signal.SIGTERM, remember)
    return received
