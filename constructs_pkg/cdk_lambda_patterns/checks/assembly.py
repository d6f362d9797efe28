"""Reads cloud assemblies: what `cdk synth` writes, with stages, nested stacks, assets and acknowledgements."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from .documents import MAX_NESTING, MAX_TREE_BYTES, read_mapping
from .template import Resource, Template, TemplateError
from .template_shape import checked
from .values import mapping, sequence

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# A few files can be nested in each other to stand for billions. CloudFormation changes no more than this at once.
MAX_NESTED = 2_500


class Assembly:
    """A cloud assembly, and those of the stages within it."""

    templates: list[Template]
    """The templates of stacks, each followed by those nested in it."""
    acknowledgements: dict[str, dict[str, str]]
    """Reasons by acknowledged rule id, by the construct's path."""
    folders: set[Path]
    """Its folder and those of its stages, resolved."""

    def __init__(self, folder: Path) -> None:
        """Read it.

        Raises:
            TemplateError: It cannot be read.
        """
        self.templates = []
        self.acknowledgements = {}
        self.folders = set()
        self._logical_ids: list[tuple[str, str]] = []
        self._read(folder)

    def _read(self, folder: Path, depth: int = 0) -> None:
        resolved = folder.resolve()
        if resolved in self.folders or depth > MAX_NESTING:
            raise TemplateError(f"{folder}: this assembly contains itself")
        self.folders.add(resolved)
        manifest = read_mapping(folder / "manifest.json", MAX_TREE_BYTES)
        stacks: dict[str, Template] = {}
        trees: list[str] = []
        for name, artifact in mapping(manifest.get("artifacts")).items():
            kind = mapping(artifact).get("type")
            properties = mapping(mapping(artifact).get("properties"))
            if kind == "cdk:cloud-assembly":
                self._read(folder / _text(properties, "directoryName", f"{folder}: {name}"), depth + 1)
            elif kind == "aws:cloudformation:stack":
                stack = self._read_stack(folder, name, mapping(artifact))
                if stack.construct_path is not None:
                    stacks[stack.construct_path] = stack
            elif kind == "cdk:tree":
                trees.append(_text(properties, "file", f"{folder}: {name}"))
        if depth == 0:
            for tree in trees:
                if (folder / tree).is_file():
                    self._name_constructs(read_mapping(folder / tree, MAX_TREE_BYTES))
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
            body=checked({"Resources": {}, **read_mapping(file)}, str(file)),  # a stack may be empty
            stack_name=stack_name if isinstance(stack_name, str) else name,
            account=account,
            region=region,
            construct_path=display,
            assets=_assets(folder, mapping(artifact), name),
            folder=folder,
        )
        self.templates.append(template)
        self._read_nested(template)
        self._read_metadata(folder, artifact)
        return template

    def _read_nested(self, template: Template) -> None:
        for resource in template.resources.values():
            if resource.type != "AWS::CloudFormation::Stack":
                continue
            url = json.dumps(resource.properties.get("TemplateURL"))
            file = next((path for key, path in template.assets.items() if key in url), None)
            if file is None or not file.is_file():
                continue
            if len(self.templates) > MAX_NESTED:
                raise TemplateError(f"{file}: more than {MAX_NESTED:,} nested stacks, which is no app")
            nested = Template(
                name=str(file),
                body=checked({"Resources": {}, **read_mapping(file)}, str(file)),
                account=template.account,
                region=template.region,
                construct_path=_nested_path(resource),
                parent=resource,
                assets=template.assets,
                folder=template.folder,
            )
            if contains_itself(nested):
                raise TemplateError(f"{file}: this nested stack contains itself")
            template.nested[resource.logical_id] = nested
            self.templates.append(nested)
            self._read_nested(nested)

    def _read_metadata(self, folder: Path, artifact: Mapping[str, object]) -> None:
        entries = dict(mapping(artifact.get("metadata")))
        file = artifact.get("additionalMetadataFile")
        if isinstance(file, str) and (folder / file).is_file():
            entries.update(read_mapping(folder / file, MAX_TREE_BYTES))
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


def contains_itself(nested: Template) -> bool:
    """Whether the template of a nested stack is one of those that it is nested in."""
    within = nested.parent
    while within is not None:
        if within.template.name == nested.name:
            return True
        within = within.template.parent
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
        for asset in mapping(read_mapping(file, MAX_TREE_BYTES).get("files")).values():
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
