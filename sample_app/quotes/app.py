"""Price quotes: a function whose new versions get their traffic little by little, as `make demo-release` shows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import aws_cdk as cdk

from cdk_lambda_patterns import GradualRelease, PythonCode, ReleasePlan, SmokeTestHook, WellArchitectedFunction

if TYPE_CHECKING:
    from collections.abc import Mapping

    from constructs import Construct


class Quotes(cdk.Stack):
    """Says what prices are in other currencies. A version that fails loses its traffic again."""

    def __init__(self, scope: Construct, construct_id: str, *, rates: Mapping[str, float]) -> None:
        """Define it.

        Args:
            scope: The app.
            construct_id: Its name there.
            rates: What a dollar is in other currencies.
        """
        super().__init__(scope, construct_id)
        quote = WellArchitectedFunction(
            self,
            "Quote",
            description="Says what an amount in dollars is in another currency",
            code=PythonCode.from_folder(Path(__file__).parent / "handler"),
            handler="quotes.handler",
            environment={"RATES": json.dumps(rates)},
        )
        in_euros = {
            "payload": {"dollars": 20, "currency": "EUR"},
            "expect": {"equals": {"$.currency": "EUR"}, "exists": ["$.amount"]},
        }
        GradualRelease(
            self,
            "Release",
            function=quote,
            plan=ReleasePlan.linear(percent=20, interval=cdk.Duration.minutes(1)),
            smoke_test=SmokeTestHook(self, "SmokeTest", payloads={"in euros": in_euros}),
        )


app = cdk.App()
Quotes(app, "Quotes", rates=json.loads(app.node.try_get_context("rates")))
app.synth()
