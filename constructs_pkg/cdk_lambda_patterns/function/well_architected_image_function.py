"""The function, from a container image."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import practices
from cdk_lambda_patterns.validation import Where

from .cdk_refusals import require_type
from .function_checks import check_architecture
from .python_override import python_override
from .well_architected_function import WellArchitectedFunction

if TYPE_CHECKING:
    from constructs import Construct
    from typing_extensions import Unpack

    from .container_image import ContainerImage
    from .well_architected_kwargs import WellArchitectedKwargs


# The CDK would add the layers of the last two to an image too, which Lambda refuses at deployment.
_OPTIONS_WITH_A_LAYER = ("layers", "adot_instrumentation", "params_and_secrets")
_SAID_BY_THE_IMAGE = ("code", "handler", "runtime")


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
        for name, value in options.items():
            if name in _OPTIONS_WITH_A_LAYER and value is not None:
                _refuse_layers(where, name)
            if name in _SAID_BY_THE_IMAGE:
                where.refuse(
                    name,
                    "must be left out: the image says it",
                    got=f"{name} for an image",
                    fix="put it into the image; ContainerImage takes a 'command' in place of the image's",
                    code="OptionOfPackage",
                )
        fix = "write ContainerImage.from_folder(...) or .from_repository(...)"
        require_type(where, "image", image, "code_for", "ContainerImage", fix=fix)
        architecture = options.get("architecture")
        check_architecture(where, architecture)
        name = practices.ARCHITECTURE if architecture is None else architecture.name
        super().__init__(
            scope,
            construct_id,
            code=image.code_for(where, architecture=name),
            handler=lambda_.Handler.FROM_IMAGE,
            runtime=lambda_.Runtime.FROM_IMAGE,
            **options,
        )
        # Secrets and parameters are read with the SDK, or with the extension if the image contains it.
        self._has_secrets_extension = True

    @python_override
    def add_layers(self, *layers: lambda_.ILayerVersion) -> None:  # noqa: ARG002 - refused, whatever they are
        """Not for an image: what a layer would add is put into it.

        Args:
            *layers: The layers.

        Raises:
            ValidationError: Always.
        """
        _refuse_layers(self._where, "layers")


def _refuse_layers(where: Where, prop: str) -> NoReturn:
    where.refuse(
        prop,
        "must be left out: Lambda does not add layers to container images",
        got=f"{prop} for an image",
        fix="copy the layer's content into the image",
        code="LayersOnImage",
    )
