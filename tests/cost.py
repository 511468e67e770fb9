"""What a piece of work costs by itself, for tests that nothing takes quadratic time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable


def cost(work: Callable[[], object], tries: int = 5) -> float:
    """Return the processor time of the cheapest of some tries, in seconds.

    A busy machine, or a search for garbage among all that other tests have left, adds to a try and never takes away.
    """
    costs = []
    gc.disable()
    try:
        for _ in range(tries):
            begin = time.process_time()
            work()
            costs.append(time.process_time() - begin)
    finally:
        gc.enable()
    return min(costs)
