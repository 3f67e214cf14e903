"""Prints the cells of a table on standard input as JSON: cells.py xlsx, or cells.py csv SEPARATOR."""

import csv
import datetime
import decimal
import io
import json
import sys


def xlsx(data):
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data))
    yield book.sheetnames
    for row in book.active.iter_rows():
        yield [cell(c) for c in row]


def cell(c):
    if c.value is None:
        return ""
    if isinstance(c.value, datetime.datetime):
        return "date " + c.value.date().isoformat()
    if isinstance(c.value, (int, float)):
        return "number %s as %s" % (decimal.Decimal(repr(c.value)), c.number_format)
    return ("formula " if c.data_type == "f" else "text ") + c.value


if sys.argv[1] == "xlsx":
    rows = xlsx(sys.stdin.buffer.read())
else:
    rows = csv.reader(io.TextIOWrapper(sys.stdin.buffer, "utf-8-sig", newline=""), delimiter=sys.argv[2], strict=True)
json.dump(list(rows), sys.stdout)
