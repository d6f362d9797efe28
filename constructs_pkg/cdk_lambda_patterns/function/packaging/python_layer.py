"""A layer of Python packages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from aws_cdk import aws_lambda as lambda_

from cdk_lambda_patterns import practices, quotas
from cdk_lambda_patterns.function.cdk_refusals import cdk_refusals, require_type
from cdk_lambda_patterns.function.function_checks import check_architecture
from cdk_lambda_patterns.function.given import given_path, given_texts
from cdk_lambda_patterns.validation import Where

from .bundle import Bundle, bundling_errors
from .dependencies import listed_dependencies, locked_dependencies
from .source_files import gather
from .target import lambda_target, local_cloud_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    import aws_cdk as cdk
    from constructs import Construct

    from cdk_lambda_patterns.function.given import PathLike

    from .dependencies import Dependencies


class PythonLayer(lambda_.LayerVersion):
    """A layer with Python packages that several functions share, resolved for Lambda without Docker.

    It is a `lambda_.LayerVersion`: pass it in a function's `layers`, which are checked against the function's runtime
    and architecture. What changes in it makes a new version; functions that use an old one keep it even after it is
    deleted.
    Source: https://docs.aws.amazon.com/lambda/latest/dg/python-layers.html
    """

    target_runtimes: tuple[str, ...]
    """The names of the runtimes that it is for, for example `python3.14`."""

    target_architecture: str | None
    """The architecture that it is for, `arm64` or `x86_64`; None for both."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        requirements: PathLike | None = None,
        project: PathLike | None = None,
        source: PathLike | None = None,
        extras: Sequence[str] = (),
        groups: Sequence[str] = (),
        exclude: Sequence[str] = (),
        exclude_packages: Sequence[str] = (),
        compatible_runtimes: Sequence[lambda_.Runtime] | None = None,
        compatible_architectures: Sequence[lambda_.Architecture] | None = None,
        layer_version_name: str | None = None,
        description: str | None = None,
        license: str | None = None,  # noqa: A002 - the CDK's name
        removal_policy: cdk.RemovalPolicy | None = None,
    ) -> None:
        """At least one of `requirements`, `project` and `source` says what is in it.

        Args:
            scope: The construct that this one is part of.
            construct_id: Its name there.
            requirements: A file of requirements, as for `PythonCode.from_requirements`.
                Default: - none.
            project: A folder with pyproject.toml and uv.lock, of which the dependencies are taken, not the code.
                Default: - none.
            source: A folder with code of your own, whose packages and modules functions can import.
                Default: - none.
            extras: Extras of the project to install.
                Default: - none.
            groups: Dependency groups of the project to install.
                Default: - none.
            exclude: What to leave out of the source, as for `PythonCode.from_project`.
                Default: - nothing more.
            exclude_packages: Distributions not to install, because another layer or Lambda brings them.
                Default: - none.
            compatible_runtimes: The runtimes whose functions can use it, 1 to 15. With several, its packages must be
                the same for each: compiled ones rarely are.
                Default: - `python3.14`, see `practices.RUNTIME`.
                Source: https://docs.aws.amazon.com/lambda/latest/api/API_PublishLayerVersion.html
            compatible_architectures: The architectures whose functions can use it. With both, its packages must be the
                same for each.
                Default: - arm64, see `practices.ARCHITECTURE`.
            layer_version_name: A name, 1 to 140 characters.
                Default: - one is generated.
            description: Up to 256 characters.
                Default: - none.
            license: An SPDX name, an address or a text, up to 512 characters.
                Default: - none.
            removal_policy: What becomes of a version that is replaced or no longer defined.
                Default: - it is deleted; functions that use it keep it.
                Source: https://docs.aws.amazon.com/lambda/latest/dg/layers-delete.html

        Raises:
            ValidationError: Nothing says what is in it, a package has no wheel or differs between targets, or a quota.
        """
        # 1 validate
        where = Where(scope, construct_id)
        extras, groups = given_texts("extras", extras), given_texts("groups", groups)
        exclude, exclude_packages = given_texts("exclude", exclude), given_texts("exclude_packages", exclude_packages)
        where.size("layer_version_name", layer_version_name, quotas.LAYER_NAME_LENGTH)
        where.matches(
            "layer_version_name",
            layer_version_name,
            quotas.LAYER_NAME_PATTERN,
            rule="must consist of letters, digits, hyphens and underscores",
            fix="rename the layer, or leave it out",
            code="LayerNameInvalid",
        )
        where.size("description", description, quotas.LAYER_DESCRIPTION_LENGTH)
        where.size("license", license, quotas.LAYER_LICENSE_LENGTH)
        where.size("compatible_runtimes", compatible_runtimes, quotas.LAYER_RUNTIMES)
        where.size("compatible_architectures", compatible_architectures, quotas.LAYER_ARCHITECTURES)
        for runtime in compatible_runtimes or ():
            require_type(where, "compatible_runtimes", runtime, "supports_inline_code", "aws_lambda.Runtime")
        for architecture in compatible_architectures or ():
            check_architecture(where, architecture, prop="compatible_architectures")
        _check_content(where, requirements, project, source)
        for prop, option in (("extras", extras), ("groups", groups)):
            _check_used(where, prop, option, "project", project)
        _check_used(where, "exclude", exclude, "source", source)

        # 2 derive
        if compatible_runtimes is None:
            # The CDK compares all of a runtime, not its name alone.
            compatible_runtimes = [
                lambda_.Runtime(practices.RUNTIME, lambda_.RuntimeFamily.PYTHON, supports_inline_code=True)
            ]
        if compatible_architectures is None:
            arm = practices.ARCHITECTURE == "arm64"
            compatible_architectures = [lambda_.Architecture.ARM_64 if arm else lambda_.Architecture.X86_64]
        runtimes = tuple(runtime.name for runtime in compatible_runtimes)
        architectures = tuple(architecture.name for architecture in compatible_architectures)
        targets = tuple(lambda_target(where, runtime, name) for runtime in runtimes for name in architectures)
        dependencies: Dependencies | None = None
        if project is not None:
            dependencies = locked_dependencies(
                where,
                given_path("project", project),
                extras=extras,
                groups=groups,
                excluded=exclude_packages,
                runtimes=runtimes,
            )
        elif requirements is not None:
            dependencies = listed_dependencies(
                where, given_path("requirements", requirements), excluded=exclude_packages
            )
        own = {} if source is None else gather(where, given_path("source", source), exclude=exclude)
        if not own and (dependencies is None or not dependencies.names - dependencies.excluded):
            _refuse_empty(where, "source" if dependencies is None else dependencies.prop)
        local_cloud = local_cloud_target(where, scope)
        bundle = Bundle(
            where=where,
            prop="source" if dependencies is None else dependencies.prop,
            asset_folder=dependencies.folder if dependencies is not None else Path(source or "."),
            files=own,
            dependencies=dependencies,
            targets=targets if local_cloud is None else (local_cloud,),
            prefix="python",
        )

        # 3 define
        with bundling_errors(), cdk_refusals(where):
            super().__init__(
                scope,
                construct_id,
                code=bundle.code(),
                compatible_runtimes=list(compatible_runtimes),
                compatible_architectures=list(compatible_architectures),
                layer_version_name=layer_version_name,
                description=description,
                license=license,
                removal_policy=removal_policy,
            )
        self.target_runtimes = runtimes
        self.target_architecture = architectures[0] if len(set(architectures)) == 1 else None


def _check_content(
    where: Where, requirements: PathLike | None, project: PathLike | None, source: PathLike | None
) -> None:
    if requirements is None and project is None and source is None:
        where.refuse(
            "requirements",
            "must say what is in the layer, or 'project' or 'source' must",
            got="none of them",
            fix="pass one",
            code="LayerWithoutContent",
        )
    if requirements is not None and project is not None:
        where.refuse(
            "requirements",
            "must not be passed with 'project': one of them says what is installed",
            got="both",
            fix="leave one out, or make two layers",
            code="LayerContentTwice",
        )


def _check_used(where: Where, prop: str, option: Sequence[str], of: str, given: PathLike | None) -> None:
    """Refuse an option of something that is not given: nobody would notice that it does nothing."""
    if option and given is None:
        where.refuse(
            prop, f"needs a {of}", got="none", fix=f"pass '{of}' too, or leave it out", code="LayerOptionUnused"
        )


def _refuse_empty(where: Where, prop: str) -> NoReturn:
    where.refuse(
        prop,
        "must bring something into the layer",
        got="nothing",
        fix="name a package or a file",
        code="LayerWithoutContent",
    )
