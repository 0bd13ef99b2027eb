"""A programme in a spreadsheet: a workbook, or files of comma-separated values in a zip."""
