"""A programme in a spreadsheet, .xlsx or .ods: a sheet for the event, one for each list in it."""
