"""The card elsewhere: stable addresses for link previews, READMEs and frames."""
