"""What the order API answers when it does not do what was asked."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """`field` is the path of what was sent, such as `lines.0.offer`; `message` says what is wrong and the remedy."""

    code: str
    message: str
    field: str = ""

    def as_json(self) -> dict[str, str]:
        return {"code": self.code, "message": self.message, **({"field": self.field} if self.field else {})}


class ApiRefusal(Exception):
    """Nothing was made or charged. `status` is HTTP's."""

    def __init__(self, status: int, *problems: Problem) -> None:
        super().__init__(problems[0].message)
        self.status = status
        self.problems = problems

    def as_json(self) -> dict[str, object]:
        first, *others = [problem.as_json() for problem in self.problems]
        return {"error": {**first, **({"others": others} if others else {})}}


def refusal(status: int, code: str, message: str, field: str = "") -> ApiRefusal:
    return ApiRefusal(status, Problem(code, message, field))
