"""`python -m data_ingestion.pdf.child SOCKET_FD RECORD_FD PARENT_PID`, as `process.ChildProcess` starts it."""

import sys

from data_ingestion.pdf.child.loop import serve

serve(*map(int, sys.argv[1:4]))
