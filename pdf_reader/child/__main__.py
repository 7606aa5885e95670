"""`python -m pdf_reader.child SOCKET_FD RECORD_FD PARENT_PID`, as `process.ChildProcess` starts it."""

import sys

from pdf_reader.child.loop import serve

serve(*map(int, sys.argv[1:4]))
