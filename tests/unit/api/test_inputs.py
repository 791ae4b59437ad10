"""What may be named with a login: repositories in every spelling, and a page."""

import pytest

from techub_api.submissions.inputs import page_address, repository_name


@pytest.mark.parametrize(
    "text",
    [
        "ada/engine",
        " ada/engine ",
        "ada/engine.git",
        "github.com/ada/engine",
        "www.github.com/ada/engine/",
        "http://github.com/ada/engine",
        "https://github.com/ada/engine.git",
        "https://GitHub.com/ada/engine",
        "https://github.com/ada/engine/tree/main/docs?tab=readme#top",
        "https://github.com/ada/engine/issues/3",
        "https://api.github.com/repos/ada/engine",
        "git@github.com:ada/engine.git",
        "ssh://git@github.com/ada/engine",
    ],
)
def test_repository(text: str) -> None:
    """Every way to say where a repository is means the same one."""
    assert repository_name(text) == "ada/engine"


def test_every_legal_letter() -> None:
    """A name keeps its dots, dashes and underscores."""
    assert repository_name("a-1/._-Z9.github.io") == "a-1/._-Z9.github.io"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada/",
        "/engine",
        "ada/engine/more",
        "ada/..",
        "ada/.",
        "ada/en gine",
        "https://gitlab.com/ada/engine",
        "https://github.com.evil.test/ada/engine",
        "https://evil.test/github.com/ada/engine",
        "https://github.com/ada",
        "javascript:alert(1)//github.com/ada/engine",
        "../../etc/passwd",
        f"{'a' * 40}/engine",
        f"ada/{'e' * 101}",
    ],
)
def test_no_repository(text: str) -> None:
    """What is no repository on GitHub is refused."""
    with pytest.raises(ValueError, match="repository"):
        repository_name(text)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("pip.example", "https://pip.example/"),
        ("pip.example/about", "https://pip.example/about"),
        ("http://pip.example", "http://pip.example/"),
        (" https://pip.example/?a=b ", "https://pip.example/?a=b"),
    ],
)
def test_page(text: str, address: str) -> None:
    """A page without its scheme is https, a bare host has its root."""
    assert page_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ftp://pip.example/",
        "https://",
        "https://a:b@pip.example/",
        "javascript:alert(1)",
        "data:text/html,x",
        "localhost",
        "https://pip.example:port/",
    ],
)
def test_no_page(text: str) -> None:
    """Other schemes, no host and credentials are refused."""
    with pytest.raises(ValueError, match="address"):
        page_address(text)
