"""When a widget's goal is reached: a comparison over the state of its experiment, such as `loss < 0.1`.

    reached("loss < 0.1 and abs(w - 2) <= h", {"loss": 0.02, "w": 2.01, "h": 0.5})   # True

Names of the state, numbers, text, arithmetic, comparisons, `and`, `or`, `not`, an index, and a few functions: nothing
else is understood, so that no lesson, from any author, can run code through it.
"""

import ast
import operator
from typing import Any

from groundup.common.errors import GroundupError, did_you_mean

FUNCTIONS: dict[str, Any] = {
    "abs": abs, "all": all, "any": any, "len": len, "max": max, "min": min, "round": round, "sum": sum,
}  # fmt: skip
_OPERATORS: dict[type[ast.AST], Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge, ast.In: lambda one, many: one in many,
    ast.NotIn: lambda one, many: one not in many,
    ast.USub: operator.neg, ast.UAdd: operator.pos, ast.Not: operator.not_,
}  # fmt: skip


def is_reached(check: str, state: dict[str, Any]) -> bool:
    """Whether a goal is reached; a goal without a check never ticks by itself.

    Raises GroundupError for a check that cannot be understood, or that does not fit the state.
    """
    if not check.strip():
        return False
    try:
        return bool(_value(ast.parse(check.strip(), mode="eval").body, state, check))
    except SyntaxError:
        raise GroundupError(
            f"The goal's check `{check}` cannot be read.", "Write a comparison: loss < 0.1."
        ) from None
    except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
        raise GroundupError(
            f"The goal's check `{check}` does not fit what the experiment returned: {error}.",
            "Compare what is in its state.",
        ) from None


def _value(node: ast.AST, state: dict[str, Any], check: str) -> Any:  # noqa: PLR0911 (a case, a line)
    def of(part: ast.AST) -> Any:
        return _value(part, state, check)

    match node:
        case ast.Constant():
            return node.value
        case ast.Name(id=name):
            if name not in state:
                raise GroundupError(
                    f"The goal's check `{check}` names '{name}', which the experiment does not return.",
                    did_you_mean(name, state),
                )
            return state[name]
        case ast.BoolOp(op=ast.And()):
            return all(of(part) for part in node.values)
        case ast.BoolOp():
            return any(of(part) for part in node.values)
        case ast.UnaryOp() if type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](of(node.operand))
        case ast.BinOp() if type(node.op) in _OPERATORS:
            return _OPERATORS[type(node.op)](of(node.left), of(node.right))
        case ast.Compare() if all(type(one) in _OPERATORS for one in node.ops):
            values = [of(node.left), *map(of, node.comparators)]
            return all(_OPERATORS[type(o)](*values[i : i + 2]) for i, o in enumerate(node.ops))
        case ast.Subscript(slice=index):
            return of(node.value)[of(index)]
        case ast.List() | ast.Tuple():
            return [of(part) for part in node.elts]
        case ast.Call(func=ast.Name(id=name), keywords=[]) if name in FUNCTIONS:
            return FUNCTIONS[name](*map(of, node.args))
    raise GroundupError(
        f"The goal's check `{check}` has something that is not understood: {ast.unparse(node)}.",
        f"Names, numbers, arithmetic, comparisons, and, or, not, and {', '.join(FUNCTIONS)} are.",
    )
