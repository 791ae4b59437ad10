"""Whose artwork may be drawn, and how often; what is drawn is the generator's business."""
