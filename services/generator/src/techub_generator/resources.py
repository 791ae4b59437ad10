"""What the generator keeps open."""

from dataclasses import dataclass

from techub_common.storage import ObjectStore
from techub_generator.gemini.door import Gemini
from techub_generator.gemini.drawing import Drawer
from techub_generator.gemini.writing import Writer
from techub_generator.github.client import GitHub
from techub_generator.outbound import Outbound
from techub_generator.pages.reader import PageReader
from techub_generator.stages import Tell


@dataclass(frozen=True, slots=True)
class Resources:
    """Everything a handler needs."""

    github: GitHub
    outbound: Outbound
    pages: PageReader
    objects: ObjectStore
    tell: Tell
    gemini: Gemini
    writer: Writer
    drawer: Drawer
