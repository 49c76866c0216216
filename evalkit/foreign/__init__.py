"""Other people's benchmarks, read from a few lines of YAML: local files of many kinds, or a data set of the hub's cache.

    dataset:
      path: csv                       # csv, tsv, json, jsonl, parquet, xlsx, or a hub id in the local cache
      files: {test: "${DATA}/mmlu/test/*_test.csv", dev: "${DATA}/mmlu/dev/*_dev.csv"}   # ${DATA} is $EVALKIT_DATA
      columns: [question, A, B, C, D, answer]       # names, where the files have no header
      fields: {stem: question, choices: [A, B, C, D], answer: answer, subarea: {file: "*"}}

`answer` may be a letter, a place among the choices from 0, or an option's text; `answer_is` says which, where a row could
be read in two ways. A row that cannot be an item is an error that names it, or is left out under `skip_bad_rows` with its
reason kept (`foreign_report`): nothing is left out silently. All keys: docs/suites.md; shipped configurations:
docs/benchmarks_of_others.md.

    block   the vocabulary, checked      files   rows of a split
    cells   a row's cells to texts       items   rows to items
"""

from evalkit.foreign.block import Foreign, parse
from evalkit.foreign.items import foreign_items, foreign_report

__all__ = ["Foreign", "foreign_items", "foreign_report", "parse"]
