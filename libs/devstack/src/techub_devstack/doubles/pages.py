"""The few pages a double shows to people."""

from jinja2 import Environment, PackageLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=PackageLoader("techub_devstack.doubles"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(template: str, **shown: object) -> str:
    """Return a page, everything it shows escaped."""
    return _TEMPLATES.get_template(template).render(**shown)
