"""What a deployment is about: a function's alias, two of its versions, and the hooks.

Source: https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html
"""

from __future__ import annotations

import importlib
import json
from dataclasses import dataclass

from ..support.emulator import Emulated, Record, as_record, part, parts

_FUNCTION = "AWS::Lambda::Function"


class InvalidAppSpecError(ValueError):
    """Not the AppSpec of one function."""


@dataclass(frozen=True, kw_only=True)
class AppSpec:
    """Which function is released."""

    function: str
    alias: str
    current: str
    """The version that the alias has."""
    target: str
    """The version that it is to have."""
    before: str | None = None
    """The function that is invoked before the traffic shifts, by name or ARN."""
    after: str | None = None
    """The function that is invoked after the traffic has shifted, by name or ARN."""

    @property
    def content(self) -> str:
        """It as a text, as hooks read it."""
        properties = {
            "Name": self.function,
            "Alias": self.alias,
            "CurrentVersion": self.current,
            "TargetVersion": self.target,
        }
        hooks = {"BeforeAllowTraffic": self.before, "AfterAllowTraffic": self.after}
        spec = {
            "version": 0.0,
            "Resources": [{self.function: {"Type": _FUNCTION, "Properties": properties}}],
            "Hooks": [{event: function} for event, function in hooks.items() if function],
        }
        return json.dumps(spec)

    @classmethod
    def parse(cls, content: str) -> AppSpec:
        """Read a text in JSON or YAML.

        Raises:
            InvalidAppSpecError: It is neither, or does not name a function, its alias and two versions.
        """
        yaml: Emulated = importlib.import_module("yaml")
        try:
            spec = as_record(yaml.safe_load(content))
        except yaml.YAMLError as error:
            raise InvalidAppSpecError(str(error)) from error
        resources = [as_record(found) for named in parts(spec, "Resources") for found in named.values()]
        properties = [part(found, "Properties") for found in resources if part(found).get("Type") == _FUNCTION]
        if len(properties) != 1:
            raise InvalidAppSpecError(f"Resources must have one {_FUNCTION}, got {len(properties)}")
        hooks = {event: function for named in parts(spec, "Hooks") for event, function in named.items()}
        return cls(
            function=_text(properties[0], "Name"),
            alias=_text(properties[0], "Alias"),
            current=_text(properties[0], "CurrentVersion"),
            target=_text(properties[0], "TargetVersion"),
            before=hooks.get("BeforeAllowTraffic"),
            after=hooks.get("AfterAllowTraffic"),
        )


def _text(properties: Record, name: str) -> str:
    value = properties.get(name)
    if value is None:
        raise InvalidAppSpecError(f"{name} is missing")
    return str(value)
