"""TecHub on one machine, with nothing installed: real servers, doubles of the vendors, people."""
