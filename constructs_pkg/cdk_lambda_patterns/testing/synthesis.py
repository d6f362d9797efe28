"""Templates without the waiting: nothing bundled, copied, reported or validated."""

from __future__ import annotations

import atexit
import functools
import inspect
import json
import shutil
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import aws_cdk as cdk

from cdk_lambda_patterns.errors import ValidationError
from cdk_lambda_patterns.validation import type_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

Template: TypeAlias = dict[str, Any]
"""A CloudFormation template, as `json.loads` gives it."""

# Hashes stay as they are: assets are fingerprinted, but neither bundled nor copied.
_CONTEXT: dict[str, object] = {"aws:cdk:bundling-stacks": [], "aws:cdk:disable-asset-staging": True}


def synthesize(
    subject: type[cdk.Stack] | cdk.Stack | cdk.Stage | Callable[[cdk.Stack], object],
    *,
    context: Mapping[str, object] | None = None,
    recommended_flags: bool = False,
    **stack_props: object,
) -> Template:
    """Synthesize one stack and return its template.

    A class or a function is synthesized in an app of its own (`fast_app`): tens of milliseconds. A stack or an
    app that exists is synthesized as it is.

        synthesize(Orders)
        synthesize(Orders, env=cdk.Environment(account="111111111111", region="eu-central-1"))
        synthesize(lambda stack: SqsTrigger(stack, "Orders", function=...))

    Args:
        subject: A class of stacks; a function that defines constructs in the stack it is given; a stack; an app or a
            stage with one stack.
        context: Context values of the app, feature flags among them, as in `cdk.json`. Only with a class or a
            function.
            Default: - none.
        recommended_flags: Whether every feature flag that the CDK recommends is on, as in a project that `cdk init`
            made. Only with a class or a function.
            Default: False
        stack_props: What else the class takes; for a function, what `Stack` takes: `env`, `stack_name` ...

    Returns:
        The template. Nested stacks have one of their own: `synthesize(nested_stack)`.

    Raises:
        ValidationError: It is nothing of that, the app has no stack or several, or an option is given that an existing
            stack cannot take.
    """
    if isinstance(subject, (cdk.Stack, cdk.Stage)):
        if context is not None or recommended_flags or stack_props:
            given = ["context"] * (context is not None) + ["recommended_flags"] * recommended_flags + list(stack_props)
            raise ValidationError(
                f"'subject' exists and takes no further options, got {', '.join(map(repr, given))}; "
                "give the class, or give the options to the app",
                code="OptionsForExistingStack",
                path=subject.node.path or None,
            )
        return _template_of_stage(subject) if isinstance(subject, cdk.Stage) else _template_of_stack(subject)

    is_stack = inspect.isclass(subject) and issubclass(subject, cdk.Stack)
    if not is_stack and (inspect.isclass(subject) or not callable(subject)):
        raise ValidationError(
            f"'subject' must be a class of stacks, a stack, an app or a function, got {subject_name(subject)}; "
            "write `lambda stack: ...` and define it there",
            code="SubjectExpected",
        )
    with tempfile.TemporaryDirectory(prefix="synthesize-") as folder:
        app = _new_app(Path(folder), context, recommended_flags=recommended_flags)
        if is_stack:
            define = cast("Callable[..., cdk.Stack]", subject)  # its own signature may have more than Stack's
            return _template_of_stack(define(app, cast("type[cdk.Stack]", subject).__name__, **stack_props))
        stack = cast("Callable[..., cdk.Stack]", cdk.Stack)(app, "Stack", **stack_props)
        cast("Callable[[cdk.Stack], object]", subject)(stack)
        return _template_of_stack(stack)


def subject_name(subject: object) -> str:
    """What was given in place of something to synthesize, for a message."""
    return f"the class {subject.__name__}" if inspect.isclass(subject) else type_name(subject)


def fast_app(*, context: Mapping[str, object] | None = None, recommended_flags: bool = False) -> cdk.App:
    """An app for tests: nothing is bundled, copied, reported or validated, and its folder goes when Python ends.

    For tests of several stacks in one app; `synthesize` of a class makes its own.

    Args:
        context: Context values, feature flags among them, as in `cdk.json`.
            Default: - none.
        recommended_flags: Whether every feature flag that the CDK recommends is on.
            Default: False
    """
    return _new_app(Path(tempfile.mkdtemp(dir=_folder_of_this_process())), context, recommended_flags=recommended_flags)


@functools.cache
def recommended_feature_flags() -> Mapping[str, object]:
    """The feature flags that the installed CDK recommends for new projects, by name.

    Read from the library itself (a quarter of a second, once): no list to keep up to date.
    """
    (archive,) = (Path(cdk.__file__).parent / "_jsii").glob("aws-cdk-lib@*.jsii.tgz")
    with tarfile.open(archive) as files:
        for file in files:
            if file.name == "package/recommended-feature-flags.json":
                content = files.extractfile(file)
                assert content is not None  # noqa: S101 - it is a regular file
                return cast("dict[str, object]", json.load(content))
    raise FileNotFoundError(f"recommended-feature-flags.json is not in {archive.name}: another layout of aws-cdk-lib")


def _new_app(folder: Path, context: Mapping[str, object] | None, *, recommended_flags: bool) -> cdk.App:
    flags: Mapping[str, object] = recommended_feature_flags() if recommended_flags else {}
    return cdk.App(
        outdir=str(folder),
        analytics_reporting=False,
        builtin_cloud_formation_validation=False,
        tree_metadata=False,
        context={**flags, **(context or {}), **_CONTEXT},
    )


def _template_of_stack(stack: cdk.Stack) -> Template:
    stage = cast("cdk.Stage", cdk.Stage.of(stack))  # a stack without a scope makes an app for itself
    return _read(_assembly_of(stage) / stack.template_file)


def _template_of_stage(stage: cdk.Stage) -> Template:
    templates = list(_templates_in(_assembly_of(stage)))
    if len(templates) != 1:
        raise ValidationError(
            f"'subject' must have one stack, got {len(templates)}; give the stack whose template is wanted",
            code="NotOneStack",
            path=stage.node.path or None,
        )
    return _read(templates[0])


def _assembly_of(stage: cdk.Stage) -> Path:
    # Without force a second synthesis gives the first one's template, whatever was changed in between.
    return Path(stage.synth(force=True).directory)


def _templates_in(assembly: Path) -> Iterator[Path]:
    """The templates of an assembly's stacks and of the stages in it, from its manifest."""
    for artifact in _read(assembly / "manifest.json").get("artifacts", {}).values():
        if artifact["type"] == "aws:cloudformation:stack":
            yield assembly / artifact["properties"]["templateFile"]
        elif artifact["type"] == "cdk:cloud-assembly":
            yield from _templates_in(assembly / artifact["properties"]["directoryName"])


def _read(file: Path) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(file.read_bytes()))


@functools.cache
def _folder_of_this_process() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="fast-app-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
