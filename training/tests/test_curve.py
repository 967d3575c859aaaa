"""The curve of dev measurements and its extrapolation."""

import unittest

from crossrank_training.curve import extrapolate, read_curve, write_curve


def make_record(tokens: float, *measured: tuple[int, float, float, float]) -> dict:
    dev = [{"step": step, "tokens": seen, "result": {"all": {"p1": p1, "ce": ce}}} for step, seen, p1, ce in measured]
    return {"tokens": tokens, "dev": dev}


FIRST = make_record(30e6, (0, 0, 0.4, 2.0), (50, 15e6, 0.45, 1.8), (99, 30e6, 0.5, 1.5))
SECOND = make_record(40e6, (0, 0, 0.5, 1.5), (50, 20e6, 0.48, 1.6), (99, 40e6, 0.6, 1.25))


class CurveTest(unittest.TestCase):
    def test_stages_follow_one_another(self) -> None:
        points = read_curve([FIRST, SECOND], before=10e6)
        self.assertEqual([point.tokens for point in points], [10e6, 25e6, 40e6, 60e6, 80e6])
        self.assertEqual([point.ends for point in points], [True, False, True, False, True])

    def test_extrapolation_repeats_the_last_doubling(self) -> None:
        points = read_curve([FIRST, SECOND], before=10e6)
        # From 40 to 80 million tokens: P@1 0.5 to 0.6, cross-entropy 1.5 to 1.25.
        for multiple, p1, cross_entropy in ((2, 0.7, 1.0), (4, 0.8, 0.75), (1000, 1.0, 0.0)):
            got = extrapolate(points, multiple)
            self.assertAlmostEqual(got[0], p1)
            self.assertAlmostEqual(got[1], cross_entropy)
        self.assertIn("| 160 M, extrapolated | at most 0.700 | at least 1.000 |", write_curve(points))

    def test_one_end_is_not_enough(self) -> None:
        points = read_curve([make_record(5e6, (9, 5e6, 0.4, 2.0))])
        with self.assertRaisesRegex(ValueError, "two ends"):
            extrapolate(points, 2)
        self.assertNotIn("extrapolated", write_curve(points))
        with self.assertRaisesRegex(ValueError, "no dev measurement of zh-en:qa"):
            read_curve([FIRST], label="zh-en:qa")


if __name__ == "__main__":
    unittest.main()
