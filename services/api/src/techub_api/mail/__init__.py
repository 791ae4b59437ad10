"""What the mail provider says of our mails."""
