"""Which function a path belongs to, by ASP.NET's rules."""

import pytest

from local.host.bindings import Function, HttpTrigger
from local.host.routes import Routes


def routes(*templates: str) -> Routes:
    """Functions named after their templates."""
    return Routes(
        [
            Function(template, template, HttpTrigger("req", template, frozenset({"GET"}), "anonymous"), ())
            for template in templates
        ],
        "api",
    )


def found(by: Routes, path: str, method: str = "GET") -> tuple[str, dict[str, str]] | None:
    """The template that matches a path, and its parameters."""
    match = by.find(method, path)
    return match and (match[0].function.name, match[1])


@pytest.mark.parametrize(
    ("template", "path", "params"),
    [
        ("a/b", "/api/A/b/", {}),
        ("a/{x}", "/api/a/one", {"x": "one"}),
        ("a/{x}", "/api/a", None),
        ("a/{x}", "/api/a/", None),
        ("a/{x}", "/api/a/one/two", None),
        ("a/{x?}", "/api/a", {}),
        ("{x}/b/{y?}", "/api/1/b/2", {"x": "1", "y": "2"}),
        ("a/{*rest}", "/api/a/one/two", {"rest": "one/two"}),
        ("a/{*rest}", "/api/a", {}),
        ("a/{x}", "/api/a/%2e%2E%20%C3%A4", {"x": ".. ä"}),
        ("a/{x}", "/api/a/b%2fc", {"x": "b%2Fc"}),
        ("a/{x:int}", "/api/a/-7", {"x": "-7"}),
        ("a/{x:int}", "/api/a/3000000000", None),
        ("a/{x:long}", "/api/a/3000000000", {"x": "3000000000"}),
        (
            "a/{x:guid}",
            "/api/a/0b8b8a3c-6c3f-4d3e-8f4f-1c1f0a1b2c3d",
            {"x": "0b8b8a3c-6c3f-4d3e-8f4f-1c1f0a1b2c3d"},
        ),
        ("a/{x:guid}", "/api/a/none", None),
        ("a/{x:bool}", "/api/a/True", {"x": "True"}),
        ("a/{x:alpha:minlength(3)}", "/api/a/ab", None),
        ("a/{x:alpha:minlength(3)}", "/api/a/abc", {"x": "abc"}),
        ("a/{x:length(2,3)}", "/api/a/abcd", None),
        ("a/{x:range(1,9)}", "/api/a/10", None),
        ("a/{x:decimal}", "/api/a/1.5", {"x": "1.5"}),
    ],
)
def test_a_template_takes_a_path_or_not(template: str, path: str, params: dict[str, str] | None) -> None:
    """Literals match in any case, parameters are decoded once, constraints apply."""
    expected = None if params is None else (template, params)

    assert expected == found(routes(template), path)


def test_the_more_particular_template_comes_first() -> None:
    """Literal, constrained, unconstrained, then catch-all; the order of declaration does not matter."""
    by = routes("a/{*rest}", "a/{x}", "a/{x:int}", "a/b")

    assert ["a/b", "a/{x:int}", "a/{x}", "a/{*rest}"] == [
        match[0] for path in ("b", "7", "c", "c/d") if (match := found(by, f"/api/a/{path}"))
    ]


def test_another_method_goes_on_to_the_next_template() -> None:
    """A route with another method does not hide other routes."""
    by = Routes(
        [
            Function("one", "1", HttpTrigger("req", "a/b", frozenset({"GET"}), "anonymous"), ()),
            Function("two", "2", HttpTrigger("req", "a/{x}", frozenset({"POST"}), "anonymous"), ()),
        ],
        "api",
    )

    assert [("one", {}), ("two", {"x": "b"}), None] == [
        found(by, "/api/a/b", method) for method in ("GET", "POST", "PUT")
    ]


def test_the_prefix_may_be_empty() -> None:
    """host.json can set that."""
    by = Routes([Function("one", "1", HttpTrigger("req", "a", frozenset(), "anonymous"), ())], "")

    assert ("one", {}) == found(by, "/a", "PURGE")
