import threading
import time

from . import records


def forever():
    while True:
        records.purge()
        time.sleep(3600)


def start():
    threading.Thread(target=forever, daemon=True).start()
