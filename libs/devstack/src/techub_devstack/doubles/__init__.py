"""Doubles of GitHub, Gemini and Resend: real HTTP servers that speak the vendors' wire formats."""
