from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import PythonCode, PythonLayer, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Prices(cdk.Stack):
    """Two functions that share a layer of packages."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
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
