from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from cdk_lambda_patterns import ValidationError
from cdk_lambda_patterns.function.packaging.handler_symbol import check_handler
from cdk_lambda_patterns.function.packaging.source_files import gather

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cdk_lambda_patterns.validation import Where

    Check = Callable[[str, Mapping[str, str]], None]

TAKES_TWO = "def handler(event, context):\n    return event\n"


@pytest.fixture
def check(where: Where, write: Callable[[Mapping[str, str]], Path]) -> Check:
    def check(handler: str, files: Mapping[str, str], runtime: str = "python3.11") -> None:
        source = write({"code/.keep": "", **{f"code/{name}": text for name, text in files.items()}}) / "code"
        check_handler(where, handler, gather(where, source), runtime=runtime, place="code")

    return check


FOUND: dict[str, tuple[str, dict[str, str]]] = {
    "a function": ("process.handler", {"process.py": TAKES_TWO}),
    "with a default": ("process.handler", {"process.py": "def handler(event, context=None): ..."}),
    "with any arguments": ("process.handler", {"process.py": "def handler(*args, **kwargs): ..."}),
    "event and the rest": ("process.handler", {"process.py": "def handler(event, *rest): ..."}),
    "with a keyword that has a default": (
        "process.handler",
        {"process.py": "def handler(event, context, *, a=1): ..."},
    ),
    "decorated": ("process.handler", {"process.py": "from x import d\n@d\ndef handler(event): ..."}),
    "a decorated coroutine": ("process.handler", {"process.py": "from x import d\n@d\nasync def handler(event): ..."}),
    "a lambda": ("process.handler", {"process.py": "handler = lambda event, context: event"}),
    "an attribute": ("process.handler", {"process.py": "from x import app\nhandler = app.lambda_handler"}),
    "made by a call": ("process.lambda_handler", {"process.py": "from x import make\nlambda_handler = make()"}),
    "annotated": ("process.handler", {"process.py": "from x import make, T\nhandler: T = make()"}),
    "another name of it": ("process.handler", {"process.py": "def run(event, context): ...\nhandler = run"}),
    "one of several": ("process.handler", {"process.py": "from x import pair\nhandler, other = pair()"}),
    "a class": ("process.Handler", {"process.py": "class Handler: ..."}),
    "in a package": ("app.main.handler", {"app/__init__.py": "", "app/main.py": TAKES_TWO}),
    "in a folder without __init__": ("app.main.handler", {"app/main.py": TAKES_TWO}),
    "with slashes": ("app/main.handler", {"app/main.py": TAKES_TWO}),
    "of a package itself": ("app.handler", {"app/__init__.py": TAKES_TWO}),
    "a package wins over a module": ("app.handler", {"app/__init__.py": TAKES_TWO, "app.py": ""}),
    "taken from a sibling": ("process.handler", {"process.py": "from logic import handler", "logic.py": TAKES_TWO}),
    "taken under another name": ("p.handler", {"p.py": "from logic import run as handler", "logic.py": "run = print"}),
    "taken relatively": ("app.handler", {"app/__init__.py": "from .main import handler", "app/main.py": TAKES_TWO}),
    "taken from above": (
        "app.api.main.handler",
        {"app/__init__.py": "", "app/logic.py": TAKES_TWO, "app/api/main.py": "from ..logic import handler"},
    ),
    "taken from elsewhere": ("process.handler", {"process.py": "from somewhere import handler"}),
    "taken with a star": ("process.handler", {"process.py": "from logic import *", "logic.py": TAKES_TWO}),
    "taken with a star from elsewhere": ("process.handler", {"process.py": "from somewhere import *"}),
    "taken in a circle": ("a.handler", {"a.py": "from b import handler", "b.py": "from a import handler"}),
    "in a condition": ("process.handler", {"process.py": "import os\nif os.sep:\n    def handler(e, c): ..."}),
    "in either branch": (
        "process.handler",
        {"process.py": "try:\n    from fast import handler\nexcept ImportError:\n    handler = None"},
    ),
    "bound by with": ("process.handler", {"process.py": "with open('x') as handler: ..."}),
    "bound by a walrus": ("process.handler", {"process.py": "if (handler := print): ..."}),
    "made when asked for": ("process.handler", {"process.py": "def __getattr__(name): return print"}),
    "made by globals": ("process.handler", {"process.py": "globals()['handler'] = print"}),
    "with a warning of syntax": ("process.handler", {"process.py": "pattern = '\\d'\n" + TAKES_TWO}),
    "in another encoding": ("process.handler", {"process.py": "# -*- coding: latin-1 -*-\n" + TAKES_TWO}),
}


