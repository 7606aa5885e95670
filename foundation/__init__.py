"""What every other folder may use: errors, logs, AWS clients, token counts. It imports no other folder."""
