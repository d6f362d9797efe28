"""What the tests of the network have in common."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import aws_cdk as cdk

    from cdk_lambda_patterns.testing import Template


def templates_of(app: cdk.App) -> dict[str, Template]:
    """The templates of an app's stacks, by their names."""
    folder = Path(app.synth().directory)
    return {file.name.partition(".")[0]: json.loads(file.read_text()) for file in folder.glob("*.template.json")}
