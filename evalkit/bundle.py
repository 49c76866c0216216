"""A run's folder: the durable log of responses while it runs, the published artefacts at its end.

    run.json            configuration, plan digest, model, machine, versions: written first
    responses.sqlite    the working log: one row a request, durable before the next batch is taken
    items.jsonl         the items and variants asked, with their golds: written first too
    responses.parquet, scores.parquet, axes.json, timing.json, engine.json: written whole, beside and renamed

Kill the process anywhere: opening the folder again with the same plan goes on with what is unanswered.
"""

import json
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from evalkit.canon import atomic_write
from evalkit.errors import PlanMismatchError, StorageError, UsageError
from evalkit.records import AxisScore, Estimate, Item, Request, Response, Score
from evalkit.suite import item_line, read_frozen

BATCH_RESPONSES = 32
BATCH_SECONDS = 1.0
LOG_FILE = "responses.sqlite"
RUN_FILE = "run.json"
ITEMS_FILE = "items.jsonl"
ENGINE_FILE = "engine.json"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS responses (
    request TEXT PRIMARY KEY,
    body TEXT NOT NULL,
    process INTEGER NOT NULL,
    at REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS asked (request TEXT NOT NULL, process INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS processes (process INTEGER PRIMARY KEY, at REAL NOT NULL, facts TEXT NOT NULL);
"""


class Bundle:
    """One run's folder, open for writing. Use as a context manager: leaving it makes all responses durable."""

    def __init__(self, folder: Path, log: sqlite3.Connection, process: int, lock: IO[str]) -> None:
        self.folder = folder
        self._lock = lock
        self._log = log
        self._process = process
        self._pending: list[Response] = []
        self._guard = threading.RLock()
        self._trouble: StorageError | None = None
        self._closing = threading.Event()
        self._clock = threading.Thread(target=self._tick, daemon=True)
        self._clock.start()

    @classmethod
    def open(cls, folder: Path, about: Mapping[str, Any]) -> Self:
        """The bundle in `folder`, new or to be continued. `about` is what run.json will hold; its "plan" decides.

        Raises PlanMismatchError where the folder holds another plan, UsageError where it is no bundle at all, StorageError
        where it cannot be written.
        """
        if folder.is_dir():
            _refuse_strange(folder)  # before anything, the lock included, is written there
        lock = _locked(folder)
        try:
            return cls(folder, *_opened(folder, about), lock)
        except BaseException:
            lock.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closing.set()
        self._clock.join()
        try:
            self.flush()
        except StorageError:
            if error is None:
                raise
        finally:
            self._log.close()
            self._lock.close()

    def unanswered(self, requests: Sequence[Request]) -> tuple[Request, ...]:
        """The requests without an answer, each id once, in order. A response that was our failure is asked again."""
        answered = {response.request for response in self.responses() if response.finish != "error"}
        left: dict[str, Request] = {}
        for request in requests:
            if request.id not in answered:
                left.setdefault(request.id, request)
        return tuple(left.values())

    def append(self, response: Response) -> None:
        """Takes one response in; on disk after 32 responses or one second, whichever is first (a clock of its own sees to it).

        Raises StorageError where a flush of the clock failed; what waits stays in memory and may be flushed again.
        """
        with self._guard:
            self._pending.append(response)
            trouble, self._trouble = self._trouble, None
            if trouble is not None:
                raise trouble
            if len(self._pending) >= BATCH_RESPONSES:
                self.flush()

    def flush(self) -> None:
        """Makes what was appended durable. Raises StorageError (disk full): the responses stay in memory and may be flushed again."""
        with self._guard:
            if not self._pending:
                return
            now = time.time()
            rows = [(response.request, json.dumps(asdict(response)), self._process, now) for response in self._pending]
            try:
                _insert(self._log, rows)
            except sqlite3.DatabaseError as error:
                if self._log.in_transaction:
                    self._log.execute("ROLLBACK")
                raise _storage(self.folder, error) from error
            self._pending.clear()

    def _tick(self) -> None:
        while not self._closing.wait(BATCH_SECONDS):
            try:
                self.flush()
            except StorageError as error:
                self._trouble = error

    def responses(self) -> Iterator[Response]:
        """Everything answered so far, durable or not, in the order of the requests' ids."""
        with self._guard:
            self.flush()
            held = list(log_responses(self._log))
        yield from held

    def write_items(self, items: Iterable[Item]) -> None:
        """items.jsonl: a line an item or variant that is asked, whole, so that pages need nothing but the bundle."""
        with atomic_write(self.folder / ITEMS_FILE) as stream:
            for item in items:
                stream.write(item_line(item) + "\n")

    def write_responses(self, plan_requests: Sequence[Request]) -> None:
        """responses.parquet: a row a response of this plan, with its prompt, in the plan's order."""
        by_id = {response.request: response for response in self.responses()}
        rows = []
        for request in plan_requests:
            response = by_id.get(request.id)
            if response is not None:
                prompt = json.dumps([asdict(message) for message in request.messages], ensure_ascii=False)
                rows.append({"item": request.item, "ability": request.ability, "prompt": prompt, "cue": request.cue, **_columns(response)})
        write_parquet(self.folder / "responses.parquet", rows)

    def write_scores(self, scores: Iterable[Score]) -> tuple[Score, ...]:
        """scores.parquet: a row a score; returns them."""
        kept = tuple(scores)
        write_parquet(self.folder / "scores.parquet", [asdict(score) for score in kept])
        return kept

    def write_axes(self, axes: Sequence[AxisScore]) -> None:
        """axes.json: the four axes with their parts."""
        write_json(self.folder / "axes.json", [asdict(axis) for axis in axes])

    def write(self, name: str, value: Any) -> None:
        """A JSON file of the bundle, whole or not at all."""
        write_json(self.folder / name, value)

    def read(self, name: str) -> Any:
        """A JSON file of the bundle, None where there is none yet."""
        return read_json(self.folder / name)


def log_responses(log: sqlite3.Connection) -> Iterator[Response]:
    """The rows of a log as responses, ordered by request id."""
    for (body,) in log.execute("SELECT body FROM responses ORDER BY request"):
        yield _response(json.loads(body))


def read_responses(folder: Path) -> tuple[Response, ...]:
    """The responses of a bundle, from its log; opened read-only."""
    path = folder / LOG_FILE
    if not path.is_file():
        raise UsageError(f"{folder}: is not a bundle (no {LOG_FILE})")
    try:
        log = sqlite3.connect(path.absolute().as_uri() + "?mode=ro", uri=True)
        try:
            return tuple(log_responses(log))
        finally:
            log.close()
    except sqlite3.DatabaseError as error:
        raise _storage(folder, error) from error


def read_bundle_items(folder: Path) -> tuple[Item, ...]:
    """The items and variants that the bundle's run asked; empty where the bundle holds none."""
    path = folder / ITEMS_FILE
    return read_frozen(path) if path.is_file() else ()


def read_scores(folder: Path) -> tuple[Score, ...]:
    """The scores of a finished bundle."""
    import pyarrow.parquet as pq

    path = folder / "scores.parquet"
    if not path.is_file():
        raise UsageError(f"{folder}: holds no scores yet; finish the run with the same command")
    return tuple(Score(**row) for row in pq.read_table(path).to_pylist())


def read_axes(folder: Path) -> tuple[AxisScore, ...]:
    """The axes of a finished bundle."""
    held = read_json(folder / "axes.json")
    if held is None:
        raise UsageError(f"{folder}: holds no axes yet; finish the run with the same command")
    return tuple(
        AxisScore(
            axis=axis["axis"],
            estimate=Estimate(**axis["estimate"]),
            parts={name: Estimate(**part) for name, part in axis["parts"].items()},
            notes=tuple(axis["notes"]),
            partial=axis["partial"],
        )
        for axis in held
    )


def read_json(path: Path) -> Any:
    """The value in a JSON file, None where there is no such file. Raises UsageError where it cannot be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"{path}: cannot be read ({error})") from error


def write_json(path: Path, value: Any) -> None:
    """`value` as JSON at `path`, whole or not at all; the same value gives the same bytes."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False)
    with atomic_write(path) as stream:
        stream.write(text + "\n")


def write_parquet(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """A Parquet table at `path`, whole or not at all; whole numbers stay whole beside gaps (pandas would make them floats)."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with atomic_write(path, "wb") as stream:
        pq.write_table(pa.Table.from_pylist([{name: storable(value) for name, value in row.items()} for row in rows]), stream)


def storable(value: Any) -> Any:
    """`value` with half characters (lone surrogates, which a model can write as \\ud83d) put as "?": UTF-8 has none."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _response(body: Mapping[str, Any]) -> Response:
    known = {field.name for field in fields(Response)}
    kept: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in body.items() if name in known}
    return Response(**kept)


def _columns(response: Response) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(response).items()}


def _locked(folder: Path) -> IO[str]:
    """The folder's lock, held until the stream is closed or the process dies: one writer for all engines."""
    import fcntl

    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = (folder / ".lock").open("w")
    except OSError as error:
        raise StorageError(f"{folder}: cannot be written ({error.strerror}); choose another folder with --out") from error
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        stream.close()
        raise UsageError(f"{folder}: another run is writing here; wait for it, or choose another folder with --out") from None
    return stream


def _refuse_strange(folder: Path) -> None:
    if not (folder / RUN_FILE).exists() and any(path for path in folder.iterdir() if not path.name.startswith(".")):
        raise UsageError(f"{folder}: is not empty and holds no {RUN_FILE}; choose another folder with --out")


def _opened(folder: Path, about: Mapping[str, Any]) -> tuple[sqlite3.Connection, int]:
    """The folder's log and the number of this process, after run.json was compared or written; the lock is held."""
    held = read_json(folder / RUN_FILE)
    if held is not None and not isinstance(held, dict):
        raise UsageError(f"{folder / RUN_FILE}: an object was expected, read {type(held).__name__}; choose another folder with --out")
    if held is not None and held.get("plan") != about["plan"]:
        model = held.get("model")
        raise PlanMismatchError(
            f"{folder}: holds the run of another plan ({str(held.get('plan'))[:12]}…, this one is {str(about['plan'])[:12]}…; "
            f"model {model.get('name') if isinstance(model, dict) else model!r}, profile {held.get('profile')!r}). "
            "Choose another folder with --out, or delete this one"
        )
    if held is None:
        write_json(folder / RUN_FILE, about)
    log: sqlite3.Connection | None = None
    try:
        log = sqlite3.connect(folder / LOG_FILE, isolation_level=None, check_same_thread=False)
        return log, _prepared(log, about)
    except sqlite3.DatabaseError as error:
        if log is not None:
            log.close()
        raise _storage(folder, error) from error


def _prepared(log: sqlite3.Connection, about: Mapping[str, Any]) -> int:
    """The log's settings and tables; returns the number of this process, whose machine and versions are noted.

    run.json keeps those of the first process; a run that was continued elsewhere shows the others here.
    """
    log.execute("PRAGMA journal_mode=WAL")
    log.execute("PRAGMA synchronous=FULL")
    log.executescript(_SCHEMA)
    process = int(log.execute("SELECT COALESCE(MAX(process), 0) FROM processes").fetchone()[0]) + 1
    facts = json.dumps({name: about.get(name) for name in ("machine", "versions", "code", "command")})
    log.execute("INSERT INTO processes VALUES (?, ?, ?)", (process, time.time(), facts))
    return process


def _insert(log: sqlite3.Connection, rows: Sequence[tuple[str, str, int, float]]) -> None:
    """One transaction: an answer never gives way to another one; a failure of ours gives way to an answer."""
    log.execute("BEGIN IMMEDIATE")
    log.executemany("DELETE FROM responses WHERE request = ? AND json_extract(body, '$.finish') = 'error'", [(row[0],) for row in rows])
    log.executemany("INSERT OR IGNORE INTO responses VALUES (?, ?, ?, ?)", rows)
    log.executemany("INSERT INTO asked VALUES (?, ?, ?)", [(row[0], row[2], row[3]) for row in rows])
    log.execute("COMMIT")


def _storage(folder: Path, error: sqlite3.DatabaseError) -> StorageError:
    return StorageError(
        f"{folder / LOG_FILE}: {error}; what was answered before is kept: "
        "free some space or repair the folder, then run the same command again"
    )
