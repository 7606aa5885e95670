"""Everything that AWS runs is said in `template.yaml`; what reads it is here. No worker imports this."""
