"""`python -m command_line`: the same as `leafmill`."""

from command_line.application import main

main()
