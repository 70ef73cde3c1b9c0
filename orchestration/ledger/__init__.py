"""What was alerted and delivered: the only small transactional store, and the one file that cannot be rebuilt."""
