"""The command `leafmill` and those of scripts/: they ask queue, ledger and stores, and start the programs."""
