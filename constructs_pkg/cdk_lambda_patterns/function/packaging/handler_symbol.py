"""Finds the function that a handler's name means, by reading the source: nothing is imported, nothing runs.

Lambda imports `module` and takes its attribute `function`; a mistake shows at the first event. Here it shows at synth.
Source: https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, NoReturn

from .target import python_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cdk_lambda_patterns.validation import Where

_FORM = r"[^.\s/]+(?:[./][^.\s/]+)*\.[^.\s/]+"
_ARGUMENTS = 2
_NEVER_CALLABLE = (ast.Import, ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple, ast.JoinedStr)
_BINDS_BY_NAME = frozenset({"exec", "globals", "locals", "setattr", "vars"})

_NEWER_SYNTAX = (
    ((3, 12), re.compile(r"^\s*type\s+\w+.*=|^\s*(?:async\s+)?(?:def|class)\s+\w+\s*\[", re.MULTILINE)),
    ((3, 14), re.compile(r"^\s*except\*?\s+[\w.]+\s*,", re.MULTILINE)),
    ((3, 14), re.compile(r"""\b(?:[tT][rR]?|[rR][tT])["']""")),
)
_NEWER_STRINGS = ((3, 12), re.compile(r"""\b(?:[fF][rR]?|[rR][fF])["']"""))
"""What Python learnt to read, and when. Where a file has some of it, only that Python can tell a mistake from it;
formatted strings are in every file, and count in the line of the mistake."""


def is_among(files: Mapping[str, Path], handler: str) -> bool:
    """Whether the outermost package or module of a handler is among the files."""
    top = _module_of(handler).split(".")[0]
    return f"{top}.py" in files or any(name.startswith(f"{top}/") for name in files)


def check_handler(where: Where, handler: str, files: Mapping[str, Path], *, runtime: str, place: str) -> None:
    """Refuse a handler that Lambda could not import or call.

    What reading cannot tell passes: a name from a package that is not among the files, a star import of one, a module's
    `__getattr__`, syntax that only a newer Python than this one reads.

    Args:
        where: Who is told.
        handler: As Lambda takes it, `module.function`.
        files: The files of the package by their names in it.
        runtime: The Lambda runtime, whose Python's syntax counts.
        place: What holds the files, for the message: the source folder.

    Raises:
        ValidationError: The module or the function is not there, cannot be read, or cannot be called with two
            arguments.
    """
    check_form(where, handler)
    source = _Source(where, handler, files, python_version(runtime) or sys.version_info[:2])
    module = source.module(_module_of(handler))
    if module is None:
        _refuse_module(where, handler, files, place)
    source.check(module, handler.rpartition(".")[2])


def check_form(where: Where, handler: str) -> None:
    """Refuse what is not a module and a function."""
    if not re.fullmatch(_FORM, handler):
        where.refuse(
            "handler",
            "must be a module and a function with a dot between them, as in 'process.handler'",
            got=f"'{handler}'",
            fix="name the file without .py, and the function in it",
            code="HandlerMalformed",
        )


def _module_of(handler: str) -> str:
    return handler.rpartition(".")[0].replace("/", ".")


@dataclass(frozen=True, slots=True)
class _Module:
    """What a module binds at its top level, as reading shows it."""

    name: str
    file: str
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict[str, list[ast.AST]])
    """Names, each with what it may be bound to: several where it depends on a condition."""
    stars: list[ast.ImportFrom] = field(default_factory=list[ast.ImportFrom])
    opaque: bool = False
    """Whether it may bind names that reading does not show."""

    def absolute(self, node: ast.ImportFrom) -> str | None:
        """The module that a `from` names; None where it climbs out of the outermost package."""
        if node.level == 0:
            return node.module
        packages = self.name.split(".")[: None if self.file.endswith("/__init__.py") else -1]
        if node.level > len(packages):
            return None
        return ".".join([*packages[: len(packages) - node.level + 1], *([node.module] if node.module else [])])


