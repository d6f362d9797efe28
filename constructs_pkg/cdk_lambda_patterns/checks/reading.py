"""Reads templates: cloud assemblies with their stages and nested stacks, CloudFormation and SAM in JSON or YAML."""

from __future__ import annotations

import json
import os
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .template import Resource, Template, TemplateError, Templates, is_mapping, is_sequence, mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

# CloudFormation takes 1 MB; what is far beyond that is no template. Trees of large apps are larger.
_MAX_BYTES = 16 * 1024 * 1024
_MAX_TREE_BYTES = 256 * 1024 * 1024
# YAML's aliases can make a few lines stand for billions of values.
_MAX_VALUES = 1_000_000
_MAX_NESTING = 100
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
            templates as mappings.

    Raises:
        TemplateError: Something cannot be read as a template. The message is one line.
    """
    reader = _Reader()
    for source in sources:
        if isinstance(source, (str, Path)):
            reader.read(source)
        else:
            reader.add(Template(name="<template>", body=_checked(source, "<template>")))
    if not reader.templates:
        raise TemplateError("nothing to check: no template was found")
    return Input(Templates(reader.templates), reader.acknowledgements)


class _Reader:
    def __init__(self) -> None:
        self.templates: list[Template] = []
        self.acknowledgements: dict[str, dict[str, str]] = {}
        self._seen: set[Path] = set()
        self._logical_ids: list[tuple[str, str]] = []

    def add(self, template: Template) -> None:
        self.templates.append(template)

    def read(self, source: str | Path) -> None:
        if str(source) == "-":
            self._read_text("<stdin>", sys.stdin.buffer.read(_MAX_BYTES + 1), None)
            return
        path = Path(source)
        if os.path.isdir(path):  # noqa: PTH112 - Path.is_dir raises on names that no file can have
            if not (path / "manifest.json").is_file():
                raise TemplateError(
                    f"{path}: no cloud assembly (manifest.json is missing); give the folder that `cdk synth` wrote"
                )
            self._read_assembly(path)
        else:
            self._read_text(str(source), _bytes(path, _MAX_BYTES), path.parent)

    def _read_text(self, name: str, data: bytes, folder: Path | None) -> None:
        if len(data) > _MAX_BYTES:
            raise TemplateError(f"{name}: larger than {_MAX_BYTES // 1024 // 1024} MB, which is no template")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise TemplateError(f"{name}: not UTF-8 text ({error.reason} at byte {error.start})") from None
        if not text.strip():
            raise TemplateError(f"{name}: empty")
        body, lines = _parse(text, name)
        body = _checked(body, name)
        if _SAM in sequence(body.get("Transform")):
            body, lines = _transformed(body, name, folder), _GeneratedLines(lines, tuple(mapping(body["Resources"])))
        self.add(Template(name=name, body=body, folder=folder, line_of=lines))

    def _read_assembly(self, folder: Path, depth: int = 0) -> None:
        resolved = folder.resolve()
        if resolved in self._seen or depth > _MAX_NESTING:
            raise TemplateError(f"{folder}: this assembly contains itself, or was given twice")
        self._seen.add(resolved)
        manifest = _json(folder / "manifest.json", _MAX_TREE_BYTES)
        stacks: dict[str, Template] = {}
        trees: list[str] = []
        for name, artifact in mapping(manifest.get("artifacts")).items():
            kind = mapping(artifact).get("type")
            properties = mapping(mapping(artifact).get("properties"))
            if kind == "cdk:cloud-assembly":
                self._read_assembly(folder / _text(properties, "directoryName", f"{folder}: {name}"), depth + 1)
            elif kind == "aws:cloudformation:stack":
                stack = self._read_stack(folder, name, mapping(artifact))
                if stack.construct_path is not None:
                    stacks[stack.construct_path] = stack
            elif kind == "cdk:tree":
                trees.append(_text(properties, "file", f"{folder}: {name}"))
        if depth == 0:
            for tree in trees:
                if (folder / tree).is_file():
                    self._name_constructs(_json(folder / tree, _MAX_TREE_BYTES))
            self._name_the_rest()

    def _read_stack(self, folder: Path, name: str, artifact: Mapping[str, object]) -> Template:
        properties = mapping(artifact.get("properties"))
        file = folder / _text(properties, "templateFile", f"{folder}: {name}")
        account, region = _environment(artifact.get("environment"))
        stack_name = properties.get("stackName", name)
        # "Prod/Orders" or, where the stack has a name of its own, "Prod/Orders (prod-orders)"
        display = str(artifact.get("displayName", name)).partition(" (")[0]
        template = Template(
            name=str(file),
            body=_checked({"Resources": {}, **_json(file, _MAX_BYTES)}, str(file)),  # a stack may be empty
            stack_name=stack_name if isinstance(stack_name, str) else name,
            account=account,
            region=region,
            construct_path=display,
            assets=_assets(folder, mapping(artifact), name),
            folder=folder,
        )
        self.add(template)
        self._read_nested(template)
        self._read_metadata(folder, artifact)
        return template

    def _read_nested(self, template: Template) -> None:
        for resource in template.resources.values():
            if resource.type != "AWS::CloudFormation::Stack":
                continue
            url = json.dumps(resource.properties.get("TemplateURL"))
            file = next((path for key, path in template.assets.items() if key in url), None)
            if file is None or not file.is_file() or len(self.templates) > _MAX_VALUES:
                continue
            nested = Template(
                name=str(file),
                body=_checked({"Resources": {}, **_json(file, _MAX_BYTES)}, str(file)),
                account=template.account,
                region=template.region,
                construct_path=_nested_path(resource),
                parent=resource,
                assets=template.assets,
                folder=template.folder,
            )
            if _ancestors_have(template, nested.name):
                raise TemplateError(f"{file}: this nested stack contains itself")
            template.nested[resource.logical_id] = nested
            self.add(nested)
            self._read_nested(nested)

    def _read_metadata(self, folder: Path, artifact: Mapping[str, object]) -> None:
        entries = dict(mapping(artifact.get("metadata")))
        file = artifact.get("additionalMetadataFile")
        if isinstance(file, str) and (folder / file).is_file():
            entries.update(_json(folder / file, _MAX_TREE_BYTES))
        for path, records in entries.items():
            for record in sequence(records):
                kind, data = mapping(record).get("type"), mapping(record).get("data")
                if kind == "aws:cdk:logicalId" and isinstance(data, str):
                    self._logical_ids.append((path.strip("/"), data))
                elif kind == "aws:cdk:acknowledged-rules":
                    for rule, reason in mapping(data).items():
                        self.acknowledgements.setdefault(path.strip("/"), {})[rule] = str(reason)

    def _name_constructs(self, tree: Mapping[str, object]) -> None:
        """Give resources the paths that tree.json knows: templates carry them only under the CDK's own command."""
        stacks = {t.construct_path: t for t in self.templates if t.parent is None and t.construct_path}
        todo: list[tuple[Mapping[str, object], Template | None]] = [(mapping(tree.get("tree")), None)]
        while todo:
            node, template = todo.pop()
            path = node.get("path")
            if not isinstance(path, str):
                continue
            template = stacks.get(path, template)
            logical_id = mapping(node.get("attributes")).get("aws:cdk:cloudformation:logicalId")
            if template is not None and isinstance(logical_id, str) and logical_id in template.resources:
                template.resources[logical_id].construct_path = path
            children = mapping(node.get("children"))
            for name, child in children.items():
                within = template
                # The stack X has its resources below X; its parent has it as X.NestedStack/X.NestedStackResource.
                if template is not None and f"{name}.NestedStack" in children:
                    within = _nested_template(template, mapping(children[f"{name}.NestedStack"])) or template
                    within.construct_path = f"{path}/{name}"
                todo.append((mapping(child), within))

    def _name_the_rest(self) -> None:
        """Give paths to what the tree does not know, from the metadata: a few of the CDK's own resources, or all."""
        # Nested stacks first, the outer before the inner: what is in them is found by their paths.
        nested_first = sorted(
            self._logical_ids, key=lambda entry: (".NestedStack/" not in entry[0], entry[0].count("/"))
        )
        templates = {t.construct_path: t for t in self.templates if t.construct_path}
        for path, logical_id in nested_first:
            stack = path
            while stack and stack not in templates:
                stack = stack.rpartition("/")[0]
            resource = templates[stack].resources.get(logical_id) if stack else None
            if resource is None or resource.construct_path is not None:
                continue
            resource.construct_path = path
            nested = resource.template.nested.get(logical_id)
            if nested is not None and nested.construct_path is None:
                nested.construct_path = _nested_path(resource)
                templates[nested.construct_path or ""] = nested


