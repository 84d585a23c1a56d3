"""Runs a command on one core and prints its cost as JSON: seconds, CPU seconds, peak memory in MiB, exit code.

    measure.py OUTPUT COMMAND...      the command's standard output goes to OUTPUT
"""

import json
import os
import resource
import subprocess
import sys
import time

core = min(os.sched_getaffinity(0))
began = time.monotonic()
with open(sys.argv[1], "wb") as output:
    pin = lambda: os.sched_setaffinity(0, {core})
    code = subprocess.run(sys.argv[2:], stdout=output, stderr=subprocess.DEVNULL, preexec_fn=pin, check=False).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = time.monotonic() - began
print(json.dumps({"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "mebibytes": used.ru_maxrss / 1024, "code": code}))