class _Source:
    """The modules that the files make."""

    def __init__(self, where: Where, handler: str, files: Mapping[str, Path], runtime: tuple[int, int]) -> None:
        self._where = where
        self._handler = handler
        self._files = files
        self._runtime = runtime
        self._modules: dict[str, _Module | None] = {}

    def module(self, name: str) -> _Module | None:
        """The module of a dotted name; None where the files hold none. As in Python, a package wins over a module."""
        if name not in self._modules:
            path = name.replace(".", "/")
            file = next((file for file in (f"{path}/__init__.py", f"{path}.py") if file in self._files), None)
            self._modules[name] = None if file is None else self._read(name, file)
        return self._modules[name]

    def check(self, module: _Module, symbol: str, seen: frozenset[tuple[str, str]] = frozenset()) -> None:
        """Refuse a symbol that the module does not bind, or binds to what cannot be a handler."""
        if (module.name, symbol) in seen:
            return
        nodes = module.bindings.get(symbol, [])
        if not nodes:
            self._check_unbound(module, symbol, seen)
        elif len(nodes) == 1:
            self._check_node(module, symbol, nodes[0], seen | {(module.name, symbol)})

    def _check_node(self, module: _Module, symbol: str, node: ast.AST, seen: frozenset[tuple[str, str]]) -> None:
        if isinstance(node, ast.ImportFrom):
            self._check_import(module, symbol, node, seen)
        elif isinstance(node, ast.Name) and node.id in module.bindings:
            self.check(module, node.id, seen)
        elif isinstance(node, ast.AsyncFunctionDef) and not node.decorator_list:
            self._refuse(
                f"must not be a coroutine function: Lambda does not wait for it ({module.file}:{node.lineno})",
                fix="define it with 'def' and call asyncio.run in it",
                code="HandlerIsAsync",
            )
        elif isinstance(node, ast.Lambda) or (isinstance(node, ast.FunctionDef) and not node.decorator_list):
            self._check_arguments(node.args, f"{module.file}:{node.lineno}")
        elif isinstance(node, _NEVER_CALLABLE):
            self._refuse_not_callable(f"{module.file}:{node.lineno}")

    def _check_import(
        self, module: _Module, symbol: str, node: ast.ImportFrom, seen: frozenset[tuple[str, str]]
    ) -> None:
        origin = module.absolute(node)
        if origin is None:  # refused when the module was read
            return
        name = next(alias.name for alias in node.names if (alias.asname or alias.name) == symbol)
        source = self.module(origin)
        own = source is None or source is module or name not in source.bindings
        if own and self._holds(f"{origin}.{name}"):  # a module, not what a module binds
            self._refuse_not_callable(f"{module.file}:{node.lineno}")
        if source is not None:
            self.check(source, name, seen)

    def _check_unbound(self, module: _Module, symbol: str, seen: frozenset[tuple[str, str]]) -> None:
        if module.opaque:
            return
        for node in module.stars:
            origin = module.absolute(node)
            source = None if origin is None else self.module(origin)
            if source is None or source.opaque or source.stars:
                return
            if symbol in source.bindings:
                self.check(source, symbol, seen)
                return
        names = sorted(name for name in module.bindings if not name.startswith("_"))
        close = get_close_matches(symbol, names, n=1)
        if close and symbol == self._handler.rpartition(".")[2]:
            fix = f"did you mean '{self._handler.rpartition('.')[0]}.{close[0]}'?"
        elif names:
            fix = f"define '{symbol}' there, or name one of: {', '.join(names[:6])}"
        else:
            fix = f"define '{symbol}' there"
        self._refuse(f"must name a function of {module.file}", fix=fix, code="HandlerNotFound")

    def _check_arguments(self, arguments: ast.arguments, place: str) -> None:
        positional = len(arguments.posonlyargs) + len(arguments.args)
        required = positional - len(arguments.defaults)
        fits = required <= _ARGUMENTS and (positional >= _ARGUMENTS or arguments.vararg is not None)
        if not fits or None in arguments.kw_defaults:
            self._refuse(
                f"must take two positional arguments, the event and the context, which ({ast.unparse(arguments)}) does "
                f"not ({place})",
                fix="define it with (event, context)",
                code="HandlerArguments",
            )

    def _holds(self, name: str) -> bool:
        path = name.replace(".", "/")
        return f"{path}.py" in self._files or any(file.startswith(f"{path}/") for file in self._files)

    def _refuse(self, rule: str, *, fix: str, code: str) -> NoReturn:
        self._where.refuse("handler", rule, got=f"'{self._handler}'", fix=fix, code=code)

    def _refuse_not_callable(self, place: str) -> NoReturn:
        self._refuse(
            f"must name something that can be called ({place})", fix="name a function", code="HandlerNotCallable"
        )

    def _read(self, name: str, file: str) -> _Module:
        tree = self._parse(file)
        if tree is None:
            return _Module(name, file, opaque=True)
        statements = list(_statements(tree.body))
        module = _Module(name, file, opaque=any(_binds_by_name(statement) for statement, _ in statements))
        for statement, conditional in statements:
            if isinstance(statement, ast.ImportFrom) and not conditional and module.absolute(statement) is None:
                self._refuse(
                    f"must not be in a module that imports from above its package, '{ast.unparse(statement)}' "
                    f"({file}:{statement.lineno})",
                    fix="import absolutely, without the dot",
                    code="HandlerRelativeImport",
                )
            for symbol, node in _bound(statement):
                if symbol == "*" and isinstance(node, ast.ImportFrom):
                    module.stars.append(node)
                elif conditional:
                    module.bindings.setdefault(symbol, []).append(node)
                else:
                    module.bindings[symbol] = [node]
        return module

    def _parse(self, file: str) -> ast.Module | None:
        """The syntax tree; None where only a newer Python than this one can tell."""
        text = self._files[file].read_bytes()
        host = sys.version_info[:2]
        version = min(host, self._runtime)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(text, filename=file, feature_version=version)
        except SyntaxError as error:
            if _may_be_newer(text, error, host, self._runtime):
                return None
            place = file if error.lineno is None else f"{file}:{error.lineno}"
            self._refuse(
                f"must name a module that Python {version[0]}.{version[1]} can read: {error.msg} ({place})",
                fix="correct it",
                code="HandlerSyntaxError",
            )


