"""Runs one engine in this process: `python -m benchmarks.peers.worker NAME FOLDER THREADS`.

It reads requests, one a line of JSON: `{"texts": [[ids], ...], "times": how often}`, with texts of one length. It
answers each with a line: `{"seconds": of all times together, "vectors": [[...], ...]}`.
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

from benchmarks.peers.engines import PEERS


def main(name: str, folder: str, threads: str) -> None:
    """Answer until the input ends."""
    # Libraries write to the standard output what they please: the answers go where it led, and it leads to the errors.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    embed = PEERS[name].load(Path(folder), int(threads))
    for line in sys.stdin:
        asked = json.loads(line)
        ids = np.array(asked["texts"], np.int64)
        began = time.perf_counter()
        for _ in range(asked["times"]):
            vectors = embed(ids)
        seconds = time.perf_counter() - began
        print(json.dumps({"seconds": seconds, "vectors": vectors.tolist()}), file=answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
