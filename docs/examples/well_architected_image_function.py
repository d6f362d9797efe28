from pathlib import Path

import aws_cdk as cdk
from constructs import Construct

from cdk_lambda_patterns import ContainerImage, WellArchitectedImageFunction

HANDLERS = Path(__file__).parent / "handlers"


class Thumbnails(cdk.Stack):
    """A function from a container image, for what does not fit into a package: here FFmpeg."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        WellArchitectedImageFunction(
            self,
            "Thumbnail",
            # `cdk deploy` builds it for the function's architecture, arm64.
            image=ContainerImage.from_folder(HANDLERS / "thumbnails"),
            memory_size=3008,
            timeout=cdk.Duration.minutes(5),
            ephemeral_storage_size=cdk.Size.gibibytes(4),
        )
