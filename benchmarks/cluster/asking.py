"""A client with the standard library alone: asks for embeddings one after another, over one connection.

Run as `python3 asking.py URL TEXTS COUNT`; asks COUNT times for the embeddings of TEXTS texts, and prints the seconds
of each request as JSON. The same program runs on this machine, in a container and in a pod. It ends at the first
request that is not answered with as many embeddings as it sent texts.
"""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

TEXT = "why does my program keep getting killed in the cluster"
WARM_UP = 3
PATIENCE = 60


def ask(url: str, texts: int, count: int) -> list[float]:
    """Return the seconds of each of `count` requests of `texts` texts each; the first few are not among them.

    Raises RuntimeError for an answer that is not of as many embeddings.
    """
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.netloc, timeout=PATIENCE)
    seconds = []
    for number in range(WARM_UP + count):
        body = json.dumps({"input": [f"{TEXT} {number} {text}" for text in range(texts)]}).encode()
        began = time.perf_counter()
        connection.request("POST", address.path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answered = answer.read()
        seconds.append(time.perf_counter() - began)
        if answer.status != http.client.OK or len(json.loads(answered)["data"]) != texts:
            raise RuntimeError(f"HTTP {answer.status} to {texts} texts: {answered.decode()[:300]}")
    return seconds[WARM_UP:]


if __name__ == "__main__":
    print(json.dumps(ask(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))))
