"""The AWS Parameters and Secrets extension, added when the first secret or parameter is.

Source: https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_lambda as lambda_, region_info

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.tokens import is_token

if TYPE_CHECKING:
    from cdk_lambda_patterns.validation import Where


NO_LAYER_LEFT = "the Parameters and Secrets extension takes one of them: merge layers, or grant without the extension"


def add_to(function: lambda_.Function, where: Where) -> None:
    """Add the extension's layer for the function's Region and architecture.

    In a stack without a Region the template carries a mapping of them all.
    """
    stack = cdk.Stack.of(function)
    fact = region_info.FactName.params_and_secrets_lambda_layer(
        practices.SECRETS_EXTENSION_VERSION, function.architecture.name
    )
    if not is_token(stack.region) and region_info.Fact.find(stack.region, fact) is None:
        where.refuse(
            "secret",
            "needs the Parameters and Secrets extension, whose layer is unknown in this Region",
            got=stack.region,
            fix="pass 'params_and_secrets' with the layer's ARN",
            code="SecretsExtensionUnknown",
        )
    arn = stack.regional_fact(fact)
    function.add_layers(lambda_.LayerVersion.from_layer_version_arn(function, "ParametersAndSecrets", arn))
