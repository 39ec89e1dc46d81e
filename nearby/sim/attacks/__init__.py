"""What attackers compute from what they saw: pure, and the same for a test, a table and whoever checks us."""
