"""What a process of `parallel` does: it loads an engine once and answers one shard after another, each response as soon as it is there.

Started as `python -c` with the end of a socket, so that the driver's own main module is never imported a second time: a script
without a guard, a notebook and `python -m evalkit` all work. Its environment is set before torch loads. When the driver
dies, the socket closes and so does the process, also in the middle of a forward.
"""

import contextlib
import os
import queue
import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from typing import Any

from evalkit.errors import EvalkitError
from evalkit.protocols import Engine
from evalkit.records import Model

# Read by `python -c`: the driver's search path first, then this module, which is found on it.
BOOT = "import sys, json; sys.path[:] = json.loads(sys.argv[2]); from evalkit.engines.worker import main; main(int(sys.argv[1]))"
DRIVER_GONE, BROKE = 0, 1  # exit codes
DRIVER_GIB = 0.5  # what the driver itself takes: torch and a tokenizer, no weights; measured 0.42


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a process is told first: what to load, and which of how many it is (from 0)."""

    make: Callable[[Any], Engine]
    config: Any  # of the engine, such as `config.EngineConfig`
    index: int
    of: int
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What a process says once its engine is loaded; the driver compares the identity with its own."""

    model: Model
    rules: str


def main(descriptor: int) -> None:
    """Answers on the socket until it closes. Ends the process, without the slow farewell of an interpreter full of weights."""
    line = Line(Connection(descriptor))
    code = DRIVER_GONE
    try:
        _serve(line)
    except (EOFError, BrokenPipeError, ConnectionResetError):
        pass
    except Exception as error:  # noqa: BLE001 (the driver decides what an unexpected end means)
        code = BROKE
        line.say_broke(error)
    sys.stderr.flush()
    os._exit(code)


class Line:
    """The connection to the driver, on which two threads speak: a message is never cut in two by another."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._speaking = threading.Lock()

    def recv(self) -> Any:
        """The next order; one thread reads."""
        return self._connection.recv()

    def send(self, message: tuple[Any, ...]) -> None:
        """Says something to the driver."""
        with self._speaking:
            self._connection.send(message)

    def say_broke(self, error: Exception) -> None:
        """Tells why the process ends, where the driver still listens."""
        with contextlib.suppress(OSError):
            self.send(("broke", error if isinstance(error, EvalkitError) else f"{type(error).__name__}: {error}"[:500]))


def _serve(line: Line) -> None:
    task: Task = line.recv()
    orders: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(line, orders), daemon=True).start()
    cards = take_cards(task)
    if cards:
        config = with_limit(task.config, len(neighbours(task.index, task.of, len(cards.all))))
    else:
        config = with_limit(task.config, task.of, beside=DRIVER_GIB)
    engine = task.make(config)
    load = getattr(engine, "load", None)
    if load is not None:
        load()
    if "torch" in sys.modules:  # loaded before the environment was read: by a plugin, or a site's start-up file
        sys.modules["torch"].set_num_threads(task.threads)

    def facts() -> dict[str, Any]:
        return {**engine.facts(), **({"cards": list(cards.mine)} if cards else {})}

    line.send(("ready", Ready(model=engine.model, rules=engine.rules), facts()))
    while True:
        order, given = orders.get()
        if order == "answer":
            for response in engine.answer(given):
                line.send(("response", response))
            line.send(("done", facts()))
        else:
            reset = getattr(engine, "reset_peak", None)
            line.send(("reset", bool(reset and reset()), facts()))


def _listen(line: Line, orders: "queue.SimpleQueue[tuple[str, Any]]") -> None:
    """Reads orders while the main thread computes; the end of the line, or what cannot be read, is the end of the process."""
    while True:
        try:
            orders.put(line.recv())
        except (EOFError, OSError):
            os._exit(DRIVER_GONE)
        except Exception as error:  # noqa: BLE001 (the main thread would wait for the order and the driver for its answer)
            line.say_broke(error)
            os._exit(BROKE)


# ---------------------------------------------------------------- devices


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """GPUs as CUDA_VISIBLE_DEVICES names them: those of the machine, and those this process keeps to."""

    all: tuple[str, ...]
    mine: tuple[str, ...]


def take_cards(task: Task) -> Cards | None:
    """Keeps this process to its share of the GPUs, None where it uses none. Unproven: no machine with several to try it on.

    It is done by CUDA_VISIBLE_DEVICES, before CUDA is set up, so that everything behind it (transformers, accelerate's
    device_map for a model larger than one card) sees these cards and no others.
    """
    if getattr(task.config, "device", "") not in ("auto", "cuda"):
        return None
    import torch

    count = torch.cuda.device_count()  # asks the driver's library and sets nothing up
    if count == 0:
        return None
    named = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name.strip()]
    every = tuple(named[:count]) or tuple(str(card) for card in range(count))
    mine = share(every, task.index, task.of)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(mine)
    if torch.cuda.device_count() != len(mine):  # CUDA was set up already, by somebody's start-up file
        torch.cuda.set_device(every.index(mine[0]))
    return Cards(all=every, mine=mine)


def share(cards: Sequence[str], index: int, of: int) -> tuple[str, ...]:
    """The cards of process `index` of `of`: neighbours where there are more cards than processes, else one in turn.

    >>> share("01234567", 1, 2), share("01", 2, 3)
    (('4', '5', '6', '7'), ('0',))
    """
    if of > len(cards):
        return (cards[index % len(cards)],)
    return tuple(cards[index * len(cards) // of : (index + 1) * len(cards) // of])


def neighbours(index: int, of: int, cards: int) -> tuple[int, ...]:
    """The processes that share a card with process `index`, itself among them."""
    return tuple(other for other in range(of) if other == index or (of > cards and other % cards == index % cards))


def with_limit(config: Any, sharing: int, *, beside: float = 0.0) -> Any:
    """`config` with this process's part of the memory limit, where there is one: what `beside` (GiB) leaves, shared by `sharing`."""
    limit = getattr(config, "memory_gib", None)
    if limit is None:
        return config
    part = (limit - beside) / sharing
    copied = getattr(config, "model_copy", None)  # pydantic's
    return copied(update={"memory_gib": part}) if copied is not None else replace(config, memory_gib=part)
