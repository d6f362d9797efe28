"""Functions as the emulator stores them, and the names by which they were invoked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .emulator import module, part

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from .emulator import Record

_UNQUALIFIED = 7
_QUALIFIED = 8


@dataclass(frozen=True)
class Invoked:
    """What an invocation was addressed to: the function, and the alias or version, if it named one."""

    function_name: str
    qualifier: str | None
    account: str
    region: str

    @classmethod
    def of(cls, config: Record) -> Invoked:
        """Read the function's ARN, which ends in the qualifier of this invocation."""
        parts = str(config["FunctionArn"]).split(":")
        qualifier = parts[_UNQUALIFIED] if len(parts) == _QUALIFIED else None
        return cls(function_name=parts[6], qualifier=qualifier, account=parts[4], region=parts[3])

    @property
    def arn(self) -> str:
        """The function's ARN with a qualifier, `$LATEST` where none was named: as destinations get it."""
        return (
            f"arn:aws:lambda:{self.region}:{self.account}:function:{self.function_name}:{self.qualifier or '$LATEST'}"
        )

    @property
    def is_alias(self) -> bool:
        """Whether an alias was named."""
        return bool(self.qualifier) and self.qualifier != "$LATEST" and not str(self.qualifier).isdigit()

    def function(self) -> Record | None:
        """The function itself, with its versions, aliases and settings; None once it is deleted."""
        functions = module("services.lambda_svc")._functions
        found: Record | None = functions.get_scoped(self.account, self.region, self.function_name)
        return found

    def scope(self) -> AbstractContextManager[None]:
        """Act in the function's account and Region."""
        scope: AbstractContextManager[None] = module("core.responses").request_scope(self.account, self.region)
        return scope


def config_of(func: Record) -> Record:
    """The configuration in a function's record; some callers of the emulator pass it alone."""
    config: Record = func.get("config") or func
    return config


def reserved_concurrency(func: Record | None) -> int | None:
    """What the function has reserved; None where it has reserved nothing."""
    reserved = part(func).get("concurrency")
    return None if reserved is None else int(reserved)
