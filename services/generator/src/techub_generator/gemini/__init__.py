"""Gemini on both of its doors. `door` alone speaks to it; everything else here is plain data."""
