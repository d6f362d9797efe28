from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import FunctionFileSystem, FunctionVpc, PythonCode, WellArchitectedFunction

HANDLERS = Path(__file__).parent / "handlers"


class Archive(cdk.Stack):
    """Files that one function writes and another one reads."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        vpc = FunctionVpc(self, "Vpc")
        files = FunctionFileSystem(self, "Files", vpc=vpc, path="/archive")
        code = PythonCode.from_folder(HANDLERS / "archive")
        environment = {"FILES": "/mnt/archive"}
        WellArchitectedFunction(
            self,
            "Keep",
            code=code,
            handler="archive.keep",
            environment=environment,
            vpc=vpc,
            filesystem=files.mounted_at("/mnt/archive"),
        )
        WellArchitectedFunction(
            self,
            "Find",
            code=code,
            handler="archive.find",
            environment=environment,
            vpc=vpc,
            filesystem=files.mounted_at("/mnt/archive", read_only=True),
        )
