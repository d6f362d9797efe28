"""How long the CDK CLI waits for a stack.

What the published emulator does: it says at once how a stack is. The CLI then asks again after five seconds, so that a
deployment of one second takes six.

What AWS does: the same, with stacks that take minutes. Here the CLI gets its answer when the stack is done, or after
20 seconds; everybody else gets it at once.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from .support.emulator import Record, around, module

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_BETWEEN_LOOKS_SECONDS = 0.05
_MOST_LOOKS = 400


def apply() -> None:
    """Answer the CDK CLI when there is something to say."""
    cloudformation = module("services.cloudformation")
    handlers = module("services.cloudformation.handlers")

    @around(cloudformation, "handle_request", "method, path, headers, body, query_params")
    async def _handle(
        original: Callable[..., Awaitable[object]],
        method: str,
        path: str,
        headers: Record,
        body: bytes,
        query_params: Record,
    ) -> object:
        name = _stack_that_the_cli_asks_for(headers, body)
        for _ in range(_MOST_LOOKS):
            if name is None or not _is_worked_on(handlers._resolve_stack(name)):
                break
            await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
        return await original(method, path, headers, body, query_params)


def _stack_that_the_cli_asks_for(headers: Record, body: bytes) -> str | None:
    if "aws-cdk/" not in headers.get("user-agent", "") or b"Action=DescribeStacks" not in body:
        return None
    return parse_qs(body.decode()).get("StackName", [None])[0]


def _is_worked_on(stack: Record | None) -> bool:
    """Whether it changes by itself; one whose change set is in review does not."""
    status: str = (stack or {}).get("StackStatus", "")
    return status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS"
