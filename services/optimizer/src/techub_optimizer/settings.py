"""What the optimizer reads from its environment."""

from typing import ClassVar

from techub_common.settings import CommonSettings, StorageSettings


class Settings(CommonSettings, StorageSettings):
    """Where pictures are, and which engines may work on them."""

    service: ClassVar[str] = "optimizer"

    image_opt_vips: bool = True
    image_opt_avif: bool = False
    im_cli: str | None = None