def _nested_template(template: Template, node: Mapping[str, object]) -> Template | None:
    for child in mapping(node.get("children")).values():
        logical_id = mapping(mapping(child).get("attributes")).get("aws:cdk:cloudformation:logicalId")
        if isinstance(logical_id, str) and logical_id in template.nested:
            return template.nested[logical_id]
    return None


def _nested_path(resource: Resource) -> str | None:
    path = resource.construct_path
    if path is None:
        return None
    head, _, _ = path.rpartition("/")
    return head.removesuffix(".NestedStack")


def _ancestors_have(template: Template | None, name: str) -> bool:
    while template is not None:
        if template.name == name:
            return True
        template = template.parent.template if template.parent else None
    return False


def _environment(value: object) -> tuple[str | None, str | None]:
    match = re.fullmatch(r"aws://([^/]+)/([^/]+)", value) if isinstance(value, str) else None
    if match is None:
        return None, None
    account, region = match.groups()
    return (None if account == "unknown-account" else account), (None if region == "unknown-region" else region)


def _assets(folder: Path, artifact: Mapping[str, object], name: str) -> dict[str, Path]:
    """The files that a stack's assets come from, by the name that they get in the bucket."""
    found: dict[str, Path] = {}
    candidates = [str(d) for d in sequence(artifact.get("dependencies")) if str(d).endswith(".assets")] or [
        f"{name}.assets"
    ]
    for candidate in candidates:
        file = folder / f"{candidate}.json"
        if not file.is_file():
            continue
        for asset in mapping(_json(file, _MAX_TREE_BYTES).get("files")).values():
            source = mapping(mapping(asset).get("source")).get("path")
            for destination in mapping(mapping(asset).get("destinations")).values():
                key = mapping(destination).get("objectKey")
                if isinstance(source, str) and isinstance(key, str):
                    found[key] = folder / source
    return found


