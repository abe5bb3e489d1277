"""What problems say to OpenAI's clients."""

from __future__ import annotations

import pytest

from comps.cores.errors import (
    BadInput,
    ForeignOrigin,
    HTTPProblem,
    NodeTimeout,
    Overloaded,
    Problem,
    RelayedProblem,
    Unauthorized,
)


@pytest.mark.parametrize(
    ("problem", "type", "param", "message"),
    [
        (BadInput("n: is too much", field="n"), "invalid_request_error", "n", "n: is too much"),
        (Unauthorized("a key is needed"), "authentication_error", None, "a key is needed"),
        (ForeignOrigin("of another origin"), "permission_error", None, "of another origin"),
        (Overloaded("not now", retry_after=1), "rate_limit_error", None, "not now"),
        (NodeTimeout("did not answer", node="llm"), "server_error", None, "llm: did not answer"),
        (HTTPProblem(405, "Method Not Allowed"), "invalid_request_error", None, "Method Not Allowed"),
    ],
)
def test_problems_carry_openais_error(problem: Problem, type: str, param: str | None, message: str) -> None:
    error = {"message": message, "type": type, "param": param, "code": problem.code}
    assert problem.document()["error"] == error
    assert problem.document()["detail"] == problem.detail


def test_a_relayed_problem_carries_it_once() -> None:
    document = BadInput("voice: is none", field="voice").document()
    relayed = RelayedProblem(document, node="tts").document()
    assert relayed == {**document, "node": "tts"}
