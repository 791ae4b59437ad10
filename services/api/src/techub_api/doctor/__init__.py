"""How the system is: the api's own checks, probes of everybody, their history and its page."""
