"""What templates ask for and the emulator does not do, written down for whoever deployed them."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

_FILE = "recorded.jsonl"
_lock = threading.Lock()


def note(stack: str, logical_id: str, type_: str, reason: str) -> None:
    """Write down that something is only recorded.

    Args:
        stack: The stack's name.
        logical_id: The resource's logical id in the template.
        type_: Its type, for example `AWS::WAFv2::WebACL`.
        reason: What does not happen, for someone who reads the template.
    """
    folder = os.environ.get("LOCAL_CLOUD_DIR")
    if folder:
        line = json.dumps({"stack": stack, "logical_id": logical_id, "type": type_, "reason": reason})
        with _lock, Path(folder, _FILE).open("a") as file:
            file.write(line + "\n")
