"""Lets a client written in Python do what run asks for: drive.py CLIENT.py. See run for what it reads and writes."""

import importlib.util
import sys
from concurrent.futures import ThreadPoolExecutor


def show(value, operation):
    """What an operation returned, as one line."""
    if value is None:
        return "none"
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, list):
        return "; ".join(show(row, operation) for row in value) or "none"
    get = value.get if isinstance(value, dict) else lambda name: getattr(value, name, None)
    if not get("title"):
        return f"{get('text')} by {get('author_id')}"
    entries = [getattr(entry, "text", entry) for entry in get("entries") or []] if operation == "join" else []
    return f"{get('id')} {get('title')}" + (f" ({', '.join(entries)})" if entries else "")


def call(line):
    url, road, who, operation, *arguments = line.split("\t")
    if url not in opened:
        opened[url] = client.connect(url)
    try:
        with client.acting(opened[url], **({road: who} if who else {})) as session:
            value = getattr(client, operation)(session, *(int(a) if a.isdigit() else a for a in arguments))
            return show(value, operation)
    except Exception as error:
        return "refused " + " / ".join(str(part or "-") for part in client.told(error)).replace("\n", " ")


spec = importlib.util.spec_from_file_location("client", sys.argv[1])
client = importlib.util.module_from_spec(spec)
spec.loader.exec_module(client)
opened = {}
print(client.version, flush=True)
with ThreadPoolExecutor(4) as threads:
    for request in sys.stdin:
        calls = request.rstrip("\n").split("\x1f")
        print("\x1f".join([call(calls[0])] if len(calls) == 1 else threads.map(call, calls)), flush=True)
