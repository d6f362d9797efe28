"""Reads templates: cloud assemblies with their stages and nested stacks, CloudFormation and SAM in JSON or YAML."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .assembly import MAX_NESTED, Assembly, contains_itself
from .documents import MAX_BYTES, parse, read_bytes
from .template import Template, TemplateError, Templates
from .template_shape import checked, loops
from .values import mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .documents import Lines
    from .template import Resource

_SAM = "AWS::Serverless-2016-10-31"


@dataclass(slots=True)
class Input:
    """What was read: the templates, and what the CDK wrote beside them."""

    templates: Templates
    acknowledgements: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    """Reasons by acknowledged rule id, by the construct's path. Rules are acknowledged for everything below it."""


def read(sources: Iterable[str | Path | Mapping[str, object]]) -> Input:
    """Read every template of these sources, as one app.

    Args:
        sources: Cloud assembly folders (`cdk.out`), template files in JSON or YAML, SAM templates, `-` for stdin, or
            templates as mappings. Nested stacks whose `TemplateURL` is a file are read with the template they are in.

    Raises:
        TemplateError: Something cannot be read as a template. The message is one line.
    """
    reader = _Reader()
    for source in sources:
        if isinstance(source, (str, Path)):
            reader.read(source)
        else:
            reader.add(Template(name="<template>", body=checked(source, "<template>")))
    templates = reader.read_templates()
    if not templates:
        raise TemplateError("nothing to check: no template was found")
    return Input(Templates(templates), reader.acknowledgements)


class _Reader:
    def __init__(self) -> None:
        self.acknowledgements: dict[str, dict[str, str]] = {}
        self._templates: list[Template] = []
        self._given: dict[Path, Template | None] = {}
        self._nested: set[Path] = set()

    def read_templates(self) -> list[Template]:
        """What was read: a file that is a nested stack of another is no stack of its own."""
        alone = {id(template) for path, template in self._given.items() if path in self._nested}
        return [template for template in self._templates if id(template) not in alone]

    def add(self, template: Template) -> None:
        self._templates.append(template)
        if template.folder is not None:
            self._read_nested(template, template.folder)

    def read(self, source: str | Path) -> None:
        if str(source) == "-":
            if Path("-") in self._given:
                raise TemplateError("<stdin>: given twice")
            self._given[Path("-")] = None
            self.add(_template("<stdin>", sys.stdin.buffer.read(MAX_BYTES + 1), None))
            return
        path = Path(source)
        resolved = Path(os.path.realpath(os.fspath(path).replace("\0", "")))
        if resolved in self._given:
            raise TemplateError(f"{path}: given twice")
        self._given[resolved] = None
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises on names that no file can have
            if not (path / "manifest.json").is_file():
                raise TemplateError(
                    f"{path}: no cloud assembly (manifest.json is missing); give the folder that `cdk synth` wrote"
                )
            assembly = Assembly(path)
            if not (assembly.folders - {resolved}).isdisjoint(self._given):
                raise TemplateError(f"{path}: a stage of it was given too")
            self._given |= dict.fromkeys(assembly.folders)
            self._templates += assembly.templates
            self.acknowledgements |= assembly.acknowledgements
        else:
            template = self._given[resolved] = _template(str(source), read_bytes(path, MAX_BYTES), path.parent)
            self.add(template)

    def _read_nested(self, template: Template, folder: Path) -> None:
        """Read the nested stacks that lie beside a template, where `aws cloudformation package` looks for them too."""
        for stack in template.resources.values():
            url = stack.properties.get("TemplateURL")
            if stack.type != "AWS::CloudFormation::Stack" or not isinstance(url, str) or not _is_file(folder / url):
                continue
            path = folder / url
            if len(self._templates) > MAX_NESTED:
                raise TemplateError(f"{path}: more than {MAX_NESTED:,} nested stacks, which is no app")
            nested = _template(str(path), read_bytes(path, MAX_BYTES), path.parent, parent=stack)
            if contains_itself(nested):
                raise TemplateError(f"{path}: this nested stack contains itself")
            template.nested[stack.logical_id] = nested
            self._nested.add(Path(os.path.realpath(path)))
            self.add(nested)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def _template(name: str, data: bytes, folder: Path | None, *, parent: Resource | None = None) -> Template:
    """The template that a file holds."""
    if len(data) > MAX_BYTES:
        raise TemplateError(f"{name}: larger than {MAX_BYTES // 1024 // 1024} MB, which is no template")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start})") from None
    if not text.strip():
        raise TemplateError(f"{name}: empty")
    written, lines = parse(text, name)
    body = checked(written, name)
    if body is not written:
        lines = _LoopLines(lines, mapping(written), name)
    if _SAM in sequence(body.get("Transform")):
        body, lines = _transformed(body, name, folder), _GeneratedLines(lines, tuple(mapping(body["Resources"])))
    return Template(name=name, body=body, folder=folder, line_of=lines, parent=parent)


class _LoopLines:
    """The line of the loop that a resource is written by."""

    def __init__(self, lines: Lines, written: Mapping[str, object], name: str) -> None:
        self._lines = lines
        self._written = written
        self._name = name

    @cached_property
    def _loops(self) -> Mapping[str, str]:
        return loops(self._written, self._name)

    def __call__(self, logical_id: str) -> int | None:
        return self._lines(self._loops.get(logical_id, logical_id))


class _GeneratedLines:
    """The line of what SAM made a resource from: its name begins with the original's."""

    def __init__(self, lines: Lines, originals: tuple[str, ...]) -> None:
        self._lines = lines
        self._originals = sorted(originals, key=len, reverse=True)

    def __call__(self, logical_id: str) -> int | None:
        original = next((name for name in self._originals if logical_id.startswith(name)), logical_id)
        return self._lines(original)


def _transformed(body: Mapping[str, object], name: str, folder: Path | None) -> Mapping[str, object]:
    """What SAM makes of a template."""
    try:
        transform = _sam_transform()
    except ImportError:
        raise TemplateError(
            f"{name}: a SAM template needs aws-sam-translator; pip install aws-sam-translator, or this package again "
            "with its extra 'sam'"
        ) from None
    return checked(transform(body, name, folder), name)


def _sam_transform() -> Any:  # noqa: ANN401 - from a package that is optional
    from .sam import transform  # noqa: PLC0415 - boto3 and pydantic: seconds, and only for SAM

    return transform
