"""The function, from a container image."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.validation import Where

from .well_architected_function import WellArchitectedFunction

if TYPE_CHECKING:
    from constructs import Construct
    from typing_extensions import Unpack

    from .container_image import ContainerImage
    from .well_architected_kwargs import WellArchitectedKwargs


class WellArchitectedImageFunction(WellArchitectedFunction):
    """A Lambda function from a container image, with the practices of `WellArchitectedFunction`.

    Defines the same resources. Up to 10 GB of code, any language, no layers: what a layer would add is put into the
    image.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        image: ContainerImage,
        **options: Unpack[WellArchitectedKwargs],
    ) -> None:
        """Every other option is one of `WellArchitectedFunction`, without code, handler, runtime and layers.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            image: The image.
            **options: As for `WellArchitectedFunction`.

        Raises:
            ValidationError: As for `WellArchitectedFunction`; layers, or an image outside the limits.
        """
        where = Where(scope, construct_id)
        if "layers" in options:
            where.refuse(
                "layers",
                "must be left out: Lambda does not add layers to container images",
                got="layers",
                fix="copy their content into the image",
                code="LayersOnImage",
            )
        architecture = options.get("architecture")
        name = practices.ARCHITECTURE if architecture is None else architecture.name
        super().__init__(
            scope,
            construct_id,
            code=image.code_for(where, architecture=name),
            handler=lambda_.Handler.FROM_IMAGE,
            runtime=lambda_.Runtime.FROM_IMAGE,
            **options,
        )
