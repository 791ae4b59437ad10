"""What survives a lost message, a lost stream and a consumer that dies: look, and tell again."""
