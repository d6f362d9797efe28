"""What a rule is, and what it says of an app."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum, StrEnum
from functools import cache
from typing import TYPE_CHECKING, ClassVar

from .template import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from .event_flow import EventFlow
    from .template import Templates


class Severity(Enum):
    """How bad a finding is. Compares: an error is more than a warning."""

    INFO = 1
    """Worth knowing."""
    WARNING = 2
    """Loses work, money or sight of what happens, some day."""
    ERROR = 3
    """Fails at deployment, or loses data, or is open to the world."""

    def __str__(self) -> str:
        return self.name.lower()

    def __lt__(self, other: Severity) -> bool:
        return self.value < other.value

    def __ge__(self, other: Severity) -> bool:
        return self.value >= other.value


class Pillar(StrEnum):
    """The pillars of the AWS Well-Architected Framework.

    Source: https://docs.aws.amazon.com/wellarchitected/latest/framework/the-pillars-of-the-framework.html
    """

    OPERATIONAL_EXCELLENCE = "Operational excellence"
    SECURITY = "Security"
    RELIABILITY = "Reliability"
    PERFORMANCE_EFFICIENCY = "Performance efficiency"
    COST_OPTIMIZATION = "Cost optimization"
    SUSTAINABILITY = "Sustainability"


@dataclass(frozen=True, slots=True)
class App:
    """What a rule looks at."""

    templates: Templates
    flow: EventFlow
    as_of: date
    """The day for which facts with dates hold; never the clock."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a rule found."""

    rule: type[Rule]
    severity: Severity
    resource: Resource
    """The resource to be changed."""
    message: str
    """What is true of this template, with its names and numbers."""
    fix: str
    """What to change."""
    function: Resource | None
    """The function it is about."""
    built_in: str
    """The rule of the CDK's own CloudFormation validation that reports the same; empty if none does."""


@dataclass(frozen=True, slots=True)
class Undecided:
    """Something a rule cannot tell."""

    rule: type[Rule]
    resource: Resource
    message: str
    """What it would have to know."""


class Rule(ABC):
    """A check. A subclass in a module of `rules` is part of the catalogue; its module's docstring is its page."""

    id: ClassVar[str]
    """The class's name: stable, and public."""
    title: ClassVar[str]
    """What it finds: the first line of the module's docstring."""
    severity: ClassVar[Severity]
    """The severity of most of its findings."""
    pillar: ClassVar[Pillar]
    source_url: ClassVar[str]
    """Where AWS says so."""
    equivalents: ClassVar[Mapping[str, str]] = {}
    """Rules of other tools that look at the same, by tool."""

    def __init_subclass__(cls) -> None:
        cls.id = cls.__name__
        first_line = (sys.modules[cls.__module__].__doc__ or cls.id).partition("\n")[0]
        cls.title = first_line.removesuffix(".")

    @abstractmethod
    def check(self, app: App) -> Iterator[Finding | Undecided]:
        """Look at an app.

        Args:
            app: The templates and their event flow.

        Yields:
            What is found, and what cannot be told.
        """

    def finding(
        self,
        resource: Resource,
        message: str,
        *,
        fix: str,
        function: object = None,
        severity: Severity | None = None,
        built_in: str = "",
    ) -> Finding:
        """What is found.

        Args:
            resource: The resource to be changed.
            message: What is true of this template, with names and numbers.
            fix: What to change.
            function: The function it is about.
                Default: - the resource, if it is a function.
            severity: How bad it is.
                Default: - the rule's.
            built_in: The id of the CDK's own validation rule that reports the same: not repeated inside a CDK app.
        """
        about = function if isinstance(function, Resource) else resource
        is_function = about.type == "AWS::Lambda::Function"
        return Finding(
            rule=type(self),
            severity=severity or self.severity,
            resource=resource,
            message=one_line(message),
            fix=one_line(fix),
            function=about if is_function else None,
            built_in=built_in,
        )

    def cannot_tell(self, resource: Resource, message: str) -> Undecided:
        """What cannot be told, and why: it depends on something that the templates do not say."""
        return Undecided(rule=type(self), resource=resource, message=one_line(message))


def one_line(text: str) -> str:
    """Text fit for a terminal and a log, whatever names stand in a template."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


@cache
def catalogue() -> Mapping[str, type[Rule]]:
    """Every rule by its id: a module in `rules` is one rule."""
    package = importlib.import_module("cdk_lambda_patterns.checks.rules")
    found: dict[str, type[Rule]] = {}
    for module in pkgutil.iter_modules(package.__path__):
        name = f"{package.__name__}.{module.name}"
        for thing in vars(importlib.import_module(name)).values():
            if isinstance(thing, type) and issubclass(thing, Rule) and thing.__module__ == name:
                found[thing.id] = thing
    return dict(sorted(found.items()))


def stem(rule: type[Rule]) -> str:
    """The name of a rule's module, fixtures and page, for example `queue_visibility_timeout`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", rule.id).lower()
