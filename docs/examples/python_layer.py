"""Two functions that share a layer of packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import PythonCode, PythonLayer, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Prices(cdk.Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs: Any) -> None:
        super().__init__(scope, construct_id, **kwargs)
        workbooks = PythonLayer(self, "Workbooks", requirements=HANDLERS / "prices" / "requirements.txt")

        # The layer is checked against each function's runtime and architecture.
        for name in ("Import", "Export"):
            WellArchitectedFunction(
                self,
                name,
                code=PythonCode.from_folder(HANDLERS / "prices", exclude=["requirements.*"]),
                handler=f"prices.{name.lower()}_prices",
                layers=[workbooks],
            )
