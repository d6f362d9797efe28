"""Converts an Excel workbook in a bucket to CSV in another: what the function `document conversion` runs.

main        wires settings, clients and the handler together; `converter.main.handler` is the entry
handler     from event to answer: logs, metrics, traces, each document once
conversion  the logic: a workbook in, CSV files out
workbook    reads the workbook
cells       how a cell reads as text
storage     data access: the two buckets
document, settings, errors    what they speak of
"""
