"""The learning rate as a function of how much has been seen."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Schedule:
    """Warm-up, a constant rate, and a decay at the end.

    The rate stays constant until `decay` of the plan is left, so that a run can be prolonged from any checkpoint
    before the decay by naming a larger plan, without having to know the plan from the start.

    peak: the constant rate. steps: the whole plan. warm_up: steps. decay: share of the plan, 0 to 1. floor: the
    last rate as a share of the peak.
    """

    peak: float
    steps: int
    warm_up: int = 200
    decay: float = 0.35
    floor: float = 0.02

    def rate(self, step: int) -> float:
        """The learning rate of a step, counted from 0."""
        if step < self.warm_up:
            return self.peak * (step + 1) / self.warm_up
        decay_steps = max(1, round(self.steps * self.decay))
        passed = (step - (self.steps - decay_steps)) / decay_steps
        if passed <= 0:
            return self.peak
        passed = min(1.0, passed)
        return self.peak * (self.floor + (1 - self.floor) * 0.5 * (1 + math.cos(math.pi * passed)))
