"""Looking after what is kept only for a time, as no visitor's run may ever do so."""

import time
from collections.abc import Callable
from threading import Lock, Thread


class Watcher:
    """A thread called `name` that calls `look` every so many seconds, for as long as there is `anything` to look after."""

    def __init__(self, name: str, every: float, look: Callable[[], object], anything: Callable[[], bool]) -> None:
        self.name, self.every, self.look, self.anything = name, every, look, anything
        self._lock = Lock()
        self._running = False

    def begin(self) -> None:
        """Starts the thread unless it runs. It is called after something was kept, so that a thread about to end sees it."""
        with self._lock:
            if self._running:
                return
            self._running = True
        Thread(target=self._watch, name=self.name, daemon=True).start()

    def _watch(self) -> None:
        while self._goes_on():
            time.sleep(self.every)
            self.look()

    def _goes_on(self) -> bool:
        with self._lock:
            self._running = self.anything()
            return self._running