def _refuse_module(where: Where, handler: str, files: Mapping[str, Path], place: str) -> NoReturn:
    """Say that the handler's module is not there, and which one was probably meant."""
    module, _, function = handler.replace("/", ".").rpartition(".")
    modules = sorted(
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in files if name.endswith(".py")
    )
    close = [name for name in modules if name.endswith(f".{module}")] or get_close_matches(module, modules, n=1)
    if close and close[0] == f"src.{module}":
        fix = f"pass source='{place}/src'"
    elif close:
        fix = f"did you mean '{close[0]}.{function}'?"
    elif modules:
        fix = f"add {module.replace('.', '/')}.py, or name one of: {', '.join(modules[:6])}"
    else:
        fix = f"add {module.replace('.', '/')}.py"
    where.refuse("handler", f"must name a module of {place}", got=f"'{handler}'", fix=fix, code="HandlerModuleNotFound")


def _may_be_newer(text: bytes, error: SyntaxError, host: tuple[int, int], runtime: tuple[int, int]) -> bool:
    decoded = text.decode("utf-8", errors="replace")
    first = error.lineno or 1
    lines = "\n".join(decoded.splitlines()[first - 1 : error.end_lineno or first])
    since, strings = _NEWER_STRINGS
    return (host < since <= runtime and strings.search(lines) is not None) or any(
        host < since <= runtime and pattern.search(decoded) is not None for since, pattern in _NEWER_SYNTAX
    )


def _statements(body: list[ast.stmt], *, conditional: bool = False) -> Iterator[tuple[ast.stmt, bool]]:
    """The statements that run when a module is imported, with whether that depends on something."""
    for statement in body:
        yield statement, conditional
        if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            continue
        if isinstance(statement, ast.If) and _never_true(statement.test):
            yield from _statements(statement.orelse, conditional=conditional)
            continue
        for name in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(statement, name, []), conditional=True)
        for branch in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
            yield from _statements(branch.body, conditional=True)


def _never_true(test: ast.expr) -> bool:
    """Whether a condition is false in Lambda: for type checkers, or for running the file itself."""
    return ast.unparse(test) in {"TYPE_CHECKING", "typing.TYPE_CHECKING", "__name__ == '__main__'"}


def _bound(statement: ast.stmt) -> Iterator[tuple[str, ast.AST]]:
    """The names that a statement binds, its inner statements left out, each with what it is bound to."""
    match statement:
        case ast.Import() | ast.ImportFrom():
            for alias in statement.names:
                plain = alias.name if isinstance(statement, ast.ImportFrom) else alias.name.partition(".")[0]
                yield alias.asname or plain, statement
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield statement.name, statement
        case ast.Assign() | ast.AnnAssign(value=ast.expr()):
            for target in statement.targets if isinstance(statement, ast.Assign) else [statement.target]:
                yield from _targets(target, statement.value or statement)
        case ast.AnnAssign():
            return  # without a value it only declares
        case _:
            # Loops, `with`, `+=` and the walrus: a name is bound, to what cannot be told.
            for node in _expressions(statement):
                if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                    yield node.id, statement


def _targets(target: ast.expr, value: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif isinstance(target, (ast.Tuple, ast.List)):
        for element in target.elts:
            yield from _targets(element, target.ctx)  # one of several values: which, cannot be told
    elif isinstance(target, ast.Starred):
        yield from _targets(target.value, target.ctx)


def _binds_by_name(statement: ast.stmt) -> bool:
    """Whether a statement may bind names that are not written in it."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return statement.name == "__getattr__"
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _BINDS_BY_NAME
        for node in _expressions(statement)
    )


def _expressions(statement: ast.stmt) -> Iterator[ast.AST]:
    """What a statement evaluates itself, its inner statements left out."""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, (ast.expr, ast.withitem)):
            yield from ast.walk(child)
