"""What tests of budgets get."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.bench.jsii_messages import counted

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from tests.bench.jsii_messages import Messages


@pytest.fixture(autouse=True)
def without_cdk_nag(monkeypatch: pytest.MonkeyPatch) -> None:
    """Measure apps that do not use it, also where another test has imported it: the first function of a stack too."""
    monkeypatch.delitem(sys.modules, "cdk_nag", raising=False)


@pytest.fixture
def jsii_messages() -> Callable[[], AbstractContextManager[Messages]]:
    """Counts messages to Node: `with jsii_messages() as messages: ...; assert len(messages) <= budget`."""
    return counted
