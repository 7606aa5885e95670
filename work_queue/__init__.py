"""The queue half: messages, leases, outcomes, drain and scale-in protection. Never looks inside a PDF."""
