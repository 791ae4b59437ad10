"""How often somebody may have something done, and the same request sent twice."""
