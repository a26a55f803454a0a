"""Runs one statement with the official driver and prints its rows, for demos: `ask.py table|plain URL SQL`. `table`
prints a table with the names of the columns, `plain` the values with tabs between them."""

import sys

from databend_driver import BlockingDatabendClient


def text(value):
    return "NULL" if value is None else str(value)


def table(names, rows):
    widths = [max(len(line[place]) for line in [names, *rows]) for place in range(len(names))]
    rule = "+".join(["", *("-" * (width + 2) for width in widths), ""])
    lines = ["|".join(["", *(f" {value:<{width}} " for value, width in zip(line, widths)), ""]) for line in [names, *rows]]
    return [rule, lines[0], rule, *lines[1:], rule]


if __name__ == "__main__":
    form, url, sql = sys.argv[1:]
    answer = BlockingDatabendClient(url).get_conn().query_iter(sql)
    names = [field.name for field in answer.schema().fields()]
    rows = [[text(value) for value in row.values()] for row in answer]
    if names:
        print("\n".join(table(names, rows) if form == "table" else map("\t".join, rows)))
