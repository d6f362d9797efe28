"""A process's output, read as it comes: what it wrote before it answered is there as soon as it has answered."""

from __future__ import annotations

import os
import select
import threading

_CHUNK = 65536


class LogPipe:
    """The reading end of a pipe that a process writes its log to."""

    write_end: int
    """The file descriptor for the process. Close it once the process has it."""

    def __init__(self) -> None:
        self._read_end, self.write_end = os.pipe()
        self._buffer = bytearray()
        self._lock = threading.Lock()
        self._open = True
        threading.Thread(target=self._pump, daemon=True, name="function-log").start()

    def take(self) -> str:
        """Everything written since the last call, without waiting."""
        with self._lock:
            while self._is_readable():
                self._read()
            text = self._buffer.decode(errors="replace")
            self._buffer.clear()
        return text

    def _pump(self) -> None:
        # A pipe that nobody reads fills up and stops the process.
        while self._open:
            select.select([self._read_end], [], [])
            with self._lock:
                # Somebody may have taken what there was in between.
                if self._is_readable():
                    self._read()

    def _is_readable(self) -> bool:
        return self._open and bool(select.select([self._read_end], [], [], 0)[0])

    def _read(self) -> None:
        chunk = os.read(self._read_end, _CHUNK)
        if chunk:
            self._buffer += chunk
        else:
            self._open = False
            os.close(self._read_end)
