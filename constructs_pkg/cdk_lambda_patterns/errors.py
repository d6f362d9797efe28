"""What the library raises.

ValueError
└── ValidationError    a value that cannot work, or that would be dangerous
RuntimeError
└── LocalCloudError    the local cloud cannot do what was asked: it did not start, or a deployment to it failed
"""

from __future__ import annotations


class ValidationError(ValueError):
    """A value that was given is impossible or dangerous.

    The message says what, the rule, what was received, what to change, where, and a stable code:
    `'visibility_timeout' must be at least 180 seconds, 6 times the function's timeout, got 60; raise it or leave it out
    [Orders/Queue] (VisibilityTimeoutTooShort)`.
    """

    code: str
    """What was wrong, as a stable PascalCase word: part of the public API."""

    path: str | None
    """The path of the construct, for example `Orders/Process`; None where there is no construct yet."""

    def __init__(self, message: str, *, code: str, path: str | None = None) -> None:
        """Make the error.

        Args:
            message: What, the rule, what was received, what to change. Lower case, no final full stop, never a secret.
            code: What was wrong, as a stable PascalCase word.
            path: The path of the construct.
                Default: - there is no construct yet.
        """
        where = f" [{path}]" if path else ""
        super().__init__(f"{message}{where} ({code})")
        self.code = code
        self.path = path


class LocalCloudError(RuntimeError):
    """The local cloud cannot do what was asked of it.

    It could not be installed, did not start, has stopped, or a deployment to it failed. The message says which, with
    the last lines of whoever knows more: uv, the CDK CLI, the emulator.
    """
