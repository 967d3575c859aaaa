"""Batches of groups, built ahead in processes of their own.

A batch is a function of (seed, step) alone. That makes a resumed run see exactly what an uninterrupted one sees,
whatever the number of processes.
"""

from __future__ import annotations

import multiprocessing
import queue
import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .groups import Group, GroupBuilder
from .packing import PackedBatch, pack_pairs

SHIFTED_SHARE = 0.06
QUEUE_LENGTH = 6


@dataclass
class GroupBatch:
    """The pairs of whole groups, GROUP_SIZE after one another, and what each group is.

    Pairs travel between processes as arrays and are packed by the reader: tensors would travel through shared
    memory, which small machines run short of.
    """

    pairs: list[tuple[np.ndarray, np.ndarray]]
    labels: list[str]
    document_shift: int

    def pack(self) -> PackedBatch:
        """The batch as tensors."""
        return pack_pairs(self.pairs, document_shift=self.document_shift)


def fill_batch(builder: GroupBuilder, seed: int, step: int, *, tokens: int, progress: float) -> GroupBatch:
    """Groups until the next one would pass `tokens`; at least one."""
    rng = random.Random(f"{seed}/groups/{step}")
    groups: list[Group] = []
    used = 0
    while True:
        group = builder.draw(rng, progress)
        if groups and used + group.count_tokens() > tokens:
            break
        groups.append(group)
        used += group.count_tokens()
    pairs = [(group.query, document) for group in groups for document in group.documents]
    shift = rng.randrange(1, 250) if rng.random() < SHIFTED_SHARE else 0
    return GroupBatch(pairs, [group.label for group in groups], shift)


def build_ahead(
    make: Callable[[int], Any], first: int, stop: int, *, processes: int, patience: float = 20.0
) -> Iterator[Any]:
    """make(step) for every step from first to stop, in order, built by forked processes.

    processes: 0 builds in this process. The processes end with the iterator, or with the process that reads it.
    patience: seconds after which a process that has delivered nothing is looked after. Raises RuntimeError where one
    has ended before its time.
    """
    if processes == 0:
        yield from map(make, range(first, stop))
        return
    context = multiprocessing.get_context("fork")
    queues = [context.Queue(QUEUE_LENGTH) for _ in range(processes)]

    def work(place: int) -> None:
        # Ctrl-C is the reader's to handle, and so is SIGTERM, but for the one that ends this process.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for step in range(first + place, stop, processes):
            queues[place].put(make(step))

    workers = [context.Process(target=work, args=(place,), daemon=True) for place in range(processes)]
    for worker in workers:
        worker.start()
    try:
        for step in range(first, stop):
            place = (step - first) % processes
            while True:
                try:
                    batch = queues[place].get(timeout=patience)
                    break
                except queue.Empty:
                    if not workers[place].is_alive():
                        raise RuntimeError(f"the process that builds batches ended with {workers[place].exitcode}") from None
            yield batch
    finally:
        for worker in workers:
            worker.terminate()
        for pending in queues:
            pending.cancel_join_thread()
