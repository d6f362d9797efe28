"""Metric math, as far as alarms on error rates and sums need it: arithmetic, comparisons, and the plain functions.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

from __future__ import annotations

import ast
import operator
import statistics
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

Values: TypeAlias = Mapping[str, float | None]
"""The value of each metric in one period, by its id; None where it has no data."""


class UnsupportedExpressionError(ValueError):
    """The expression uses what is not emulated."""


_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: lambda left, right: left / right,
    ast.BitXor: lambda left, right: left**right,
}
_COMPARISONS: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_OVER_SEVERAL: dict[str, Callable[[list[float]], float]] = {
    "AVG": statistics.fmean,
    "MAX": max,
    "MIN": min,
    "SUM": sum,
}


class Expression:
    """An expression, read once and evaluated for each period."""

    def __init__(self, text: str) -> None:
        """Read the expression.

        Args:
            text: For example `100 * errors / MAX([errors, invocations])`.

        Raises:
            UnsupportedExpressionError: It uses what is not emulated.
        """
        self._text = text
        try:
            self._tree = ast.parse(text.replace("&&", " and ").replace("||", " or ").strip(), mode="eval").body
        except SyntaxError as error:
            raise UnsupportedExpressionError(text) from error
        # Whatever is not supported shows now, and not when the alarm should go off.
        names = {node.id: 1.0 for node in ast.walk(self._tree) if isinstance(node, ast.Name)}
        self.value(names)

    def value(self, values: Values) -> float | None:
        """The value in one period; None where data is missing."""
        result = self._evaluate(self._tree, values)
        if isinstance(result, list):
            raise UnsupportedExpressionError(self._text)
        return result

    def _evaluate(self, node: ast.expr, values: Values) -> float | list[float | None] | None:  # noqa: PLR0911 - one a kind of node
        match node:
            case ast.Constant(value=(int() | float()) as number):
                return float(number)
            case ast.Name(id=name) if name in values:
                return values[name]
            case ast.List(elts=elements):
                return [self._number(element, values) for element in elements]
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return _known(operator.neg, self._number(operand, values))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
                return _known(_BINARY[type(op)], self._number(left, values), self._number(right, values))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
                return _known(_COMPARISONS[type(op)], self._number(left, values), self._number(right, values))
            case ast.BoolOp(op=op, values=operands):
                held = [self._number(operand, values) for operand in operands]
                return None if None in held else float((all if isinstance(op, ast.And) else any)(held))
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                return self._call(name.upper(), arguments, values)
            case _:
                raise UnsupportedExpressionError(self._text)

    def _call(self, name: str, arguments: list[ast.expr], values: Values) -> float | list[float | None] | None:
        match name, arguments:
            case "METRICS", []:
                return list(values.values())
            case "ABS", [argument]:
                return _known(abs, self._number(argument, values))
            case "FILL", [argument, otherwise]:
                value = self._number(argument, values)
                return self._number(otherwise, values) if value is None else value
            case "IF", [condition, then, otherwise]:
                decided = self._number(condition, values)
                chosen = then if decided else otherwise
                # Both are read: an unsupported branch must show before it is taken.
                either = {branch: self._number(branch, values) for branch in (then, otherwise)}
                return None if decided is None else either[chosen]
            case _, [argument] if name in _OVER_SEVERAL:
                several = self._evaluate(argument, values)
                present = [
                    value for value in (several if isinstance(several, list) else [several]) if value is not None
                ]
                return _OVER_SEVERAL[name](present) if present else None
            case _:
                raise UnsupportedExpressionError(self._text)

    def _number(self, node: ast.expr, values: Values) -> float | None:
        value = self._evaluate(node, values)
        if isinstance(value, list):
            raise UnsupportedExpressionError(self._text)
        return value


def _known(function: Callable[..., Any], *operands: float | None) -> float | None:
    """The function's value, or None where an operand is missing or the division is by zero."""
    if None in operands:
        return None
    try:
        return float(function(*operands))
    except (ZeroDivisionError, OverflowError):
        return None
