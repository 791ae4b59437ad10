"""A developer's card: the view model, the canvases it is drawn on, and the pages that draw it."""