def _text(properties: Mapping[str, object], key: str, where: str) -> str:
    value = properties.get(key)
    if not isinstance(value, str):
        raise TemplateError(f"{where}: the manifest has no {key}")
    return value


def _bytes(path: Path, limit: int) -> bytes:
    try:
        size = path.stat().st_size
        if size > limit:
            raise TemplateError(f"{path}: {size:,} bytes, larger than {limit // 1024 // 1024} MB, which is no template")
        return path.read_bytes()
    except OSError as error:
        raise TemplateError(f"{path}: {error.strerror or error}".replace("\n", " ")) from None
    except ValueError as error:  # a NUL in the name
        raise TemplateError(f"{str(path)!r}: {error}") from None


def _json(path: Path, limit: int) -> Mapping[str, object]:
    body = _load_json(_bytes(path, limit).decode("utf-8", "replace"), str(path))
    if not is_mapping(body):
        raise TemplateError(f"{path}: a mapping is expected, not {_kind(body)}")
    return body


def _load_json(text: str, name: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise TemplateError(f"{name}:{error.lineno}: not JSON: {error.msg}") from None
    except (RecursionError, ValueError):  # a number of thousands of digits is a ValueError
        raise TemplateError(f"{name}: nested too deeply, or with numbers too long, to be a template") from None


def _checked(body: object, name: str) -> Mapping[str, object]:
    if not is_mapping(body):
        raise TemplateError(f"{name}: a template is a mapping, not {_kind(body)}")
    if "Resources" not in body:
        raise TemplateError(f"{name}: no template: it has no Resources")
    _measure(body, name)
    body = mapping(_expanded(body, name)) if _LOOP in str(body) else body
    resources = body["Resources"]
    if not is_mapping(resources):
        raise TemplateError(f"{name}: Resources must be a mapping, not {_kind(resources)}")
    for logical_id, resource in resources.items():
        if logical_id.startswith("Fn::"):
            raise TemplateError(f"{name}: {logical_id} among the resources is not known; give the template it becomes")
        if not is_mapping(resource):
            raise TemplateError(f"{name}: resource {logical_id} must be a mapping, not {_kind(resource)}")
        if not isinstance(resource.get("Type"), str):
            raise TemplateError(f"{name}: resource {logical_id} must have a Type, got {_kind(resource.get('Type'))}")
    return body


_LOOP = "Fn::ForEach::"


def _expanded(value: object, name: str) -> object:
    """A template with its loops written out, as `AWS::LanguageExtensions` does at deployment."""
    if is_sequence(value):
        return [_expanded(element, name) for element in value]
    if not is_mapping(value):
        return value
    written: dict[str, object] = {}
    for key, entry in value.items():
        if not key.startswith(_LOOP):
            written[key] = _expanded(entry, name)
            continue
        parts = sequence(entry)
        if len(parts) != 3 or not isinstance(parts[0], str) or not is_sequence(parts[1]):  # noqa: PLR2004 - its form
            raise TemplateError(f"{name}: {key} needs a name, a list that is written out, and what is repeated")
        for element in parts[1]:
            if not isinstance(element, (str, int)):
                raise TemplateError(f"{name}: {key} is over what is known at deployment; give the template it becomes")
            written |= mapping(_expanded(_replaced(parts[2], parts[0], str(element)), name))
            if len(written) > _MAX_VALUES:
                raise TemplateError(f"{name}: {key} becomes more than {_MAX_VALUES:,} entries")
    return written


def _replaced(value: object, variable: str, element: str) -> object:
    if isinstance(value, str):
        bare = re.sub(r"[^A-Za-z0-9]", "", element)
        return value.replace("${" + variable + "}", element).replace("&{" + variable + "}", bare)
    if is_sequence(value):
        return [_replaced(part, variable, element) for part in value]
    if is_mapping(value):
        if set(value) == {"Ref"} and value["Ref"] == variable:
            return element
        return {str(_replaced(key, variable, element)): _replaced(v, variable, element) for key, v in value.items()}
    return value


def _measure(body: object, name: str) -> None:
    """Refuse what would take for ever to walk: too deep, or too much once aliases are written out."""
    count = 0
    level: list[object] = [body]
    for _ in range(_MAX_NESTING):
        deeper: list[object] = []
        for value in level:
            if is_mapping(value):
                odd = [key for key in value if type(key) is not str]
                if odd:
                    raise TemplateError(f"{name}: a key that is no text: {odd[0]!r}")
                deeper += value.values()
            elif is_sequence(value):
                deeper += value
        count += len(deeper)
        if count > _MAX_VALUES:
            raise TemplateError(f"{name}: more than {_MAX_VALUES:,} values, which is no template")
        if not deeper:
            return
        level = deeper
    raise TemplateError(f"{name}: nested more than {_MAX_NESTING} deep, which is no template")


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    kinds: dict[type, str] = {
        dict: "a mapping",
        list: "a list",
        str: "text",
        bool: "true or false",
        int: "a number",
        float: "a number",
    }
    return kinds.get(type(value), type(value).__name__)


def _parse(text: str, name: str) -> tuple[object, Callable[[str], int | None]]:
    if text.lstrip()[0] in "{[":
        return _load_json_or_yaml(text, name)
    return _load_yaml(text, name)


def _load_json_or_yaml(text: str, name: str) -> tuple[object, Callable[[str], int | None]]:
    """JSON; or YAML's flow style, which looks like it from afar."""
    try:
        return json.loads(text), _JsonLines(text)
    except (json.JSONDecodeError, RecursionError, ValueError):
        if re.match(r"\s*[{\[]\s*[\"}\]]", text):
            return _load_json(text, name), _JsonLines(text)
        return _load_yaml(text, name)


class _JsonLines:
    """Finds the lines of resources in JSON: only when a finding must be shown."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[str, int] | None = None

    def __call__(self, logical_id: str) -> int | None:
        if self._lines is None:
            self._lines = dict(self._scan())
        return self._lines.get(logical_id)

    def _scan(self) -> Iterator[tuple[str, int]]:
        depth, line, section, key = 0, 1, "", ""
        for token in re.finditer(r'"(?:[^"\\]|\\.)*"|[{}\[\]]|\n', self._text):
            text = token[0]
            if text == "\n":
                line += 1
            elif text in "{[":
                depth += 1
                section = key if depth == 2 else section  # noqa: PLR2004 - the template, its sections, their entries
            elif text in "}]":
                depth -= 1
            elif depth <= 2 and self._text[token.end() : token.end() + 20].lstrip().startswith(":"):  # noqa: PLR2004
                key = json.loads(text, strict=False)
                if depth == 2 and section == "Resources":  # noqa: PLR2004
                    yield key, line


class _GeneratedLines:
    """The line of what SAM made a resource from: its name begins with the original's."""

    def __init__(self, lines: Callable[[str], int | None], originals: tuple[str, ...]) -> None:
        self._lines = lines
        self._originals = sorted(originals, key=len, reverse=True)

    def __call__(self, logical_id: str) -> int | None:
        original = next((name for name in self._originals if logical_id.startswith(name)), logical_id)
        return self._lines(original)


def _load_yaml(text: str, name: str) -> tuple[object, Callable[[str], int | None]]:
    import yaml  # noqa: PLC0415 - a tenth of the time that the whole command takes, and JSON needs none of it

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _YamlReader(name)
    try:
        # Events, not PyYAML's nodes: its composer ends the whole process on text that is nested deeply enough.
        for event in yaml.parse(text, Loader=loader):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = f":{mark.line + 1}" if mark else ""
        raise TemplateError(
            f"{name}{line}: not YAML: {_one_line(error.problem or error.context or 'malformed')}"
        ) from None
    except yaml.YAMLError as error:
        raise TemplateError(f"{name}: not YAML: {_one_line(str(error))}") from None
    return reader.document, reader.lines.get


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read."""

    content: dict[str, object] | list[object]
    tag: str | None
    anchor: str | None
    key: str | None = None


class _YamlReader:
    """Makes values of YAML's events: CloudFormation's short tags written out, dates left as text, lines noted."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._open: list[_Open] = []
        self._anchors: dict[str, object] = {}
        self._documents = 0
        self.document: object = None
        self.lines: dict[str, int] = {}

    def take(self, event: Any) -> None:  # noqa: ANN401 - PyYAML's events
        """Go on by one event."""
        line = event.start_mark.line + 1
        match type(event).__name__:
            case "ScalarEvent":
                plain = event.implicit[0] and not self._awaits_key()
                self._add(_scalar(event.value) if plain else event.value, event.tag, event.anchor, line)
            case "AliasEvent":
                if event.anchor not in self._anchors:
                    self._refuse(line, f"alias {event.anchor} has no anchor before it")
                self._add(self._anchors[event.anchor], None, None, line)
            case "MappingStartEvent":
                self._start(_Open({}, event.tag, event.anchor), line)
            case "SequenceStartEvent":
                self._start(_Open([], event.tag, event.anchor), line)
            case "MappingEndEvent" | "SequenceEndEvent":
                done = self._open.pop()
                self._add(done.content, done.tag, done.anchor, line)
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    self._refuse(line, "a second document; a template is one")
            case _:
                pass

    def _awaits_key(self) -> bool:
        return bool(self._open) and self._open[-1].key is None and isinstance(self._open[-1].content, dict)

    def _start(self, started: _Open, line: int) -> None:
        if self._awaits_key():
            self._refuse(line, "a key must be text")
        if len(self._open) >= _MAX_NESTING:
            self._refuse(line, f"nested more than {_MAX_NESTING} deep, which is no template")
        self._open.append(started)

    def _add(self, value: object, tag: str | None, anchor: str | None, line: int) -> None:
        if tag is not None and tag.startswith("!") and len(tag) > 1:
            value = _intrinsic(tag[1:], value)
        if anchor is not None:
            self._anchors[anchor] = value
        if not self._open:
            self.document = value
            return
        within = self._open[-1]
        if isinstance(within.content, list):
            within.content.append(value)
        elif within.key is None:
            self._name_entry(within, value, line)
        else:
            if within.key == "<<":
                for merged in reversed(sequence(value)):
                    within.content.update({k: v for k, v in mapping(merged).items() if k not in within.content})
            else:
                within.content[within.key] = value
            within.key = None

    def _name_entry(self, within: _Open, key: object, line: int) -> None:
        if is_mapping(key) or is_sequence(key):
            self._refuse(line, "a key must be text")
        within.key = str(key)
        if len(self._open) == 2 and self._open[0].key == "Resources":  # noqa: PLR2004 - the template, its Resources
            if within.key in within.content:
                self._refuse(line, f"resource {within.key} is defined twice")
            self.lines[within.key] = line

    def _refuse(self, line: int, why: str) -> NoReturn:
        raise TemplateError(f"{self._name}:{line}: {why}")


def _intrinsic(name: str, argument: object) -> dict[str, object]:
    if name == "GetAtt" and isinstance(argument, str):
        argument = argument.split(".", 1)
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": argument}


_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,30})")
_DECIMAL = re.compile(r"[-+]?[0-9]{1,30}\.[0-9]{0,30}([eE][-+]?[0-9]{1,2})?")
_WORDS: dict[str, bool | None] = {
    "": None, "~": None, "null": None,
    "true": True, "yes": True, "on": True,
    "false": False, "no": False, "off": False,
}  # fmt: skip


def _scalar(text: str) -> object:
    """What plain text means. Dates, octal and the like stay text, as CloudFormation has them."""
    if len(text) < 6 and (word := text.lower()) in _WORDS:  # noqa: PLR2004 - the longest word
        return _WORDS[word]
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    return text


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _transformed(body: Mapping[str, object], name: str, folder: Path | None) -> Mapping[str, object]:
    """What SAM makes of a template."""
    try:
        transform = _sam_transform()
    except ImportError:
        raise TemplateError(
            f"{name}: a SAM template needs aws-sam-translator; install cdk-lambda-patterns[sam]"
        ) from None
    return _checked(transform(body, name, folder), name)


def _sam_transform() -> Any:  # noqa: ANN401 - from a package that is optional
    from .sam import transform  # noqa: PLC0415 - boto3 and pydantic: seconds, and only for SAM

    return transform
