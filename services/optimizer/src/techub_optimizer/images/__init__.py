"""The one door to libvips: captures are encoded, what strangers send is decoded with suspicion."""

from techub_optimizer.images.pictures import Libvips, open_libvips
from techub_optimizer.images.setup import name_of_libvips

__all__ = ("Libvips", "name_of_libvips", "open_libvips")
