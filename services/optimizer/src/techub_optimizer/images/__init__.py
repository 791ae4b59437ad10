"""The one door to libvips: captures are encoded, what strangers send is decoded with suspicion."""

from techub_optimizer.images.avatars import Avatar, square
from techub_optimizer.images.pictures import Libvips, open_libvips

__all__ = ("Avatar", "Libvips", "open_libvips", "square")
