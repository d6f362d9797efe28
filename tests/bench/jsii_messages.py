"""Counts what Python says to the CDK in Node: each message is a round trip between two processes."""

from __future__ import annotations

import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from jsii._kernel.providers import process

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Messages:
    """The messages that were sent, in their order."""

    sent: list[str] = field(default_factory=list)
    """What each said, for example `create aws_lambda.Function` or `get Queue.queueName`."""

    def __len__(self) -> int:
        return len(self.sent)

    def __str__(self) -> str:
        lines = [f"{count:5} {message}" for message, count in Counter(self.sent).items()]
        return "\n".join([f"{len(self)} messages", *lines])


@contextmanager
def counted() -> Iterator[Messages]:
    """Count the messages that are sent inside.

    Answers of Python to Node (overridden methods, callbacks) are messages as well. Loading the libraries is not
    counted: it happens once a process. Nor are acknowledgments for cdk-nag, which another test may have imported.
    """
    messages = Messages()
    send = process._NodeProcess.send

    def record(self: Any, request: Any, response_type: Any) -> Any:  # noqa: ANN401 (jsii's own types are private)
        message = _named(request)
        if message is not None:
            messages.sent.append(message)
        return send(self, request, response_type)

    hidden = {name: sys.modules.pop(name) for name in ("cdk_nag",) if name in sys.modules}
    try:
        with patch.object(process._NodeProcess, "send", record):
            yield messages
    finally:
        sys.modules.update(hidden)


def _named(request: object) -> str | None:
    kind = type(request).__name__.removesuffix("Request").removeprefix("_")
    if kind in {"Load", "Hello"}:
        return None
    member = getattr(request, "property", None) or getattr(request, "method", None)
    thing = getattr(request, "fqn", None) or getattr(getattr(request, "objref", None), "ref", "").rpartition("@")[0]
    name = ".".join(part for part in (str(thing).removeprefix("aws-cdk-lib."), member) if part)
    return f"{kind} {name}".strip()
