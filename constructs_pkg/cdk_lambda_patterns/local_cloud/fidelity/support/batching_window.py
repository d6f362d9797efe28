"""Batches that gather: until they are full, or until their window is over."""

from __future__ import annotations

import threading
import time

from .emulator import module


class BatchingWindows:
    """Since when each batch gathers, by whatever names it."""

    def __init__(self) -> None:
        self._started: dict[object, float] = {}

    def is_over(self, key: object, seconds: float, *, pending: int, size: int) -> bool:
        """Whether a batch is to be taken now; if not, the emulator's loop is woken when it is.

        Args:
            key: Names the batch.
            seconds: How long it may gather.
            pending: How much it has gathered.
            size: How much makes it full.
        """
        if not pending:
            self._started.pop(key, None)
            return False
        if seconds and key not in self._started:
            self._started[key] = time.monotonic()
            wake = threading.Timer(seconds, module("core.concurrency").esm_wake.set)
            wake.daemon = True
            wake.start()
        if pending >= size or time.monotonic() - self._started.get(key, 0) >= seconds:
            self._started.pop(key, None)
            return True
        return False
