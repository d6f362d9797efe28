"""What every refusal of the library looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns import ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable


def refusal(build: Callable[[], object], code: str, got: str, *, path: str | None = None) -> ValidationError:
    """Build something, which must give one ValidationError with the code, the value received and a path, if given."""
    with pytest.raises(ValidationError) as caught:
        build()
    check_refusal(caught.value, code, got)
    assert path is None or caught.value.path == path
    return caught.value


def check_refusal(error: ValidationError, code: str, got: str) -> None:
    """What every error of the library looks like: one line, the value, the fix, the path, the code; no JavaScript."""
    text = str(error)
    assert error.code == code
    assert f"got {got}; " in text
    assert text.endswith(f"({code})")
    assert "\n" not in text
    assert error.__cause__ is None or error.__suppress_context__
    assert error.path is None or f" [{error.path}] " in text
