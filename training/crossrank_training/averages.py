"""Running sums of a training run, and the progress lines made of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field


@dataclass
class Averages:
    """Running sums since the last progress line; by_label ([right, groups]) since the last line of labels."""

    groups: int = 0
    cross_entropy: float = 0.0
    first: float = 0.0
    masked_batches: int = 0
    masked_loss: float = 0.0
    masked_right: float = 0.0
    gradient: float = 0.0
    steps: int = 0
    tokens: int = 0
    seconds: float = 0.0
    by_label: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0, 0.0]))

    def describe(self) -> str:
        """Speed and losses of the steps summed up."""
        parts = [f"{self.tokens / max(1e-9, self.seconds):.0f} tokens/s"]
        if groups := self.groups:
            parts.append(f"ce {self.cross_entropy / groups:.3f}  first {self.first / groups:.3f}")
        if masked := self.masked_batches:
            parts.append(f"masked {self.masked_loss / masked:.2f} ({self.masked_right / masked:.2f})")
        parts.append(f"gradient {self.gradient / max(1, self.steps):.1f}")
        return "  ".join(parts)

    def describe_labels(self) -> str:
        """By label: how often the relevant document came first."""
        shares = {label: right / number for label, (right, number) in sorted(self.by_label.items())}
        return "  ".join(f"{label} {share:.2f}" for label, share in shares.items())
