"""The public files: pictures and avatars."""
