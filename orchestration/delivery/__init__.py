"""From the outbox to the recipients. Only apprise_sender.py imports Apprise."""
