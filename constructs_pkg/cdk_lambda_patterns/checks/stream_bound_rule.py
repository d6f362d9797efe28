"""What the rules about bounds of a stream's records have in common: without one, Lambda tries for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from cdk_lambda_patterns import quotas

from .facts import called, stream_consumers
from .graph import label
from .rule import Pillar, Rule, Severity
from .values import Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .rule import App, Finding, Undecided


class StreamBoundRule(Rule):
    """A rule about one bound of an event source mapping."""

    severity = Severity.WARNING
    pillar = Pillar.RELIABILITY
    source_url = "https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html"

    bound: ClassVar[str]
    """The mapping's property."""
    option: ClassVar[str]
    """The same in the CDK."""
    unbounded: ClassVar[str]
    """What happens without it, of `{function}` and `{stream}`."""

    def check(self, app: App) -> Iterator[Finding | Undecided]:
        """Tell of the mappings without the bound."""
        for mapping, stream, function, _ in stream_consumers(app):
            for bound, _ in app.templates.number(mapping, self.bound, default=quotas.STREAM_UNLIMITED):
                if isinstance(bound, Unknown):
                    yield self.cannot_tell(mapping, f"{self.bound} of {mapping.name} depends on {bound.why}")
                elif bound == quotas.STREAM_UNLIMITED:
                    yield self.finding(
                        mapping,
                        self.unbounded.format(function=f"function {label(function)}", stream=called(stream)),
                        fix=f"{self.bound} ({self.option}), with an on-failure destination",
                        function=function,
                    )