@pytest.mark.parametrize("case", FOUND)
def test_finds_a_handler(case: str, check: Check) -> None:
    handler, files = FOUND[case]

    check(handler, files)


REFUSED: dict[str, tuple[str, dict[str, str], str]] = {
    "no dot": ("process", {"process.py": TAKES_TWO}, r"got 'process'; .* \(HandlerMalformed\)"),
    "a file name": ("process.py", {"process.py": TAKES_TWO}, r"got 'process.py'; define 'py' there.*HandlerNotFound"),
    "an empty part": ("app..handler", {"app.py": TAKES_TWO}, r"got 'app..handler'; .*HandlerMalformed"),
    "a misspelt module": (
        "proces.handler",
        {"process.py": TAKES_TWO},
        r"of code, got 'proces.handler'; did you mean 'process.handler'\? \[Stack/Process\] \(HandlerModuleNotFound\)",
    ),
    "a module that is nowhere": (
        "orders.handler",
        {"process.py": TAKES_TWO},
        r"got 'orders.handler'; add orders.py, or name one of: process",
    ),
    "a module in a package": ("main.handler", {"app/main.py": TAKES_TWO}, r"did you mean 'app.main.handler'\?"),
    "a source folder in between": (
        "app.main.handler",
        {"src/app/main.py": TAKES_TWO},
        r"pass source='code/src' .*HandlerModuleNotFound",
    ),
    "no code at all": ("process.handler", {}, r"add process.py \["),
    "a misspelt function": (
        "process.handle",
        {"process.py": TAKES_TWO},
        r"a function of process.py, got 'process.handle'; did you mean 'process.handler'\? .*HandlerNotFound",
    ),
    "a function that is nowhere": (
        "process.main",
        {"process.py": TAKES_TWO},
        r"got 'process.main'; define 'main' there, or name one of: handler",
    ),
    "missing where it is taken from": (
        "process.handler",
        {"process.py": "from logic import handler", "logic.py": "def run(event, context): ..."},
        r"a function of logic.py, got 'process.handler'",
    ),
    "missing where a star takes from": (
        "process.handler",
        {"process.py": "from logic import *", "logic.py": "def run(event, context): ..."},
        r"a function of process.py, got 'process.handler'",
    ),
    "for type checkers only": (
        "process.handler",
        {"process.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from x import handler"},
        r"HandlerNotFound",
    ),
    "when run as a script only": (
        "process.handler",
        {"process.py": "if __name__ == '__main__':\n    def handler(event, context): ..."},
        r"HandlerNotFound",
    ),
    "local to a function": ("process.handler", {"process.py": "def f():\n    handler = 1"}, r"HandlerNotFound"),
    "in a class": ("process.handler", {"process.py": "class A:\n    def handler(self, e, c): ..."}, r"HandlerNotFound"),
    "only declared": ("process.handler", {"process.py": "handler: object"}, r"HandlerNotFound"),
    "broken": (
        "process.handler",
        {"process.py": "x = 1\ndef handler(event, context:\n    ..."},
        r"'\(' was never closed \(process.py:2\), got 'process.handler'; correct it .*HandlerSyntaxError",
    ),
    "broken where it is taken from": (
        "process.handler",
        {"process.py": "from logic import handler", "logic.py": "def handler(event, context) return 1"},
        r"\(logic.py:1\).*HandlerSyntaxError",
    ),
    "a coroutine": (
        "process.handler",
        {"process.py": "async def handler(e, c): ..."},
        r"\(process.py:1\).*HandlerIsAsync",
    ),
    "without the context": (
        "process.handler",
        {"process.py": "def handler(event): ..."},
        r"which \(event\) does not \(process.py:1\), got 'process.handler'; .*HandlerArguments",
    ),
    "with a third argument": (
        "process.handler",
        {"process.py": "def handler(event, context, client): ..."},
        r"\(event, context, client\).*HandlerArguments",
    ),
    "with a needed keyword": (
        "process.handler",
        {"process.py": "def handler(event, context, *, client): ..."},
        r"\(event, context, \*, client\).*HandlerArguments",
    ),
    "a lambda of one": (
        "process.handler",
        {"process.py": "handler = lambda event: event"},
        r"\(event\).*HandlerArguments",
    ),
    "another name of a bad one": (
        "process.handler",
        {"process.py": "def run(event): ...\nhandler = run"},
        r"HandlerArguments",
    ),
    "a text": ("process.handler", {"process.py": "handler = 'run'"}, r"\(process.py:1\).*HandlerNotCallable"),
    "a dictionary": ("process.handler", {"process.py": "handler = {}"}, r"HandlerNotCallable"),
    "an imported module": ("process.json", {"process.py": "import json"}, r"HandlerNotCallable"),
    "a module of a package": (
        "app.handler",
        {"app/__init__.py": "from . import handler", "app/handler.py": ""},
        r"HandlerNotCallable",
    ),
    "a relative import at the top": (
        "process.handler",
        {"process.py": "from .logic import run\n" + TAKES_TWO, "logic.py": "run = print"},
        r"'from .logic import run' \(process.py:1\).*HandlerRelativeImport",
    ),
    "a relative import above the package": (
        "app.main.handler",
        {"app/__init__.py": "", "app/main.py": "from ..logic import handler", "logic.py": TAKES_TWO},
        r"'from ..logic import handler' \(app/main.py:1\).*HandlerRelativeImport",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_fails_when_the_handler_is(case: str, check: Check) -> None:
    handler, files, message = REFUSED[case]

    with pytest.raises(ValidationError, match=message):
        check(handler, files)


NEWER: dict[str, tuple[tuple[int, int], str]] = {
    "type statement": ((3, 12), "type Name = str\n"),
    "type parameters": ((3, 12), "def first[T](items: list[T]) -> T: ...\n"),
    "nested quotes": ((3, 12), 'names = {"a": 1}\ntext = f"{names["a"]}"\n'),
    "except without parentheses": ((3, 14), "try: ...\nexcept ValueError, TypeError: ...\n"),
    "template string": ((3, 14), "text = t'{1}'\n"),
}


@pytest.mark.parametrize("case", NEWER)
def test_syntax_that_only_the_runtime_knows_is_not_judged(case: str, check: Callable[..., None]) -> None:
    since, syntax = NEWER[case]

    check("process.handler", {"process.py": syntax + TAKES_TWO}, "python3.14")
    if sys.version_info[:2] < since:  # this Python cannot tell what it would find
        check("process.other", {"process.py": syntax + TAKES_TWO}, "python3.14")


def test_fails_when_the_runtime_is_too_old_for_the_syntax(check: Callable[..., None]) -> None:
    with pytest.raises(ValidationError, match=r"Python 3.11 can read.*\(process.py:1\).*HandlerSyntaxError"):
        check("process.handler", {"process.py": "type Name = str\n" + TAKES_TWO}, "python3.11")


def test_a_mistake_is_found_by_an_older_python_too(check: Callable[..., None]) -> None:
    with pytest.raises(ValidationError, match=r"HandlerSyntaxError"):
        check("process.handler", {"process.py": "text = f'{1}'\ndef handler(event, context:\n    ..."}, "python3.14")
